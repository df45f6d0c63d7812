//! `secret-store-sync-plain`

use model::control::{Check, Control, InventoryFindings, complete_fixture, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::BTreeSet;

/// The control.
pub static CONTROL: Control = Control {
    id: "secret-store-sync-plain",
    title: "Secrets provider copies secrets into plain Secrets needlessly",
    severity: Severity::Info,
    severity_reason: "doubles exposure",
    rationale: "The store keeps the secret safe, and the copy in a plain Secret undoes that: whoever may read Secrets of the namespace has it, and nobody uses the copy.",
    remediation: "Take `secretObjects` out of the SecretProviderClass and let pods mount the files; delete what an ExternalSecret with `creationPolicy: Orphan` has left behind.",
    verify: "kubectl get secretproviderclass -A -o json | jq -r '.items[] | select(.spec.secretObjects) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K03")],
    references: &["https://secrets-store-csi-driver.sigs.k8s.io/topics/sync-as-kubernetes-secret"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        complete_fixture(
            "apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata:
  name: vault
spec:
  provider: vault
  secretObjects:
    - secretName: db #~ info spec.secretObjects[0].secretName: The secret is copied into the plain Secret `db`
      type: Opaque
",
        ),
        complete_fixture(
            "apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata:
  name: vault
spec:
  provider: vault
",
        ),
        complete_fixture(
            "apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata:
  name: vault
spec:
  provider: vault
  secretObjects:
    - secretName: db
---
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      envFrom:
        - secretRef:
            name: db
",
        ),
        fixture(
            "apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: db
spec:
  target:
    name: db-plain
    creationPolicy: Orphan #? spec.target.creationPolicy: Whether anything uses the plain copy `db-plain`
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: ok
spec:
  target:
    creationPolicy: Owner
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let facts = &inventory.facts;
    if facts.synced_secrets.is_empty() {
        return;
    }
    let mut used: BTreeSet<(Symbol, Symbol)> = BTreeSet::new();
    for workload in &facts.workloads {
        let namespace = inventory.namespace(workload.resource);
        used.extend(workload.secrets.iter().map(|&(secret, _)| (namespace, secret)));
    }
    for synced in &facts.synced_secrets {
        findings.looked_at(synced.resource);
        if used.contains(&(inventory.namespace(synced.resource), synced.name)) {
            continue;
        }
        let finding = Finding::at_place(synced.place).value(inventory.symbols.text(synced.name));
        let finding = if inventory.complete {
            finding.message("The secret is copied into the plain Secret `{value}`, which nothing uses")
        } else {
            finding.message("Whether anything uses the plain copy `{value}` was not seen").skip()
        };
        findings.report(synced.resource, finding);
    }
}
