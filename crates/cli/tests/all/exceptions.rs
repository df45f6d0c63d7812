//! Exceptions in all their forms, and what is wrong with them.

use serde_json::Value;

use crate::program::Folder;

const POD: &str = "apiVersion: v1
kind: Pod
metadata:
  name: agent
  namespace: kube-agents
  labels:
    team: node
spec:
  hostNetwork: true
  containers:
    - name: main
      image: app:1
      securityContext:
        privileged: true
    - name: side
      image: app:1
      securityContext:
        privileged: true
";

const ONLY: &str = "host-network-namespace,privileged-container";

/// Control and container of what is open, and the exit code.
fn open(folder: &Folder, more: &[&str]) -> (i32, Vec<String>) {
    let (code, json) = scan(folder, more);
    let mut found = Vec::new();
    for result in json["results"].as_array().unwrap() {
        for occurrence in result["occurrences"].as_array().unwrap() {
            if occurrence["standing"] == "open" {
                let container = occurrence["container"].as_str().unwrap_or("pod");
                found.push(format!("{} {container}", result["control"].as_str().unwrap()));
            }
        }
    }
    (code, found)
}

fn scan(folder: &Folder, more: &[&str]) -> (i32, Value) {
    folder.scan(&[&["--only", ONLY, "."], more].concat())
}

fn problems(folder: &Folder) -> Vec<String> {
    let (_, json) = scan(folder, &[]);
    let all = json["exceptionProblems"].as_array().unwrap().iter();
    all.map(|problem| {
        format!("{} {}:{}", problem["kind"].as_str().unwrap(), problem["path"].as_str().unwrap(), problem["line"])
    })
    .collect()
}

const ALL: [&str; 3] = ["host-network-namespace pod", "privileged-container main", "privileged-container side"];

#[test]
fn a_file_selects_by_everything_that_there_is() {
    for (selector, left) in [
        ("controls: [privileged-container]", &[0][..]),
        ("controls: [workload]", &[]),
        ("controls: [critical]", &[0]),
        ("controls: [nsa-cisa]", &[]),
        ("controls: [C-0057]", &[0]),
        ("controls: privileged-container\n    containers: [ma*]", &[0, 2]),
        ("controls: privileged-container\n    kinds: [Pod]\n    names: [a*t]\n    namespaces: [kube-*]", &[0]),
        ("controls: privileged-container\n    kinds: [Deployment]", &[0, 1, 2]),
        ("controls: privileged-container\n    labels: {team: n*}", &[0]),
        ("controls: privileged-container\n    labels: {team: other}", &[0, 1, 2]),
        ("controls: privileged-container\n    paths: [deploy]", &[0]),
        ("controls: privileged-container\n    paths: [other]", &[0, 1, 2]),
        ("controls: privileged-container\n    expires: 2999-01-01", &[0]),
        ("controls: privileged-container\n    expires: 2020-01-01", &[0, 1, 2]),
    ] {
        let text = format!("exceptions:\n  - {selector}\n    reason: it is a node agent\n");
        let folder = Folder::new(&[("deploy/pod.yaml", POD), ("plimsoll-exceptions.yaml", &text)]);
        let (code, found) = open(&folder, &[]);
        let expected: Vec<&str> = left.iter().map(|at| ALL[*at]).collect();
        assert_eq!(found, expected, "{selector}");
        assert_eq!(code, i32::from(!left.is_empty()), "{selector}");
        assert_eq!(open(&folder, &["--no-exceptions"]).1, ALL, "{selector}");
    }
}

#[test]
fn comments_and_annotations_are_exceptions() {
    let trailing =
        POD.replacen("privileged: true", "privileged: true # plimsoll: ignore privileged-container — agent", 1);
    let above = POD.replacen(
        "        privileged",
        "        # plimsoll: ignore privileged-container until 2999-01-01 by ops — agent, SEC-1\n        privileged",
        1,
    );
    let object = format!("# plimsoll: ignore privileged-container — agent\n{POD}");
    let annotated = POD.replace("  labels:", "  annotations:\n    plimsoll/ignore: |\n      privileged-container in container main — agent\n      host-network-namespace -- agent\n  labels:");
    let quoted = POD.replacen("image: app:1", "image: 'x # plimsoll: ignore privileged-container — agent'", 1);
    for (text, left) in
        [(trailing, &[0, 2][..]), (above, &[0, 2]), (object, &[0]), (annotated, &[2]), (quoted, &[0, 1, 2])]
    {
        let folder = Folder::new(&[("pod.yaml", &text)]);
        let expected: Vec<&str> = left.iter().map(|at| ALL[*at]).collect();
        assert_eq!(open(&folder, &[]).1, expected, "{text}");
    }
}

#[test]
fn what_other_tools_accept_is_accepted_and_no_more() {
    let annotation = |key: &str, value: &str| {
        POD.replace("  labels:", &format!("  annotations:\n    {key}: \"{value}\"\n  labels:"))
    };
    for (text, left) in [
        (annotation("ignore-check.kube-linter.io/privileged-container", "agent"), &[0][..]),
        (annotation("checkov.io/skip1", "CKV_K8S_16=agent"), &[0]),
        (annotation("kube-score/ignore", "container-security-context-privileged"), &[0]),
        (annotation("polaris.fairwinds.com/runAsPrivileged-exempt", "true"), &[0]),
        (annotation("polaris.fairwinds.com/main.runAsPrivileged-exempt", "true"), &[0, 2]),
        (annotation("polaris.fairwinds.com/runAsPrivileged-exempt", "false"), &[0, 1, 2]),
        (POD.replacen("privileged: true", "privileged: true # trivy:ignore:KSV017", 1), &[0, 2]),
        (format!("# checkov:skip=CKV_K8S_16:agent\n{POD}"), &[0]),
    ] {
        let folder = Folder::new(&[("pod.yaml", &text)]);
        let expected: Vec<&str> = left.iter().map(|at| ALL[*at]).collect();
        assert_eq!(open(&folder, &[]).1, expected, "{text}");
    }
    let kubescape = r#"[{"name":"agents","policyType":"postureExceptionPolicy","actions":["alertOnly"],
        "resources":[{"designatorType":"Attributes","attributes":{"kind":"Pod","namespace":"kube-.*"}}],
        "posturePolicies":[{"frameworkName":"NSA","controlID":"C-0057"}]}]"#;
    for (name, text, left) in [
        (".trivyignore", "# agents\nAVD-KSV-0017 exp:2999-01-01\nCVE-2020-1\n", &[0][..]),
        (".trivyignore", "KSV-0017 exp:2020-01-01\n", &[0, 1, 2]),
        (".trivyignore.yaml", "misconfigurations:\n  - id: KSV-0017\n    paths: [pod.yaml]\n", &[0]),
        (".checkov.yaml", "skip-check: [CKV_K8S_16]\n", &[0]),
        (".kube-linter.yaml", "checks:\n  exclude: [privileged-container]\n", &[0]),
    ] {
        let folder = Folder::new(&[("pod.yaml", POD), (name, text)]);
        let expected: Vec<&str> = left.iter().map(|at| ALL[*at]).collect();
        assert_eq!(open(&folder, &[]).1, expected, "{name}");
    }
    let polaris = "exemptions:\n  - namespace: kube-agents\n    controllerNames: [age]\n    rules: [runAsPrivileged]\n";
    for (name, text) in [("kubescape.json", kubescape), ("polaris-config.yaml", polaris)] {
        let folder = Folder::new(&[("pod.yaml", POD), (name, text)]);
        assert_eq!(open(&folder, &["--exceptions", name]).1, [ALL[0]], "{name}");
    }
}

#[test]
fn what_is_wrong_with_exceptions_is_said() {
    let file = "exceptions:\n  - controls: [privileged-container]\n    reason: x\n    expires: 2020-01-01\n  - reason: all\n  - controls: host-port\n    reason: x\n";
    let comment = format!("# plimsoll: ignore host-network-namespace\n{POD}");
    let folder = Folder::new(&[
        ("pod.yaml", &comment),
        ("plimsoll-exceptions.yaml", file),
        (".trivyignore", "KSV-9999\nCVE-1\n"),
    ]);
    assert_eq!(
        problems(&folder),
        [
            "exception-untranslated .trivyignore:1",
            "exception-untranslated .trivyignore:1",
            "exception-expired plimsoll-exceptions.yaml:2",
            "exception-too-broad plimsoll-exceptions.yaml:5",
            "exception-unmatched plimsoll-exceptions.yaml:6",
            "exception-invalid pod.yaml:1",
        ]
    );
    assert_eq!(scan(&folder, &[]).0, 1, "an expired exception is a finding");
    let said = folder.run(&["exceptions", "--only", ONLY, "."]);
    assert!(said.code == 1 && said.out.contains("everything  3 findings, no end"), "{}", said.out);
}

#[test]
fn mistakes_in_the_file_are_errors_with_their_place() {
    for (text, expected) in [
        (
            "exceptions:\n  - control: x\n    reason: y\n",
            "plimsoll-exceptions.yaml:2:5: an exception has no key `control`: did you mean `controls`?",
        ),
        ("exceptions:\n  - controls: host-port\n", "plimsoll-exceptions.yaml:2:5: an exception says its `reason`"),
        ("exceptions:\n  - controls: host-prt\n    reason: x\n", "did you mean `host-port`?"),
        ("exceptions:\n  - controls: host-port\n    reason: x\n    expires: tomorrow\n", "`tomorrow` is not a day"),
    ] {
        let folder = Folder::new(&[("pod.yaml", POD), ("plimsoll-exceptions.yaml", text)]);
        let said = folder.run(&["scan", "pod.yaml"]);
        assert!(said.code == 3 && said.err.contains(expected), "{text}: {}", said.err);
    }
}

#[test]
fn every_format_knows_what_is_accepted() {
    let file = "exceptions:\n  - controls: [privileged-container]\n    reason: node agent\n    owner: ops\n    ticket: SEC-1\n    expires: 2999-01-01\n";
    let folder = Folder::new(&[("pod.yaml", POD), ("plimsoll-exceptions.yaml", file)]);
    let text = folder.run(&["scan", "--only", ONLY, "--show-excepted", "."]).out;
    assert!(text.contains("accepted: 2 findings are covered by 1 exception"), "{text}");
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(line.contains("node agent (SEC-1, by ops, until 2999-01-01, plimsoll-exceptions.yaml:2)"), "{text}");
    assert!(!text.contains("privileged mode"), "{text}");
    let sarif: Value =
        serde_json::from_str(&folder.run(&["scan", "--only", ONLY, "--output", "sarif", "."]).out).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap().iter();
    let suppressed: Vec<&Value> = results.filter_map(|result| result.get("suppressions")).collect();
    assert_eq!(suppressed.len(), 2);
    assert_eq!(suppressed[0][0]["kind"], "external");
    assert_eq!(suppressed[0][0]["justification"], "node agent");
    let said = folder.run(&["baseline", "write", "--only", ONLY, "--file", "-"]);
    assert!(!said.out.contains("privileged-container"), "what is accepted is no debt: {}", said.out);
}

/// What Kubescape's exceptions can say that exceptions here cannot never covers more than it did there.
#[test]
fn exceptions_of_kubescape_cover_no_more_than_there() {
    let open_with = |resources: &str, policies: &str| {
        let text = format!(
            r#"[{{"name":"x","policyType":"postureExceptionPolicy","actions":["alertOnly"],"resources":[{resources}],"posturePolicies":[{policies}]}}]"#
        );
        let folder = Folder::new(&[("pod.yaml", POD), ("kubescape.json", &text)]);
        let (_, found) = open(&folder, &["--exceptions", "kubescape.json"]);
        (found.len(), folder.run(&["exceptions", "--exceptions", "kubescape.json", "."]).out)
    };
    let kind = |kind: &str| format!(r#"{{"designatorType":"Attributes","attributes":{{"kind":"{kind}"}}}}"#);
    let privileged = r#"{"controlID":"C-0057"}"#;
    assert_eq!(open_with(&kind("Pod"), privileged).0, 1);
    assert_eq!(open_with(&kind("Deployment|Pod"), privileged).0, 1);
    // By the name that Kubescape gives the control.
    assert_eq!(open_with(&kind("Pod"), r#"{"controlName":"Privileged container"}"#).0, 1);
    assert_eq!(open_with(&kind("Pod"), r#"{"controlName":"^HostPID/IPC"}"#).0, 3);
    assert_eq!(open_with(&kind("Deployment|DaemonSet"), privileged).0, 3);
    for (resources, policies, said) in [
        (
            r#"{"designatorType":"wildwlid","wildwlid":"wlid://cluster-x/namespace-y"}"#,
            privileged,
            "`attributes` alone",
        ),
        (r#"{"designatorType":"Attributes","attributes":{}}"#, privileged, "`attributes` alone"),
        (r#"{"designatorType":"Attributes","attributes":{"resourceID":"1"}}"#, privileged, "ids that Kubescape gives"),
        (&kind("Pod"), r#"{"controlID":"C-0057","ruleName":"r"}"#, "the rule `r` of a control alone"),
        (&kind("Pod"), r#"{"frameworkName":"NSA"}"#, "a whole framework"),
        (&kind("(Pod|Job)"), privileged, "more than stars"),
    ] {
        let (found, listed) = open_with(resources, policies);
        let listed = listed.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(found == 3 && listed.contains(said), "{resources} {policies}: {found} {listed}");
    }
    // Without a control it fits nothing, and not everything.
    assert_eq!(open_with(&kind("Pod"), "").0, 3);
}
