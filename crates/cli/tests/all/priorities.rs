//! What `plimsoll scan` puts first, and why.

use serde_json::Value;

use crate::program::Folder;

/// A privileged pod in the open and one that nothing leads to; a finding of each kind that no way rests on.
const OPEN: &str = "\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      automountServiceAccountToken: false
      containers:
        - name: web
          image: web:1
          ports: [{containerPort: 8080}]
          securityContext: {privileged: true}
";

fn scan(folder: &Folder, arguments: &[&str]) -> Value {
    let mut all = vec!["scan", "--output", "json"];
    all.extend_from_slice(arguments);
    let said = folder.run(&all);
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}{}", said.out, said.err))
}

fn priority<'v>(report: &'v Value, control: &str) -> Option<&'v Value> {
    let results = report["results"].as_array().unwrap();
    let result = results.iter().find(|result| result["control"] == control).unwrap_or_else(|| panic!("{control}"));
    result.get("priority")
}

#[test]
fn what_a_way_from_outside_rests_on_comes_first_and_says_why() {
    let folder = Folder::new(&[("app.yaml", OPEN)]);
    let report = scan(&folder, &["app.yaml"]);
    let privileged = priority(&report, "privileged-container").unwrap();
    assert_eq!((&privileged["from"], &privileged["to"]), (&"internet".into(), &"cluster-admin".into()), "{privileged}");
    assert_eq!(privileged["cut"], 1000, "without it nobody comes to the node");
    assert!(priority(&report, "memory-limit-missing").is_none());
    let first = &report["first"][0];
    assert_eq!((&first["title"], &first["left"]), (&"take `privileged: true` out".into(), &0.into()), "{first}");
    assert_eq!((&first["path"], &first["line"]), (&"app.yaml".into(), &19.into()), "{first}");

    for format in ["html", "markdown"] {
        let page = folder.run(&["scan", "app.yaml", "--output", format]).out;
        let (_, after) = page.split_once("What to do first").unwrap();
        assert!(after.contains("app.yaml:19") && after.contains("then nothing of the risk is left"), "{format}");
    }
    let text = folder.run(&["scan", "app.yaml"]).out;
    let frame = text.find("[privileged-container]").unwrap();
    assert!(text[..frame].matches("critical[").count() <= 1, "it is the first frame: {text}");
    assert!(text.contains("order: a way from the internet to cluster-admin rests on it"), "{text}");
}

#[test]
fn by_severity_no_ways_are_looked_for() {
    let folder = Folder::new(&[("app.yaml", OPEN)]);
    let report = scan(&folder, &["app.yaml", "--order", "severity"]);
    assert!(priority(&report, "privileged-container").is_none());
    assert!(report.get("first").is_none_or(|first| first.as_array().unwrap().is_empty()), "{report}");
    assert!(!folder.run(&["scan", "app.yaml", "--order", "severity"]).out.contains("order:"));
}

#[test]
fn a_change_in_a_chart_is_told_at_its_template() {
    let template = OPEN.replace("privileged: true", "privileged: {{ .Values.privileged }}");
    let folder = Folder::new(&[
        ("shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 0.1.0\n"),
        ("shop/values.yaml", "privileged: true\n"),
        ("shop/templates/app.yaml", &template),
    ]);
    let report = scan(&folder, &["shop"]);
    let first = &report["first"][0];
    assert_eq!((&first["path"], &first["line"]), (&"shop/templates/app.yaml".into(), &19.into()), "{report}");
    assert_eq!(priority(&report, "privileged-container").unwrap()["cut"], 1000);
}

#[test]
fn the_order_does_not_hang_on_the_order_of_the_input() {
    let documents: Vec<&str> = OPEN.split("---\n").collect();
    let turned = documents.iter().rev().copied().collect::<Vec<_>>().join("---\n");
    let folder = Folder::new(&[("a.yaml", OPEN), ("b.yaml", &turned)]);
    let of = |file: &str| {
        let report = scan(&folder, &[file]);
        let mut all: Vec<(String, String)> = report["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|result| {
                (result["control"].to_string() + &result["resource"].to_string(), result["priority"].to_string())
            })
            .collect();
        all.sort();
        all
    };
    assert_eq!(of("a.yaml"), of("b.yaml"));
}
