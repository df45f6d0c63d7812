//! `system-nodes-group-bound`

use model::control::{Check, Control, InventoryFindings, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use rbac::SubjectKey;

use super::grants::{self, Expected, shipped};

/// The control.
pub static CONTROL: Control = Control {
    id: "system-nodes-group-bound",
    title: "Group system:nodes has RBAC grants",
    severity: Severity::High,
    severity_reason: "every kubelet gets them, bypassing the Node authorizer",
    rationale: "Nodes are authorised by the Node authorizer, each for what its own pods need. A binding to their group gives the right to every kubelet, and so to whoever breaks out of one pod.",
    remediation: "Take the subject out of the binding; what a kubelet needs, the Node authorizer gives it.",
    verify: "plimsoll rbac subjects group:system:nodes",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K02"), maps("nist-800-190", "4.3.5"), maps("nist-800-53", "AC-6")],
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - {kind: Group, name: 'system:nodes', apiGroup: rbac.authorization.k8s.io} #~ high subjects[0].name
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - {kind: Group, name: 'team', apiGroup: rbac.authorization.k8s.io}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - {kind: User, name: 'system:node:n1', apiGroup: rbac.authorization.k8s.io} #~ high
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: kubeadm:node-autoapprove-certificate-rotation
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:certificates.k8s.io:certificatesigningrequests:selfnodeclient
subjects:
  - {kind: Group, name: 'system:nodes', apiGroup: rbac.authorization.k8s.io}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: cluster-admin
subjects:
  - {kind: Group, name: 'system:nodes', apiGroup: rbac.authorization.k8s.io} #~ critical
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let Some(capabilities) = grants::judged_rights(inventory, findings) else { return };
    let evaluator = capabilities.evaluator();
    grants::look_at_all(inventory, findings);
    for subject in grants::subjects_of_input(evaluator) {
        let is_node = match subject.key {
            SubjectKey::User(name) => evaluator.text(name).starts_with("system:node:"),
            SubjectKey::Group(name) => evaluator.text(name) == "system:nodes",
            SubjectKey::Nobody => false,
        };
        if !is_node || grants::is_expected(evaluator, subject.binding, &EXPECTED) {
            continue;
        }
        let message = format!("`{{value}}` is given `{}`: whoever breaks out of a pod has it", subject.role);
        let own = findings.findings.severity;
        let severity = grants::worst_of_binding(&capabilities, subject.binding).map_or(own, |worst| worst.max(own));
        let finding = Finding::at_place(subject.place).value(grants::named(evaluator, subject.key)).severity(severity);
        findings.report(subject.resource, finding.message(message));
    }
}

/// What kubeadm gives to nodes.
const EXPECTED: [Expected; 4] = [
    shipped("system:certificates.k8s.io:certificatesigningrequests:selfnodeclient"),
    shipped("system:node-proxier"),
    Expected { namespace: "kube-system", name: "kubeadm:kubelet-config", config_maps: &["kubelet-config"] },
    Expected { namespace: "kube-system", name: "kubeadm:nodes-kubeadm-config", config_maps: &["kubeadm-config"] },
];
