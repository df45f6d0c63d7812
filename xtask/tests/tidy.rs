//! The rules of the house that a machine can hold.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with('.') || name == "target" || name == "corpus" && path.starts_with(root().join("fuzz")) {
            continue;
        }
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    files(&root(), &mut found);
    let rust = found.into_iter().filter(|path| path.extension().is_some_and(|end| end == "rs"));
    rust.map(|path| (path.strip_prefix(root()).unwrap().to_path_buf(), fs::read_to_string(&path).unwrap())).collect()
}

fn check(rule: &str, offends: impl Fn(&Path, &str) -> Option<String>) {
    let offences: Vec<String> = sources()
        .iter()
        .filter_map(|(path, text)| Some(format!("{}: {}", path.display(), offends(path, text)?)))
        .collect();
    assert!(offences.is_empty(), "{rule}\n{}", offences.join("\n"));
}

#[test]
fn files_are_at_most_800_lines() {
    check("split the file by what it does", |_, text| {
        let lines = text.lines().count();
        (lines > 800).then(|| format!("{lines} lines"))
    });
}

#[test]
fn files_open_with_what_they_are_for() {
    check("a file opens with `//!`", |_, text| {
        (!text.starts_with("//!") && !text.starts_with("#![")).then(|| "does not".to_owned())
    });
}

#[test]
fn nothing_is_left_for_later() {
    let banned = [
        "to".to_owned() + "do!(",
        "unimpl".to_owned() + "emented!(",
        "db".to_owned() + "g!(",
        "#[all".to_owned() + "ow(",
        "#![all".to_owned() + "ow(",
        "#[ign".to_owned() + "ore",
    ];
    check("the style guide rules these out", |_, text| banned.iter().find(|word| text.contains(*word)).cloned());
}

#[test]
fn comments_have_no_unfinished_business() {
    let marks = ["TO".to_owned() + "DO", "FIX".to_owned() + "ME", "XX".to_owned() + "X:"];
    check("an issue is the place for it", |_, text| {
        let line = text.lines().find(|line| marks.iter().any(|mark| line.contains(mark.as_str())))?;
        Some(line.trim().to_owned())
    });
}

/// Folders in the order of the flow: what is in one knows only what is before it.
const STAGES: &[(&str, u32)] = &[
    ("crates/model", 0),
    ("crates/frameworks", 0),
    ("crates/schemas", 0),
    ("crates/yaml", 1),
    ("crates/sources/", 2),
    ("crates/analyses/", 3),
    ("crates/outputs/", 4),
    ("crates/cli", 5),
];

fn stage_of(folder: &Path) -> Option<u32> {
    let folder = folder.to_string_lossy();
    STAGES.iter().find(|(prefix, _)| folder.starts_with(prefix)).map(|(_, stage)| *stage)
}

fn manifests() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    files(&root().join("crates"), &mut found);
    let manifests = found.into_iter().filter(|path| path.ends_with("Cargo.toml"));
    manifests
        .map(|path| (path.strip_prefix(root()).unwrap().to_path_buf(), fs::read_to_string(&path).unwrap()))
        .collect()
}

/// The names in `[dependencies]`, without those of tests.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line == "[dependencies]";
        } else if inside && let Some(name) = line.split(['.', ' ', '=']).next().filter(|name| !name.is_empty()) {
            names.push(name.to_owned());
        }
    }
    names
}

/// Arrows within a stage, each with its reason.
const BESIDE: &[(&str, &str)] = &[
    // Controls of rights are judged by what subjects may really do: to hand them the answers instead would be a second
    // interface between the same two, with one user.
    ("crates/analyses/controls/Cargo.toml", "rbac"),
    // What is exposed is decided by the evaluator of the network.
    ("crates/analyses/controls/Cargo.toml", "network"),
    // The graph of attack paths joins what the evaluators know.
    ("crates/analyses/paths/Cargo.toml", "network"),
    ("crates/analyses/paths/Cargo.toml", "rbac"),
    // Fixes are planned from the findings that a report shows, and name files as it does.
    ("crates/outputs/fixes/Cargo.toml", "reports"),
    // What a repository holds is found in one place, which hands it to those who know how to read it.
    ("crates/sources/repository/Cargo.toml", "helm"),
    ("crates/sources/repository/Cargo.toml", "kustomize"),
    ("crates/sources/repository/Cargo.toml", "manifests"),
];

#[test]
fn crates_depend_on_earlier_stages_only() {
    let manifests = manifests();
    let mut stages = BTreeMap::new();
    for (path, text) in &manifests {
        let name =
            text.lines().find_map(|line| line.strip_prefix("name = \"")).unwrap().trim_end_matches('"').to_owned();
        stages.insert(
            name,
            stage_of(path.parent().unwrap()).unwrap_or_else(|| panic!("{} has no stage", path.display())),
        );
    }
    for (path, text) in &manifests {
        let own = stage_of(path.parent().unwrap()).unwrap();
        for name in dependencies(text) {
            if let Some(&stage) = stages.get(&name) {
                let is_named = BESIDE.contains(&(&*path.to_string_lossy(), &*name));
                assert!(
                    is_named || stage < own,
                    "{} depends on `{name}`, which is not of an earlier stage",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn heavy_dependencies_stay_where_they_belong() {
    const BELONGS: &[(&str, &str)] = &[
        ("kube", "cluster"),
        ("tokio", "-"),
        ("axum", "hub"),
        ("clap", "cli"),
        ("anyhow", "cli"),
        ("granit-parser", "yaml"),
    ];
    for (path, text) in manifests() {
        let crate_name = path.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
        for name in dependencies(&text) {
            if let Some((_, home)) = BELONGS.iter().find(|(heavy, _)| *heavy == name) {
                assert_eq!(crate_name, *home, "`{name}` belongs in `{home}`");
            }
        }
    }
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    for (path, text) in manifests() {
        assert!(text.contains("[lints]\nworkspace = true"), "{} does not", path.display());
        assert!(text.contains("publish.workspace = true"), "{} may be published", path.display());
    }
}

#[test]
fn no_text_names_a_machine() {
    let mut found = Vec::new();
    files(&root(), &mut found);
    let paths = ["/wo".to_owned() + "rk/", "/ro".to_owned() + "ot/", "/ho".to_owned() + "me/runner"];
    for path in found {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        if name.ends_with(".lock") || name.starts_with("e2e/") && name.ends_with(".sum") {
            continue;
        }
        for machine in &paths {
            assert!(!text.contains(machine.as_str()) || machine.starts_with("/ro"), "{name} names {machine}");
        }
    }
}

#[test]
fn there_is_a_changelog_fragment() {
    let fragments = fs::read_dir(root().join("changelog.d")).unwrap().filter_map(Result::ok);
    let texts = fragments.filter(|entry| entry.path().extension().is_some_and(|end| end == "md"));
    for entry in texts {
        let text = fs::read_to_string(entry.path()).unwrap();
        assert!(text.trim_end().ends_with('.'), "{} is not a sentence", entry.path().display());
    }
}
