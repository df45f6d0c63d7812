//! `plimsoll pod-security` as its users see it.

use serde_json::Value;

use crate::program::Folder;

const POD: &str = "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers:
    - name: a
      image: 'i:1'
      securityContext: {allowPrivilegeEscalation: true, runAsNonRoot: true, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}
";

fn ask(folder: &Folder, arguments: &[&str]) -> (i32, Value) {
    let arguments: Vec<&str> = ["pod-security", "--output", "json"].iter().chain(arguments).copied().collect();
    let said = folder.run(&arguments);
    (said.code, serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {} {}", said.out, said.err)))
}

#[test]
fn the_reason_is_in_the_plugins_own_words() {
    let folder = Folder::new(&[("p.yaml", POD)]);
    let (code, json) = ask(&folder, &["--level", "restricted", "--version", "v1.34", "p.yaml"]);
    assert_eq!(code, 1);
    let workload = &json["workloads"][0];
    assert_eq!((&workload["resource"], &workload["meets"]), (&Value::from("Pod/n/p"), &Value::from("baseline")));
    let asked = &workload["asked"];
    assert_eq!((&asked["level"], &asked["version"]), (&Value::from("restricted"), &Value::from("v1.34")));
    assert_eq!(asked["allowed"], false);
    let reason =
        "allowPrivilegeEscalation != false (container \"a\" must set securityContext.allowPrivilegeEscalation=false)";
    assert_eq!(asked["reason"], reason);
}

#[test]
fn versions_before_a_check_do_not_make_it() {
    let folder = Folder::new(&[("p.yaml", POD)]);
    let (code, json) = ask(&folder, &["--version", "v1.7", "p.yaml"]);
    assert_eq!((code, &json["workloads"][0]["asked"]["allowed"]), (0, &Value::from(true)));
    assert_eq!(json["workloads"][0]["meets"], "restricted");
}

#[test]
fn namespaces_say_what_a_label_would_break() {
    let other = POD
        .replace("namespace: n", "namespace: m")
        .replace("allowPrivilegeEscalation: true", "allowPrivilegeEscalation: false");
    let folder = Folder::new(&[("p.yaml", POD), ("q.yaml", &other)]);
    let (_, json) = ask(&folder, &["."]);
    let namespaces: Vec<(&str, u64, u64)> = json["namespaces"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| (n["namespace"].as_str().unwrap(), n["workloads"].as_u64().unwrap(), n["refused"].as_u64().unwrap()))
        .collect();
    assert_eq!(namespaces, [("m", 1, 0), ("n", 1, 1)]);
    let text = folder.run(&["pod-security", "."]).out;
    assert!(text.contains("n  1 of 1 workload"), "{text}");
}

#[test]
fn wrong_levels_and_versions_are_usage_errors() {
    let folder = Folder::new(&[("p.yaml", POD)]);
    for arguments in [["--level", "strict"], ["--version", "1.34"], ["--output", "sarif"]] {
        let said = folder.run(&["pod-security", arguments[0], arguments[1], "p.yaml"]);
        assert_eq!(said.code, 3, "{}", said.err);
    }
}

#[test]
fn what_was_not_looked_at_is_said() {
    let folder = Folder::new(&[
        ("p.yaml", &POD.replace("allowPrivilegeEscalation: true", "allowPrivilegeEscalation: false")),
        ("b.yaml", "a: b: c\n"),
    ]);
    let (code, json) = ask(&folder, &["."]);
    assert_eq!((code, json["coverage"]["skipped"].as_array().unwrap().len()), (2, 1));
}
