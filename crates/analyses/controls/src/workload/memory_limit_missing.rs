//! `memory-limit-missing`

use model::control::InventoryFindings;
use model::control::{Check, Control, alias, fixture, maps};
use model::finding::Finding;
use model::inventory::Inventory;
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::BTreeSet;

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
    parameters: &[],
    check: Check::Inventory(check),
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

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let limit_ranges = inventory.facts.limit_ranges.iter().filter(|range| range.default_memory);
    let defaulted: BTreeSet<Symbol> = limit_ranges.map(|range| inventory.namespace(range.resource)).collect();
    for workload in &inventory.facts.workloads {
        findings.looked_at(workload.resource);
        if defaulted.contains(&inventory.namespace(workload.resource)) {
            continue;
        }
        for &(container, place) in &workload.without_memory_limit {
            findings.report(
                workload.resource,
                Finding::at_place(place)
                    .container_name(inventory.symbols.text(container))
                    .message("Container `{container}` has no memory limit: it may take all memory of its node"),
            );
        }
    }
}
