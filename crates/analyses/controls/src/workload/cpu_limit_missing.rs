//! `cpu-limit-missing`

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
    id: "cpu-limit-missing",
    title: "Container has no cpu limit",
    severity: Severity::Low,
    severity_reason: "one container can starve the node",
    rationale: "Without a limit one container may take all processors of its node: a miner or a loop that never ends slows down everything beside it.",
    remediation: "Set `resources.limits.cpu` from what the program uses under load, with room to spare, or give the namespace a LimitRange.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.containers[]; .resources.limits[\"cpu\"] == null)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kubescape", "C-0050"), alias("kubescape", "C-0009"), alias("kubescape", "C-0270"), alias("trivy", "KSV-0011"), alias("polaris", "cpuLimitsMissing"), alias("kube-linter", "unset-cpu-requirements"), alias("kube-score", "container-resources"), alias("checkov", "CKV_K8S_11"), alias("kubesec", "LimitsCPU"), alias("kubeaudit", "limits"), alias("datree", "CONTAINERS_MISSING_CPU_LIMIT_KEY"), alias("gatekeeper", "K8sContainerLimits"), alias("gatekeeper", "K8sRequiredResources"), alias("kyverno", "require-requests-limits"), alias("kyverno", "require-cpu-limits"), alias("kyverno", "require-qos-guaranteed"), alias("kubewarden", "container-resources-policy"), alias("prowler", "core_cpu_limits_set")],
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
    - name: app #~ low spec.containers[0].resources.limits.cpu: Container `app` has no CPU limit: it may take all processors of its node
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
        limits:
          cpu: 0 #~ low spec.containers[0]
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
      default:
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
    let message = "Container `{container}` has no CPU limit: it may take all processors of its node";
    let wanted = Wanted { kind: "limits", resource: "cpu", field: "resources.limits.cpu" };
    resources::report_missing(workload, wanted, message, findings);
}

fn check_ranges(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    if findings.findings.switch(&HONOUR) {
        resources::withdraw_defaulted(inventory, findings, |defaults| defaults.cpu_limit);
    }
}
