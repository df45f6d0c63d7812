//! `cpu-request-missing`

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
    id: "cpu-request-missing",
    title: "Container has no cpu request",
    severity: Severity::Low,
    severity_reason: "scheduler overcommits the node",
    rationale: "The scheduler counts the container as nothing and puts too many of them on a node: under load it gets what the others leave.",
    remediation: "Set `resources.requests.cpu` to what the program needs in everyday work.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.containers[]; .resources.requests[\"cpu\"] == null)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kubescape", "C-0268"), alias("trivy", "KSV-0015"), alias("polaris", "cpuRequestsMissing"), alias("kube-linter", "unset-cpu-requirements"), alias("kube-score", "container-resources"), alias("checkov", "CKV_K8S_10"), alias("kubesec", "RequestsCPU"), alias("datree", "CONTAINERS_MISSING_CPU_REQUEST_KEY"), alias("gatekeeper", "K8sContainerRequests"), alias("kyverno", "require-requests-limits"), alias("kyverno", "require-qos-burstable"), alias("kubewarden", "container-resources-policy"), alias("prowler", "core_cpu_requests_set")],
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
    - name: app #~ low spec.containers[0].resources.requests.cpu: Container `app` has no CPU request: the scheduler counts it as nothing
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
          cpu: 1
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
          cpu: 0 #~ low spec.containers[0]
    - name: limited
      image: app:1
      resources:
        limits:
          cpu: 1
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
      cpu: 1
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
        cpu: 1
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

const HONOUR: Parameter =
    parameter("honour_limit_range", Default::Switch(true), "whether the default of a LimitRange counts");

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let message = "Container `{container}` has no CPU request: the scheduler counts it as nothing";
    let wanted = Wanted { kind: "requests", resource: "cpu", field: "resources.requests.cpu" };
    resources::report_missing(workload, wanted, message, findings);
}

fn check_ranges(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    if findings.findings.switch(&HONOUR) {
        resources::withdraw_defaulted(inventory, findings, |defaults| defaults.cpu_request || defaults.cpu_limit);
    }
}
