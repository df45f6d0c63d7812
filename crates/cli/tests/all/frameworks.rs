//! Frameworks: what holds of their requirements, and what is said of those of the user.

use std::path::Path;

use crate::program::{Folder, Said};
use serde_json::{Value, json};

const PRIVILEGED: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: n}\nspec:\n  containers:\n  \
                          - name: c\n    image: 'i:1'\n    securityContext: {privileged: true}\n";
const NOT_PRIVILEGED: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: n}\nspec:\n  containers:\n  \
                              - name: c\n    image: 'i:1'\n";
const NOTHING: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: n}\n";

fn requirement<'r>(report: &'r Value, id: &str) -> &'r Value {
    let all = report["frameworks"][0]["requirements"].as_array().unwrap();
    all.iter().find(|requirement| requirement["id"] == id).unwrap_or_else(|| panic!("no {id}"))
}

fn statuses(report: &Value) -> Vec<&str> {
    let all = report["frameworks"][0]["requirements"].as_array().unwrap();
    all.iter().map(|requirement| requirement["status"].as_str().unwrap()).collect()
}

#[test]
fn a_framework_says_what_holds_of_every_requirement() {
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    let (code, report) = folder.scan(&["--framework", "cis-kubernetes"]);
    assert_eq!(code, 1);
    let failed = requirement(&report, "5.2.2");
    assert_eq!((&failed["status"], &failed["failed"]), (&json!("fail"), &json!(1)));
    assert_eq!(requirement(&report, "1.1.1")["status"], "notObserved");
    assert_eq!(requirement(&report, "3.1.1")["status"], "needsPerson");
    let framework = &report["frameworks"][0];
    assert_eq!((&framework["id"], &framework["of"]), (&json!("cis-kubernetes"), &json!(131)));
    assert!(framework["score"].as_u64().unwrap() < 100);
    let ran = report["tool"]["controls"].as_array().unwrap();
    assert!(ran.contains(&json!("privileged-container")) && !ran.contains(&json!("selector-mismatch")));
}

#[test]
fn where_nothing_was_judged_nothing_passes() {
    let folder = Folder::new(&[("map.yaml", NOTHING)]);
    let (_, report) = folder.scan(&["--framework", "pss"]);
    assert!(statuses(&report).iter().all(|status| *status == "notObserved"), "{:?}", statuses(&report));
    let framework = &report["frameworks"][0];
    assert_eq!((&framework["score"], &framework["observed"]), (&Value::Null, &json!(0)));
    assert_eq!(requirement(&report, "privileged")["controls"][0]["status"], "notApplicable");
    assert!(folder.run(&["scan", "--framework", "pss"]).out.contains("no score (observed 0 of 21 requirements)"));
}

#[test]
fn what_is_left_out_is_not_observed() {
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    let (code, report) = folder.scan(&["--framework", "pss", "--skip", "privileged-container"]);
    assert_eq!(code, 1, "the other controls of the framework ran");
    let left_out = requirement(&report, "privileged");
    assert_eq!((&left_out["status"], &left_out["controls"][0]["status"]), (&json!("notObserved"), &json!("notRun")));
    let said = folder.run(&["scan", "--framework", "pss", "--only", "secret-in-configmap"]);
    assert_eq!((said.code, said.err.contains("no control is left to run")), (3, true));
}

#[test]
fn keeping_passes_changes_no_status() {
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop");
    let folder = Folder::at(&shop);
    for framework in ["nsa-cisa", "pss", "owasp-k8s-top10", "soc-2"] {
        let (_, dropped) = folder.scan(&["--framework", framework]);
        let (_, kept) = folder.scan(&["--framework", framework, "--show-passed", "--threads", "1"]);
        assert_eq!(dropped["frameworks"], kept["frameworks"]);
    }
}

#[test]
fn text_ends_with_a_table_and_prints_how_the_score_is_made() {
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    let said = folder.run(&["scan", "--framework", "cis-kubernetes", "--framework", "pss"]);
    for text in [
        "CIS Kubernetes 1.12 and 2.0.1\n",
        "to 1.1.21: 21 requirements",
        "No container runs privileged",
        "fail: 1 of 1 result",
        "of 131 requirements)",
        "Pod Security Standards",
        "weight × objects that pass",
        "critical 16, high 8, medium 4, low 2, info 1",
    ] {
        assert!(said.out.contains(text), "{text}: {}", said.out);
    }
    let all = folder.run(&["scan", "--framework", "cis-kubernetes", "--details"]).out;
    assert!(all.contains("  1.1.7 ") && !all.contains("to 1.1.21"), "{all}");
    let quiet = folder.run(&["scan", "--framework", "pss", "--quiet"]).out;
    assert!(quiet.starts_with("Pod Security Standards 1.0 to 1.37: score ") && quiet.lines().count() < 8, "{quiet}");
}

#[test]
fn a_name_that_no_framework_has_is_an_error_with_a_suggestion() {
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    for arguments in [&["scan", "--framework", "nsa-cica"][..], &["frameworks", "nsa-cica"]] {
        let said = folder.run(arguments);
        assert_eq!(said.code, 3);
        assert!(said.err.contains("there is no framework `nsa-cica`: did you mean `nsa-cisa`?"), "{}", said.err);
    }
}

const OWN: &str = "\
id: own
title: Own
requirements:
- {id: a, title: Privileges, controls: [privileged-container, host-pid-namespace]}
- {id: b, title: Ports, controls: [host-port]}
- {id: c, title: Registries, controls: [image-registry-not-allowed]}
- {id: d, title: Later, controls: [apiserver-anonymous-auth-enabled]}
- {id: 1.10, title: People}
";

#[test]
fn a_framework_of_ones_own_is_reported_like_the_others() {
    let folder = Folder::new(&[("in/pod.yaml", PRIVILEGED), ("own.yaml", OWN)]);
    let (code, report) = folder.scan(&["--framework", "own.yaml", "in"]);
    assert_eq!(code, 1);
    assert_eq!(statuses(&report), ["fail", "pass", "notConfigured", "notObserved", "needsPerson"]);
    assert_eq!(requirement(&report, "1.10")["title"], "People");
    // Critical and failed 16, high and passed 8, medium and passed 4: 12 of 28.
    let framework = &report["frameworks"][0];
    assert_eq!((&framework["score"], &framework["observed"], &framework["of"]), (&json!(42), &json!(2), &json!(5)));
    let given = "image-registry-not-allowed.allowed=docker.io";
    let (_, report) = folder.scan(&["--framework", "own.yaml", "--parameter", given, "in"]);
    assert_eq!(requirement(&report, "c")["status"], "pass");
}

fn with_own(text: &str) -> Said {
    Folder::new(&[("in/pod.yaml", PRIVILEGED), ("own.yaml", text)]).run(&["scan", "--framework", "own.yaml", "in"])
}

#[test]
fn a_framework_of_ones_own_is_read_strictly() {
    let check = |text: &str, expected: &str| {
        let said = with_own(text);
        assert_eq!(said.code, 3, "{text}: {}{}", said.out, said.err);
        assert!(said.err.contains(expected), "{expected}: {}", said.err);
    };
    let with = |from: &str, to: &str| OWN.replace(from, to);
    check(&with("host-port", "host-prot"), "own.yaml:5:36: there is no control `host-prot`: did you mean `host-port`?");
    check(
        &with("title: Ports", "titel: Ports"),
        "own.yaml:5:11: a requirement has no key `titel`: did you mean `title`?",
    );
    check(&with("title: Ports, ", ""), "own.yaml:5:3: a requirement has `title`, and this one has none");
    check(&with("id: b", "id: a"), "own.yaml:5:3: requirement `a` stands twice");
    check(&with("[host-port]", "[host-port, host-port]"), "control `host-port` stands twice");
    check(&with("[host-port]", "host-port"), "`controls` is a list");
    check(&with("[host-port]", "[{a: b}]"), "a control is a text");
    check(&with("id: own", "id: own\nid: two"), "own.yaml:2:1: `id` stands twice");
    check(&with("id: own", "id: pss"), "own.yaml:1:5: `pss` is the id of a framework that Plimsoll has");
    check(&with("title: Own", "title: ''"), "own.yaml:2:8: `title` is empty");
    check("id: own\ntitle: Own\nrequirements: []\n", "a framework has `requirements`, and this one has none");
    check("id: own\ntitle: Own\nrequirements: {}\n", "`requirements` is a list");
    check("- a\n", "own.yaml:1:1: a framework is a mapping");
    check("null\n", "a framework has `id`, and this one has none");
    check("a: b: c\n", "own.yaml:1:5: not valid YAML");
    check("", "a framework is one document");
    check(&format!("{OWN}---\n{OWN}"), "a framework is one document");
    check(&with("apiserver-anonymous-auth-enabled", "\"\\e[31m\""), "there is no control");
    // All that is wrong is said at once.
    let said = with_own(&with("host-port", "host-prot").replace("privileged-container", "priviledged-container"));
    assert_eq!(said.err.matches("there is no control").count(), 2, "{}", said.err);
}

#[test]
fn a_framework_of_ones_own_cannot_write_to_the_terminal() {
    let said = with_own(&OWN.replace("title: Ports", "title: \"\\e[31mPorts\""));
    assert!(said.out.contains("Ports") && !said.out.contains('\u{1b}'), "{}", said.out);
    let said = with_own(&OWN.replace("host-port", "\"\\e[31mx\""));
    assert!(said.code == 3 && !said.err.contains('\u{1b}'), "{}", said.err);
}

#[test]
fn files_that_are_no_frameworks_are_said_to_be_none() {
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    let said = folder.run(&["scan", "--framework", "missing.yaml"]);
    assert!(said.code == 3 && said.err.contains("cannot read `missing.yaml`"), "{}", said.err);
    folder.write("large.yaml", &vec![b'#'; 5 << 20]);
    let said = folder.run(&["scan", "--framework", "large.yaml"]);
    assert!(said.code == 3 && said.err.contains("no file of at most 4 MiB"), "{}", said.err);
}

#[test]
fn the_schema_and_the_reader_agree() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/framework.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let good = json!({"id": "own", "title": "Own", "requirements": [
        {"id": "a", "title": "A", "section": "S", "controls": ["privileged-container"]}, {"id": 2, "title": "B"},
    ]});
    let change = |pointer: &str, value: Value| {
        let mut changed = good.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        changed
    };
    let check = |framework: &Value, valid: bool| {
        assert_eq!(validator.is_valid(framework), valid, "{framework}");
        let folder = Folder::new(&[("in/pod.yaml", PRIVILEGED), ("own.json", &framework.to_string())]);
        let said = folder.run(&["scan", "--framework", "own.json", "in"]);
        assert_eq!(said.code != 3, valid, "{framework}: {}", said.err);
    };
    check(&good, true);
    check(&change("/id", json!("")), false);
    check(&change("/title", json!(null)), false);
    check(&change("/requirements", json!([])), false);
    check(&change("/requirements/0", json!({"id": "a", "title": "A", "x": 1})), false);
    check(&change("/requirements/0", json!({"title": "A"})), false);
    check(&change("/requirements/0/controls", json!("privileged-container")), false);
    check(&change("/requirements/0/controls", json!(["host-port", "host-port"])), false);
    check(&change("/requirements/0/section", json!("")), false);
}

#[test]
fn the_configuration_names_frameworks_and_says_where_controls_are_off() {
    let configuration = "framework: [own.yaml, pss]\noverrides:\n- {paths: legacy, skip: privileged-container}\n";
    let folder = Folder::new(&[
        ("conf/plimsoll.yaml", configuration),
        ("conf/own.yaml", OWN),
        ("conf/legacy/pod.yaml", PRIVILEGED),
        ("conf/new/pod.yaml", NOT_PRIVILEGED),
    ]);
    let (_, report) = folder.scan(&["conf"]);
    assert_eq!(report["frameworks"][1]["id"], "pss");
    // What is off for a file is neither wrong nor right there.
    let control = &requirement(&report, "a")["controls"][0];
    assert_eq!((&control["passed"], &control["failed"]), (&json!(1), &json!(0)));
    let (_, all) = folder.scan(&["conf", "--no-config", "--framework", "conf/own.yaml"]);
    assert_eq!(requirement(&all, "a")["controls"][0]["failed"], 1);
    folder.write("conf/plimsoll.yaml", b"framework: pps\n");
    let said = folder.run(&["scan", "conf"]);
    assert!(said.code == 3 && said.err.contains("did you mean `pss`?"), "{}", said.err);
}

#[test]
fn baselines_and_differences_narrow_to_a_framework() {
    let folder = Folder::new(&[("a/pod.yaml", NOT_PRIVILEGED), ("b/pod.yaml", PRIVILEGED), ("own.yaml", OWN)]);
    let said = folder.run(&["diff", "a", "b", "--framework", "own.yaml", "--output", "json"]);
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    assert!(said.out.contains("privileged-container") && !said.out.contains("run-as-non-root"), "{}", said.out);
    assert_eq!(folder.run(&["baseline", "write", "b", "--framework", "own.yaml", "--file", "old.json"]).code, 0);
    // Old debt is no longer news, and still fails the requirement.
    let (code, report) = folder.scan(&["b", "--framework", "own.yaml", "--baseline", "old.json"]);
    assert_eq!((code, &requirement(&report, "a")["status"]), (0, &json!("fail")));
}

#[test]
fn requirements_are_explained() {
    let folder = Folder::new(&[]);
    let said = folder.run(&["explain", "cis-kubernetes:5.2.2"]);
    assert_eq!(said.code, 0);
    assert!(said.out.contains("No container runs privileged") && said.out.contains("privileged-container"));
    // Only one framework has this number.
    assert!(folder.run(&["explain", "CC6.3"]).out.starts_with("soc-2:CC6.3"));
    // Three have this one, and what they ask for is told one after the other.
    let several = folder.run(&["explain", "5.2.2"]);
    assert!(several.code == 0 && several.out.contains("\ncis-kubernetes:5.2.2 "), "{}", several.out);
    assert!(several.out.starts_with("`5.2.2` stands for 3 requirements."), "{}", several.out);
    // More are a list.
    let many = folder.run(&["explain", "cis 4.1.1"]);
    assert!(many.code == 0 && many.out.starts_with("`cis 4.1.1` stands for 4 requirements."), "{}", many.out);
    assert!(many.out.contains("\ncis-eks:4.1.1 "), "{}", many.out);
    let wrong = folder.run(&["explain", "nist-800-53:AC-66"]);
    assert!(wrong.code == 3 && wrong.err.contains("did you mean `nist-800-53:AC-6`?"), "{}", wrong.err);
}

#[test]
fn requirements_are_known_by_what_people_call_them() {
    let folder = Folder::new(&[]);
    let first = |name: &str| folder.run(&["explain", name]).out.split_whitespace().next().unwrap_or("").to_owned();
    for (name, id) in [
        ("CIS-KUBERNETES:5.2.2", "cis-kubernetes:5.2.2"),
        ("CIS Kubernetes 5.2.2", "cis-kubernetes:5.2.2"),
        ("cis-kubernetes-5.2.2", "cis-kubernetes:5.2.2"),
        ("CIS-5.2.8", "cis-kubernetes:5.2.8"),
        ("eks 4.1.2", "cis-eks:4.1.2"),
        ("NIST-AC-6", "nist-800-53:AC-6"),
        ("ac-6", "nist-800-53:AC-6"),
        ("NSA:pod-security", "nsa-cisa:pod-security"),
        ("OWASP K1", "owasp-k8s-top10:K01"),
        ("t1611", "mitre:T1611"),
        ("PCI-7.2.1", "pci-dss-4:7.2.1"),
        ("v242383", "stig:V-242383"),
        ("SOC2-CC6.3", "soc-2:CC6.3"),
    ] {
        assert_eq!(first(name), id, "{name}");
    }
    let wrong = folder.run(&["explain", "cis:5.2.99"]);
    assert!(wrong.code == 3 && wrong.err.contains("has no requirement `5.2.99`"), "{}", wrong.err);
    let framework = folder.run(&["explain", "NSA"]);
    assert!(framework.code == 3 && framework.err.contains("`plimsoll frameworks nsa-cisa`"), "{}", framework.err);
}

#[test]
fn controls_are_known_by_what_people_call_them() {
    let folder = Folder::new(&[]);
    for name in [
        "privileged-container",
        "Privileged_Container",
        "C-0057",
        "c57",
        "KSV017",
        "AVD-KSV-0017",
        "https://avd.aquasec.com/misconfig/ksv017/",
        "CKV_K8S_16",
        "checkov:ckv-k8s-16",
        "kube-linter:privileged-container",
        "runAsPrivileged",
    ] {
        let said = folder.run(&["explain", name]);
        assert!(said.code == 0 && said.out.starts_with("privileged-container "), "{name}: {}{}", said.out, said.err);
    }
    // A word that several have in them is answered with all of them, and none of them is made up.
    let said = folder.run(&["explain", "hostpath"]);
    assert!(said.code == 3 && said.err.contains("did you mean") && said.err.contains("`host-path"), "{}", said.err);
    let said = folder.run(&["explain", "priviledged-container"]);
    assert!(said.err.contains("did you mean `privileged-container`?"), "{}", said.err);
    // Other tools give one name to several things.
    let said = folder.run(&["explain", "kube-linter:run-as-non-root"]);
    assert!(said.code == 0, "{}", said.err);
}

/// A control that is not available in this version, whatever that is.
fn to_come() -> &'static str {
    frameworks::upcoming::all()[0].id
}

#[test]
fn controls_that_are_to_come_are_shown_and_do_not_run() {
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    let list: Value = serde_json::from_str(&folder.run(&["controls", "--output", "json"]).out).unwrap();
    let list = list.as_array().unwrap();
    let find = |id: &str| list.iter().find(|control| control["id"] == id).unwrap();
    assert_eq!(find("privileged-container")["available"], true);
    assert_eq!(find(to_come())["available"], false);
    assert!(!find(to_come())["needs"].as_array().unwrap().is_empty());
    assert!(folder.run(&["controls"]).out.contains("not yet available: "));
    let one = folder.run(&["controls", "--only", to_come()]).out;
    assert!(one.contains(to_come()) && one.contains("0 controls, 1 more not yet available"), "{one}");
    let said = folder.run(&["explain", to_come()]);
    assert!(said.code == 0 && said.out.contains("Not yet available: it will need "), "{}{}", said.out, said.err);
    let said = folder.run(&["scan", "--only", to_come()]);
    assert!(said.code == 3 && said.err.contains("is not available yet: it will need "), "{}", said.err);
}

#[test]
fn frameworks_are_listed() {
    let folder = Folder::new(&[]);
    let text = folder.run(&["frameworks"]).out;
    let json: Value = serde_json::from_str(&folder.run(&["frameworks", "--output", "json"]).out).unwrap();
    for framework in frameworks::FRAMEWORKS {
        assert!(text.contains(&framework.name()), "{}", framework.id);
        let one = folder.run(&["frameworks", framework.id]);
        assert_eq!(one.code, 0);
        // Long ones go on below.
        let flat = one.out.split_whitespace().collect::<Vec<_>>().join(" ");
        for requirement in framework.requirements {
            assert!(flat.contains(requirement.id) && flat.contains(requirement.title), "{}", requirement.id);
        }
    }
    let ids: Vec<&Value> = json.as_array().unwrap().iter().map(|framework| &framework["id"]).collect();
    assert_eq!(ids.len(), frameworks::FRAMEWORKS.len());
    let requirement = &json[0]["requirements"][0];
    assert!(requirement["needs"].is_array() && requirement["controls"][0]["available"].is_boolean(), "{requirement}");
}
