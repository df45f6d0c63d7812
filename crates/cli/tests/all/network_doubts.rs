//! Answers of `plimsoll network` that nobody can give, or that are not whole: they say so, and why.

use serde_json::Value;

use crate::program::{Folder, Said};

/// `a/web` and `b/job`, one pod each.
const PODS: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: a, labels: {app: web}}
spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: job, namespace: b, labels: {app: job}}
spec: {containers: [{name: c}]}
";

fn admin(name: &str, action: &str) -> String {
    format!(
        "---\napiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {{name: {name}}}\nspec: {{tier: Admin, priority: 5, subject: {{namespaces: {{matchLabels: {{kubernetes.io/metadata.name: a}}}}}}, ingress: [{{action: {action}, from: [{{namespaces: {{}}}}], protocols: [{{tcp: {{destinationPort: {{number: 80}}}}}}]}}]}}\n"
    )
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}{}", said.out, said.err))
}

#[test]
fn policies_of_one_priority_that_contradict_each_other_are_named() {
    let objects = [PODS.to_owned(), admin("let-in", "Accept"), admin("keep-out", "Deny")].concat();
    let rules = "rules:\n  - forbid: {from: b/job, to: a/web, ports: 80}\n  - forbid: {from: b/job, to: a/web, ports: udp/80}\n  - require: {from: b/job, to: a/web, ports: 80}\n";
    let folder = Folder::new(&[("all.yaml", &objects), ("rules.yaml", rules)]);
    let both = ["ClusterNetworkPolicy keep-out", "ClusterNetworkPolicy let-in"];
    for more in [&[][..], &["--cni", "calico"]] {
        let run = |arguments: &[&str]| folder.run(&[&["network"], arguments, &["all.yaml"], more].concat());
        let said = run(&["explain", "b/job", "a/web", "80"]);
        assert_eq!(said.code, 2, "{}", said.out);
        assert!(said.out.contains("undecidable: policies of equal priority contradict each other"), "{}", said.out);
        assert!(both.iter().all(|policy| said.out.contains(policy)), "{}", said.out);
        assert_eq!(run(&["explain", "b/job", "a/web", "81"]).code, 0);
        assert_eq!(run(&["explain", "a/web", "b/job"]).code, 0);

        let said = run(&["list", "--output", "json"]);
        assert_eq!(said.code, 2);
        let undecidable = &json(&said)["undecidable"];
        assert_eq!(undecidable.as_array().unwrap().len(), 1, "{undecidable:#}");
        assert_eq!(undecidable[0]["connection"], serde_json::json!({"TCP": [[80, 80]]}));
        assert_eq!(undecidable[0]["policies"], serde_json::json!(both));
        let said = run(&["list"]);
        assert!(said.out.contains("undecidable: b/job[Pod] => a/web[Pod]: TCP 80: "), "{}", said.out);

        let said = run(&["check", "--rules", "rules.yaml", "--output", "json"]);
        let rules = json(&said)["rules"].as_array().unwrap().clone();
        let verdicts: Vec<&str> = rules.iter().map(|rule| rule["verdict"].as_str().unwrap()).collect();
        assert_eq!((&*verdicts, said.code), (&["undecidable", "broken", "undecidable"][..], 2));
        let doubt = rules[0]["doubts"][0].as_str().unwrap();
        assert!(both.iter().all(|policy| doubt.contains(policy)), "{doubt}");
    }
}
