//! `service-account-missing`

use model::control::InventoryFindings;
use model::control::{Check, Control, alias, complete_fixture, fixture};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::BTreeSet;

/// The control.
pub static CONTROL: Control = Control {
    id: "service-account-missing",
    title: "Workload refers to a ServiceAccount that does not exist",
    severity: Severity::Medium,
    severity_reason: "pod will not start, or starts with rights once somebody creates the name",
    rationale: "The pods are not created until the account is. Whoever creates it decides what they may do, and nobody looks twice at an account that everybody waits for.",
    remediation: "Create the ServiceAccount beside the workload, or correct its name.",
    verify: "kubectl get serviceaccount NAME --namespace NAMESPACE",
    aliases: &[alias("kubescape", "C-0307"), alias("kube-linter", "non-existent-service-account")],
    mappings: &[],
    references: &[],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  serviceAccountName: robot #~ medium spec.serviceAccountName: There is no ServiceAccount `robot`
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  serviceAccountName: robot
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: robot
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  serviceAccountName: robot #? info spec.serviceAccountName: ServiceAccount `robot` is not in the input
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  serviceAccountName: default
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  serviceAccount: robot #~ There is no
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: robot
  namespace: other
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let name = |resource| inventory.resource(resource).name;
    let accounts = inventory.facts.service_accounts.iter();
    let known: BTreeSet<(Symbol, Symbol)> =
        accounts.map(|account| (inventory.namespace(account.resource), name(account.resource))).collect();
    let default = inventory.symbols.intern("default");
    for workload in &inventory.facts.workloads {
        let account = workload.service_account;
        if account.is_empty() || account == default {
            continue;
        }
        findings.looked_at(workload.resource);
        if known.contains(&(inventory.namespace(workload.resource), account)) {
            continue;
        }
        let finding = Finding::at_place(workload.service_account_place).value(inventory.symbols.text(account));
        let finding = if inventory.complete {
            finding.message("There is no ServiceAccount `{value}`: no pod is created until somebody creates it")
        } else {
            let message = "ServiceAccount `{value}` is not in the input: whether it exists is not known";
            finding.message(message).severity(Severity::Info).skip()
        };
        findings.report(workload.resource, finding);
    }
}
