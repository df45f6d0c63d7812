//! Schemas as users meet them: versions of Kubernetes, and custom resources.

use crate::program::Folder;
use serde_json::Value;

const POD: &str = "apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  resources: {limits: {cpu: 1}}
  containers: [{name: c, image: 'registry.example.com/app:1'}]
";

/// Exit code, and `FIELD: MESSAGE` of what `schema-invalid` has to say.
fn judge(folder: &Folder, arguments: &[&str]) -> (i32, Vec<String>) {
    let all = [&["scan", "--only", "schema-invalid", "--output", "json"], arguments].concat();
    let said = folder.run(&all);
    let json: Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}{}", said.out, said.err));
    let occurrences = json["results"].as_array().unwrap().iter().flat_map(|result| {
        result["occurrences"].as_array().unwrap().iter().map(|found| {
            let text = |key: &str| found[key].as_str().unwrap_or_default();
            format!("{}: {}", text("field"), text("message"))
        })
    });
    (said.code, occurrences.collect())
}

#[test]
fn objects_are_judged_for_the_version_that_is_asked_for() {
    let folder = Folder::new(&[("p.yaml", POD)]);
    assert_eq!(judge(&folder, &["p.yaml"]), (0, Vec::new()));
    for version in ["latest", "1.32", "v1.32"] {
        assert_eq!(judge(&folder, &["--kubernetes-version", version, "p.yaml"]), (0, Vec::new()));
    }
    for version in ["1.31", "v1.31", "v1.31.4"] {
        let (code, told) = judge(&folder, &["--kubernetes-version", version, "p.yaml"]);
        assert_eq!((code, told.len()), (1, 1), "{told:?}");
        assert!(told[0].starts_with("spec.resources: "), "{told:?}");
        assert!(told[0].contains("not known to Kubernetes 1.31, since 1.32"), "{told:?}");
    }
}

#[test]
fn a_version_that_is_not_known_is_an_error_that_names_those_that_are() {
    let folder = Folder::new(&[("p.yaml", POD)]);
    for version in ["1.12", "1.99", "31", "newest"] {
        let said = folder.run(&["scan", "--kubernetes-version", version, "p.yaml"]);
        assert_eq!(said.code, 3);
        assert!(said.err.contains(&format!("`{version}`")) && said.err.contains("1.28, 1.29"), "{}", said.err);
    }
    let said = folder.run(&["scan", "--parameter", "deprecated-api-version.target_version=soon", "p.yaml"]);
    assert_eq!(said.code, 3, "{}", said.err);
}
