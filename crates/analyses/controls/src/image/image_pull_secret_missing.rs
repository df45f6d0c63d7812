//! `image-pull-secret-missing`

use super::super::secret::service_accounts::Accounts;
use super::registries;
use model::control::{Check, Control, InventoryFindings, alias, fixture_with};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::parameter::{Default, Parameter, Words, required};
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "image-pull-secret-missing",
    title: "Private image has no pull secret",
    severity: Severity::Info,
    severity_reason: "relies on node-wide credentials or cached images",
    rationale: "The pod can only start where the node has credentials of its own or has the image cached: it runs with the rights of the node, and whoever can place a pod there gets the image as well.",
    remediation: "Name a Secret of type `kubernetes.io/dockerconfigjson` in `imagePullSecrets` of the pod or of its ServiceAccount.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.imagePullSecrets == null) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kyverno", "require-imagepullsecrets")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[PRIVATE],
    check: Check::Inventory(check),
    fixtures: &[
        fixture_with(
            &[("private", "registry.example.com")],
            "apiVersion: v1
kind: ServiceAccount
metadata:
  name: default
---
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: registry.example.com/app:1 #~ info spec.containers[0].image: Container `app` runs
",
        ),
        fixture_with(
            &[("private", "registry.example.com")],
            "apiVersion: v1
kind: ServiceAccount
metadata:
  name: default
---
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  imagePullSecrets:
    - name: registry
  containers:
    - name: app
      image: registry.example.com/app:1
",
        ),
        fixture_with(
            &[("private", "registry.example.com")],
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
      image: registry.example.com/app:1
",
        ),
        fixture_with(
            &[("private", "registry.example.com")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: registry.example.com/app:1 #? was not seen
    - name: open
      image: nginx
",
        ),
    ],
};

const PRIVATE: Parameter =
    required("private", Default::List(&[]), "registries and repositories that ask for credentials");

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let private = findings.findings.list(&PRIVATE);
    let accounts = Accounts::new(inventory);
    for workload in &inventory.facts.workloads {
        findings.looked_at(workload.resource);
        let account = accounts.of(workload);
        if workload.pull_secrets || account.is_some_and(|account| account.pull_secrets.is_some()) {
            continue;
        }
        for used in &workload.images {
            let image = inventory.symbols.text(used.image);
            if registries::is_allowed(&image, Words::Default(&[]), private) {
                continue;
            }
            let finding =
                Finding::at_place(used.place).container_name(inventory.symbols.text(used.container)).value(image);
            let finding = if account.is_some() || inventory.complete {
                finding.message("Container `{container}` runs `{value}` with no credentials but those of the node")
            } else {
                finding
                    .message("Whether the ServiceAccount of the pod has credentials for `{value}` was not seen")
                    .skip()
            };
            findings.report(workload.resource, finding);
        }
    }
}
