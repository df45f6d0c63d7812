//! `ephemeral-storage-unbounded`

use super::resources::{self, Wanted};
use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::finding::Findings;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "ephemeral-storage-unbounded",
    title: "Container has no ephemeral storage limit",
    severity: Severity::Low,
    severity_reason: "fills the node disk",
    rationale: "Logs and files that the container writes fill the disk of its node, until the node evicts pods, other tenants' among them.",
    remediation: "Set `resources.limits.ephemeral-storage` to more than the program ever writes.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.containers[]; .resources.limits[\"ephemeral-storage\"] == null)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kube-score", "container-ephemeral-storage-request-and-limit"), alias("kube-score", "container-ephemeral-storage-request-equals-limit"), alias("gatekeeper", "K8sContainerEphemeralStorageLimit")],
    mappings: &[maps("owasp-k8s-top10", "K01"), maps("nist-800-53", "SC-5"), maps("mitre", "T1499")],
    references: &["https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[],
    check: Check::WorkloadAndInventory(check, check_ranges),
    fixtures: &[fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app #~ low spec.containers[0].resources.limits.ephemeral-storage: Container `app` has no limit of ephemeral storage: it may fill the disk of its node
      image: app:1
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      resources:
        limits:
          ephemeral-storage: 1
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  initContainers:
    - name: init #~ low spec.initContainers[0]
      image: app:1
  containers:
    - name: zero
      image: app:1
      resources:
        limits:
          ephemeral-storage: 0 #~ low spec.containers[0]
  ephemeralContainers:
    - name: debug
      image: app:1
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  resources:
    limits:
      ephemeral-storage: 1
  containers:
    - name: app
      image: app:1
"), fixture("apiVersion: v1
kind: LimitRange
metadata:
  name: all
spec:
  limits:
    - type: Container
      default:
        ephemeral-storage: 1
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
  name: app
  namespace: other
spec:
  containers:
    - name: app #~ low
      image: app:1
")],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let message = "Container `{container}` has no limit of ephemeral storage: it may fill the disk of its node";
    let wanted = Wanted { kind: "limits", resource: "ephemeral-storage", field: "resources.limits.ephemeral-storage" };
    resources::report_missing(workload, wanted, message, findings);
}

fn check_ranges(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    resources::withdraw_defaulted(inventory, findings, |defaults| defaults.storage_limit);
}
