//! Folders that other tools write of a cluster, in the layouts that they have.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::program::Folder;

const SPEC: &str =
    r#"{"containers":[{"name":"c","image":"registry.example.com/app:1","securityContext":{"privileged":true}}]}"#;

/// The resources in which a privileged container is found, and what was not looked at.
fn privileged(folder: &Folder, arguments: &[&str]) -> (Vec<String>, Vec<Value>) {
    let asked = ["scan", "--only", "privileged-container", "--output", "json"];
    let said = folder.run(&[&asked[..], arguments].concat());
    let json: Value = serde_json::from_str(&said.out).unwrap();
    let failed = json["results"].as_array().unwrap().iter().filter(|result| result["status"] == "fail");
    let resources = failed.map(|result| result["resource"].as_str().unwrap().to_owned()).collect();
    (resources, json["coverage"]["skipped"].as_array().unwrap().clone())
}

fn kinds(resources: &[String]) -> BTreeSet<&str> {
    ["Pod", "DaemonSet"].into_iter().filter(|kind| resources.iter().any(|resource| resource.contains(kind))).collect()
}

#[test]
fn cluster_info_dump() {
    // `kubectl cluster-info dump --output-directory`: lists of one kind, whose items do not name it, and logs.
    let pods = format!(
        r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{"resourceVersion":"7"}},"items":[{{"metadata":{{"name":"p","namespace":"shop"}},"spec":{SPEC}}}]}}"#
    );
    let sets = format!(
        r#"{{"kind":"DaemonSetList","apiVersion":"apps/v1","metadata":{{}},"items":[{{"metadata":{{"name":"d","namespace":"shop"}},"spec":{{"template":{{"spec":{SPEC}}}}}}}]}}"#
    );
    let folder = Folder::new(&[
        ("nodes.json", r#"{"kind":"NodeList","apiVersion":"v1","metadata":{},"items":[{"metadata":{"name":"n"}}]}"#),
        ("shop/pods.json", &pods),
        ("shop/daemonsets.json", &sets),
        ("shop/events.json", r#"{"kind":"EventList","apiVersion":"v1","metadata":{},"items":[]}"#),
        ("shop/p/logs.txt", "==== START logs for container c of pod shop/p ====\n"),
    ]);
    let (resources, skipped) = privileged(&folder, &["."]);
    assert_eq!((kinds(&resources), resources.len()), (BTreeSet::from(["DaemonSet", "Pod"]), 2), "{resources:?}");
    assert_eq!(skipped, [Value::Null; 0]);
}

#[test]
fn must_gather() {
    // `oc adm must-gather`: YAML, one file for a kind in a namespace, or for an object.
    let pods = format!(
        "---\napiVersion: v1\nitems:\n- metadata: {{name: p, namespace: shop}}\n  spec: {SPEC}\nkind: PodList\nmetadata: {{resourceVersion: '7'}}\n"
    );
    let set = format!(
        "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: d, namespace: shop}}\nspec: {{template: {{spec: {SPEC}}}}}\n"
    );
    let node = "---\napiVersion: v1\nkind: Node\nmetadata: {name: n}\n";
    let folder = Folder::new(&[
        ("quay-io-x/cluster-scoped-resources/core/nodes/n.yaml", node),
        ("quay-io-x/namespaces/shop/core/pods.yaml", &pods),
        ("quay-io-x/namespaces/shop/apps/daemonsets/d.yaml", &set),
        ("quay-io-x/namespaces/shop/pods/p/c/c/logs/current.log", "started\n"),
        ("quay-io-x/timestamp", "2026-01-01 00:00:00\n"),
    ]);
    let (resources, skipped) = privileged(&folder, &["."]);
    assert_eq!((kinds(&resources), resources.len()), (BTreeSet::from(["DaemonSet", "Pod"]), 2), "{resources:?}");
    assert_eq!(skipped, [Value::Null; 0]);
}

#[test]
fn velero_backup() {
    // An unpacked backup has each object twice: with the version that is preferred in its path, and without.
    let pod =
        format!(r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"p","namespace":"shop"}},"spec":{SPEC}}}"#);
    let folder = Folder::new(&[
        ("metadata/version", "1.1.0"),
        ("resources/pods/namespaces/shop/p.json", &pod),
        ("resources/pods/v1-preferredversion/namespaces/shop/p.json", &pod),
    ]);
    let (resources, skipped) = privileged(&folder, &["--exclude", "*-preferredversion", "."]);
    assert_eq!((kinds(&resources), resources.len()), (BTreeSet::from(["Pod"]), 1), "{resources:?}");
    assert_eq!(skipped, [Value::Null; 0]);
}
