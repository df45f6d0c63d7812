//! The changes of a plan of `plimsoll paths`, in the user's files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program::Folder;

/// A copy of an example of the repository.
fn example(name: &str) -> Folder {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name);
    let folder = Folder::new(&[]);
    for (path, text) in files(&root) {
        folder.write(&format!("{name}/{}", path.display()), text.as_bytes());
    }
    folder
}

/// The files below a folder, by their paths in it.
fn files(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_path_buf(), fs::read_to_string(path).unwrap());
            }
        }
    }
    found
}

fn paths(folder: &Folder, arguments: &[&str]) -> Value {
    let said = folder.run(&[&["paths"], arguments, &["--output", "json"]].concat());
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}{}", said.out, said.err))
}

/// Plan, what-if of its patch, and the files after `fix --plan --write`: with each of them nothing is left.
fn no_way_is_left(name: &str, changed: &[&str]) {
    let folder = example(name);
    let plan = paths(&folder, &["plan", name]);
    assert!(plan["plan"]["before"].as_u64().unwrap() > 0);
    let before = files(folder.path());
    folder.run(&["paths", "plan", name, "--output", "patch=plan.patch"]);
    let what_if = paths(&folder, &["what-if", name, "--apply", "plan.patch"]);
    assert_eq!(what_if["changes"]["gained"], serde_json::json!([]), "{name}");
    assert_eq!(what_if["changes"]["after"]["reaching"], 0, "{name}");
    fs::remove_file(folder.path().join("plan.patch")).unwrap();
    assert_eq!(files(folder.path()), before, "nothing is written by asking");
    let said = folder.run(&["fix", "--plan", "--write", name]);
    assert!(!said.out.contains("by hand"), "{}", said.out);
    let again = paths(&folder, &["plan", name]);
    assert_eq!(again["plan"]["before"], 0, "{name}: {}", said.out);
    assert_eq!(paths(&folder, &["list", name, "--all"])["paths"], serde_json::json!([]));
    let after = files(&folder.path().join(name));
    let before = before.into_iter().map(|(path, text)| (path.strip_prefix(name).unwrap().to_path_buf(), text));
    let before: BTreeMap<PathBuf, String> = before.collect();
    let is_other = |path: &&PathBuf| before.get(*path) != after.get(*path);
    let told: Vec<&str> = after.keys().filter(is_other).map(|path| path.to_str().unwrap()).collect();
    assert_eq!(told, changed, "{name}");
}

#[test]
fn the_plan_of_the_shop_ends_every_way_in_manifests() {
    no_way_is_left("shop", &["monitoring/node-agent.yaml", "payments/api.yaml"]);
}

#[test]
fn the_plan_of_the_shop_ends_every_way_in_a_chart() {
    no_way_is_left("shop-chart", &["templates/monitoring/node-agent.yaml", "values.yaml"]);
}

#[test]
fn the_plan_of_the_shop_ends_every_way_in_overlays() {
    no_way_is_left("shop-kustomize", &["base/monitoring/node-agent.yaml", "base/payments/api.yaml"]);
}

#[test]
fn json_says_what_is_written_and_what_is_left_with_every_set_of_values() {
    let folder = example("shop-chart");
    let said = folder.run(&["fix", "--plan", "--output", "json", "shop-chart"]);
    let json: Value = serde_json::from_str(&said.out).unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/fix-plan.schema.json");
    let schema: Value = serde_json::from_slice(&fs::read(schema).unwrap()).unwrap();
    jsonschema::validate(&schema, &json).unwrap();
    assert_eq!((&json["written"], &json["left"]), (&Value::from(false), &Value::from(0)));
    assert!(json["before"].as_u64().unwrap() > 0);
    let steps = json["steps"].as_array().unwrap();
    assert!(
        steps.iter().all(|step| step["reason"].is_null() && !step["files"].as_array().unwrap().is_empty()),
        "{json}"
    );
    // `plimsoll.yaml` beside the chart names a second set.
    let values = json["values"].as_array().unwrap();
    assert_eq!(
        (values.len(), &values[0]["name"], &values[0]["left"]),
        (1, &Value::from("production"), &Value::from(0))
    );
    assert!(values[0]["before"].as_u64().unwrap() > 0);
}

#[test]
fn a_set_of_values_that_keeps_its_ways_is_said() {
    let template = "\
apiVersion: v1
kind: Pod
metadata:
  name: p
  namespace: n
spec:
  automountServiceAccountToken: false
  containers:
    - name: c
      image: i:1
      securityContext:
        privileged: {{ .Values.privileged }}
";
    let folder = Folder::new(&[
        ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"),
        ("c/values.yaml", "privileged: true\n"),
        ("c/values-b.yaml", "privileged: true\n"),
        ("c/plimsoll.yaml", "charts:\n  .:\n    environments:\n      a: []\n      b: [values-b.yaml]\n"),
        ("c/templates/pod.yaml", template),
    ]);
    let said = folder.run(&["fix", "--plan", "c", "--from", "n/p", "--output", "json"]);
    let json: Value = serde_json::from_str(&said.out).unwrap();
    // The second set says again what the change of the first takes out.
    let risk = json["before"].as_u64().unwrap();
    assert!(risk > 0 && json["left"] == 0, "{json}");
    assert_eq!(json["values"], serde_json::json!([{"name": "b", "before": risk, "left": risk}]));
    let said = folder.run(&["fix", "--plan", "c", "--from", "n/p"]);
    assert!(said.out.contains("with the values `b`, 100 % of it is left"), "{}", said.out);
}

/// A pod with a token that may do everything.
const ADMIN: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  serviceAccountName: s
  containers: [{name: c, image: 'i:1'}]
";

const BINDING: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
  - kind: ServiceAccount
    name: other
    namespace: n
  - kind: ServiceAccount
    name: s
    namespace: n
";

const ROLE: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - apiGroups: [\"\"]
    resources: [pods]
    verbs: [get]
  - apiGroups: ['*']
    resources: ['*']
    verbs: ['*']
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: r
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, name: s, namespace: n}]
";

const SERVICE: &str = "\
apiVersion: v1
kind: Service
metadata:
  name: p
  namespace: n
spec:
  type: NodePort
  externalTrafficPolicy: Local
  selector: {app: p}
  ports:
    - port: 80
      nodePort: 30080
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n, labels: {app: p}}
spec:
  automountServiceAccountToken: false
  containers: [{name: c, image: 'i:1', ports: [{containerPort: 80}], securityContext: {privileged: true}}]
";

const INGRESS: &str = "\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: p, namespace: n}
spec:
  ingressClassName: nginx
  rules: [{host: shop.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: p, port: {number: 80}}}}]}}]
";

/// Writes the plan for these files, and checks what they say afterwards: of each the old text with lines replaced, or
/// nothing where the file goes.
fn check(given: &[(&str, &str)], arguments: &[&str], expected: &[(&str, Option<String>)]) {
    let folder = Folder::new(given);
    let said = folder.run(&[&["fix", "--plan", "--write", "."], arguments].concat());
    let after = files(folder.path());
    for (name, old) in given {
        let wanted = expected.iter().find(|(known, _)| known == name);
        let wanted = wanted.map_or_else(|| Some((*old).to_owned()), |(_, text)| text.clone());
        assert_eq!(after.get(Path::new(name)), wanted.as_ref(), "{name}: {}{}", said.out, said.err);
    }
}

#[test]
fn a_subject_is_taken_out_of_its_binding() {
    let given = [("pod.yaml", ADMIN), ("rbac.yaml", BINDING)];
    let without = BINDING.replace("  - kind: ServiceAccount\n    name: s\n    namespace: n\n", "");
    check(&given, &["--from", "n/p", "--pin", "Pod/n/p"], &[("rbac.yaml", Some(without))]);
}

#[test]
fn a_rule_is_taken_out_of_its_role() {
    let given = [("pod.yaml", ADMIN), ("rbac.yaml", ROLE)];
    let without = ROLE.replace("  - apiGroups: ['*']\n    resources: ['*']\n    verbs: ['*']\n", "");
    let pins = ["--from", "n/p", "--pin", "Pod/n/p", "--pin", "ClusterRoleBinding/r"];
    check(&given, &pins, &[("rbac.yaml", Some(without))]);
}

#[test]
fn a_rule_keeps_what_does_not_lead_on() {
    // `secrets` is one of several resources, in a list in lines; `escalate` one of several verbs, in a list in brackets; and
    // of the accounts whose tokens may be minted one leads on.
    let rules = [
        (
            "  - apiGroups: [\"\"]\n    resources:\n      - pods\n      - secrets\n      - services\n    verbs: [get, list]\n",
            "      - secrets\n",
            "",
        ),
        (
            "  - apiGroups: [rbac.authorization.k8s.io]\n    resources: [clusterroles]\n    verbs: [get, escalate, patch]\n",
            "[get, escalate, patch]",
            "[get, patch]",
        ),
        (
            "  - apiGroups: [\"\"]\n    resources: [serviceaccounts/token]\n    verbs: [create]\n    resourceNames: [p, root]\n",
            "[p, root]",
            "[p]",
        ),
    ];
    let pins = ["--from", "n/p", "--pin", "Pod/n/p", "--pin", "ClusterRoleBinding/*"];
    for (rule, old, new) in rules {
        let role = ROLE.split_once("  - apiGroups: ['*']").unwrap().0;
        let bindings = ROLE.split_once("---\n").unwrap().1;
        let root = BINDING.replace("name: s\n", "name: root\n");
        let text = format!("{role}{rule}---\n{bindings}---\n{root}");
        let given = [("pod.yaml", ADMIN), ("rbac.yaml", &*text)];
        check(&given, &pins, &[("rbac.yaml", Some(text.replace(old, new)))]);
    }
}

#[test]
fn a_token_is_not_mounted() {
    let given = [("pod.yaml", ADMIN), ("rbac.yaml", BINDING)];
    let without =
        ADMIN.replace("  serviceAccountName: s\n", "  serviceAccountName: s\n  automountServiceAccountToken: false\n");
    check(&given, &["--from", "n/p"], &[("pod.yaml", Some(without))]);
}

#[test]
fn a_service_is_closed_with_all_that_only_open_ones_may_have() {
    let closed = SERVICE.replace("NodePort", "ClusterIP").replace("  externalTrafficPolicy: Local\n", "");
    let closed = closed.replace("      nodePort: 30080\n", "");
    let given = [("service.yaml", SERVICE)];
    check(&given, &["--from", "internet", "--pin", "Pod/n/p"], &[("service.yaml", Some(closed))]);
}

#[test]
fn an_object_is_taken_away_and_a_file_with_nothing_left_goes() {
    let service = SERVICE.replace("  type: NodePort\n  externalTrafficPolicy: Local\n", "");
    let service = service.replace("      nodePort: 30080\n", "");
    let pinned = ["--from", "internet", "--pin", "Pod/n/p"];
    check(&[("app.yaml", &service), ("ingress.yaml", INGRESS)], &pinned, &[("ingress.yaml", None)]);
    let all = format!("{INGRESS}---\n{service}");
    check(&[("all.yaml", &all)], &pinned, &[("all.yaml", Some(format!("---\n{service}")))]);
}

#[test]
fn a_mount_becomes_read_only_where_it_was_not() {
    let pod = "\
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  automountServiceAccountToken: false
  containers:
    - name: c
      image: i:1
      volumeMounts:
        - {name: etc, mountPath: /host, readOnly: false}
  volumes:
    - name: etc
      hostPath: {path: /etc/cron.d}
";
    let read_only = pod.replace("readOnly: false", "readOnly: true");
    check(&[("pod.yaml", pod)], &["--from", "n/p", "--to", "node"], &[("pod.yaml", Some(read_only))]);
}

#[test]
fn what_cannot_be_written_or_keeps_no_promise_is_said_with_why() {
    // Whoever comes in through the web server is among those who need the database.
    let web = SERVICE.replace("securityContext: {privileged: true}", "env: [{name: DB, value: db.n.svc}]");
    let database = "\
apiVersion: v1
kind: Service
metadata: {name: db, namespace: n}
spec: {selector: {app: db}, ports: [{port: 5432}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: n, labels: {app: db}}
spec: {containers: [{name: c, image: 'i:1', ports: [{containerPort: 5432}]}]}
";
    let asked = ["fix", "--plan", "--from", "internet", "--to", "n/db", "--pin", "Service/n/p"];
    let folder = Folder::new(&[("web.yaml", &web), ("db.yaml", database)]);
    let said = folder.run(&asked);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("a way from the internet to Pod n/db is still there"), "{}", said.out);
    assert!(!said.out.contains("NetworkPolicy\n+"), "what keeps no promise is not in the difference: {}", said.out);
    // No policy can name pods without labels.
    let database = database.replace(", labels: {app: db}", "");
    let folder = Folder::new(&[("web.yaml", &web), ("db.yaml", &database)]);
    let said = folder.run(&asked);
    assert!(said.out.contains("its pods have no labels"), "{}", said.out);
    let said = folder.run(&[
        "paths",
        "plan",
        "--from",
        "internet",
        "--to",
        "n/db",
        "--pin",
        "Service/n/p",
        "--output",
        "patch",
    ]);
    assert_eq!((said.code, &*said.out), (1, ""), "{}", said.err);
    assert!(said.err.contains("not in the patch") && said.err.contains("no labels"), "{}", said.err);
}

#[test]
fn patches_that_do_not_fit_are_refused() {
    let folder =
        Folder::new(&[("pod.yaml", ADMIN), ("x.patch", "--- a/pod.yaml\n+++ b/pod.yaml\n@@ -1 +1 @@\n-b\n+c\n")]);
    let said = folder.run(&["paths", "what-if", "--apply", "x.patch"]);
    assert!(said.code == 3 && said.err.contains("`pod.yaml`") && said.err.contains("line 1"), "{}", said.err);
    let said = folder.run(&["paths", "plan", "--cluster", "--output", "patch"]);
    assert!(said.code == 3 && said.err.contains("name its manifests"), "{}", said.err);
}
