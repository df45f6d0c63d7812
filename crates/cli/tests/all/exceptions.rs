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
        ("controls: [workload]\n    kinds: [Pod]", &[]),
        ("controls: [critical]\n    kinds: [Pod]", &[0]),
        ("controls: [nsa-cisa]\n    kinds: [Pod]", &[]),
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
        (POD.replacen("privileged: true", "privileged: true # trivy:ignore:KSV-0017:exp:2999-01-01", 1), &[0, 2]),
        (POD.replacen("privileged: true", "privileged: true # trivy:ignore:KSV-0017:exp:2020-01-01", 1), &[0, 1, 2]),
        (POD.replacen("privileged: true", "privileged: true # trivy:ignore:KSV-0017[name=x]", 1), &[0, 1, 2]),
        (POD.replacen("privileged: true", "privileged: true # trivy:ignore:KSV-0017:ws:prod", 1), &[0, 1, 2]),
        (annotation("kube-linter.io/ignore-all", "agent"), &[]),
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
        (".kube-linter.yaml", "checks:\n  ignorePaths: ['/**/pod.yaml']\n", &[]),
        (".kube-linter.yaml", "checks:\n  ignorePaths: [vendor/**, ~/pod.yaml, ../pod.yaml]\n", &[0, 1, 2]),
        (".checkov.yaml", "skip-check: CKV_K8S_1,CKV_K8S_16\n", &[0]),
        (".checkov.yaml", "skip-path: ['od\\.ya']\n", &[]),
        (".checkov.yaml", "skip-path: [^od, 'p.d+', 'pod*']\n", &[0, 1, 2]),
    ] {
        let folder = Folder::new(&[("pod.yaml", POD), (name, text)]);
        let expected: Vec<&str> = left.iter().map(|at| ALL[*at]).collect();
        assert_eq!(open(&folder, &[]).1, expected, "{name}");
    }
    let polaris = "exemptions:\n  - namespace: kube-agents\n    controllerNames: [age]\n    rules: [runAsPrivileged]\n";
    let checks = "checks:\n  runAsPrivileged: ignore\n  hostNetworkSet: danger\n";
    for (name, text) in
        [("kubescape.json", kubescape), ("polaris-config.yaml", polaris), ("polaris-checks.yaml", checks)]
    {
        let folder = Folder::new(&[("pod.yaml", POD), (name, text)]);
        assert_eq!(open(&folder, &["--exceptions", name]).1, [ALL[0]], "{name}");
    }
}

#[test]
fn what_other_tools_say_and_exceptions_cannot_is_named() {
    for (name, text, said) in [
        (".kube-linter.yaml", "checks:\n  include: [x]\n  doNotAutoAddDefaults: true\n", "`include` chooses"),
        (".kube-linter.yaml", "checks:\n  doNotAutoAddDefaults: true\n", "`doNotAutoAddDefaults` switches off"),
        (".kube-linter.yaml", "customChecks:\n  - name: x\n", "`customChecks` of KubeLinter are not run"),
        (".kube-linter.yaml", "checks:\n  ignorePaths: [~/x]\n", "not in the folder that is scanned"),
        (".checkov.yaml", "soft-fail-on: [CKV_K8S_1]\n", "`soft-fail-on` lets Checkov pass"),
        (".checkov.yaml", "check: [CKV_K8S_1]\n", "`check` chooses"),
        (".checkov.yaml", "skip-framework: [helm]\n", "`skip-framework` leaves out"),
        (".checkov.yaml", "skip-path: ['(a|b)']\n", "more than stars can say"),
        (
            "kubescape.json",
            r#"[{"name":"x","policyType":"postureExceptionPolicy","posturePolicies":[]}]"#,
            "names no control",
        ),
        (
            "kubescape.json",
            r#"[{"name":"x","policyType":"vulnerabilityExceptionPolicy"}]"#,
            "vulnerabilities of images",
        ),
    ] {
        let folder = Folder::new(&[("pod.yaml", POD), (name, text)]);
        let named = ["--exceptions", name];
        let (_, json) = scan(&folder, if name.starts_with('.') { &[] } else { &named });
        let all = json["exceptionProblems"].as_array().unwrap().iter();
        let mut untranslated = all.filter(|problem| problem["kind"] == "exception-untranslated");
        let is_said = |problem: &Value| problem["message"].as_str().unwrap().contains(said);
        assert!(untranslated.any(is_said), "{text}: {}", json["exceptionProblems"]);
        assert_eq!(open(&folder, &[]).1, ALL, "{text}");
    }
    let condition = POD.replacen("privileged: true", "privileged: true # trivy:ignore:KSV-0017:ws:prod", 1);
    assert_eq!(problems(&Folder::new(&[("pod.yaml", &condition)])), ["exception-untranslated pod.yaml:14"]);
    let over = POD.replacen("privileged: true", "privileged: true # trivy:ignore:KSV-0017:exp:2020-01-01", 1);
    assert_eq!(problems(&Folder::new(&[("pod.yaml", &over)])), ["exception-expired pod.yaml:14"]);
}

/// An exception is as broad as what it means, however it is written.
#[test]
fn what_covers_everything_is_too_broad_however_it_is_written() {
    let severities = "controls: [critical, high, medium, low, info]";
    for (selector, expected) in [
        (severities, true),
        ("names: ['?*']", true),
        ("paths: ['*.yaml']", true),
        ("paths: ['**/*.yml', '*.yaml']", true),
        ("namespaces: ['*', kube-agents]", true),
        ("controls: [high, critical]\n    names: ['*']", true),
        ("controls: [workload]\n    containers: ['*']\n    kinds: ['?*']", true),
        ("controls: [nsa-cisa]", true),
        ("controls: [privileged-container]", false),
        ("controls: [privileged-container, host-network-namespace]\n    names: ['*']", false),
        ("controls: [high, critical]\n    names: [agent]", false),
        ("names: [age*]", false),
        ("kinds: [Pod]", false),
        ("paths: [vendor/**]", false),
        ("labels: {team: '*'}", false),
    ] {
        let text = format!("exceptions:\n  - {selector}\n    reason: it is accepted\n");
        let folder = Folder::new(&[("pod.yaml", POD), ("plimsoll-exceptions.yaml", &text)]);
        let is_too_broad = problems(&folder).iter().any(|problem| problem.starts_with("exception-too-broad"));
        assert_eq!(is_too_broad, expected, "{selector}");
    }
    // Nearly all of what was found, by kinds or letters.
    let pods: Vec<(String, String)> =
        (0..10).map(|number| (format!("{number}.yaml"), POD.replace("agent", &format!("agent-{number}")))).collect();
    for (selector, expected) in
        [("kinds: [Pod]", true), ("names: ['*e*', '*o*']", true), ("names: [agent-*]", false), ("kinds: [Job]", false)]
    {
        let text = format!("exceptions:\n  - {selector}\n    reason: it is accepted\n");
        let folder = Folder::new(&[("plimsoll-exceptions.yaml", &text)]);
        pods.iter().for_each(|(name, text)| folder.write(name, text.as_bytes()));
        let is_too_broad = problems(&folder).iter().any(|problem| problem.starts_with("exception-too-broad"));
        assert_eq!(is_too_broad, expected, "{selector}");
    }
}

#[test]
fn what_is_wrong_with_exceptions_is_said() {
    let file = "exceptions:\n  - controls: [privileged-container]\n    reason: x\n    expires: 2020-01-01\n  - reason: all\n  - controls: host-network-namespace\n    names: [gone]\n    reason: x\n";
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

/// Nobody looked is not the same as nothing is there.
#[test]
fn only_what_was_looked_at_can_be_unmatched() {
    let file = |selector: &str| format!("exceptions:\n  - {selector}\n    reason: it is accepted\n");
    let harmless = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n";
    let unmatched = |selector: &str, arguments: &[&str]| {
        let text = file(selector);
        let folder = Folder::new(&[
            ("a/d.yaml", harmless),
            ("b/pod.yaml", harmless),
            ("b/broken.yaml", if arguments.contains(&"b") { "a: [" } else { harmless }),
            ("plimsoll-exceptions.yaml", &text),
        ]);
        let (_, json) = folder.scan(arguments);
        let all = json["exceptionProblems"].as_array().unwrap().clone();
        assert!(all.iter().all(|problem| problem["kind"] == "exception-unmatched"), "{all:?}");
        !all.is_empty()
    };
    for (selector, arguments, expected) in [
        ("controls: [host-port]", &["."][..], true),
        ("controls: [host-port]", &["--only", "privileged-container", "."], false),
        ("controls: [host-port]", &["--skip", "host-port", "."], false),
        ("controls: [host-port]", &["--framework", "iso-27001", "."], false),
        ("controls: [workload]\n    names: [gone]", &["--only", "host-port", "."], false),
        ("controls: [workload]\n    names: [gone]", &["."], true),
        // Registries are not configured: nothing can be found, and nothing was left out.
        ("controls: [host-port, image-registry-not-allowed]", &["."], true),
        ("controls: [host-port]", &["a/d.yaml"], false),
        ("paths: [b/**]\n    controls: [host-port]", &["a/d.yaml"], false),
        ("paths: [b/**]\n    controls: [host-port]", &["a"], false),
        ("paths: [b/**]\n    controls: [host-port]", &["a", "."], true),
        ("paths: [b/pod.yaml]\n    controls: [host-port]", &["b/pod.yaml"], true),
        ("paths: [b/none.yaml]\n    controls: [host-port]", &["."], true),
        ("paths: [b/pod.yaml]\n    controls: [host-port]", &["--exclude", "b/**", "."], false),
        // One file of `b` is not YAML.
        ("paths: [b/**]\n    controls: [host-port]", &["b"], false),
        ("paths: [b/broken.yaml]\n    controls: [host-port]", &["b"], false),
    ] {
        assert_eq!(unmatched(selector, arguments), expected, "{selector} {arguments:?}");
    }
}

#[test]
fn the_paths_of_a_configuration_are_all_there_is() {
    let folder = Folder::new(&[
        ("deploy/pod.yaml", POD),
        ("plimsoll.yaml", "paths: [deploy]\n"),
        ("plimsoll-exceptions.yaml", "exceptions:\n  - controls: host-port\n    names: [gone]\n    reason: x\n"),
    ]);
    let unmatched = |arguments: &[&str]| folder.run(&[&["exceptions"], arguments].concat()).out;
    assert!(unmatched(&[]).contains("0 findings, unmatched"), "{}", unmatched(&[]));
    assert!(unmatched(&["deploy/pod.yaml"]).contains("0 findings, not looked at"), "{}", unmatched(&["deploy"]));
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
        (
            "exceptions:\n  - controls: []\n    reason: x\n",
            "plimsoll-exceptions.yaml:2:15: `controls` is empty: leave it out",
        ),
        ("exceptions:\n  - controls: host-port\n    names: []\n    reason: x\n", "`names` is empty"),
        ("exceptions:\n  - controls: host-port\n    labels: {}\n    reason: x\n", "`labels` is empty"),
        ("exceptions:\n  - controls: host-port\n    paths:\n    reason: x\n", "`paths` is empty"),
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
