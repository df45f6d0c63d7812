//! Baselines and differences: what is new, what is known, what cannot be compared.

use std::process::Command;

use serde_json::Value;

use crate::program::Folder;

fn pod(name: &str, containers: &[(&str, bool)]) -> String {
    let mut text =
        format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  namespace: shop\nspec:\n  containers:\n");
    for (container, privileged) in containers {
        text.push_str(&format!("    - name: {container}\n      image: app:1\n"));
        if *privileged {
            text.push_str("      securityContext:\n        privileged: true\n");
        }
    }
    text
}

const ONLY: [&str; 2] = ["--only", "privileged-container"];

#[test]
fn a_baseline_knows_findings_wherever_they_move() {
    let folder = Folder::new(&[("a.yaml", &pod("app", &[("main", true), ("side", true)]))]);
    let said = folder.run(&[&["baseline", "write"], &ONLY[..]].concat());
    assert!(said.code == 0 && said.err.contains("2 findings are known"), "{} {}", said.code, said.err);
    let scan =
        |folder: &Folder| folder.scan(&["--baseline", "plimsoll-baseline.json", "--only", "privileged-container", "."]);
    assert_eq!(scan(&folder).0, 0);
    // Another file, other lines, another order.
    std::fs::remove_file(folder.path().join("a.yaml")).unwrap();
    folder
        .write("moved/b.yaml", format!("# A comment.\n\n{}", pod("app", &[("side", true), ("main", true)])).as_bytes());
    let (code, json) = scan(&folder);
    assert_eq!((code, json["results"][0]["standing"].as_str()), (0, Some("known")));
    // A third container is new, and it alone counts.
    folder.write("moved/b.yaml", pod("app", &[("side", true), ("main", true), ("third", true)]).as_bytes());
    let (code, json) = scan(&folder);
    let open: Vec<&str> = json["results"][0]["occurrences"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|occurrence| occurrence["standing"] == "open")
        .map(|occurrence| occurrence["container"].as_str().unwrap())
        .collect();
    assert_eq!((code, open), (1, vec!["third"]));
}

/// A pod with variables.
fn with_variables(variables: &[(&str, &str)]) -> String {
    let lines: String =
        variables.iter().map(|(name, value)| format!("        - {{name: {name}, value: {value}}}\n")).collect();
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: app, namespace: shop}}\nspec:\n  containers:\n    - name: c\n      \
         image: app:1\n      env:\n{lines}"
    )
}

#[test]
fn what_became_worse_and_what_took_the_place_of_another_is_new() {
    let only = ["--only", "secret-literal-in-environment,secret-in-environment"];
    let token = "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";
    let folder = Folder::new(&[("a.yaml", &with_variables(&[("DB_PASSWORD", "hunter2secret")]))]);
    assert_eq!(folder.run(&[&["baseline", "write"], &only[..]].concat()).code, 0);
    let scan = |text: &str| {
        folder.write("a.yaml", text.as_bytes());
        folder.run(&[&["scan", "a.yaml", "--baseline", "plimsoll-baseline.json"], &only[..]].concat()).code
    };
    assert_eq!(scan(&with_variables(&[("DB_PASSWORD", "hunter2secret")])), 0);
    assert_eq!(scan(&with_variables(&[("MODE", "fast"), ("DB_PASSWORD", "hunter3secret")])), 0, "an item before it");
    assert_eq!(scan(&with_variables(&[("DB_PASSWORD", token)])), 1, "the same variable, a worse secret");
    assert_eq!(scan(&with_variables(&[("API_TOKEN", "hunter2secret")])), 1, "another variable");
}

#[test]
fn a_difference_tells_what_became_worse() {
    let text = |value: &str| with_variables(&[("DB_PASSWORD", value)]);
    let token = "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";
    let folder = Folder::new(&[("base/a.yaml", &text("hunter2secret")), ("head/a.yaml", &text(token))]);
    let diff = |base: &str, head: &str| {
        let said = folder.run(&["diff", base, head, "--only", "secret-literal-in-environment", "--output", "json"]);
        let json: Value = serde_json::from_str(&said.out).expect("JSON");
        let number = |name: &str| json["summary"][name].as_u64().unwrap();
        (number("new"), number("resolved"), number("unchanged"))
    };
    assert_eq!(diff("base", "head"), (1, 1, 0));
    // What is not as bad any more is not new.
    assert_eq!(diff("head", "base"), (0, 0, 1));
}

#[test]
fn the_same_object_in_several_overlays_is_counted() {
    let text = pod("app", &[("main", true)]);
    let folder = Folder::new(&[("dev/a.yaml", &text), ("prod/a.yaml", &text)]);
    assert_eq!(folder.run(&[&["baseline", "write"], &ONLY[..]].concat()).code, 0);
    let scan = |folder: &Folder| {
        folder.scan(&["--baseline", "plimsoll-baseline.json", "--only", "privileged-container", "."]).0
    };
    assert_eq!(scan(&folder), 0);
    folder.write("test/a.yaml", text.as_bytes());
    assert_eq!(scan(&folder), 1);
}

#[test]
fn what_is_gone_is_said_and_a_wrong_file_is_an_error() {
    let folder = Folder::new(&[("a.yaml", &pod("app", &[("main", true)]))]);
    assert_eq!(folder.run(&[&["baseline", "write"], &ONLY[..]].concat()).code, 0);
    folder.write("a.yaml", pod("app", &[("main", false)]).as_bytes());
    let said =
        folder.run(&["scan", "--baseline", "plimsoll-baseline.json", "--only", "privileged-container", "a.yaml"]);
    assert!(said.out.contains("baseline: 0 findings are known and not counted; 1 of it is gone"), "{}", said.out);
    folder.write("wrong.json", b"{}");
    let said = folder.run(&["scan", "--baseline", "wrong.json", "a.yaml"]);
    assert!(said.code == 3 && said.err.contains("`wrong.json` is not a baseline"), "{}", said.err);
    let said = folder.run(&["scan", "--baseline", "none.json", "a.yaml"]);
    assert!(said.code == 3 && said.err.contains("cannot read the baseline `none.json`"), "{}", said.err);
}

/// As in a comparison, what was not looked at is not gone; and writing again does not lose it.
#[test]
fn what_was_not_looked_at_is_not_gone() {
    let folder =
        Folder::new(&[("a/pod.yaml", &pod("one", &[("main", true)])), ("b/pod.yaml", &pod("two", &[("main", true)]))]);
    let only = ["--only", "privileged-container,memory-request-missing"];
    let written = |arguments: &[&str]| folder.run(&[&["baseline", "write"], arguments].concat()).err;
    assert!(written(&only).contains("4 findings are known"), "{}", written(&only));
    let said = |arguments: &[&str]| {
        let out = folder.run(&[&["scan", "--baseline", "plimsoll-baseline.json"], arguments].concat()).out;
        out.lines().find(|line| line.contains("baseline: ")).unwrap_or_else(|| panic!("{out}")).trim().to_owned()
    };
    let known = |number: u8, rest: &str| format!("baseline: {number} findings are known and not counted{rest}");
    assert_eq!(said(&only), known(4, ""));
    assert_eq!(said(&ONLY), known(2, "; 2 of it were not looked at here"));
    assert_eq!(said(&[&only[..], &["a"]].concat()), known(2, "; 2 of it were not looked at here"));
    folder.write("b/pod.yaml", b"a: [");
    assert_eq!(said(&only), known(2, "; 2 of it were not looked at here"));
    // What was not looked at stays in the file, whatever was.
    let in_a = [&only[..], &["a"]].concat();
    for arguments in [&ONLY[..], &in_a, &only] {
        assert!(written(arguments).contains("more were known and not looked at, and are kept"), "{arguments:?}");
    }
    folder.write("b/pod.yaml", pod("two", &[("main", false)]).as_bytes());
    assert_eq!(said(&only), known(3, "; 1 of it is gone: write it again"));
    std::fs::remove_file(folder.path().join("b/pod.yaml")).unwrap();
    assert_eq!(said(&only), known(2, "; 2 of it are gone: write it again"));
    assert!(!written(&only).contains("are kept"));
    assert_eq!(said(&only), known(2, ""));
    folder.write("plimsoll-baseline.json", b"precious");
    let refused = folder.run(&["baseline", "write"]);
    assert!(refused.code == 3 && refused.err.contains("is not a baseline"), "{}", refused.err);
}

fn diff(folder: &Folder, arguments: &[&str]) -> (i32, Value) {
    let all = [&["diff", "--output", "json"], &ONLY[..], arguments].concat();
    let said = folder.run(&all);
    (said.code, serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {} {}", said.out, said.err)))
}

fn summary(json: &Value) -> [u64; 4] {
    ["new", "resolved", "unchanged", "notComparable"].map(|key| json["summary"][key].as_u64().unwrap())
}

#[test]
fn folders_are_compared() {
    let folder = Folder::new(&[
        ("old/a.yaml", &pod("app", &[("main", true), ("side", true)])),
        ("new/sub/b.yaml", &pod("app", &[("main", true), ("third", true)])),
    ]);
    let (code, json) = diff(&folder, &["old", "new"]);
    assert_eq!((code, summary(&json)), (1, [1, 1, 1, 0]));
    assert_eq!(json["new"][0]["path"], "sub/b.yaml");
    assert_eq!(diff(&folder, &["new", "new"]).0, 0);
    assert_eq!(diff(&folder, &["old", "new", "--severity-threshold", "critical"]).0, 1);
}

/// As `init` writes it: keys of `scan` hold for the comparison too, which needs more than they say.
#[test]
fn a_configuration_holds_for_comparisons_and_baselines() {
    let folder = Folder::new(&[("plimsoll.yaml", "paths: [.]\nseverity-threshold: high\n")]);
    folder.write("a/app.yaml", pod("app", &[("app", false)]).as_bytes());
    folder.write("b/app.yaml", pod("app", &[("app", true)]).as_bytes());
    let (code, json) = diff(&folder, &["a", "b"]);
    assert_eq!((code, summary(&json)[0] > 0), (1, true), "{json}");
    let said = folder.run(&["baseline", "write"]);
    assert_eq!(said.code, 0, "{}", said.err);
    folder.write("plimsoll.yaml", b"severity-threshold: hihg\n");
    let said = folder.run(&["diff", "a", "b"]);
    assert_eq!(said.code, 3);
    assert!(said.err.contains("plimsoll.yaml:1:21"), "{}", said.err);
}

#[test]
fn what_was_not_looked_at_is_neither_new_nor_resolved() {
    let folder = Folder::new(&[
        ("old/a.yaml", &pod("app", &[("main", true)])),
        ("new/a.yaml", "a: [\n"),
        ("new/b.yaml", &pod("other", &[("main", false)])),
    ]);
    let (code, json) = diff(&folder, &["old", "new"]);
    assert_eq!((code, summary(&json)), (2, [0, 0, 0, 1]));
    let (code, json) = diff(&folder, &["new", "old"]);
    assert_eq!((code, summary(&json)), (2, [0, 0, 0, 1]));
    assert!(json["notComparable"][0]["reason"].as_str().unwrap().starts_with("in the base not all of `a.yaml`"));
}

#[test]
fn reports_are_compared_and_controls_that_did_not_run_are_no_difference() {
    let folder = Folder::new(&[("a.yaml", &pod("app", &[("main", true)]))]);
    let write = |name: &str, only: &str| {
        folder.run(&["scan", "--only", only, "--output", &format!("json={name}"), "a.yaml"]);
    };
    write("old.json", "host-port");
    write("new.json", "privileged-container");
    let (code, json) = diff(&folder, &["old.json", "new.json"]);
    assert_eq!((code, summary(&json)), (2, [0, 0, 0, 1]));
    let (code, json) = diff(&folder, &["new.json", "a.yaml"]);
    assert_eq!((code, summary(&json)), (0, [0, 0, 1, 0]));
}

#[test]
fn revisions_of_git_are_compared() {
    let folder = Folder::new(&[("deploy/a.yaml", &pod("app", &[("main", true)]))]);
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(arguments)
            .current_dir(folder.path());
        assert!(command.output().unwrap().status.success(), "{arguments:?}");
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "one"]);
    folder.write("deploy/b.yaml", pod("other", &[("main", true)]).as_bytes());
    let (code, json) = diff(&folder, &["main"]);
    assert_eq!((code, summary(&json), json["new"][0]["path"].as_str()), (1, [1, 0, 1, 0], Some("deploy/b.yaml")));
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "two"]);
    assert_eq!(summary(&diff(&folder, &["main~1", "main"]).1), [1, 0, 1, 0]);
    let said = folder.run(&["diff", "no-such-revision"]);
    assert!(
        said.code == 3 && said.err.contains("`no-such-revision` is no report, file, folder or revision"),
        "{}",
        said.err
    );
    let text = folder.run(&["diff", "main~1", "main", "--only", "privileged-container"]);
    assert!(text.out.contains("1 new, 0 resolved, 1 unchanged, 0 not comparable"), "{}", text.out);
}
