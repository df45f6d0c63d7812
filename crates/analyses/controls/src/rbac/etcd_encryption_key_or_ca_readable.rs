//! `etcd-encryption-key-or-ca-readable`

use model::control::{Check, Control, InventoryFindings, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use model::symbols::Symbol;
use rbac::capability::Capabilities;
use rbac::proof::Proof;

use super::grants::{self, ALLOW_SUBJECTS};

/// The control.
pub static CONTROL: Control = Control {
    id: "etcd-encryption-key-or-ca-readable",
    title: "Subject can read control-plane key material",
    severity: Severity::Critical,
    severity_reason: "signs any identity",
    rationale: "With the key of a certificate authority, of ServiceAccounts or of etcd, any identity can be made and everything read, past the API server.",
    remediation: "Grant the Secrets that are needed by `resourceNames`, and delete `kubeadm-certs` when the control plane has been joined.",
    verify: "plimsoll rbac who-can get secrets -n kube-system --name kubeadm-certs",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K02"), maps("owasp-k8s-top10", "K03"), maps("nist-800-53", "SC-12")],
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[ALLOW_SUBJECTS],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [get]} #~ critical rules[0]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: kube-system
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
---
apiVersion: v1
kind: Secret
metadata:
  name: kubeadm-certs
  namespace: kube-system
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
---
apiVersion: v1
kind: Secret
metadata:
  name: kubeadm-certs
  namespace: kube-system
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [get]} #? rules[0]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: kube-system
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [get], resourceNames: [kubeadm-certs]} #~ critical
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: kube-system
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [get], resourceNames: [tls]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: kube-system
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
---
apiVersion: v1
kind: Secret
metadata:
  name: kubeadm-certs
  namespace: kube-system
",
        ),
    ],
};

/// Secrets of kubeadm and of operators of etcd that hold keys of the control plane.
const KEYS: [&str; 7] =
    ["kubeadm-certs", "sa-key", "etcd-certs", "etcd-ca", "etcd-client-certs", "kubernetes-ca", "encryption-config"];

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let symbols = &inventory.symbols;
    let (secret, system) = (symbols.intern("Secret"), symbols.intern("kube-system"));
    let keys: Vec<Symbol> = KEYS.iter().map(|name| symbols.intern(name)).collect();
    let is_there = inventory
        .resources
        .iter()
        .any(|resource| resource.kind == secret && resource.namespace == system && keys.contains(&resource.name));
    let filter = |capabilities: &Capabilities<'_>, proof: &Proof| {
        let reaches = proof.namespace.is_none_or(|namespace| namespace == system);
        let mut names = proof.grants.iter().map(|grant| &capabilities.evaluator().granted(*grant).words.names);
        reaches
            && names.all(|names| if names.is_empty() { is_there } else { names.iter().any(|name| keys.contains(name)) })
    };
    grants::report_where(inventory, findings, &["read-secrets"], |_| Severity::Critical, &filter);
    let is_known = is_there
        || inventory.complete
        || inventory.facts.secrets.iter().any(|known| inventory.resource(known.resource).namespace == system);
    if is_known {
        return;
    }
    let reaches_all = |capabilities: &Capabilities<'_>, proof: &Proof| {
        proof.namespace.is_none_or(|namespace| namespace == system)
            && capabilities.evaluator().granted(proof.grants[0]).words.names.is_empty()
    };
    let why = "`{value}` can read every Secret of `kube-system`; whether there are keys of the control plane among them is not known";
    grants::skip_where(inventory, findings, &["read-secrets"], &reaches_all, why);
}
