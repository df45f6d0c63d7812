//! `anonymous-access-granted`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use rbac::SubjectKey;

use super::grants::{self, Expected, shipped};

/// The control.
pub static CONTROL: Control = Control {
    id: "anonymous-access-granted",
    title: "Anonymous users have permissions",
    severity: Severity::Critical,
    severity_reason: "no credentials needed",
    rationale: "Requests without any credentials are `system:anonymous`, of the group `system:unauthenticated`. What is granted to them is granted to everybody who reaches the API server.",
    remediation: "Take the subject out of the binding; anonymous requests need no more than `system:public-info-viewer`.",
    verify: "plimsoll rbac subjects group:system:unauthenticated",
    aliases: &[
        alias("kubescape", "C-0262"),
        alias("trivy", "KSV-0122"),
        alias("kubesec", "BindingsToSystemAnonymous"),
        alias("gatekeeper", "K8sDisallowAnonymous"),
        alias("kyverno", "restrict-binding-system-groups"),
    ],
    mappings: &[
        maps("nsa-cisa", "authentication"),
        maps("cis-gke", "4.1.8"),
        maps("mitre", "T1078.001"),
        maps("mitre", "T1190"),
        maps("owasp-k8s-top10", "K02"),
        maps("owasp-k8s-top10", "K09"),
        maps("nist-800-53", "AC-3"),
        maps("nist-800-53", "AC-14"),
    ],
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
  - {kind: Group, name: 'system:unauthenticated', apiGroup: rbac.authorization.k8s.io} #~ critical subjects[0].name
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
kind: RoleBinding
metadata:
  name: b
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - {kind: User, name: 'system:anonymous', apiGroup: rbac.authorization.k8s.io} #~ critical
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
  name: system:public-info-viewer
subjects:
  - {kind: Group, name: 'system:unauthenticated', apiGroup: rbac.authorization.k8s.io}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: kubeadm:bootstrap-signer-clusterinfo
  namespace: kube-public
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: kubeadm:bootstrap-signer-clusterinfo
subjects:
  - {kind: User, name: 'system:anonymous', apiGroup: rbac.authorization.k8s.io}
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let Some(capabilities) = grants::judged_rights(inventory, findings) else { return };
    let evaluator = capabilities.evaluator();
    grants::look_at_all(inventory, findings);
    for subject in grants::subjects_of_input(evaluator) {
        let is_anonymous = match subject.key {
            SubjectKey::User(name) => evaluator.text(name) == "system:anonymous",
            SubjectKey::Group(name) => evaluator.text(name) == "system:unauthenticated",
            SubjectKey::Nobody => false,
        };
        if !is_anonymous || grants::is_expected(evaluator, subject.binding, &EXPECTED) {
            continue;
        }
        let message = format!(
            "`{{value}}`, which is everybody who reaches the API server, is given `{}`: no credentials are needed",
            subject.role
        );
        let finding = Finding::at_place(subject.place).value(grants::named(evaluator, subject.key));
        findings.report(subject.resource, finding.message(message));
    }
}

/// What every cluster, and every one that kubeadm makes, gives to everybody.
const EXPECTED: [Expected; 3] = [
    shipped("system:public-info-viewer"),
    shipped("system:discovery-legacy"),
    Expected { namespace: "kube-public", name: "kubeadm:bootstrap-signer-clusterinfo", config_maps: &["cluster-info"] },
];
