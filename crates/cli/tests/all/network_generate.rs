//! `plimsoll network generate`, as a user meets it.

use serde_json::Value;

use crate::program::{Folder, Said};

/// A web front end that names the API, which names the database, behind Services whose ports are not those of the pods.
const SHOP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, version: v7, tier: x}}
    spec:
      automountServiceAccountToken: false
      containers:
        - name: c
          image: web
          env: [{name: API_URL, value: 'http://api.back.svc:80'}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: back}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api, tier: x}}
    spec:
      automountServiceAccountToken: false
      containers:
        - name: c
          image: api
          ports: [{name: http, containerPort: 8080}]
          args: ['--db=postgres://user:geheim@db:5432/shop']
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: back}
spec: {clusterIP: 10.96.0.10, selector: {app: api}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: back}
spec:
  replicas: 1
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db, tier: x}}
    spec: {automountServiceAccountToken: false, containers: [{name: c, image: db}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: back}
spec: {selector: {app: db}, ports: [{port: 5432, targetPort: 15432}]}
";

fn generate(objects: &str, flows: &str, more: &[&str]) -> (Folder, Said, Value) {
    let folder = Folder::new(&[("shop.yaml", objects), ("flows.jsonl", flows)]);
    let mut arguments = vec!["network", "generate", "shop.yaml", "--output-dir", "out", "--certificate", "c.json"];
    if !flows.is_empty() {
        arguments.extend(["--flows", "flows.jsonl"]);
    }
    arguments.extend(more);
    let said = folder.run(&arguments);
    let certificate = std::fs::read_to_string(folder.path().join("c.json"));
    let certificate = certificate.unwrap_or_else(|_| panic!("{}{}", said.out, said.err));
    (folder, said, serde_json::from_str(&certificate).unwrap())
}

fn file(folder: &Folder, name: &str) -> String {
    std::fs::read_to_string(folder.path().join("out").join(name)).unwrap_or_default()
}

/// `from -> to protocol port confidence`, without what looks up names.
fn needs(certificate: &Value) -> Vec<String> {
    let text = |need: &Value, key: &str| need[key].as_str().unwrap().to_owned();
    let all = certificate["needs"].as_array().unwrap().iter();
    let all = all.filter(|need| need["port"] != 53);
    all.map(|need| {
        let (from, to) = (text(need, "from"), text(need, "to"));
        format!("{from} -> {to} {} {} {}", text(need, "protocol"), need["port"], text(need, "confidence"))
    })
    .collect()
}

#[test]
fn what_is_declared_is_guessed_and_on_the_ports_of_pods() {
    let (folder, said, certificate) = generate(SHOP, "", &[]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(
        needs(&certificate),
        [
            "back/api[Deployment] -> back/db[StatefulSet] TCP 15432 guessed",
            "shop/web[Deployment] -> back/api[Deployment] TCP 8080 guessed",
        ]
    );
    assert_eq!(
        file(&folder, "guessed/back/api-guessed.yaml"),
        "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: api-guessed
  namespace: back
  annotations:
    plimsoll/confidence: \"guessed: declared alone, or seen once\"
    plimsoll/egress-1: \"declared: `db` named in an argument (shop.yaml:29)\"
    plimsoll/ingress-1: \"declared: `api.back.svc` named in the environment (shop.yaml:14)\"
spec:
  podSelector:
    matchLabels:
      app: api
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: shop
          podSelector:
            matchLabels:
              app: web
      ports:
        - {protocol: TCP, port: 8080}
  egress:
    - to:
        - podSelector:
            matchLabels:
              app: db
      ports:
        - {protocol: TCP, port: 15432}
"
    );
    let refusal = file(&folder, "zz-refusal/back.yaml");
    assert!(refusal.contains("podSelector: {}\n  policyTypes: [Ingress, Egress]\n"), "{refusal}");
    assert!(said.out.contains("no connection was observed"), "{}", said.out);
    assert!(!said.out.contains("safe"), "{}", said.out);
    // Who logs in is nobody's business.
    let all = format!("{}{certificate}", said.out);
    assert!(!all.contains("geheim"), "{all}");
}

const FLOWS: &str = "\
{\"from\": \"shop/web\", \"to\": {\"address\": \"10.96.0.10\"}, \"port\": 80, \"count\": 40, \"first\": \"2026-01-01T00:00:00Z\", \"last\": \"2026-01-08T00:00:00Z\"}
{\"from\": \"back/api\", \"to\": {\"address\": \"2001:db8::9\"}, \"port\": 443, \"count\": 3}
{\"from\": \"back/api\", \"to\": {\"address\": \"203.0.113.9\"}, \"port\": 443, \"count\": 1}
";

#[test]
fn what_was_seen_is_admitted_for_certain_and_what_was_seen_once_is_not() {
    let (folder, said, certificate) = generate(SHOP, FLOWS, &[]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(
        needs(&certificate),
        [
            "back/api[Deployment] -> back/db[StatefulSet] TCP 15432 guessed",
            "back/api[Deployment] -> 203.0.113.9/32 TCP 443 guessed",
            "back/api[Deployment] -> 2001:db8::9/128 TCP 443 observed",
            "shop/web[Deployment] -> back/api[Deployment] TCP 8080 observed",
        ]
    );
    let api = file(&folder, "back/api.yaml");
    assert!(api.contains("cidr: \"2001:db8::9/128\""), "{api}");
    assert!(api.contains("observed 40 times, 2026-01-01T00:00:00Z to 2026-01-08T00:00:00Z; declared:"), "{api}");
    assert_eq!(certificate["unseen"], serde_json::json!(["back/db[StatefulSet]"]));
    assert_eq!(certificate["holds"], true);
    assert_eq!(certificate["extraPairs"], 0);
    assert_eq!(certificate["inputHash"].as_str().map(str::len), Some(64));
}

#[test]
fn the_same_input_gives_the_same_bytes_and_the_policies_do_what_the_certificate_says() {
    let (folder, first, _) = generate(SHOP, FLOWS, &[]);
    let stream = |folder: &Folder| {
        let said = folder.run(&["network", "generate", "shop.yaml", "--flows", "flows.jsonl"]);
        assert_eq!(said.code, 0, "{}", said.err);
        said.out
    };
    let all = stream(&folder);
    assert_eq!(all, stream(&folder));
    assert!(all.starts_with("---\napiVersion: networking.k8s.io/v1\n"), "{all}");
    assert_eq!(first.code, 0);
    // What was written is what is judged.
    folder.write("policies.yaml", all.as_bytes());
    let ask = |from: &str, to: &str, port: &str| {
        let said =
            folder.run(&["network", "explain", from, to, port, "shop.yaml", "policies.yaml", "--output", "json"]);
        let report: Value = serde_json::from_str(&said.out).unwrap();
        report["answers"][0]["admitted"] != serde_json::json!({})
    };
    assert!(ask("shop/web", "back/api", "8080"));
    assert!(!ask("shop/web", "back/api", "80"));
    assert!(ask("back/api", "back/db", "15432"));
    assert!(!ask("shop/web", "back/db", "15432"));
    assert!(!ask("internet", "shop/web", "80"));
    assert!(ask("back/api", "2001:db8::9", "443"));
    assert!(!ask("back/api", "2001:db8::8", "443"));
}

#[test]
fn names_are_looked_up_where_the_resolvers_are() {
    let dns = "\
---
apiVersion: v1
kind: Pod
metadata: {name: dns-1, namespace: openshift-dns, labels: {dns.operator.openshift.io/daemonset-dns: default}}
spec: {containers: [{name: c, image: coredns}]}
---
apiVersion: v1
kind: Service
metadata: {name: dns, namespace: openshift-dns}
spec: {selector: {dns.operator.openshift.io/daemonset-dns: default}, ports: [{port: 53, protocol: UDP, targetPort: 5353}]}
";
    let (folder, said, certificate) = generate(&format!("{SHOP}{dns}"), "", &[]);
    assert_eq!(said.code, 0, "{}", said.out);
    let policy = file(&folder, "shop/allow-dns.yaml");
    for part in [
        "podSelector: {}\n  policyTypes: [Egress]\n",
        "kubernetes.io/metadata.name: openshift-dns\n",
        "dns.operator.openshift.io/daemonset-dns: default\n",
        "- {protocol: TCP, port: 5353}\n        - {protocol: UDP, port: 5353}\n",
    ] {
        assert!(policy.contains(part), "{part}\n{policy}");
    }
    // The namespace of the platform has no policies of its own.
    assert_eq!(file(&folder, "zz-refusal/openshift-dns.yaml"), "");
    assert_eq!(certificate["assumedPods"], serde_json::json!([]));
    // Without them in the input they are taken to be where they usually are, and that is said.
    let (_, said, _) = generate(SHOP, "", &[]);
    assert!(said.out.contains("the pods that resolve names, in `kube-system` (k8s-app: kube-dns)"), "{}", said.out);
}

#[test]
fn what_stays_and_refuses_fails_the_certificate() {
    let deny = "\
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: no}
spec:
  tier: Admin
  priority: 1
  subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: back}}}
  ingress: [{action: Deny, from: [{namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}]}]
";
    let (folder, said, certificate) = generate(&format!("{SHOP}{deny}"), FLOWS, &["--cni", "calico"]);
    assert_eq!(said.code, 1, "{}", said.out);
    assert_eq!(certificate["holds"], false);
    assert_eq!(certificate["missing"][0]["refusedBy"][0], "ClusterNetworkPolicy no");
    assert!(said.out.contains("so nothing was written"), "{}", said.out);
    assert!(!folder.path().join("out").exists());
}

#[test]
fn what_stays_and_admits_is_said_to_be_too_much() {
    let open = "\
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: open, namespace: back}
spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 1}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: loose, namespace: shop}
spec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}], ports: [{port: 1}]}]}
";
    let (_, said, certificate) = generate(&format!("{SHOP}{open}"), FLOWS, &[]);
    assert_eq!(said.code, 0, "{}", said.out);
    // The front end to the database; and, from and to the resolvers, which nothing restricts, those two.
    assert_eq!(certificate["extraPairs"], 3, "{certificate:#}");
    let is_both = |extra: &&Value| extra["from"] == "shop/web[Deployment]" && extra["to"] == "back/db[StatefulSet]";
    let extra = certificate["extras"].as_array().unwrap().iter().find(is_both).unwrap();
    assert_eq!(extra["ports"], serde_json::json!({"TCP": [[1, 1]]}));
    assert_eq!(
        extra["because"],
        serde_json::json!(["NetworkPolicy shop/loose rule 1", "NetworkPolicy back/open rule 1"])
    );
    // A policy of the same name is replaced.
    let open = open.replace("name: open", "name: default-deny").replace("name: loose", "name: default-deny");
    let (_, _, certificate) = generate(&format!("{SHOP}{open}"), FLOWS, &[]);
    assert_eq!(certificate["extraPairs"], 0, "{certificate:#}");
}

#[test]
fn what_cannot_be_written_is_said() {
    let more = "\
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: back}
spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}]}}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: shop}
data: {PAY_URL: 'https://pay.example.com/v1'}
";
    let objects =
        format!("{}{more}", SHOP.replace("image: web", "image: web\n          envFrom: [{configMapRef: {name: web}}]"));
    let (_, said, certificate) = generate(&objects, "", &[]);
    assert_eq!(said.code, 2, "{}", said.out);
    let what: Vec<&str> =
        certificate["unresolved"].as_array().unwrap().iter().map(|one| one["what"].as_str().unwrap()).collect();
    assert_eq!(
        what,
        [
            "Ingress `shop` leads to back/api[Deployment], and its controller is not in the input",
            "shop/web[Deployment] connects to `pay.example.com:443`, and policies know addresses alone",
        ]
    );
    let (folder, _, certificate) = generate(&objects, "", &["--ingress-namespace", "edge"]);
    assert!(
        needs(&certificate).contains(
            &"the controller of Ingresses and Gateways of `edge` -> back/api[Deployment] TCP 8080 platform".to_owned()
        ),
        "{certificate:#}"
    );
    assert!(file(&folder, "back/api.yaml").contains("kubernetes.io/metadata.name: edge\n          podSelector: {}\n"));
}

#[test]
fn a_flow_that_nobody_is_known_for_is_not_forgotten() {
    let flows = "{\"from\": \"shop/gone\", \"to\": \"back/api\", \"port\": 8080, \"count\": 9}\nnonsense\n";
    let (_, said, certificate) = generate(SHOP, flows, &[]);
    assert_eq!(said.code, 2, "{}", said.out);
    let unresolved = &certificate["unresolved"][0];
    assert_eq!(
        (unresolved["what"].as_str().unwrap(), &unresolved["observed"]),
        ("line 1 of the flows: `shop/gone` is not in the input", &9.into())
    );
    assert!(said.err.contains("flows.jsonl:2: not understood"), "{}", said.err);
}

#[test]
fn pods_without_a_label_of_their_own_are_said() {
    let objects = SHOP
        .replace("labels: {app: db, tier: x}", "labels: {version: v1}")
        .replace("selector: {app: db}", "selector: {version: v1}");
    let (folder, said, certificate) = generate(&objects, "", &[]);
    assert_eq!(said.code, 2, "{}", said.out);
    let what = certificate["unresolved"].to_string();
    assert!(what.contains("back/db[StatefulSet] has no stable label"), "{what}");
    // What needs them is admitted to all pods of their namespace, and the rest is generated.
    assert!(file(&folder, "guessed/back/api-guessed.yaml").contains("podSelector: {}"), "{}", said.out);
    assert!(file(&folder, "guessed/back/api-guessed.yaml").contains("port: 15432"), "{}", said.out);
    // A policy for all pods would cut those off for good; the others look up names by policies of their own.
    assert_eq!((said.code, &certificate["holds"]), (2, &true.into()), "{}", said.out);
    assert_eq!(file(&folder, "zz-refusal/back.yaml") + &file(&folder, "back/allow-dns.yaml"), "");
    assert!(file(&folder, "back/api.yaml").contains("port: 53}"), "{}", file(&folder, "back/api.yaml"));
    assert!(file(&folder, "zz-refusal/shop.yaml").contains("default-deny"));
}

#[test]
fn the_refusal_may_be_a_cluster_network_policy() {
    let (folder, said, certificate) =
        generate(SHOP, FLOWS, &["--format", "cluster-network-policy", "--cni", "kube-network-policies"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let baseline = file(&folder, "zz-refusal/cluster.yaml");
    assert!(baseline.contains("kind: ClusterNetworkPolicy") && baseline.contains("tier: Baseline"), "{baseline}");
    assert_eq!(file(&folder, "zz-refusal/back.yaml"), "");
    assert_eq!(certificate["holds"], true);
}

#[test]
fn names_from_objects_stay_in_the_folder() {
    let objects = SHOP.replace("name: web, namespace: shop", "name: ../../web, namespace: ..");
    let (folder, _, _) = generate(&objects, "", &[]);
    let outside = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(outside, 4, "files beside the folder");
}

#[test]
fn mistakes_of_the_command_line_are_named() {
    let folder = Folder::new(&[("shop.yaml", SHOP)]);
    for (arguments, message) in [
        (["--flows", "missing.jsonl"], "cannot read the flows `missing.jsonl`"),
        (["--api-server", "nowhere"], "`nowhere` is no address of an API server"),
        (["--node-cidr", "10.0.0.0/99"], "`10.0.0.0/99` is no block of addresses"),
    ] {
        let said = folder.run(&[&["network", "generate", "shop.yaml"][..], &arguments].concat());
        assert_eq!(said.code, 3, "{}{}", said.out, said.err);
        assert!(said.err.contains(message), "{}", said.err);
    }
}
