//! The shop as manifests, as a chart and as a kustomization: the same findings at three kinds of source.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::program::Folder;

/// What is said of which object and which container, without where.
fn found(example: &str) -> BTreeSet<[String; 4]> {
    let root = Folder::at(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    let (_, json) = root.scan(&[&format!("examples/{example}")]);
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut all = BTreeSet::new();
    for result in list(&json["results"]) {
        for occurrence in list(&result["occurrences"]) {
            let of = [&result["control"], &result["resource"], &occurrence["container"], &occurrence["field"]];
            assert!(text(&occurrence["path"]).starts_with(&format!("examples/{example}/")), "{occurrence}");
            all.insert(of.map(text));
        }
    }
    all
}

#[test]
fn the_shop_has_the_same_findings_at_three_kinds_of_source() {
    let manifests = found("shop");
    assert!(manifests.len() > 100);
    for example in ["shop-chart", "shop-kustomize"] {
        let other = found(example);
        let missing: Vec<_> = manifests.difference(&other).collect();
        let more: Vec<_> = other.difference(&manifests).collect();
        assert!(missing.is_empty() && more.is_empty(), "{example}: missing {missing:?}, more {more:?}");
    }
}
