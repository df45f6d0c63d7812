//! `plimsoll network exposure`, as a user meets it.

use serde_json::Value;

use crate::program::Folder;

const SHOP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: web}]}
";

const RIGHTS: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: debug}
rules:
  - {apiGroups: [''], resources: [pods/portforward], verbs: [create]}
  - {apiGroups: [''], resources: [services/proxy], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: debug, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: debug}
subjects: [{kind: ServiceAccount, name: ci, namespace: build}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: nodes}
rules: [{apiGroups: [''], resources: [nodes/proxy], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: nodes}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: nodes}
subjects: [{kind: Group, name: sre, apiGroup: rbac.authorization.k8s.io}]
";

fn exposure(rights: &str) -> (String, Value) {
    let folder = Folder::new(&[("shop.yaml", SHOP), ("rights.yaml", rights)]);
    let text = folder.run(&["network", "exposure", "shop.yaml", "rights.yaml"]).out;
    let said = folder.run(&["network", "exposure", "shop.yaml", "rights.yaml", "--output", "json"]);
    (text, serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}{}", said.out, said.err)))
}

#[test]
fn whoever_comes_through_the_api_server_is_told_with_the_binding() {
    let (text, report) = exposure(RIGHTS);
    let proxies = report["throughApiServer"].as_array().unwrap();
    let told: Vec<String> = proxies
        .iter()
        .map(|proxy| format!("{} {} {} {}", proxy["kind"], proxy["name"], proxy["ways"], proxy["namespace"]))
        .collect();
    assert_eq!(
        told,
        [
            r#""Group" "sre" ["nodes/proxy"] null"#,
            r#""ServiceAccount" "build/ci" ["pods/portforward","services/proxy"] "shop""#,
        ]
    );
    assert!(text.contains("RoleBinding shop/debug rights.yaml:8"), "{text}");
    assert!(text.contains("it begins inside the pod: no policy stands between"), "{text}");
    // What every cluster has is told by nobody.
    assert!(!text.contains("system:"), "{text}");
}

#[test]
fn where_no_rights_are_that_is_said() {
    let (text, report) = exposure("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n");
    assert!(report["throughApiServer"].is_null());
    assert!(text.contains("rights are not in the input"), "{text}");
}

#[test]
fn metadata_services_and_kubelets_that_pods_reach_are_told() {
    let (text, report) = exposure(RIGHTS);
    assert!(text.contains("169.254.169.254") && text.contains("the kubelets of nodes"), "{text}");
    let targets: Vec<&str> =
        report["targets"].as_array().unwrap().iter().map(|target| target["target"].as_str().unwrap()).collect();
    assert_eq!(targets, ["metadata", "kubelet"]);
    assert_eq!(report["targets"][0]["workloads"][0], "shop/web[Deployment]");
}
