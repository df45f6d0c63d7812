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

const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  names: {plural: things, kind: Thing}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            apiVersion: {type: string}
            kind: {type: string}
            metadata: {type: object}
            spec:
              type: object
              required: [size]
              properties:
                size: {type: integer, minimum: 1, maximum: 5}
                mode: {type: string, enum: [fast, slow]}
                port: {x-kubernetes-int-or-string: true}
                names: {type: array, maxItems: 2, items: {type: string, minLength: 2}}
                labels: {type: object, additionalProperties: {type: string}}
                any: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {a: {type: boolean}}}
                free: {x-kubernetes-preserve-unknown-fields: true}
                open: {type: object, additionalProperties: true}
                maybe: {type: string, nullable: true}
                filled: {type: string, default: a}
                inner: {type: object, x-kubernetes-embedded-resource: true, properties: {spec: {type: object}}}
            status: {type: object}
";

const FITS: &str = "apiVersion: example.com/v1
kind: Thing
metadata: {name: a, labels: {a: b}}
spec:
  size: 3
  mode: fast
  port: http
  names: [ab, cd]
  labels: {a: b}
  any: {a: true, b: 1}
  free: [1, {a: 2}]
  open: {a: 1}
  maybe: null
  filled: null
  inner: {apiVersion: example.org/v1, kind: Other, metadata: {name: a}, spec: {}}
status: {whatever: 1}
";

const MISFITS: &str = "apiVersion: example.com/v1
kind: Thing
metadata: {name: a, labels: {a: 1}}
spec:
  mode: quick
  port: 1.5
  names: [a, 1, cd]
  labels: {a: 12345}
  any: {a: 'true'}
  maybe: 5
  inner: {sepc: {}}
  modes: fast
  colour: red
extra: 1
";

const WRONG: [&str; 14] = [
    "extra: `extra` is not a field of the `Thing`: the API drops it",
    "metadata.labels.a: A value in `labels` is a number (`1`), and the API expects text: it refuses the object",
    "spec.any.a: `a` is text, and its definition asks for `true` or `false`: the API refuses the object",
    "spec.colour: `colour` is not a field of `spec`: the API drops it",
    "spec.inner.sepc: `sepc` is not a field of `inner`, `spec` is: the API drops it",
    "spec.labels.a: `a` is a number, and its definition asks for text: the API refuses the object",
    "spec.maybe: `maybe` is a number, and its definition asks for text: the API refuses the object",
    "spec.mode: `mode` is `quick`, and its definition allows `fast`, `slow`: the API refuses the object",
    "spec.modes: `modes` is not a field of `spec`, `mode` is: the API drops it",
    "spec.names: `names` is longer than its definition allows, the bound is 2: the API refuses the object",
    "spec.names[0]: `names` is shorter than its definition allows, the bound is 2: the API refuses the object",
    "spec.names[1]: `names` is a number, and its definition asks for text: the API refuses the object",
    "spec.port: `port` is a number, and its definition asks for a whole number or text: the API refuses the object",
    "spec: `spec` has no `size`, which its definition requires",
];

fn sorted(mut told: Vec<String>) -> Vec<String> {
    told.sort();
    told
}

#[test]
fn custom_resources_are_held_against_definitions_wherever_these_are() {
    let before = format!("{MISFITS}---\n{DEFINITION}");
    let after = format!("{DEFINITION}---\n{MISFITS}");
    let folder = Folder::new(&[
        ("apart/a.yaml", MISFITS),
        ("apart/z.yaml", DEFINITION),
        ("before.yaml", &before),
        ("after.yaml", &after),
        ("alone/a.yaml", MISFITS),
        ("definitions/crd.yaml", DEFINITION),
        ("fits/a.yaml", FITS),
    ]);
    for path in ["apart", "before.yaml", "after.yaml"] {
        let (code, told) = judge(&folder, &[path]);
        assert_eq!((code, sorted(told)), (1, WRONG.map(str::to_owned).to_vec()), "{path}");
    }
    // Without a definition nobody knows.
    assert_eq!(judge(&folder, &["alone"]), (0, Vec::new()));
    let (_, told) = judge(&folder, &["--crd-schemas", "definitions", "alone"]);
    assert_eq!(sorted(told), WRONG);
    assert_eq!(judge(&folder, &["--crd-schemas", "definitions/crd.yaml", "fits"]), (0, Vec::new()));
    assert_eq!(judge(&folder, &["fits", "definitions"]), (0, Vec::new()));
}

#[test]
fn custom_resources_from_standard_input_are_held_against_definitions() {
    let folder = Folder::new(&[("definitions/crd.yaml", DEFINITION)]);
    let arguments = ["scan", "--only", "schema-invalid", "--output", "json", "--crd-schemas", "definitions", "-"];
    let said = folder.run_with_input(&arguments, MISFITS.as_bytes());
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.out.contains("which its definition requires"), "{}", said.out);
}

#[test]
fn a_version_that_no_definition_serves_is_found() {
    let later = FITS.replace("example.com/v1", "example.com/v2");
    let folder = Folder::new(&[("a.yaml", &later), ("crd.yaml", DEFINITION)]);
    let expected = "apiVersion: `example.com/v2` is no version that the definition of `Thing` serves, those are `v1`: the \
                    API refuses the object";
    assert_eq!(judge(&folder, &["."]), (1, vec![expected.to_owned()]));
}

#[test]
fn fitting_one_of_two_definitions_is_enough() {
    let older = DEFINITION.replace("maximum: 5", "maximum: 2");
    let folder = Folder::new(&[("a.yaml", FITS), ("new.yaml", DEFINITION), ("old.yaml", &older)]);
    assert_eq!(judge(&folder, &["."]), (0, Vec::new()));
    assert_eq!(judge(&folder, &["a.yaml", "new.yaml"]), (0, Vec::new()));
    assert_eq!(judge(&folder, &["a.yaml", "old.yaml"]).1.len(), 1);
}

#[test]
fn a_folder_without_definitions_is_an_error() {
    let folder = Folder::new(&[("a.yaml", FITS), ("pods/p.yaml", POD), ("broken/b.yaml", "a: b: c\n")]);
    for path in ["pods", "broken", "missing"] {
        let said = folder.run(&["scan", "--crd-schemas", path, "a.yaml"]);
        assert_eq!(said.code, 3, "{}", said.err);
        assert!(said.err.contains(path), "{}", said.err);
    }
}
