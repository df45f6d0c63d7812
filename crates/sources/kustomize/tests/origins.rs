//! Every value of the output knows the file and the field that set it; entries are found; nothing hostile gets through.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use std::path::Path;

use kustomize::{Build, Disk, Memory, Options, build, entry_points};

fn files(parts: &[(&str, &str)]) -> Memory {
    let mut files = Memory::default();
    parts.iter().for_each(|(path, text)| files.add(path, *text));
    files
}

fn built(parts: &[(&str, &str)], entry: &str) -> Build {
    build(Path::new(entry), &files(parts), &Options::default()).unwrap()
}

/// The file and the text that made what stands after `needle`, and the values that decided.
fn origin(build: &Build, needle: &str) -> (String, String, Vec<String>) {
    let text = &build.rendered.text;
    let at = (text.find(needle).unwrap_or_else(|| panic!("{needle} in {text}")) + needle.len()) as u32;
    let provenance = &build.rendered.provenance;
    let source = provenance.source(at).unwrap();
    let file = &provenance.files[source.file.0 as usize];
    let written = &file.text[source.span.start as usize..source.span.end as usize];
    let values = provenance.values(at).iter().map(|value| value.path.clone()).collect();
    (file.path.display().to_string(), written.to_owned(), values)
}

const BASE: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: web
        image: nginx:1.25
        securityContext:
          privileged: true
      - name: side
        image: side:1
";

const OVERLAY: &str = "resources: [../base]
namespace: prod
namePrefix: p-
images:
- name: nginx
  newTag: '1.27'
replicas:
- name: web
  count: 4
labels:
- pairs: {team: a}
patches:
- path: patch.yaml
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: web
    spec:
      paused: true
- target: {kind: Deployment}
  patch: |-
    - op: add
      path: /spec/minReadySeconds
      value: 30
configMapGenerator:
- name: cm
  literals: [a=literal]
  files: [file.txt]
secretGenerator:
- name: s
  files: [file.txt]
";

fn shop() -> Build {
    built(
        &[
            ("base/kustomization.yaml", "resources: [d.yaml]\n"),
            ("base/d.yaml", BASE),
            ("over/kustomization.yaml", OVERLAY),
            (
                "over/patch.yaml",
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      hostNetwork: true\n",
            ),
            ("over/file.txt", "from a file"),
        ],
        "over",
    )
}

#[test]
fn values_know_the_base_the_patch_and_the_field_that_set_them() {
    let build = shop();
    let at = |needle: &str| {
        let (file, text, values) = origin(&build, needle);
        (file, text, values.join(","))
    };
    let own = |file: &str, text: &str, value: &str| (file.to_owned(), text.to_owned(), value.to_owned());
    let over = "over/kustomization.yaml";
    assert_eq!(at("privileged: "), own("base/d.yaml", "true", ""));
    assert_eq!(at("image: side"), own("base/d.yaml", "side:1", ""));
    assert_eq!(at("hostNetwork: "), own("over/patch.yaml", "true", ""));
    assert_eq!(at("paused: "), own(over, "true", ""));
    assert_eq!(at("minReadySeconds: "), own(over, "30", ""));
    assert_eq!(at("image: nginx"), own(over, "'1.27'", "images[0].newTag"));
    assert_eq!(at("replicas: "), own(over, "4", "replicas[0].count"));
    assert_eq!(at("team: "), own(over, "a", "labels[0].pairs.team"));
    assert_eq!(at("namespace: "), own(over, "prod", "namespace"));
    assert_eq!(at("name: p-w"), own("base/d.yaml", "web", "namePrefix"));
    assert_eq!(at("  a: "), own(over, "a=literal", "configMapGenerator[0].literals[0]"));
    assert_eq!(at("file.txt: from"), own("over/file.txt", "from a file", "configMapGenerator[0].files[0]"));
}

#[test]
fn every_byte_has_a_source_and_objects_stand_alone() {
    let build = shop();
    let provenance = &build.rendered.provenance;
    assert_eq!(provenance.pieces[0].start, 0);
    assert!(provenance.pieces.windows(2).all(|two| two[0].start < two[1].start));
    for (at, object) in build.objects.iter().enumerate() {
        let alone = build.object(at).unwrap();
        assert!(alone.text.contains(&format!("kind: {}", object.kind)));
        assert_eq!(alone.text, build.rendered.text[object.text.clone()]);
        for offset in 0..alone.text.len() as u32 {
            let whole = provenance.source(offset + object.text.start as u32);
            assert_eq!(alone.provenance.source(offset), whole);
        }
    }
    let uses: Vec<String> = build.uses.iter().map(|path| path.display().to_string()).collect();
    for path in
        ["base/kustomization.yaml", "base/d.yaml", "over/kustomization.yaml", "over/patch.yaml", "over/file.txt"]
    {
        assert!(uses.contains(&path.to_owned()), "{path} in {uses:?}");
    }
}

#[test]
fn secrets_are_not_shown_and_their_files_not_carried_along() {
    let build = built(
        &[("kustomization.yaml", "secretGenerator:\n- name: s\n  files: [key.pem]\n"), ("key.pem", "very secret")],
        ".",
    );
    assert!(!format!("{build:?}").contains("dmVyeSBzZWNyZXQ="));
    assert!(build.rendered.text.contains("dmVyeSBzZWNyZXQ="));
    assert!(build.rendered.provenance.files.iter().all(|file| !file.text.contains("very secret")));
}

#[test]
fn charts_are_rendered_by_who_asks_and_keep_their_places() {
    use model::document::Span;
    use model::provenance::{Piece, Provenance, Rendered, SourceFile, SourceId, SourceSpan};
    let template = "kind: Service\n";
    let render = |chart: &kustomize::HelmChart| {
        assert_eq!((chart.name.as_str(), chart.namespace.as_str()), ("web", "prod"));
        assert_eq!(chart.values_inline.as_deref(), Some(r#"{"a":{"b":1}}"#));
        let text = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n".to_owned();
        let source = SourceSpan { file: SourceId(0), span: Span { start: 6, end: 13 } };
        let file = SourceFile { path: "charts/web/templates/s.yaml".into(), text: template.into(), editable: true };
        let pieces = vec![Piece { start: 0, source, verbatim: false, values: (0, 0) }];
        Ok(Rendered { text, provenance: Provenance { files: vec![file], pieces, ..Provenance::default() } })
    };
    let files = files(&[(
        "kustomization.yaml",
        "namespace: prod\nnamePrefix: x-\nhelmCharts:\n- name: web\n  valuesInline: {a: {b: 1}}\n",
    )]);
    let options = Options { helm: Some(&render), ..Options::default() };
    let build = build(Path::new("."), &files, &options).unwrap();
    assert_eq!(build.rendered.text, "apiVersion: v1\nkind: Service\nmetadata:\n  name: x-s\n");
    assert_eq!(origin(&build, "kind: ").0, "charts/web/templates/s.yaml");
    assert_eq!(origin(&build, "kind: ").1, "Service");
}

#[test]
fn entries_are_the_kustomizations_that_no_other_uses() {
    let files = files(&[
        ("base/kustomization.yaml", "resources: [d.yaml]\n"),
        ("base/d.yaml", BASE),
        ("a/kustomization.yaml", "resources: [../base]\n"),
        ("b/kustomization.yml", "resources: [../base]\ncomponents: [../comp]\n"),
        ("comp/kustomization.yaml", "kind: Component\nnamePrefix: x-\n"),
        ("other/comp/kustomization.yaml", "kind: Component\nnamePrefix: x-\n"),
        ("broken/kustomization.yaml", "resorces: []\n"),
        ("plain/d.yaml", BASE),
    ]);
    let found = entry_points(Path::new("."), &files).unwrap();
    let found: Vec<String> = found.iter().map(|path| path.display().to_string()).collect();
    assert_eq!(found, ["a", "b", "broken"]);
}

#[test]
fn what_lies_on_the_network_costs_only_itself() {
    let build = built(
        &[
            (
                "kustomization.yaml",
                "resources:\n- https://example.com/a.yaml\n- git@example.com:a/b.git\n- d.yaml\npatches:\n- patch: |\n    apiVersion: v1\n    kind: Service\n    metadata: {name: far}\n",
            ),
            ("d.yaml", BASE),
        ],
        ".",
    );
    assert_eq!(build.objects.len(), 1);
    let fields: Vec<&str> = build.problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["resources[0]", "resources[1]", "patches[0]"]);
    assert!(build.problems[0].command.as_deref().unwrap().starts_with("kustomize localize "));
}

#[test]
fn errors_say_the_file_the_line_and_what_to_do() {
    let parts =
        [("kustomization.yaml", "resources:\n- d.yaml\nimages:\n- name: x\n  newTag: 1.20\n"), ("d.yaml", BASE)];
    let error = build(Path::new("."), &files(&parts), &Options::default()).unwrap_err();
    assert_eq!(error.to_string(), "kustomization.yaml line 5: `images[0].newTag` has to be text, and is a number");
    assert_eq!(error.hint.as_deref(), Some("put it in quotes"));
}

#[cfg(unix)]
#[test]
fn links_out_of_the_tree_are_refused() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("d.yaml"), BASE).unwrap();
    let tree = tempfile::tempdir().unwrap();
    std::fs::write(tree.path().join("kustomization.yaml"), "resources: [d.yaml]\n").unwrap();
    std::os::unix::fs::symlink(outside.path().join("d.yaml"), tree.path().join("d.yaml")).unwrap();
    let disk = Disk::new(tree.path()).unwrap();
    let error = build(tree.path(), &disk, &Options::default()).unwrap_err();
    assert!(error.message.contains("it leads out of"), "{error}");
}

#[test]
fn hostile_input_ends_in_an_error() {
    let deep =
        format!("apiVersion: v1\nkind: A\nmetadata: {{name: a}}\nx: {}1{}\n", "[".repeat(5000), "]".repeat(5000));
    let mut bomb = "apiVersion: v1\nkind: A\nmetadata: {name: a}\na: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for at in 1..12 {
        let (name, before) = (char::from(b'a' + at), char::from(b'a' + at - 1));
        bomb.push_str(&format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 9].join(", ")));
    }
    for text in [deep.as_str(), bomb.as_str(), "\u{0}", "[", "a: b: c", "kind: List\nitems: 5\n"] {
        let parts = [("kustomization.yaml", "resources: [a.yaml]\n"), ("a.yaml", text)];
        assert!(build(Path::new("."), &files(&parts), &Options::default()).is_err());
    }
}
