//! The ways of an attacker in the forms of other programs: SARIF and OpenGraph.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program::Folder;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn asked(folder: &Folder, arguments: &[&str]) -> Value {
    let said = folder.run(&[&["paths"], arguments].concat());
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}{}", said.out, said.err))
}

fn sarif_of_shop(arguments: &[&str]) -> Value {
    asked(&Folder::at(&root()), &[&["list", "examples/shop", "--output", "sarif"], arguments].concat())
}

#[test]
fn sarif_follows_the_standard() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../outputs/reports/tests/sarif-2.1.0.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let nothing = asked(&Folder::new(&[]), &["list", "--output", "sarif"]);
    for report in [sarif_of_shop(&["--all"]), nothing] {
        let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).take(5).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn a_way_is_a_code_flow_with_a_place_for_each_step() {
    let report = sarif_of_shop(&["--from", "internet", "--to", "cluster-admin"]);
    let run = &report["runs"][0];
    assert_eq!(run["results"].as_array().unwrap().len(), 1, "{run}");
    let result = &run["results"][0];
    let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
    assert_eq!((&rule["id"], &result["ruleId"]), (&"path-to-cluster-admin".into(), &"path-to-cluster-admin".into()));
    // It hangs on what is not known, and says on what.
    assert_eq!((&result["level"], &result["properties"]["certain"]), (&"warning".into(), &false.into()));
    let steps = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
    let edges: Vec<&str> = steps.iter().map(|step| step["properties"]["edge"].as_str().unwrap()).collect();
    assert_eq!((edges.first(), edges.last()), (Some(&"exposed-to"), Some(&"everything")));
    let place = |step: &Value| {
        let place = &step["location"]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap_or_default().to_owned();
        (uri, place["region"]["startLine"].as_u64().unwrap_or_default())
    };
    let lines: BTreeSet<(String, u64)> = steps.iter().map(place).collect();
    let written = |path: &str, line: u64| {
        assert!(lines.contains(&(path.to_owned(), line)), "{path}:{line} is not among {lines:?}");
        let text = std::fs::read_to_string(root().join(path)).unwrap();
        text.lines().nth(line as usize - 1).unwrap().to_owned()
    };
    assert!(written("examples/shop/storefront/ingress.yaml", 19).contains("name"));
    assert!(written("examples/shop/monitoring/node-agent.yaml", 33).contains("spec:"));
    // What must not be got is got at the last place that is known.
    let own = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(own, "examples/shop/monitoring/node-agent.yaml");
    let notes = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!((&run["invocations"][0]["executionSuccessful"], notes.len()), (&false.into(), 1));
}

#[test]
fn fingerprints_tell_ways_apart_and_do_not_hang_on_lines() {
    let prints = |text: String| -> BTreeSet<String> {
        let folder = Folder::new(&[("a.yaml", &text)]);
        let report = asked(&folder, &["list", "--all", "--output", "sarif"]);
        let results = report["runs"][0]["results"].as_array().unwrap().clone();
        let all: BTreeSet<String> =
            results.iter().map(|result| result["partialFingerprints"]["plimsoll/v1"].to_string()).collect();
        assert_eq!(all.len(), results.len());
        all
    };
    let text = std::fs::read_to_string(root().join("examples/shop/monitoring/node-agent.yaml")).unwrap();
    let known = prints(text.clone());
    assert!(!known.is_empty());
    assert_eq!(prints(format!("# moved\n\n{text}")), known);
    assert!(prints(text.replace("node-agent", "other-agent")).is_disjoint(&known));
}

#[test]
fn a_change_has_the_ways_that_it_opens_in_sarif() {
    let text = std::fs::read_to_string(root().join("examples/shop/monitoring/node-agent.yaml")).unwrap();
    let folder = Folder::new(&[("old/readme.yaml", ""), ("new/a.yaml", &text)]);
    let what_if = ["what-if", "old", "--apply", "new", "--output"];
    let report = asked(&folder, &[&what_if[..], &["sarif"]].concat());
    let results = report["runs"][0]["results"].as_array().unwrap();
    assert!(!results.is_empty() && results.iter().all(|result| result["baselineState"] == "new"), "{report}");
    let said = folder.run(&[&["paths"], &what_if[..], &["opengraph"]].concat());
    assert!(said.code == 3 && said.err.contains("one graph"), "{}", said.err);
}

/// What BloodHound asks of nodes, edges and properties.
fn is_open_graph(document: &Value) -> BTreeSet<String> {
    let is_kind = |kind: &Value| kind.as_str().unwrap().chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_flat = |properties: &Value| {
        let is_scalar = |value: &Value| value.is_string() || value.is_boolean() || value.is_number();
        let all = properties.as_object().unwrap();
        all.keys().all(|key| !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
            && all.values().all(|value| match value.as_array() {
                Some(items) => !items.is_empty() && items.iter().all(Value::is_string),
                None => is_scalar(value),
            })
    };
    let mut ids = BTreeSet::new();
    for node in document["graph"]["nodes"].as_array().unwrap() {
        let kinds = node["kinds"].as_array().unwrap();
        assert!((1..=3).contains(&kinds.len()) && kinds.iter().all(is_kind) && is_flat(&node["properties"]), "{node}");
        assert!(ids.insert(node["id"].as_str().unwrap().to_uppercase()), "{node} is there twice");
    }
    for edge in document["graph"]["edges"].as_array().unwrap() {
        assert!(is_kind(&edge["kind"]) && is_flat(&edge["properties"]), "{edge}");
        for end in ["start", "end"] {
            assert_eq!(edge[end]["match_by"], "id");
            assert!(ids.contains(&edge[end]["value"].as_str().unwrap().to_uppercase()), "{edge} ends nowhere");
        }
    }
    ids
}

#[test]
fn open_graph_holds_all_vertices_and_edges() {
    let folder = Folder::at(&root());
    let graph =
        |arguments: &[&str]| asked(&folder, &[&["list", "examples/shop", "--output", "opengraph"], arguments].concat());
    let all = graph(&[]);
    let ids = is_open_graph(&all);
    // What is asked is marked, and takes nothing away.
    assert_eq!(is_open_graph(&graph(&["--from", "internet", "--to", "cluster-admin"])), ids);
    let node = |name: &str| {
        let mut nodes = all["graph"]["nodes"].as_array().unwrap().iter();
        nodes.find(|node| node["properties"]["name"] == name).unwrap_or_else(|| panic!("{name} is not there"))
    };
    let internet = node("the internet");
    assert_eq!((&internet["kinds"][0], &internet["properties"]["entry_weight"]), (&"K8sInternet".into(), &1000.into()));
    assert_eq!(node("cluster-admin")["properties"]["goal"], true);
    // Every step that is told is an edge of the graph.
    let report = asked(&folder, &["list", "examples/shop", "--all", "--output", "json"]);
    let nodes = all["graph"]["nodes"].as_array().unwrap().iter();
    // An entry point may be called as the workload is that it opens.
    let names: BTreeMap<&str, &Value> =
        nodes.map(|node| (node["id"].as_str().unwrap(), &node["properties"]["name"])).collect();
    let edges: BTreeSet<[&str; 3]> = all["graph"]["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| {
            let name = |end: &str| names[edge[end]["value"].as_str().unwrap()];
            [name("start"), &edge["properties"]["edge"], name("end")]
        })
        .map(|edge| edge.map(|text| text.as_str().unwrap()))
        .collect();
    let has = |step: &Value| edges.contains(&["from", "edge", "to"].map(|end| step[end].as_str().unwrap()));
    let steps = report["paths"].as_array().unwrap().iter().flat_map(|path| path["steps"].as_array().unwrap());
    assert!(steps.clone().count() > 10);
    assert_eq!(steps.filter(|step| !has(step)).collect::<Vec<_>>(), Vec::<&Value>::new());
}
