//! `role-unused`

use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

use super::grants;

/// The control.
pub static CONTROL: Control = Control {
    id: "role-unused",
    title: "Role is bound to nobody or its rights are never used",
    severity: Severity::Low,
    severity_reason: "dormant privilege",
    rationale: "A role that nobody is bound to grants nothing today, and is one binding away from it; nobody looks after what nobody uses.",
    remediation: "Delete the role, or bind it to whom it is meant for.",
    verify: "plimsoll rbac least-privilege",
    aliases: &[alias("kubesplaining", "KUBE-RBAC-UNUSED")],
    mappings: &[maps("owasp-k8s-top10", "K02"), maps("nist-800-53", "AC-2"), maps("nist-800-53", "AC-6")],
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        complete_fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r #~ info metadata.name
rules:
  - {apiGroups: [''], resources: [pods], verbs: [get]}
",
        ),
        complete_fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [pods], verbs: [get]}
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
  name: r #? metadata.name
rules:
  - {apiGroups: [''], resources: [pods], verbs: [get]}
",
        ),
        complete_fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
  labels:
    rbac.authorization.k8s.io/aggregate-to-view: 'true'
rules:
  - {apiGroups: [''], resources: [pods], verbs: [get]}
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let Some(capabilities) = grants::judged_rights(inventory, findings) else { return };
    let evaluator = capabilities.evaluator();
    inventory.facts.roles.iter().for_each(|role| findings.looked_at(role.resource));
    for id in grants::unbound(evaluator) {
        let role = evaluator.role(id);
        let Some(fact) = evaluator.role_fact(id) else { continue };
        // What is aggregated is used by the name of another role.
        if role.is_chosen {
            continue;
        }
        let finding = Finding::at_place(fact.place).value(evaluator.text(role.name)).severity(Severity::Info);
        let finding = match inventory.complete {
            true => finding.message("Nobody is bound to `{value}`"),
            false => finding.skip().message("Nothing in the input is bound to `{value}`; bindings elsewhere may be"),
        };
        findings.report(fact.resource, finding);
    }
}
