//! `authenticated-group-elevated`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use rbac::SubjectKey;

use super::grants::{self, ALLOW_SUBJECTS, Expected, shipped};

/// The control.
pub static CONTROL: Control = Control {
    id: "authenticated-group-elevated",
    title: "Every authenticated identity has permissions",
    severity: Severity::High,
    severity_reason: "every ServiceAccount (and on GKE any Google account) gets them",
    rationale: "`system:authenticated` is everybody who can log in, every ServiceAccount among them; on GKE it is everybody with an account of Google. `system:serviceaccounts` is every pod.",
    remediation: "Bind the groups and accounts that need it by their names.",
    verify: "plimsoll rbac subjects group:system:authenticated",
    aliases: &[
        alias("kubescape", "C-0265"),
        alias("trivy", "KSV-01011"),
        alias("kyverno", "restrict-binding-system-groups"),
        alias("kyverno", "disallow-self-provisioner-binding"),
    ],
    mappings: &[
        maps("cis-gke", "4.1.10"),
        maps("owasp-k8s-top10", "K02"),
        maps("owasp-k8s-top10", "K09"),
        maps("mitre", "T1078.001"),
        maps("nist-800-53", "AC-6"),
    ],
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[ALLOW_SUBJECTS],
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
  - {kind: Group, name: 'system:authenticated', apiGroup: rbac.authorization.k8s.io} #~ high subjects[0].name
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
  name: system:basic-user
subjects:
  - {kind: Group, name: 'system:authenticated', apiGroup: rbac.authorization.k8s.io}
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
  - {kind: Group, name: 'system:serviceaccounts', apiGroup: rbac.authorization.k8s.io} #~ critical
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
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let Some(capabilities) = grants::judged_rights(inventory, findings) else { return };
    let evaluator = capabilities.evaluator();
    grants::look_at_all(inventory, findings);
    for subject in grants::subjects_of_input(evaluator) {
        let SubjectKey::Group(name) = subject.key else { continue };
        let everybody = match &*evaluator.text(name) {
            "system:authenticated" => "everybody who can log in and every pod",
            "system:serviceaccounts" => "every pod of the cluster",
            _ => continue,
        };
        if grants::is_expected(evaluator, subject.binding, &EXPECTED)
            || grants::is_accepted(evaluator, subject.key, findings)
        {
            continue;
        }
        let is_powerful = grants::worst_of_binding(&capabilities, subject.binding) >= Some(Severity::High);
        let severity = if is_powerful { Severity::Critical } else { Severity::High };
        let message = format!("`{{value}}`, which is {everybody}, is given `{}`", subject.role);
        let finding = Finding::at_place(subject.place).value(grants::named(evaluator, subject.key));
        findings.report(subject.resource, finding.severity(severity).message(message));
    }
}

/// What every cluster gives to everybody.
const EXPECTED: [Expected; 4] = [
    shipped("system:basic-user"),
    shipped("system:discovery"),
    shipped("system:public-info-viewer"),
    shipped("system:service-account-issuer-discovery"),
];
