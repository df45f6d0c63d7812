//! `csr-approval-allowed`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

use super::grants::{self, ALLOW_SUBJECTS, Situation};

/// The control.
pub static CONTROL: Control = Control {
    id: "csr-approval-allowed",
    title: "Subject can approve certificate requests",
    severity: Severity::Critical,
    severity_reason: "issues client certificates for other identities",
    rationale: "A client certificate that is approved for the signer `kubernetes.io/kube-apiserver-client` is a login under any name, for as long as it lasts: it cannot be revoked.",
    remediation: "Approve signers by name, and leave `kubernetes.io/kube-apiserver-client` out.",
    verify: "plimsoll rbac who-can approve signers",
    aliases: &[alias("kubescape", "C-0280"), alias("checkov", "CKV_K8S_156"), alias("kyverno", "restrict-clusterrole-csr"), alias("rbac-police", "approve_csrs"), alias("kubesplaining", "KUBE-PRIVESC-011"), alias("prowler", "rbac_minimize_csr_approval_access")],
    mappings: &[maps("cis-kubernetes", "5.1.11"), maps("mitre", "T1098"), maps("owasp-k8s-top10", "K02"), maps("owasp-k8s-top10", "K09"), maps("nist-800-53", "AC-6"), maps("nist-800-53", "IA-5"), maps("cis-aks", "4.1.10"), maps("pci-dss-4", "3.5.1.1"), maps("pci-dss-4", "3.6.1"), maps("pci-dss-4", "3.6.1.4"), maps("pci-dss-4", "3.7.2"), maps("pci-dss-4", "3.7.6"), maps("iso-27001", "A.5.3"), maps("iso-27001", "A.8.3"), maps("iso-27001", "A.8.5")],
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
  - {apiGroups: ['certificates.k8s.io'], resources: [certificatesigningrequests/approval], verbs: [update]} #~ critical rules[0]
  - {apiGroups: ['certificates.k8s.io'], resources: [signers], verbs: [approve], resourceNames: [kubernetes.io/kube-apiserver-client]}
  - {apiGroups: ['certificates.k8s.io'], resources: [certificatesigningrequests], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
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
  - {apiGroups: ['certificates.k8s.io'], resources: [certificatesigningrequests/approval], verbs: [update]}
  - {apiGroups: ['certificates.k8s.io'], resources: [signers], verbs: [approve], resourceNames: [kubernetes.io/kubelet-serving]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    grants::report(inventory, findings, &["approve-certificates", "approve-requests"], grade);
}

fn grade(situation: &Situation) -> Severity {
    // Without a right to make requests, those of others have to be waited for; one request by its name is one certificate.
    if situation.limited || situation.danger == "approve-requests" { Severity::High } else { situation.base }
}
