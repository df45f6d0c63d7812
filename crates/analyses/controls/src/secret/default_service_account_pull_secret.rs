//! `default-service-account-pull-secret`

use model::control::{Check, Control, InventoryFindings, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::BTreeMap;

/// The control.
pub static CONTROL: Control = Control {
    id: "default-service-account-pull-secret",
    title: "Default ServiceAccount hands out registry credentials",
    severity: Severity::Low,
    severity_reason: "every pod of the namespace gets them",
    rationale: "Every pod of the namespace that names no account pulls with these credentials, whoever wrote it: whoever may create a pod there gets the images of all the others.",
    remediation: "Give the workload that needs them an account of its own, with the `imagePullSecrets` on that.",
    verify: "kubectl get sa default -A -o json | jq -r '.items[] | select(.imagePullSecrets) | .metadata.namespace'",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K03"), maps("nist-800-53", "IA-5")],
    references: &[
        "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#add-imagepullsecrets-to-a-service-account",
    ],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: ServiceAccount
metadata:
  name: default
imagePullSecrets:
  - name: registry #~ low imagePullSecrets: Every pod of the namespace
---
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
---
apiVersion: v1
kind: Pod
metadata:
  name: other
spec:
  containers:
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: ServiceAccount
metadata:
  name: shop
imagePullSecrets:
  - name: registry
---
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
---
apiVersion: v1
kind: Pod
metadata:
  name: other
spec:
  containers:
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: ServiceAccount
metadata:
  name: default
imagePullSecrets:
  - name: registry
---
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: ServiceAccount
metadata:
  name: default
imagePullSecrets: []
---
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
---
apiVersion: v1
kind: Pod
metadata:
  name: other
spec:
  containers:
    - name: app
      image: app:1
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let default = inventory.symbols.intern("default");
    let is_default =
        |account: &&model::inventory::ServiceAccountFact| inventory.resource(account.resource).name == default;
    let mut accounts = inventory.facts.service_accounts.iter().filter(is_default).peekable();
    if accounts.peek().is_none() {
        return;
    }
    let mut owners: BTreeMap<Symbol, usize> = BTreeMap::new();
    for workload in &inventory.facts.workloads {
        *owners.entry(inventory.namespace(workload.resource)).or_default() += 1;
    }
    for account in accounts {
        findings.looked_at(account.resource);
        let Some(place) = account.pull_secrets else { continue };
        if owners.get(&inventory.namespace(account.resource)).is_some_and(|&number| number > 1) {
            let message = "Every pod of the namespace that names no account pulls with these credentials";
            findings.report(account.resource, Finding::at_place(place).message(message));
        }
    }
}
