//! What the benchmark relies on: the same seed gives the same bytes, as many as were asked for, and all kinds.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::app::App;
use super::draft::Style;
use super::random::Random;
use super::{dump, repository};

fn repository(seed: u64, files: usize, bytes: usize) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut sink = |path: &str, content: &[u8]| {
        let twice = found.insert(path.to_owned(), content.to_owned());
        assert!(twice.is_none(), "`{path}` is written twice");
        Ok(())
    };
    repository::write(seed, files, bytes, &mut sink).unwrap();
    found
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default().trim_matches(['"', '\''])
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn dump(seed: u64, objects: usize, style: Style) -> String {
    let mut bytes = Vec::new();
    dump::write(seed, objects, style, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    assert_eq!(hash(&repository(3, 300, 3_000_000)), hash(&repository(3, 300, 3_000_000)));
    assert_ne!(hash(&repository(3, 300, 3_000_000)), hash(&repository(4, 300, 3_000_000)));
    assert_eq!(dump(3, 50, Style::KUBECTL_YAML), dump(3, 50, Style::KUBECTL_YAML));
    assert_ne!(dump(3, 50, Style::KUBECTL_YAML), dump(4, 50, Style::KUBECTL_YAML));
}

#[test]
fn as_many_files_and_bytes_as_were_asked_for() {
    for (files, bytes) in [(600, 6_000_000), (600, 12_000_000), (1_000, 6_000_000)] {
        let found = repository(1, files, bytes);
        let sum: usize = found.values().map(Vec::len).sum();
        let error = sum.abs_diff(bytes) as f64 / bytes as f64;
        assert_eq!(found.len(), files);
        assert!(error < 0.03, "{sum} bytes instead of {bytes}");
    }
}

#[test]
fn most_files_are_short_and_a_few_very_long() {
    let found = repository(1, 1_000, 10_000_000);
    let share = |low: usize, high: usize| found.values().filter(|bytes| (low..high).contains(&bytes.len())).count();
    assert!(share(1_000, 5_000) > 400, "{} files of 1 to 5 kB", share(1_000, 5_000));
    assert!((8..30).contains(&share(100_000, 310_000)), "{} files of 100 kB or more", share(100_000, 310_000));
    assert_eq!(share(400_000, usize::MAX), 0);
}

#[test]
fn every_kind_and_every_habit_is_there() {
    let found = repository(1, 2_000, 14_000_000);
    let texts: Vec<String> = found.values().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect();
    let kinds: HashSet<&str> = texts.iter().flat_map(|text| text.split("\nkind: ").skip(1)).map(first_word).collect();
    for kind in [
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "CronJob",
        "Job",
        "Rollout",
        "Pod",
        "Service",
        "Ingress",
        "NetworkPolicy",
        "HorizontalPodAutoscaler",
        "PodDisruptionBudget",
        "ServiceAccount",
        "Role",
        "RoleBinding",
        "ClusterRole",
        "ClusterRoleBinding",
        "ConfigMap",
        "Secret",
        "Namespace",
        "CustomResourceDefinition",
        "Kustomization",
        "List",
    ] {
        assert!(kinds.contains(kind), "no file has a {kind}");
    }
    for part in ["resources: *resources", "privileged: true", "runAsNonRoot: true", "nginx.conf: |", "\n---\n", " # "] {
        assert!(texts.iter().any(|text| text.contains(part)), "no file has `{part}`");
    }
    for name in ["README.md", "values.yaml", "package.json", "kustomization.yaml", "deployment.json", "Chart.yaml"] {
        assert!(found.keys().any(|path| path.ends_with(name)), "no file is called `{name}`");
    }
    let count = |part: &str| texts.iter().filter(|text| text.contains(part)).count();
    assert!((18..=20).contains(&count("\r\n")), "{} files have other line ends", count("\r\n"));
    assert!((8..=14).contains(&count("{{ .Values")), "{} files are templates", count("{{ .Values"));
    let conflicts =
        ["\n\tname: tabs", "spec: [\"unclosed\"", "the quote never ends", "<<<<<<< HEAD", "deeper than its parent"];
    let broken: usize = conflicts.iter().map(|part| count(part)).sum();
    assert!((1..=2).contains(&broken), "{broken} files are broken");
}

#[test]
fn json_is_without_comments() {
    let found = repository(1, 1_000, 7_000_000);
    let json: Vec<_> = found.iter().filter(|(path, _)| path.ends_with(".json")).collect();
    assert!(json.len() > 10);
    for (path, bytes) in json {
        let text = String::from_utf8_lossy(bytes);
        assert!(text.starts_with('{') && text.trim_end().ends_with('}'), "`{path}`");
        assert!(!text.lines().any(|line| line.trim_start().starts_with('#')), "`{path}`");
    }
}

#[test]
fn about_a_third_of_the_workloads_is_hardened() {
    let found = repository(1, 1_500, 9_000_000);
    let workloads: Vec<&Vec<u8>> =
        found.iter().filter(|(path, _)| path.ends_with("base/deployment.yaml")).map(|(_, bytes)| bytes).collect();
    let hardened = |bytes: &&&Vec<u8>| String::from_utf8_lossy(bytes).contains("readOnlyRootFilesystem: true");
    let share = workloads.iter().filter(hardened).count() * 100 / workloads.len();
    assert!((25..42).contains(&share), "{share} % of the workloads are hardened");
}

#[test]
fn names_of_services_differ() {
    let mut names: Vec<String> = (0..10_000).map(|number| App::new(&mut Random::new(1), number).name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 10_000);
}

#[test]
fn a_dump_has_all_objects_in_both_formats() {
    let yaml = dump(1, 200, Style::KUBECTL_YAML);
    let json = dump(1, 200, Style::KUBECTL_JSON);
    assert_eq!(yaml.matches("\n- apiVersion: v1\n  kind: Pod\n").count(), 200);
    assert_eq!(json.matches("\n            \"kind\": \"Pod\",\n").count(), 200);
    assert!(yaml.ends_with("kind: List\nmetadata:\n  resourceVersion: \"\"\n"));
    assert!((4_000..5_000).contains(&(yaml.len() / 200)), "{} bytes a pod", yaml.len() / 200);
    let ids =
        |text: &str| hash(&text.split("containerd://").skip(1).map(|rest| rest[..64].to_owned()).collect::<Vec<_>>());
    assert_eq!(ids(&yaml), ids(&json));
}
