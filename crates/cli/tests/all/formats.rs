//! What other programs read is what their schemas ask for.

use std::path::Path;

use crate::program::Folder;
use serde_json::Value;

fn shop(folder: &Folder, arguments: &[&str]) -> String {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop");
    let example = example.to_string_lossy();
    let arguments: Vec<&str> = ["scan", &example].iter().chain(arguments).copied().collect();
    folder.run(&arguments).out
}

fn validate(schema: &Value, report: &str) {
    let report: Value = serde_json::from_str(report).expect("a report is JSON");
    let validator = jsonschema::validator_for(schema).expect("the schema is one");
    let errors: Vec<String> =
        validator.iter_errors(&report).map(|error| format!("{} at {}", error, error.instance_path())).take(5).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn json_follows_its_published_schema() {
    let folder = Folder::new(&[]);
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/report.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(docs).unwrap()).unwrap();
    validate(&schema, &shop(&folder, &["--output", "json"]));
    validate(&schema, &shop(&folder, &["--output", "json", "--show-passed"]));
    validate(&schema, &shop(&folder, &["--output", "json", "--framework", "cis-kubernetes", "--framework", "pss"]));
}

#[test]
fn sarif_follows_the_standard() {
    let folder = Folder::new(&[]);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../outputs/reports/tests/sarif-2.1.0.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    validate(&schema, &shop(&folder, &["--output", "sarif"]));
    validate(&schema, &shop(&folder, &["--output", "sarif", "--show-passed"]));
}

#[test]
fn sarif_points_at_true_regions_with_relative_paths() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n    image: 'i:1'\n    securityContext:\n      privileged: true\n";
    let folder = Folder::new(&[("a b/ä.yaml", text)]);
    let said = folder.run(&["scan", "--only", "privileged-container", "--output", "sarif"]);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    let result = &report["runs"][0]["results"][0];
    let location = &result["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "a%20b/%C3%A4.yaml");
    let region = serde_json::json!({"startLine": 9, "startColumn": 19, "endLine": 9, "endColumn": 23});
    assert_eq!(location["region"], region);
    assert_eq!(report["runs"][0]["columnKind"], "unicodeCodePoints");
    let index = result["ruleIndex"].as_u64().unwrap() as usize;
    assert_eq!(report["runs"][0]["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
}

#[test]
fn sarif_says_what_was_not_looked_at() {
    let folder = Folder::new(&[("broken.yaml", "a: b: c\n")]);
    let report: Value = serde_json::from_str(&folder.run(&["scan", "--output", "sarif"]).out).unwrap();
    let invocation = &report["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["exitCode"], 2);
    let notification = &invocation["toolExecutionNotifications"][0];
    assert_eq!(notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "broken.yaml");
}

#[test]
fn help_and_errors_name_every_format() {
    let folder = Folder::new(&[]);
    let wrong = folder.run(&["scan", "--output", "yaml"]);
    assert_eq!(wrong.code, 3);
    let names = wrong.err.split("there are ").nth(1).and_then(|rest| rest.lines().next()).unwrap();
    let (short, long) = (folder.run(&["scan", "-h"]).out, folder.run(&["scan", "--help"]).out);
    let short = short.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(short.contains(names), "{names}\n{short}");
    for name in names.split(", ") {
        assert!(long.contains(&format!("- {name} ")), "{name}\n{long}");
        let output = format!("{name}=out");
        assert_eq!(folder.run(&["scan", "--output", &output, "--allow-empty", "."]).code, 0, "{name}");
        assert!(folder.path().join("out").exists(), "{name}");
    }
}

#[test]
fn formats_agree_on_what_counts() {
    let folder = Folder::new(&[]);
    let json: Value = serde_json::from_str(&shop(&folder, &["--output", "json"])).unwrap();
    let results = json["results"].as_array().unwrap().iter();
    let counted = results.filter(|result| result["status"] == "fail" && result["umbrella"] == false);
    let (counted, places) = counted.fold((0, 0), |(results, places), result| {
        (results + 1, places + result["occurrences"].as_array().unwrap().len())
    });
    let skipped = json["coverage"]["skipped"].as_array().unwrap().len();
    assert!(counted > 20 && places > counted && skipped == 1);
    let lines = |format| shop(&folder, &["--output", format]);
    let junit = shop(&folder, &["--output", "junit", "--severity-threshold", "info"]);
    assert_eq!(junit.matches("<failure ").count(), counted);
    let junit = lines("junit");
    assert_eq!(junit.matches("<failure ").count() + junit.matches("<system-out>").count(), counted);
    assert_eq!(lines("csv").lines().filter(|line| line.starts_with("fail,")).count(), places);
    // These leave out what is only noted, unless the threshold asks for it.
    let alerts = |format| shop(&folder, &["--output", format, "--severity-threshold", "info"]);
    let issues: Value = serde_json::from_str(&alerts("gitlab-code-quality")).unwrap();
    assert_eq!(issues.as_array().unwrap().len(), places + skipped);
    let sast: Value = serde_json::from_str(&alerts("gitlab-sast")).unwrap();
    assert_eq!(sast["vulnerabilities"].as_array().unwrap().len(), places);
}

#[test]
fn a_summary_is_added_to_that_of_the_step() {
    let folder = Folder::new(&[("map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n")]);
    let scan = |arguments: &[&str]| {
        let summary = folder.path().join("summary.md");
        folder.run_with_variable(arguments, ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()))
    };
    folder.write("summary.md", b"Before.\n");
    assert_eq!(scan(&["scan", "--output", "github-summary", "--output", "text"]).code, 0);
    let summary = std::fs::read_to_string(folder.path().join("summary.md")).unwrap();
    assert!(summary.starts_with("Before.\n<!-- plimsoll -->\n## "), "{summary}");
    let missing = folder.run(&["scan", "--output", "github-summary"]);
    assert_eq!(missing.code, 3);
    assert!(missing.err.contains("`$GITHUB_STEP_SUMMARY`"), "{}", missing.err);
    // GitHub takes 1 MiB of a step.
    folder.write("summary.md", &vec![b'x'; (1 << 20) - 10]);
    scan(&["scan", "--output", "github-summary"]);
    assert!(folder.path().join("summary.md").metadata().unwrap().len() <= 1 << 20);
}

#[test]
fn paths_are_those_of_the_repository() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  hostPID: true\n  containers: [{name: c, image: 'i:1'}]\n";
    let folder = Folder::new(&[("deploy/pod.yaml", pod)]);
    let (root, inside) = (folder.path().canonicalize().unwrap(), Folder::at(&folder.path().join("deploy")));
    let root = root.to_str().unwrap();
    let scan = |format, variable| {
        let arguments = ["scan", "--only", "host-pid-namespace", "--output", format, "pod.yaml"];
        inside.run_with_variable(&arguments, (variable, root)).out
    };
    assert!(scan("github", "GITHUB_WORKSPACE").contains("file=deploy/pod.yaml,"));
    let issues: Value = serde_json::from_str(&scan("gitlab-code-quality", "CI_PROJECT_DIR")).unwrap();
    assert_eq!(issues[0]["location"]["path"], "deploy/pod.yaml");
    let sast: Value = serde_json::from_str(&scan("gitlab-sast", "CI_PROJECT_DIR")).unwrap();
    assert_eq!(sast["vulnerabilities"][0]["location"]["file"], "deploy/pod.yaml");
}

#[test]
fn secrets_are_in_no_format() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  template:\n    spec:\n      containers:\n      - name: c\n        image: 'i:1'\n        env: [{name: DATABASE_PASSWORD, value: hunter2-hunter2}]\n";
    let folder = Folder::new(&[("d.yaml", text)]);
    for format in ["junit", "github", "gitlab-code-quality", "gitlab-sast", "markdown", "csv"] {
        let said = folder.run(&["scan", "--output", format]);
        assert!(said.out.contains("DATABASE_PASSWORD"), "{format}: {}", said.out);
        assert!(!said.out.contains("hunter2"), "{format}: {}", said.out);
    }
}

/// Every entry of these is something that somebody has to close.
#[test]
fn what_is_only_noted_is_no_alert() {
    let pod = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\n";
    let folder = Folder::new(&[("map.yaml", pod)]);
    let only = ["scan", "--only", "default-namespace-used", "."];
    let text = |format: &str, threshold: &str| {
        let more = ["--output", format, "--severity-threshold", threshold];
        folder.run(&[&only[..], &more].concat()).out
    };
    // SARIF lists the rule itself, whatever it finds.
    let found = |format: &str, threshold: &str| match format {
        "sarif" => text(format, threshold).contains("\"ruleId\":\"default-namespace-used\""),
        _ => text(format, threshold).contains("default-namespace-used"),
    };
    for format in ["sarif", "github", "gitlab-code-quality", "gitlab-sast", "markdown"] {
        assert!(!found(format, "medium"), "{format}: {}", text(format, "medium"));
        assert!(found(format, "info"), "{format}: {}", text(format, "info"));
    }
    for format in ["json", "csv", "html"] {
        assert!(found(format, "medium"), "{format}");
    }
}

/// GitHub refuses a run with more than 25,000 results.
#[test]
fn sarif_has_what_github_takes_and_says_what_it_leaves_out() {
    let mut text = String::from("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n");
    for number in 0..13_000 {
        text.push_str(&format!(
            "    - {{name: c{number}, image: 'a:1', securityContext: {{privileged: true, runAsUser: 0}}}}\n"
        ));
    }
    let folder = Folder::new(&[("pod.yaml", &text)]);
    let only = "privileged-container,run-as-root-user,memory-request-missing";
    let said = folder.run(&["scan", "--only", only, "--severity-threshold", "low", "--output", "sarif", "pod.yaml"]);
    let sarif: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 25_000);
    let critical = results.iter().filter(|result| result["ruleId"] == "privileged-container").count();
    assert_eq!(critical, 13_000, "the most severe come first");
    let note = sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].as_str().unwrap();
    assert!(note.starts_with("the 25000 most severe results are here, and "), "{note}");
}
