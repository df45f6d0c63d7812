//! `snapshot --redact-names`: no name is left, and every answer is the same but for the names.

use std::collections::BTreeMap;
use std::fs;

use cluster::snapshot::Redaction;
use model::document;
use model::scalar::Scalar;
use serde_json::{Map, Value, json};

use crate::program::Folder;

/// A document as JSON, as the API server would give it.
fn to_json(value: document::Value<'_>) -> Value {
    if value.is_mapping() {
        let entries = value.entries().map(|(key, child)| (key.text().into_owned(), to_json(child)));
        return Value::Object(entries.collect::<Map<String, Value>>());
    }
    if value.is_sequence() {
        return value.items().map(to_json).collect();
    }
    match value.scalar() {
        Scalar::Null | Scalar::Collection => Value::Null,
        Scalar::Bool(value) => json!(value),
        Scalar::Int(value) => json!(value),
        Scalar::Float(value) => json!(value),
        Scalar::String(text) => json!(text),
    }
}

fn objects(text: &str) -> Vec<Value> {
    let documents = yaml::separate::documents(text);
    let parsed = documents.filter_map(|range| yaml::parse_document(&text[range]).ok().map(|one| to_json(one.root())));
    let is_object = |value: &Value| value["kind"].is_string() && value["apiVersion"].is_string();
    parsed.filter(is_object).collect()
}

/// The objects with other names.
fn redacted(texts: &[String]) -> Vec<String> {
    let redaction = Redaction::new(11);
    texts.iter().for_each(|text| redaction.learn(text));
    let names = redaction.names();
    texts.iter().map(|text| redaction.object(text, &names)).collect()
}

/// What is found in each file: control, severity and field.
fn found(folder: &Folder, arguments: &[&str]) -> BTreeMap<String, Vec<String>> {
    let said = folder.run(&[&["scan", "--output", "json"], arguments].concat());
    let report: Value = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}", said.err));
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for result in report["results"].as_array().unwrap() {
        for place in result["occurrences"].as_array().unwrap() {
            let what = format!("{} {}", result["control"].as_str().unwrap(), place["severity"].as_str().unwrap());
            all.entry(place["path"].as_str().unwrap().to_owned()).or_default().push(what);
        }
    }
    all.values_mut().for_each(|found| found.sort());
    all
}

/// Every fixture of every control, all in one input: what is found in each object is found in it with other names.
#[test]
fn every_control_finds_the_same_with_other_names() {
    // No API server has an object with a label that is not valid: what of it is a name is not known either.
    let is_possible = |id: &str| !id.starts_with("invalid-label-");
    let all = controls::all().filter(|registered| is_possible(registered.control.id));
    let fixtures = all.flat_map(|registered| registered.control.fixtures);
    let texts: Vec<String> = fixtures.flat_map(|fixture| objects(fixture.yaml)).map(|one| one.to_string()).collect();
    assert!(texts.len() > 1000);
    let (plain, other) = (Folder::new(&[]), Folder::new(&[]));
    for (number, (text, redacted)) in texts.iter().zip(redacted(&texts)).enumerate() {
        plain.write(&format!("{number:05}.json"), text.as_bytes());
        other.write(&format!("{number:05}.json"), redacted.as_bytes());
    }
    let (before, after) = (found(&plain, &["."]), found(&other, &["."]));
    let mut differences = Vec::new();
    for path in before.keys().chain(after.keys()).collect::<std::collections::BTreeSet<_>>() {
        if before.get(path) != after.get(path) {
            let (left, right) = (before.get(path), after.get(path));
            let only = |a: Option<&Vec<String>>, b: Option<&Vec<String>>| -> Vec<String> {
                a.into_iter().flatten().filter(|one| !b.is_some_and(|b| b.contains(one))).cloned().collect()
            };
            let text = |folder: &Folder| fs::read_to_string(folder.path().join(path)).unwrap_or_default();
            differences.push(format!(
                "{path}: lost {:?}, new {:?}\n  {}\n  {}",
                only(left, right),
                only(right, left),
                text(&plain),
                text(&other)
            ));
        }
    }
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}

/// Names wherever they may stand. Each has `zq` in it and nothing else has.
const NAMED: &str = r#"
apiVersion: v1
kind: Namespace
metadata:
  name: zqnamespace-one
  labels: {kubernetes.io/metadata.name: zqnamespace-one, pod-security.kubernetes.io/enforce: baseline, zqteam.example.org/cost: zqcost, zqplain: zqvalue}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: zqaccount-one, namespace: zqnamespace-one, annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::123456789012:role/zqrole-in-cloud", zqnote: by zqjane}}
imagePullSecrets: [{name: zqpull-secret}]
secrets: [{name: zqaccount-one-token-x7k2p}]
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: zqdeployment-one
  namespace: zqnamespace-one
  ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: zqowner-one, uid: 1-2}]
  annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"metadata":{"name":"zqdeployment-one","namespace":"zqnamespace-one"}}', meta.helm.sh/release-name: zqrelease-one}
spec:
  selector: {matchLabels: {app: zqdeployment-one}}
  template:
    metadata: {labels: {app: zqdeployment-one, zqplain: zqvalue}}
    spec:
      serviceAccountName: zqaccount-one
      imagePullSecrets: [{name: zqpull-secret}]
      nodeSelector: {zqpool.example.org/kind: zqpool, kubernetes.io/os: linux}
      tolerations: [{key: zqtaint.example.org/a, operator: Equal, value: zqtainted, effect: NoSchedule}]
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            - {topologyKey: zqtopology.example.org/rack, namespaces: [zqnamespace-one], labelSelector: {matchExpressions: [{key: app, operator: In, values: [zqdeployment-one]}]}}
      topologySpreadConstraints: [{topologyKey: kubernetes.io/hostname, maxSkew: 1, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: zqdeployment-one}}}]
      hostAliases: [{ip: 10.0.0.1, hostnames: [zqhost.zqdomain.example]}]
      containers:
        - name: zqcontainer-one
          image: registry.example.com/zqnamespace-one/zqdeployment-one:1.2
          args: [--peer=http://zqservice-one.zqnamespace-one.svc.cluster.local:8080/x, --title=zqdeployment-one]
          env: [{name: ZQSERVICE_ONE_HOST, value: "zqservice-one.zqnamespace-one"}, {name: PASSWORD, valueFrom: {secretKeyRef: {name: zqsecret-one, key: password}}}]
      volumes: [{name: zqvolume-one, configMap: {name: zqconfig-one}}, {name: b, persistentVolumeClaim: {claimName: zqclaim-one}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: zqconfig-one, namespace: zqnamespace-one}
data: {zqconfig-one.yaml: "upstream: http://zqservice-one.zqnamespace-one.svc"}
---
apiVersion: v1
kind: Service
metadata: {name: zqservice-one, namespace: zqnamespace-one}
spec: {selector: {app: zqdeployment-one}, type: ExternalName, externalName: zqservice-one.zqdomain.example}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: zqingress-one, namespace: zqnamespace-one}
spec: {tls: [{hosts: [zqshop.zqdomain.example], secretName: zqtls-one}], rules: [{host: zqshop.zqdomain.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: zqservice-one, port: {number: 80}}}}]}}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: zqroute-one, namespace: zqnamespace-one}
spec: {hostnames: ["*.zqdomain.example"], parentRefs: [{name: zqgateway-one, namespace: zqnamespace-one}], rules: [{backendRefs: [{name: zqservice-one, port: 80}]}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: zqrole-one}
rules: [{apiGroups: [""], resources: [secrets], resourceNames: [zqsecret-one], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: zqbinding-one}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects:
  - {kind: User, name: "system:serviceaccount:zqnamespace-one:zqaccount-one", apiGroup: rbac.authorization.k8s.io}
  - {kind: Group, name: "system:serviceaccounts:zqnamespace-one", apiGroup: rbac.authorization.k8s.io}
  - {kind: Group, name: "system:authenticated", apiGroup: rbac.authorization.k8s.io}
  - {kind: User, name: "zqjane@zqdomain.example", apiGroup: rbac.authorization.k8s.io}
  - {kind: ServiceAccount, name: default, namespace: kube-system}
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: zqpolicy-one, namespace: zqnamespace-one}
spec: {selector: "app == 'zqdeployment-one' && has(zqplain)", types: [Ingress]}
"#;

#[test]
fn no_name_is_left_and_what_every_cluster_has_stays() {
    let texts: Vec<String> = objects(NAMED).iter().map(Value::to_string).collect();
    let other = redacted(&texts);
    for (before, after) in texts.iter().zip(&other) {
        assert!(!after.to_lowercase().contains("zq"), "{before}\n{after}");
    }
    let all: Vec<Value> = other.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    let redaction = Redaction::new(11);
    let namespace = redaction.name("zqnamespace-one");
    let labels = &all[0]["metadata"]["labels"];
    assert_eq!(labels["kubernetes.io/metadata.name"], json!(namespace));
    assert_eq!(labels["pod-security.kubernetes.io/enforce"], "baseline");
    assert_eq!(all[0]["metadata"]["name"], json!(namespace));
    let pod = &all[2]["spec"]["template"]["spec"];
    assert_eq!(pod["nodeSelector"]["kubernetes.io/os"], "linux");
    assert_eq!(pod["topologySpreadConstraints"][0]["topologyKey"], "kubernetes.io/hostname");
    assert_eq!(pod["containers"][0]["env"][1]["name"], "PASSWORD");
    let label = all[2]["spec"]["selector"]["matchLabels"]["app"].as_str().unwrap();
    assert_eq!(
        pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0]["labelSelector"]["matchExpressions"]
            [0]["values"][0],
        label
    );
    let plain = redaction.name("zqplain");
    assert_eq!(all[9]["spec"]["selector"], format!("app == '{label}' && has({plain})"));
    let [service, domain] = ["zqservice-one", "zqdomain"].map(|name| redaction.name(name));
    assert_eq!(
        pod["containers"][0]["args"][0],
        format!("--peer=http://{service}.{namespace}.svc.cluster.local:8080/x")
    );
    assert_eq!(all[6]["spec"]["hostnames"][0], format!("*.{domain}.example"));
    assert_eq!(all[7]["rules"][0]["resourceNames"][0], redaction.name("zqsecret-one"));
    let subjects: Vec<&str> =
        all[8]["subjects"].as_array().unwrap().iter().map(|subject| subject["name"].as_str().unwrap()).collect();
    let [account, jane] = ["zqaccount-one", "zqjane"].map(|name| redaction.name(name));
    assert_eq!(
        subjects,
        [
            format!("system:serviceaccount:{namespace}:{account}"),
            format!("system:serviceaccounts:{namespace}"),
            "system:authenticated".to_owned(),
            format!("{jane}@{domain}.example"),
            "default".to_owned(),
        ]
    );
    assert_eq!(all[8]["roleRef"]["name"], "cluster-admin");
}

/// What several commands say of the same objects has the same form.
#[test]
fn every_command_says_the_same_with_other_names() {
    let shop = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop");
    let mut texts: Vec<String> = objects(NAMED).iter().map(Value::to_string).collect();
    for file in [
        "namespaces.yaml",
        "payments/api.yaml",
        "payments/rbac.yaml",
        "data/postgres.yaml",
        "storefront/web.yaml",
        "storefront/ingress.yaml",
        "monitoring/node-agent.yaml",
        "monitoring/limits.yaml",
    ] {
        let text = fs::read_to_string(shop.join(file)).unwrap();
        texts.extend(objects(&text).iter().map(Value::to_string));
    }
    let (plain, other) = (Folder::new(&[]), Folder::new(&[]));
    for (number, (text, redacted)) in texts.iter().zip(redacted(&texts)).enumerate() {
        plain.write(&format!("{number:05}.json"), text.as_bytes());
        other.write(&format!("{number:05}.json"), redacted.as_bytes());
    }
    for command in [
        &["scan"][..],
        &["pod-security"],
        &["rbac", "subjects"],
        &["rbac", "who-can", "get", "secrets"],
        &["rbac", "least-privilege"],
        &["network", "list"],
        &["network", "exposure"],
        &["paths", "list"],
    ] {
        let said = [&plain, &other].map(|folder| {
            let said = folder.run(&[command, &["--output", "json", "."]].concat());
            let report: Value = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}", said.err));
            (said.code, form(&report))
        });
        assert_eq!(said[0].0, said[1].0, "{command:?}");
        assert!(said[0].1 == said[1].1, "{command:?}: {}", difference(&said[0].1, &said[1].1));
    }
}

/// A report without its texts, but for those that are no names, and with lists in the order of what is left.
fn form(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(form).collect();
            items.sort_by_cached_key(Value::to_string);
            Value::Array(items)
        }
        // Keys that are names.
        Value::Object(entries) if entries.keys().any(|key| key.contains('/')) => {
            form(&entries.values().cloned().collect::<Value>())
        }
        Value::Object(entries) => {
            let kept = ["control", "id", "severity", "status", "standing", "kind", "decision", "verb"];
            // A place in the text, and what is made of it.
            let placed = ["column", "endColumn", "fingerprint", "first", "bytes"];
            let entry = |(key, value): (&String, &Value)| {
                let is_name = value.as_str().is_some_and(|text| text.contains(['/', '.', ':']));
                let value =
                    if kept.contains(&&**key) && value.is_string() && !is_name { value.clone() } else { form(value) };
                (key.clone(), value)
            };
            Value::Object(entries.iter().filter(|(key, _)| !placed.contains(&&***key)).map(entry).collect())
        }
        Value::String(_) => json!("text"),
        other => other.clone(),
    }
}

/// Where two reports differ first.
fn difference(one: &Value, other: &Value) -> String {
    match (one, other) {
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let pair = a.iter().zip(b).enumerate().find(|(_, (a, b))| a != b);
            pair.map(|(at, (a, b))| format!("[{at}]{}", difference(a, b))).unwrap_or_default()
        }
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => {
            let pair = a.iter().find(|(key, value)| b.get(*key) != Some(value));
            pair.map(|(key, a)| format!(".{key}{}", difference(a, b.get(key).unwrap_or(&Value::Null))))
                .unwrap_or_default()
        }
        _ => format!(": {one}\n{other}"),
    }
}
