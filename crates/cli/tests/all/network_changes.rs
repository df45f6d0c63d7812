//! What changes of ways in, who comes in through the API server, and which plugin is found: as a user meets them.

use serde_json::Value;

use crate::program::{Folder, Said};

/// The Deployment `x/web`.
const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: x}
spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: i}]}}}
---
";

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}{}", said.out, said.err))
}

fn balancer(annotations: &str, spec: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: x, annotations: {{{annotations}}}}}\nspec: {{type: LoadBalancer, allocateLoadBalancerNodePorts: false, selector: {{app: web}}, ports: [{{port: 80}}]{spec}}}\n"
    )
}

fn ingress(annotations: &str, tls: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: web, namespace: x, annotations: {{{annotations}}}}}\nspec: {{ingressClassName: nginx{tls}, rules: [{{host: a.b, http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: web, port: {{number: 80}}}}}}}}]}}}}]}}\n"
    )
}

/// The exit code of `what-if --fail-on-new`, and who might use ways in before that more, or fewer, may use now.
fn widths(before: &str, after: &str, list: &str) -> (i32, Vec<(String, String)>) {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: x}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n";
    let services = if before.contains("kind: Ingress") { format!("{service}---\n") } else { String::new() };
    let all = format!("{WEB}{services}{before}");
    let folder = Folder::new(&[("all.yaml", &all), ("new.yaml", after)]);
    let said =
        folder.run(&["network", "what-if", "all.yaml", "--apply", "new.yaml", "--fail-on-new", "--output", "json"]);
    let report = json(&said);
    assert_eq!((&report["doorsGained"], &report["doorsLost"]), (&serde_json::json!([]), &serde_json::json!([])));
    let widths = report[list].as_array().unwrap().clone();
    let text = |width: &Value, key: &str| width[key].as_str().unwrap().to_owned();
    (said.code, widths.iter().map(|width| (text(width, "before"), text(width, "after"))).collect())
}

#[test]
fn ways_in_that_more_may_use_are_new() {
    let internal = "service.beta.kubernetes.io/aws-load-balancer-internal: 'true'";
    let range = ", loadBalancerSourceRanges: [203.0.113.0/24]";
    let wide = ", loadBalancerSourceRanges: [203.0.0.0/8]";
    let listed = "nginx.ingress.kubernetes.io/whitelist-source-range: 10.0.0.0/8";
    let tls = ", tls: [{hosts: [a.b]}]";
    for (before, after, old, new) in [
        (balancer("", range), balancer("", wide), "203.0.113.0/24 may", "203.0.0.0/8 may"),
        (balancer(internal, ""), balancer("", ""), "the provider's network", "everybody"),
        (balancer(internal, range), balancer("", range), "in the provider's network", "203.0.113.0/24 may use it"),
        (ingress(listed, tls), ingress("", tls), "10.0.0.0/8 may use it", "whoever reaches its controller"),
        (ingress("", tls), ingress("", ""), "with TLS", "without TLS"),
    ] {
        let (code, widths) = widths(&before, &after, "doorsWider");
        assert_eq!((code, widths.len()), (1, 1), "{before}{after}");
        assert!(widths[0].0.contains(old) && widths[0].1.contains(new), "{widths:?}");
    }
}

#[test]
fn ways_in_that_fewer_may_use_are_not_new() {
    let range = ", loadBalancerSourceRanges: [203.0.113.0/24]";
    let (code, widths) = widths(&balancer("", ""), &balancer("", range), "doorsNarrower");
    assert_eq!((code, widths.len()), (0, 1));
    assert!(widths[0].0.starts_with("everybody may") && widths[0].1.starts_with("203.0.113.0/24 may"), "{widths:?}");
}

#[test]
fn a_policy_that_goes_makes_ways_in_wider() {
    let service = balancer("", ", externalTrafficPolicy: Local");
    let policy = "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: x}\nspec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]}\n";
    let folder = Folder::new(&[("all.yaml", &format!("{WEB}{service}{policy}"))]);
    let delete =
        ["network", "what-if", "all.yaml", "--cni", "calico", "--delete", "NetworkPolicy/x/p", "--output", "json"];
    let report = json(&folder.run(&delete));
    let wider = report["doorsWider"].as_array().unwrap();
    assert_eq!(wider.len(), 1, "{report:#}");
    assert!(wider[0]["before"].as_str().unwrap().starts_with("203.0.113.0/24 may use it"), "{wider:?}");
    assert_eq!(wider[0]["after"], "everybody may use it");
    let said = folder.run(&delete[..delete.len() - 2]);
    assert!(said.out.contains("ways in from outside that more may use"), "{}", said.out);
    assert!(said.out.contains("ways in: 0 gained, 0 lost, 1 wider"), "{}", said.out);
}

/// Who comes in through the API server, if this rule is bound to `User u` in all namespaces: how, and to what.
fn proxies(rule: &str) -> Vec<(Vec<String>, Option<String>)> {
    let rights = format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: r}}\nrules: [{rule}]\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: r}}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}}\nsubjects: [{{kind: User, name: u, apiGroup: rbac.authorization.k8s.io}}]\n"
    );
    let folder = Folder::new(&[("all.yaml", &format!("{WEB}{rights}"))]);
    let report = json(&folder.run(&["network", "exposure", "all.yaml", "--output", "json"]));
    let all = report["throughApiServer"].as_array().unwrap().clone();
    let own = all.iter().filter(|proxy| proxy["name"] == "u");
    let ways =
        |proxy: &Value| proxy["ways"].as_array().unwrap().iter().map(|way| way.as_str().unwrap().to_owned()).collect();
    own.map(|proxy| (ways(proxy), proxy["object"].as_str().map(str::to_owned))).collect()
}

#[test]
fn commands_inside_pods_come_in_through_the_api_server() {
    for (resource, verb) in [
        ("pods/exec", "create"),
        ("pods/exec", "get"),
        ("pods/attach", "create"),
        ("pods/ephemeralcontainers", "patch"),
        ("pods/ephemeralcontainers", "update"),
    ] {
        let rule = format!("{{apiGroups: [''], resources: [{resource}], verbs: [{verb}]}}");
        assert_eq!(proxies(&rule), [(vec![resource.to_owned()], None)], "{resource} {verb}");
    }
    assert!(proxies("{apiGroups: [''], resources: [pods/exec], verbs: [delete]}").is_empty());
}

#[test]
fn rules_that_name_objects_let_in_to_those() {
    let rule = |resource: &str, name: &str| {
        proxies(&format!("{{apiGroups: [''], resources: [{resource}], verbs: [get, create], resourceNames: [{name}]}}"))
    };
    let one = |way: &str, name: &str| [(vec![way.to_owned()], Some(name.to_owned()))];
    assert_eq!(rule("services/proxy", "db"), one("services/proxy", "db"));
    assert_eq!(rule("services/proxy", "'db:5432'"), one("services/proxy", "db:5432"));
    assert_eq!(rule("pods/proxy", "db-0"), one("pods/proxy", "db-0"));
    let all = "{apiGroups: [''], resources: [pods/proxy], verbs: [get]}";
    let both = format!("{all}, {{apiGroups: [''], resources: [pods/proxy], verbs: [get], resourceNames: [db-0]}}");
    assert_eq!(proxies(&both), [(vec!["pods/proxy".to_owned()], None)]);
}

/// The plugin that is found of a DaemonSet with these containers, and whether a policy restricts `x/web`.
fn plugin(name: &str, containers: &str) -> (Value, Value) {
    let (namespace, name) = name.split_once('/').unwrap();
    let plugin = format!(
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{selector: {{matchLabels: {{k: v}}}}, template: {{metadata: {{labels: {{k: v}}}}, spec: {{containers: [{containers}]}}}}}}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p, namespace: x}}\nspec: {{podSelector: {{}}}}\n"
    );
    let folder = Folder::new(&[("all.yaml", &format!("{WEB}{plugin}"))]);
    let report = json(&folder.run(&["network", "list", "all.yaml", "--output", "json"]));
    let workloads = report["endpoints"].as_array().unwrap();
    let web = workloads.iter().find(|workload| workload["name"].as_str().unwrap().starts_with("x/web")).unwrap();
    (report["assumed"]["plugin"].clone(), web["ingress"].clone())
}

#[test]
fn a_plugin_enforces_what_it_is_told_to() {
    let agent = |argument: &str| {
        let image = "602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon/aws-network-policy-agent:v1.2.1";
        format!("{{name: aws-node, image: amazon-k8s-cni:v1}}, {{name: agent, image: '{image}', args: [{argument}]}}")
    };
    for (containers, restriction) in [
        (agent("--enable-network-policy=false"), "open"),
        (agent("--enable-ipv6=false"), "open"),
        (agent("--enable-network-policy=true"), "restricted"),
        ("{name: aws-node, image: amazon-k8s-cni:v1}".to_owned(), "open"),
    ] {
        assert_eq!(plugin("kube-system/aws-node", &containers), ("vpc-cni".into(), restriction.into()), "{containers}");
    }
}

#[test]
fn a_plugin_is_found_by_its_own_image_or_name() {
    let of = |name: &str, image: &str| plugin(name, &format!("{{name: c, image: '{image}'}}")).0;
    assert_eq!(of("foo/exporter", "myreg/calico/node-exporter:1"), Value::Null);
    assert_eq!(of("kube-system/calico-node", "docker.io/calico/node:v3.27"), "calico");
    assert_eq!(of("kube-system/cilium", "quay.io/cilium/cilium@sha256:00"), "cilium");
    let release = "quay.io/openshift-release-dev/ocp-v4.0-art-dev@sha256:00";
    assert_eq!(of("openshift-ovn-kubernetes/ovnkube-node", release), "ovn-k");
    assert_eq!(of("foo/ovnkube-node", release), Value::Null);
}
