//! `role-binding-dangling-role`

use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use rbac::{BindingId, RoleLink};

use super::grants;

/// The control.
pub static CONTROL: Control = Control {
    id: "role-binding-dangling-role",
    title: "Binding refers to a role that does not exist",
    severity: Severity::Low,
    severity_reason: "whoever creates the role activates it",
    rationale: "Such a binding grants nothing until somebody creates a role of the name, and then whatever that role says: whoever may create it decides.",
    remediation: "Delete the binding, or create the role that is meant.",
    verify: "kubectl auth reconcile --dry-run=client -f FILE",
    aliases: &[alias("kubesplaining", "KUBE-RBAC-STALE-001")],
    mappings: &[maps("owasp-k8s-top10", "K02"), maps("nist-800-53", "AC-2")],
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        complete_fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: nowhere #~ low roleRef.name
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        complete_fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
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
  name: nowhere #? roleRef.name
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        complete_fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: r
  namespace: other
rules:
  - {apiGroups: [''], resources: [pods], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: r #~ low
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: r
  namespace: shop
rules:
  - {apiGroups: [''], resources: [pods], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: r #~ low roleRef.name: A ClusterRoleBinding
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let Some(capabilities) = grants::judged_rights(inventory, findings) else { return };
    let evaluator = capabilities.evaluator();
    for (id, binding) in (0..).map(BindingId).zip(evaluator.bindings()) {
        let Some(fact) = evaluator.binding_fact(id) else { continue };
        findings.looked_at(fact.resource);
        let finding = Finding::at_place(fact.role_place).value(evaluator.text(binding.role_name));
        let finding = match binding.role {
            RoleLink::Role(_) => continue,
            RoleLink::Dangling => {
                finding.message("The role `{value}` does not exist: whoever creates it decides what the binding grants")
            }
            RoleLink::NotSeen => finding.skip().message("The role `{value}` is not in the input"),
            RoleLink::Invalid if binding.cluster => finding.message(
                "A ClusterRoleBinding refers to the Role `{value}`: the API server refuses it, and it grants nothing",
            ),
            RoleLink::Invalid => finding.message("`{value}` is of a kind that is no role: the binding grants nothing"),
        };
        findings.report(fact.resource, finding);
    }
}
