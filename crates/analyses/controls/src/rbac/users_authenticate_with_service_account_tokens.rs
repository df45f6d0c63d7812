//! `users-authenticate-with-service-account-tokens`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::fix::FixClass;
use std::collections::BTreeSet;

use model::finding::Finding;
use model::inventory::Inventory;
use model::severity::Severity;
use model::symbols::Symbol;

/// The control.
pub static CONTROL: Control = Control {
    id: "users-authenticate-with-service-account-tokens",
    title: "People use ServiceAccount tokens",
    severity: Severity::Medium,
    severity_reason: "shared, unattributed",
    rationale: "A token that no pod mounts is used from outside: by people who share it, or by a program nobody knows. It names the account and not the person, and never ends.",
    remediation: "Let people log in by OpenID Connect, and programs outside by tokens of the TokenRequest API that end.",
    verify: "kubectl get secrets -A --field-selector type=kubernetes.io/service-account-token",
    aliases: &[alias("kubescape", "C-0287")],
    mappings: &[maps("cis-kubernetes", "3.1.2"), maps("owasp-k8s-top10", "K09"), maps("nist-800-53", "IA-2")],
    references: &["https://kubernetes.io/docs/concepts/security/service-accounts/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Secret
metadata:
  name: robot-token #~ medium metadata.name
  namespace: shop
  annotations:
    kubernetes.io/service-account.name: robot
type: kubernetes.io/service-account-token
",
        ),
        fixture(
            "apiVersion: v1
kind: Secret
metadata:
  name: robot-token
  namespace: shop
  annotations:
    kubernetes.io/service-account.name: robot
type: kubernetes.io/service-account-token
---
apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: shop
spec:
  serviceAccountName: robot
  volumes:
    - name: t
      secret:
        secretName: robot-token
  containers:
    - name: app
      image: app:1
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let mut used: BTreeSet<(Symbol, Symbol)> = BTreeSet::new();
    for workload in &inventory.facts.workloads {
        let namespace = inventory.namespace(workload.resource);
        used.extend(workload.secrets.iter().map(|(name, _)| (namespace, *name)));
    }
    for secret in inventory.facts.secrets.iter().filter(|secret| secret.is_token) {
        findings.looked_at(secret.resource);
        let resource = inventory.resource(secret.resource);
        if used.contains(&(resource.namespace, resource.name)) {
            continue;
        }
        let message = "No pod in the input mounts the token `{value}`, which never ends: it is used from outside, and does not say by whom";
        let finding = Finding::at_place(secret.place).value(inventory.symbols.text(resource.name));
        findings.report(secret.resource, finding.message(message));
    }
}
