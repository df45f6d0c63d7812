//! `memory-limit-missing`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::finding::Findings;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use model::workload::Workload;

use super::resources::{self, Wanted};

/// The control.
pub static CONTROL: Control = Control {
    id: "memory-limit-missing",
    title: "Container has no memory limit",
    severity: Severity::Medium,
    severity_reason: "one container can starve the node",
    rationale: "Without a limit one container may take all memory of its node: the kernel then ends processes of others, and whoever can make the program allocate can end its neighbours.",
    remediation: "Set `resources.limits.memory` from what the program uses under load, with room to spare, or give the namespace a LimitRange with a default.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.containers[]; .resources.limits.memory == null)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kubescape", "C-0004"),
        alias("kubescape", "C-0009"),
        alias("kubescape", "C-0271"),
        alias("trivy", "KSV-0018"),
        alias("polaris", "memoryLimitsMissing"),
        alias("kube-linter", "unset-memory-requirements"),
        alias("kube-score", "container-resources"),
        alias("checkov", "CKV_K8S_13"),
        alias("kubesec", "LimitsMemory"),
        alias("kubeaudit", "limits"),
        alias("datree", "CONTAINERS_MISSING_MEMORY_LIMIT_KEY"),
        alias("gatekeeper", "K8sContainerLimits"),
        alias("gatekeeper", "K8sRequiredResources"),
        alias("kyverno", "require-requests-limits"),
        alias("kyverno", "require-qos-guaranteed"),
        alias("kubewarden", "container-resources-policy"),
        alias("prowler", "core_memory_limits_set"),
    ],
    mappings: &[
        maps("nsa-cisa", "resource-policies"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-53", "SC-5"),
        maps("nist-800-53", "SC-6"),
        maps("mitre", "T1499"),
    ],
    references: &[],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[],
    check: Check::WorkloadAndInventory(check, check_ranges),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app #~ medium spec.containers[0].resources.limits.memory: Container `app` has no memory limit
      image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      resources:
        limits:
          memory: 128Mi
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  resources: {limits: {memory: 1Gi}}
  containers:
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      resources:
        limits:
          memory: '0' #~ has no memory limit
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      resources: {limits: {memory: 1Gi}}
  ephemeralContainers:
    - name: e
      image: app:1
  initContainers:
    - name: i #~ Container `i`
      image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: a
spec:
  containers:
    - name: app
      image: app:1
---
apiVersion: v1
kind: LimitRange
metadata:
  name: l
  namespace: a
spec:
  limits:
    - type: Container
      default: {memory: 1Gi}
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: b
spec:
  containers:
    - name: app #~ has no memory limit
      image: app:1
---
apiVersion: v1
kind: LimitRange
metadata:
  name: l
  namespace: a
spec:
  limits:
    - type: Container
      default: {memory: 1Gi}
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let message = "Container `{container}` has no memory limit: it may take all memory of its node";
    resources::report_missing(
        workload,
        Wanted { kind: "limits", resource: "memory", field: "resources.limits.memory" },
        message,
        findings,
    );
}

fn check_ranges(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    resources::withdraw_defaulted(inventory, findings, |defaults| defaults.memory_limit);
}
