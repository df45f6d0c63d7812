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

/// `kubectl cluster-info dump` without a folder: lists one after another, and logs between them.
fn printed_dump(pods: usize) -> String {
    let pad = "x".repeat(if pods > 100 { 20_000 } else { 1 });
    let item = |number: usize| serde_json::json!({"metadata": {"name": format!("p{number}"), "namespace": "shop", "annotations": {"pad": pad}}, "spec": serde_json::from_str::<Value>(SPEC).unwrap()});
    let items: Vec<Value> = (0..pods).map(item).collect();
    let pretty = |kind: &str, version: &str, items: Value| {
        let list = serde_json::json!({"kind": kind, "apiVersion": version, "metadata": {}, "items": items});
        format!("{}\n", serde_json::to_string_pretty(&list).unwrap())
    };
    let set = serde_json::json!([{"metadata": {"name": "d", "namespace": "shop"}, "spec": {"template": {"spec": serde_json::from_str::<Value>(SPEC).unwrap()}}}]);
    let log = |name: &str, text: &str| {
        format!("==== START logs for container {name} ====\n{text}==== END logs for container {name} ====\n")
    };
    [
        pretty("NodeList", "v1", serde_json::json!([{"metadata": {"name": "n"}}])),
        pretty("PodList", "v1", items.into()),
        pretty("EventList", "v1", serde_json::json!([])),
        log("c of pod shop/p0", "{\"kind\": \"Pod\"\n---\n: not: YAML [\n"),
        log("c of pod shop/p1", "without an end"),
        pretty("DaemonSetList", "apps/v1", set),
        log("c of pod shop/d-x", ""),
    ]
    .concat()
}

#[test]
fn cluster_info_dump_in_one_file() {
    for pods in [2, 600] {
        let text = printed_dump(pods);
        let folder = Folder::new(&[("dump.json", &text)]);
        let asked = ["scan", "--only", "privileged-container", "--output", "json"];
        for (path, said) in [
            ("dump.json", folder.run(&[&asked[..], &["dump.json"]].concat())),
            ("<stdin>", folder.run_with_input(&[&asked[..], &["-"]].concat(), text.as_bytes())),
        ] {
            let json: Value = serde_json::from_str(&said.out).unwrap();
            let results = json["results"].as_array().unwrap();
            assert_eq!((said.code, results.len()), (1, pods + 1), "{pods} {path}: {}", json["coverage"]);
            let notes: Vec<&str> = json["coverage"]["notes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|note| note["text"].as_str().unwrap())
                .collect();
            assert_eq!(notes, ["the logs of 3 containers were passed over"]);
            let set = results.iter().find(|result| result["resource"].as_str().unwrap().contains("DaemonSet")).unwrap();
            let line = set["occurrences"][0]["line"].as_u64().unwrap() as usize - 1;
            assert!(text.split('\n').nth(line).unwrap().contains("\"privileged\": true"), "{set}");
        }
    }
    let cut = printed_dump(2).replace("==== END logs for container c of pod shop/p1 ====", "");
    let folder = Folder::new(&[("dump.json", &cut)]);
    let (resources, skipped) = privileged(&folder, &["."]);
    assert_eq!((resources.len(), skipped.len()), (2, 1), "{skipped:?}");
    assert!(skipped[0]["reason"].as_str().unwrap().contains("has no end"), "{skipped:?}");
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

/// A backup has each object once more for each version of its API.
fn backup() -> [(&'static str, String); 4] {
    let pod =
        format!(r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"p","namespace":"shop"}},"spec":{SPEC}}}"#);
    let role =
        r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"r"},"rules":[]}"#;
    [
        ("metadata/version", "1.1.0".to_owned()),
        ("resources/pods/namespaces/shop/p.json", pod.clone()),
        ("resources/pods/v1-preferredversion/namespaces/shop/p.json", pod),
        ("resources/clusterroles.rbac.authorization.k8s.io/cluster/r.json", role.to_owned()),
    ]
}

#[test]
fn velero_backup() {
    let parts = backup();
    let parts: Vec<(&str, &str)> = parts.iter().map(|(path, text)| (*path, &**text)).collect();
    let folder = Folder::new(&parts);
    let (resources, skipped) = privileged(&folder, &["."]);
    assert_eq!((kinds(&resources), resources.len()), (BTreeSet::from(["Pod"]), 1), "{resources:?}");
    assert_eq!(skipped, [Value::Null; 0]);
}

/// An archive of these files, and of entries that nobody should send.
fn packed(parts: &[(&str, String)], hostile: bool) -> Vec<u8> {
    let mut archive = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let mut add = |kind: tar::EntryType, path: &str, text: &str| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(text.len() as u64);
        // Written past what keeps a path inside.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        if kind == tar::EntryType::Symlink {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        archive.append(&header, text.as_bytes()).unwrap();
    };
    for (path, text) in parts {
        add(tar::EntryType::Regular, path, text);
    }
    if hostile {
        add(tar::EntryType::Regular, "../outside.yaml", "a: b");
        add(tar::EntryType::Symlink, "resources/link.yaml", "");
    }
    archive.into_inner().unwrap().finish().unwrap()
}

/// What is packed is read as it is unpacked, and named by its archive; nothing of it lands anywhere.
#[test]
fn archives_of_backups() {
    let folder = Folder::new(&[]);
    folder.write("backup.tar.gz", &packed(&backup(), false));
    let (resources, skipped) = privileged(&folder, &["backup.tar.gz"]);
    assert_eq!(resources, ["Pod/shop/p"], "{skipped:?}");
    assert_eq!(skipped, [Value::Null; 0]);
    let said = folder.run(&["scan", "--only", "privileged-container", "backup.tar.gz"]);
    assert!(said.out.contains("backup.tar.gz/resources/pods/namespaces/shop/p.json:1"), "{}", said.out);
    let said = folder.run(&["rbac", "who-can", "get", "pods", "backup.tar.gz", "--output", "json"]);
    assert!(said.code == 0 && said.err.is_empty(), "{} {}", said.out, said.err);

    folder.write("hostile.tgz", &packed(&backup(), true));
    let (resources, skipped) = privileged(&folder, &["hostile.tgz"]);
    let said: Vec<&str> = skipped.iter().map(|skipped| skipped["reason"].as_str().unwrap()).collect();
    assert_eq!((resources.len(), said.len()), (1, 2), "{said:?}");
    assert!(said.iter().any(|said| said.contains("leads out")) && said.iter().any(|said| said.contains("link")));
    assert!(!folder.path().join("../outside.yaml").exists());

    let whole = packed(&backup(), false);
    folder.write("cut.tar.gz", &whole[..whole.len() - 30]);
    let (_, skipped) = privileged(&folder, &["cut.tar.gz"]);
    assert_eq!(skipped.len(), 1, "{skipped:?}");
    folder.write("none.tar.gz", b"no archive");
    let (resources, skipped) = privileged(&folder, &["none.tar.gz", "backup.tar.gz"]);
    assert_eq!((resources.len(), skipped.len()), (1, 1), "{skipped:?}");
    let (resources, skipped) = privileged(&folder, &["none.tar.gz"]);
    assert_eq!((resources.len(), skipped.len()), (0, 1), "{skipped:?}");
    assert!(skipped[0]["reason"].as_str().unwrap().contains("cannot be unpacked"), "{skipped:?}");
}

/// Lists that are larger than what is read at a time, in every layout that programs write, say the same with the same places.
#[test]
fn large_lists_in_every_layout() {
    const PODS: usize = 600;
    let pad = "x".repeat(15_000);
    let pod = |number: usize, typed: bool| {
        let mut pod = serde_json::json!({
            "metadata": {"name": format!("p{number}"), "annotations": {"note": format!("é ]}}{{[ \\\" {pad}")}},
            "spec": serde_json::from_str::<Value>(SPEC).unwrap(),
        });
        if typed {
            pod["apiVersion"] = "v1".into();
            pod["kind"] = "Pod".into();
        }
        pod
    };
    let typed: Vec<Value> = (0..PODS).map(|number| pod(number, true)).collect();
    let bare: Vec<Value> = (0..PODS).map(|number| pod(number, false)).collect();
    let list = serde_json::json!({"apiVersion": "v1", "items": typed, "kind": "List"});
    let each = |items: &[Value]| items.iter().map(Value::to_string).collect::<Vec<_>>().join(",\n");
    let tail = r#"],"kind":"PodList"}"#;
    let texts = [
        ("compact", list.to_string()),
        ("pretty", serde_json::to_string_pretty(&list).unwrap()),
        ("lines", format!("{{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[\n{}\n]}}\n", each(&typed))),
        (
            "raw",
            format!(r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{"x":["]"]}},"items":[{}]}}"#, each(&bare)),
        ),
        ("type-after", format!(r#"{{"apiVersion":"v1","items":[{}{tail}"#, each(&bare))),
    ];
    for (name, text) in texts {
        let folder = Folder::new(&[(&format!("{name}.json"), &text)]);
        let said = folder.run(&["scan", "--only", "privileged-container", "--output", "json"]);
        let json: Value = serde_json::from_str(&said.out).unwrap();
        let results = json["results"].as_array().unwrap();
        assert_eq!((said.code, results.len()), (1, PODS), "{name}: {}", json["coverage"]);
        let lines: Vec<&str> = text.split('\n').collect();
        for result in [&results[0], &results[PODS / 2], &results[PODS - 1]] {
            let at = &result["occurrences"][0];
            let line = lines[at["line"].as_u64().unwrap() as usize - 1];
            let column = |key: &str| at[key].as_u64().unwrap() as usize - 1;
            let marked: String =
                line.chars().skip(column("column")).take(column("endColumn") - column("column")).collect();
            assert!(marked.contains("true"), "{name}: {at}: {marked}");
        }
    }
}

/// What is broken in a large list costs itself, and is said.
#[test]
fn a_broken_item_of_a_large_list() {
    let item = |number: usize, end: &str| {
        format!(
            r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"p{number}","labels":{{"a":"{}"}}}},"spec":{SPEC}{end}"#,
            "y".repeat(4_000)
        )
    };
    let items: Vec<String> = (0..3_000).map(|number| item(number, if number == 1_234 { ",:}" } else { "}" })).collect();
    let whole = format!(r#"{{"apiVersion":"v1","kind":"List","items":[{}"#, items.join(",\n"));
    let folder = Folder::new(&[("a.json", &format!("{whole}]}}"))]);
    let (resources, skipped) = privileged(&folder, &["."]);
    assert_eq!((resources.len(), skipped.len()), (2_999, 1), "{skipped:?}");
    assert_eq!(skipped[0]["line"], 1_235, "{skipped:?}");
    // Cut off: what was whole is judged, and the rest is said.
    let folder = Folder::new(&[("a.json", &whole[..whole.len() - 9])]);
    let (resources, skipped) = privileged(&folder, &["."]);
    assert_eq!((resources.len(), skipped.len()), (2_998, 2), "{skipped:?}");
}

/// What `kubectl get all -o yaml` prints: pods first, owners behind them, each as the API server fills it in.
fn get_all(pod_spec: &str) -> String {
    let made = |kind: &str, name: &str, uid: &str| {
        format!(
            "\n    ownerReferences:\n    - apiVersion: apps/v1\n      controller: true\n      kind: {kind}\n      name: {name}\n      uid: {uid}"
        )
    };
    let template = |indent: &str| {
        [
            "securityContext: {}",
            "containers:",
            "- env:",
            "  - name: A",
            "    value: b",
            "  image: registry.example.com/app:1",
            "  name: c",
            "  securityContext:",
            "    privileged: true",
        ]
        .map(|line| format!("{indent}{line}\n"))
        .concat()
    };
    let item = |version: &str, kind: &str, name: &str, uid: &str, owner: &str, spec: &str| {
        format!(
            "- apiVersion: {version}\n  kind: {kind}\n  metadata:\n    name: {name}\n    namespace: shop\n    uid: {uid}{owner}\n  spec:\n{spec}"
        )
    };
    let of_set = made("ReplicaSet", "api-1", "u2");
    let with_template = |spec: &str| format!("    replicas: 2\n    template:\n      spec:\n{spec}");
    [
        "apiVersion: v1\nitems:\n".to_owned(),
        item("v1", "Pod", "api-1-a", "u3", &of_set, &template("    ")),
        item("v1", "Pod", "api-1-b", "u4", &of_set, &format!("{}{pod_spec}", template("    "))),
        item("apps/v1", "Deployment", "api", "u1", "", &with_template(&template("        "))),
        item(
            "apps/v1",
            "ReplicaSet",
            "api-1",
            "u2",
            &made("Deployment", "api", "u1"),
            &with_template(&template("        ")),
        ),
        "kind: List\nmetadata:\n  resourceVersion: \"\"\n".to_owned(),
    ]
    .concat()
}

#[test]
fn what_controllers_made_counts_for_its_owner() {
    let same = get_all("");
    let folder = Folder::new(&[("all.yaml", &same)]);
    let (resources, skipped) = privileged(&folder, &["all.yaml"]);
    assert_eq!((resources, skipped), (vec!["Deployment.apps/shop/api".to_owned()], vec![]));
    let (_, json) = folder.scan(&["all.yaml", "--show-passed"]);
    assert_eq!(json["coverage"]["resources"], 1);
    let note = json["coverage"]["notes"][0]["text"].as_str().unwrap();
    assert_eq!(note, "3 objects are as a controller made them of another, which is judged for all of its own");
    let said =
        folder.run_with_input(&["scan", "-", "--output", "json", "--only", "privileged-container"], same.as_bytes());
    let json: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(json["results"].as_array().unwrap().len(), 1);
    // Owners in another file, and the score that counts objects.
    let (pods, owners) = same.split_once("- apiVersion: apps/v1\n  kind: Deployment").unwrap();
    let owners = format!("apiVersion: v1\nitems:\n- apiVersion: apps/v1\n  kind: Deployment{owners}");
    let folder = Folder::new(&[("a.yaml", &format!("{pods}kind: List\n")), ("b.yaml", &owners)]);
    assert_eq!(privileged(&folder, &["."]).0, ["Deployment.apps/shop/api"]);
}

#[test]
fn what_is_not_as_its_owner_says_is_told() {
    let folder = Folder::new(&[("all.yaml", &get_all("    hostNetwork: true\n"))]);
    let (_, json) = folder.scan(&["all.yaml", "--only", "host-network"]);
    assert_eq!(json["results"][0]["resource"], "Pod/shop/api-1-b");
    let resources = json["resources"].as_array().unwrap();
    let names: Vec<_> = resources.iter().map(|resource| resource["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["api-1-b", "api"]);
    assert_eq!(resources[0]["drift"]["owner"], "ReplicaSet/api-1");
    assert_eq!(resources[0]["drift"]["what"], "the pod is different");
}
