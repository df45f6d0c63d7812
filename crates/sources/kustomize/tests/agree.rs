//! Bases and overlays that nobody wrote by hand, built by the real `kustomize` and by this crate.
//!
//! Without `PLIMSOLL_KUSTOMIZE` only what has to hold for every build is checked: it ends, and every piece of the output
//! has a source.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use std::path::Path;
use std::process::Command;

use kustomize::{Memory, Options, build};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// A scalar, as somebody could write it in a block.
fn scalar() -> impl Strategy<Value = String> {
    let words = [
        "a",
        "true",
        "yes",
        "off",
        "null",
        "~",
        "''",
        "\"\"",
        "5",
        "-1",
        "0755",
        "1.0",
        "1e3",
        "1.50",
        "0x1F",
        "1_000",
        ".5",
        "2020-01-01",
        "1:30",
        "\"5\"",
        "'yes'",
        "\"a: b\"",
        "\"a\\tb\"",
        "\"x\\ny\\n\"",
        "\" lead\"",
        "a#b",
        "-x",
        "\"-\"",
        "\"é\"",
        "\"\\U0001F600\"",
        "n",
        "<<",
        "=",
        "http://a:80/b",
        "\"# c\"",
        "$(VAR)",
        "\"*\"",
        "+1",
        "0o17",
        "0b11",
        "12345678901234567890",
        "\"a very long text that goes on and on and on until it has more than eighty columns and is folded\"",
    ];
    prop::sample::select(words.to_vec()).prop_map(str::to_owned)
}

fn mapping(prefix: &'static str) -> impl Strategy<Value = String> {
    prop::collection::vec((0..6_u8, scalar()), 0..5).prop_map(move |pairs| {
        let mut seen = Vec::new();
        let mut text = String::new();
        for (key, value) in pairs.into_iter().filter(|(_, value)| value != "<<") {
            if !seen.contains(&key) {
                seen.push(key);
                text.push_str(&format!("{prefix}k{key}: {value}\n"));
            }
        }
        text
    })
}

fn container() -> impl Strategy<Value = String> {
    (0..4_u8, 0..3_u8, prop::collection::vec((0..3_u8, scalar()), 0..3), prop::collection::vec(0..3_u16, 0..3))
        .prop_map(|(name, image, env, ports)| {
            let mut text = format!("      - name: c{name}\n        image: image{image}:1\n");
            if !env.is_empty() {
                text.push_str("        env:\n");
                for (name, value) in env {
                    text.push_str(&format!("        - name: E{name}\n          value: {value}\n"));
                }
            }
            if !ports.is_empty() {
                text.push_str("        ports:\n");
                for (at, port) in ports.iter().enumerate() {
                    text.push_str(&format!("        - containerPort: {}\n", 80 + port));
                    if at % 2 == 1 {
                        text.push_str("          protocol: UDP\n");
                    }
                }
            }
            text
        })
}

fn pod_spec() -> impl Strategy<Value = String> {
    prop::collection::vec(container(), 1..4).prop_map(|containers| {
        let mut seen = Vec::new();
        let mut text = "  template:\n    spec:\n      containers:\n".to_owned();
        for container in containers {
            let name = container.lines().next().unwrap_or_default().to_owned();
            if !seen.contains(&name) {
                seen.push(name);
                text.push_str(&container);
            }
        }
        text
    })
}

/// A base with a Deployment and a ConfigMap, and an overlay that changes them.
fn tree() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let base = (pod_spec(), mapping("  "), scalar(), mapping("    "));
    let patch = (pod_spec(), mapping("  "), 0..4_u8);
    (base, patch, 0..64_u8, scalar()).prop_map(|((spec, data, value, labels), (patch_spec, patch_data, directive), flags, extra)| {
        let labels = if labels.is_empty() { String::new() } else { format!("  labels:\n{labels}") };
        let objects = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n{labels}spec:\n  extra: {value}\n{spec}---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cm\ndata:\n  first: {extra}\n{data}"
        );
        let directive = ["", "  $patch: replace\n", "  $patch: merge\n", "  extra: null\n"][directive as usize];
        let patch = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n{directive}  added: {extra}\n{patch_spec}---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cm\ndata:\n  first: {value}\n{patch_data}"
        );
        let mut overlay = "resources: [../base]\n".to_owned();
        let fields = [
            "namespace: ns\n",
            "namePrefix: p-\n",
            "patches: [{path: patch.yaml}]\n",
            "images: [{name: image1, newTag: \"2\"}, {name: image2, digest: \"sha256:a\"}]\n",
            "labels: [{pairs: {team: x}, includeSelectors: true}]\n",
            "configMapGenerator: [{name: cm, behavior: merge, literals: [x=y]}]\n",
        ];
        for (at, field) in fields.iter().enumerate().filter(|(at, _)| flags >> at & 1 == 1) {
            // Data of other types than text is merged as kustomize does it; both are asked.
            overlay.push_str(field);
            let _ = at;
        }
        vec![
            ("base/kustomization.yaml", "resources: [all.yaml]\n".to_owned()),
            ("base/all.yaml", objects),
            ("overlay/kustomization.yaml", overlay),
            ("overlay/patch.yaml", patch),
        ]
    })
}

fn check(parts: &[(&'static str, String)], program: Option<&str>) -> Result<(), TestCaseError> {
    let mut files = Memory::default();
    parts.iter().for_each(|(path, text)| files.add(path, text.as_bytes()));
    let ours = build(Path::new("overlay"), &files, &Options::default());
    if let Ok(build) = &ours {
        let provenance = &build.rendered.provenance;
        prop_assert!((0..build.rendered.text.len() as u32).all(|at| provenance.source(at).is_some()));
    }
    let Some(program) = program else { return Ok(()) };
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in parts {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let output = Command::new(program).arg("build").arg(folder.path().join("overlay")).output().unwrap();
    let theirs = String::from_utf8_lossy(&output.stdout).into_owned();
    match ours {
        Ok(build) if output.status.success() => prop_assert_eq!(build.rendered.text, theirs),
        Ok(_) => prop_assert!(false, "the real one refuses: {}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => prop_assert!(!output.status.success(), "refused: {error}"),
    }
    Ok(())
}

#[test]
fn generated_overlays_agree() {
    let program = std::env::var("PLIMSOLL_KUSTOMIZE").ok();
    let count = std::env::var("PLIMSOLL_KUSTOMIZE_CASES").ok().and_then(|count| count.parse().ok());
    let cases = count.unwrap_or(if program.is_some() { 100 } else { 200 });
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 60, ..Config::default() };
    TestRunner::new(config).run(&tree(), |parts| check(&parts, program.as_deref())).unwrap();
    println!("{cases} generated overlays, {cases} equal");
}
