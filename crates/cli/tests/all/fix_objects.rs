//! `plimsoll fix` where objects are missing: they are written in files of their own, in the right place.

use std::fs;

use crate::fix_rendered::check;
use crate::program::Folder;

const ASKED: [&str; 5] =
    ["--only", "namespace-without-network-policy,default-deny-missing", "--complete", "--unsafe", "--yes"];

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n";

fn policies(namespace: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny
  namespace: {namespace}
spec:
  podSelector: {{}}
  policyTypes: [Ingress, Egress]
---
# Without names hardly anything works.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-dns
  namespace: {namespace}
spec:
  podSelector: {{}}
  policyTypes: [Egress]
  egress:
    - to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: kube-system
          podSelector:
            matchLabels:
              k8s-app: kube-dns
      ports:
        - protocol: UDP
          port: 53
        - protocol: TCP
          port: 53
"
    )
}

fn read(folder: &Folder, path: &str) -> String {
    fs::read_to_string(folder.path().join(path)).unwrap()
}

#[test]
fn beside_a_manifest() {
    let other = NAMESPACE.replace("shop", "\"1e3\"");
    let folder = Folder::new(&[("deploy/namespace.yaml", NAMESPACE), ("other/namespace.yaml", &other)]);
    let kubectl = folder.run(&[&["fix", "--output", "kubectl"], &ASKED[..]].concat()).out;
    assert_eq!(
        kubectl,
        "kubectl apply --filename deploy/network-policies-shop.yaml\nkubectl apply --filename other/network-policies-1e3.yaml\n"
    );
    check(&folder, &ASKED, &[]);
    assert_eq!(read(&folder, "deploy/network-policies-shop.yaml"), policies("shop"));
    assert_eq!(read(&folder, "other/network-policies-1e3.yaml"), policies("\"1e3\""));
}

#[test]
fn a_folder_may_have_several_namespaces_and_a_file_of_that_name() {
    let both = format!("{NAMESPACE}---\n{}", NAMESPACE.replace("shop", "bank"));
    let folder = Folder::new(&[("all.yaml", &both), ("network-policies-shop.yaml", "# None yet.\n")]);
    check(&folder, &ASKED, &[]);
    assert_eq!(read(&folder, "network-policies-shop-2.yaml"), policies("shop"));
    assert_eq!(read(&folder, "network-policies-bank.yaml"), policies("bank"));
}

#[test]
fn in_a_base_and_named_by_its_kustomization() {
    let kustomization = "resources:\n  - namespace.yaml # first\n";
    let folder = Folder::new(&[
        ("base/kustomization.yaml", kustomization),
        ("base/namespace.yaml", NAMESPACE),
        ("overlays/one/kustomization.yaml", "resources: [../../base]\n"),
        ("overlays/two/kustomization.yaml", "resources: [../../base]\n"),
    ]);
    let mended = format!("{kustomization}  - network-policies-shop.yaml\n");
    check(&folder, &ASKED, &[("base/kustomization.yaml", &mended)]);
    assert_eq!(read(&folder, "base/network-policies-shop.yaml"), policies("shop"));
}

#[test]
fn among_the_templates_of_a_chart() {
    let folder = Folder::new(&[
        ("Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
        ("values.yaml", "namespace: shop\n"),
        ("ci/other-values.yaml", "namespace: other\n"),
        ("templates/namespace.yaml", &NAMESPACE.replace("shop", "{{ .Values.namespace }}")),
    ]);
    check(&folder, &ASKED, &[]);
    assert_eq!(read(&folder, "templates/network-policies.yaml"), policies("{{ .Values.namespace }}"));
}
