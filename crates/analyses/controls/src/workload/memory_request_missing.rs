//! `memory-request-missing`

use super::resources::{self, Wanted};
use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::finding::Findings;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "memory-request-missing",
    title: "Container has no memory request",
    severity: Severity::Low,
    severity_reason: "scheduler overcommits the node",
    rationale: "The scheduler counts the container as nothing and puts too many of them on a node: when memory runs out it is the first to be ended.",
    remediation: "Set `resources.requests.memory` to what the program needs in everyday work.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.containers[]; .resources.requests[\"memory\"] == null)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kubescape", "C-0269"), alias("trivy", "KSV-0016"), alias("polaris", "memoryRequestsMissing"), alias("kube-linter", "unset-memory-requirements"), alias("kube-score", "container-resources"), alias("checkov", "CKV_K8S_12"), alias("kubesec", "RequestsMemory"), alias("datree", "CONTAINERS_MISSING_MEMORY_REQUEST_KEY"), alias("gatekeeper", "K8sContainerRequests"), alias("kyverno", "require-requests-limits"), alias("kyverno", "require-qos-burstable"), alias("kubewarden", "container-resources-policy"), alias("prowler", "core_memory_requests_set")],
    mappings: &[maps("nsa-cisa", "resource-policies"), maps("owasp-k8s-top10", "K01"), maps("nist-800-190", "4.4.3"), maps("nist-800-53", "SC-5"), maps("nist-800-53", "SC-6"), maps("mitre", "T1499")],
    references: &["https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[HONOUR],
    check: Check::WorkloadAndInventory(check, check_ranges),
    fixtures: &[fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app #~ low spec.containers[0].resources.requests.memory: Container `app` has no memory request: the scheduler counts it as nothing
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
        requests:
          memory: 1
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
        requests:
          memory: 0 #~ low spec.containers[0]
    - name: limited
      image: app:1
      resources:
        limits:
          memory: 1
  ephemeralContainers:
    - name: debug
      image: app:1
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  resources:
    requests:
      memory: 1
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
      defaultRequest:
        memory: 1
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
"), fixture("apiVersion: v1
kind: LimitRange
metadata:
  name: a
  namespace: shop
spec:
  limits:
    - type: Container
      min:
        memory: 64Mi
---
apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: shop
spec:
  containers:
    - name: app
      image: app:1
")],
};

const HONOUR: Parameter =
    parameter("honour_limit_range", Default::Switch(true), "whether the default of a LimitRange counts");

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let message = "Container `{container}` has no memory request: the scheduler counts it as nothing";
    let wanted = Wanted { kind: "requests", resource: "memory", field: "resources.requests.memory" };
    resources::report_missing(workload, wanted, message, findings);
}

fn check_ranges(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    if findings.findings.switch(&HONOUR) {
        resources::withdraw_defaulted(inventory, findings, |defaults| defaults.memory_request || defaults.memory_limit);
    }
}
