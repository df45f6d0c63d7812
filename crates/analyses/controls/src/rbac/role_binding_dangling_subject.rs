//! `role-binding-dangling-subject`

use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture, maps};
use model::fix::FixClass;
use std::collections::BTreeSet;

use model::finding::Finding;
use model::inventory::Inventory;
use model::severity::Severity;
use rbac::{BindingId, SubjectKey};

use super::grants;

/// The control.
pub static CONTROL: Control = Control {
    id: "role-binding-dangling-subject",
    title: "Binding names a ServiceAccount that does not exist",
    severity: Severity::Low,
    severity_reason: "whoever may create it takes the rights",
    rationale: "Whoever may create a ServiceAccount of that name has what the binding grants.",
    remediation: "Delete the subject, or create the account that is meant.",
    verify: "kubectl get serviceaccounts -A",
    aliases: &[alias("kubesplaining", "KUBE-RBAC-STALE-002")],
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
  name: view
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop} #~ low subjects[0].name
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
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: robot
  namespace: shop
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
  - {kind: ServiceAccount, name: robot, namespace: shop} #? subjects[0].name
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
  - {kind: ServiceAccount, name: robot} #~ low subjects[0].name: A ServiceAccount without a namespace
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
  - {kind: ServiceAccount, name: default, namespace: shop}
",
        ),
        complete_fixture(
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
  - {kind: ServiceAccount, name: robot}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: robot
  namespace: shop
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let Some(capabilities) = grants::judged_rights(inventory, findings) else { return };
    let evaluator = capabilities.evaluator();
    let accounts: BTreeSet<String> = inventory
        .facts
        .service_accounts
        .iter()
        .map(|account| {
            let resource = inventory.resource(account.resource);
            let namespace = evaluator.text(evaluator.namespace_of(resource.namespace));
            format!("{namespace}/{}", evaluator.text(resource.name))
        })
        .collect();
    inventory.facts.bindings.iter().for_each(|binding| findings.looked_at(binding.resource));
    for (id, binding) in (0..).map(BindingId).zip(evaluator.bindings()) {
        let Some(fact) = evaluator.binding_fact(id).filter(|_| !grants::is_default_binding(evaluator, id)) else {
            continue;
        };
        for (written, key) in fact.subjects.iter().zip(&binding.subjects) {
            // An account may be written as the user that it is.
            let is_account = match &*evaluator.text(written.kind) {
                "ServiceAccount" => true,
                "User" => evaluator.text(written.name).starts_with("system:serviceaccount:"),
                _ => false,
            };
            if !is_account {
                continue;
            }
            let finding = Finding::at_place(written.place);
            if *key == SubjectKey::Nobody {
                let message = "A ServiceAccount without a namespace, `{value}`, in a ClusterRoleBinding is nobody: the binding grants it nothing";
                findings.report(fact.resource, finding.value(evaluator.text(written.name)).message(message));
                continue;
            }
            let (_, name) = evaluator.describe(*key);
            // Every namespace has the account `default`.
            if accounts.contains(&name) || name.ends_with("/default") {
                continue;
            }
            let message = "The ServiceAccount `{value}` does not exist: whoever creates it has what the binding grants";
            let finding = match inventory.complete {
                true => finding.message(message),
                false => finding.skip().message("The ServiceAccount `{value}` is not in the input"),
            };
            findings.report(fact.resource, finding.value(name));
        }
    }
}
