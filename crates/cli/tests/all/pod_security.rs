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

/// What the API refuses, and pods of which the containers are elsewhere, meet nothing.
#[test]
fn what_is_no_pod_is_not_judged() {
    let container = "name: a, image: 'i:1'";
    let pod = |spec: &str| format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {{{spec}}}\n");
    let with = |field: &str| pod(&format!("containers: [{{{container}}}], {field}"));
    let of_container = |field: &str| pod(&format!("containers: [{{{container}, {field}}}]"));
    for (text, field) in [
        (pod(&format!("containers: {{a: {{{container}}}}}")), "`spec.containers`"),
        (pod("containers: []"), "`spec`"),
        (pod("containers: [null]"), "`spec.containers[0]`"),
        (pod(""), "`spec`"),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n".to_owned(), "no pod"),
        (with("initContainers: {name: i, image: i}"), "`spec.initContainers`"),
        (with("securityContext: [a]"), "`spec.securityContext`"),
        (with("hostPID: [true]"), "`spec.hostPID`"),
        (with("hostPID: 1"), "`spec.hostPID`"),
        (with("volumes: {name: a}"), "`spec.volumes`"),
        (of_container("securityContext: {privileged: \"yes\"}"), "`spec.containers[0].securityContext.privileged`"),
        (of_container("securityContext: {capabilities: {add: SYS_ADMIN}}"), "capabilities.add`"),
        (of_container("ports: {hostPort: 1}"), "`spec.containers[0].ports`"),
    ] {
        let folder = Folder::new(&[("p.yaml", &text)]);
        let (code, json) = ask(&folder, &["p.yaml"]);
        assert_eq!((code, json["workloads"].as_array().unwrap().len()), (2, 0), "{text}");
        let reason = json["coverage"]["skipped"][0]["reason"].as_str().unwrap();
        assert!(reason.contains("the API refuses this object") && reason.contains(field), "{text}: {reason}");
        // No control passes it either.
        let said = folder.run(&["scan", "p.yaml", "--framework", "pss", "--show-passed", "--output", "json"]);
        let json: Value = serde_json::from_str(&said.out).unwrap();
        let results = json["results"].as_array().unwrap().iter();
        let passed = results.filter(|result| result["status"] == "pass").map(|result| &result["control"]);
        assert_eq!(passed.count(), 0, "{text}");
        assert_ne!(json["frameworks"][0]["score"], 100, "{text}");
    }
    for text in [
        "apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {name: p}\nspec: {taskRef: {name: t}}\n",
        "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: p}\nspec: {pipelineRef: {name: t}}\n",
        "apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nmetadata: {name: p}\nspec: {template: {spec: {domain: {}}}}\n",
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: p}\nspec: {podSpecPatch: a, templates: [{name: a, container: {image: a}}]}\n",
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: p}\nspec: {templates: [{name: a, resource: {action: create, manifest: a}}]}\n",
    ] {
        let folder = Folder::new(&[("p.yaml", text)]);
        let (code, json) = ask(&folder, &["p.yaml"]);
        assert_eq!((code, json["workloads"].as_array().unwrap().len()), (2, 0), "{text}");
        let (_, json) = folder.scan(&["--only", "privileged-container,host-pid-namespace", "--show-passed", "p.yaml"]);
        let statuses: Vec<&Value> =
            json["results"].as_array().unwrap().iter().map(|result| &result["status"]).collect();
        assert_eq!(statuses, ["skip", "skip"], "{text}");
    }
}

#[test]
fn templates_of_one_object_are_told_apart() {
    let workflow = "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: w}\nspec:\n  templates:\n  - {name: build, container: {image: a}}\n  - {name: push, container: {image: a, securityContext: {privileged: true}}}\n";
    let folder = Folder::new(&[("p.yaml", workflow)]);
    let (_, json) = ask(&folder, &["p.yaml"]);
    let names = |key: &str| json["workloads"].as_array().unwrap().iter().map(|of| of[key].clone()).collect::<Vec<_>>();
    assert_eq!(names("template"), ["build", "push"]);
    let said = folder.run(&["pod-security", "p.yaml"]);
    assert!(said.out.contains("Workflow.argoproj.io/w (push)   meets privileged"), "{}", said.out);
}
