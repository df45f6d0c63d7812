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
