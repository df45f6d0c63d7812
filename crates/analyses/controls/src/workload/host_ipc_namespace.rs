//! `host-ipc-namespace`

use model::control::{Check, Control, alias, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "host-ipc-namespace",
    title: "Pod shares the node IPC namespace",
    severity: Severity::High,
    severity_reason: "reads and writes shared memory of other processes on the node",
    rationale: "The pod reads and writes shared memory of processes on the node and of other pods that share it. What databases and graphics keep there is open to it.",
    remediation: "Take `hostIPC` out. Containers of one pod share memory without it.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.hostIPC == true) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kubescape", "C-0038"),
        alias("kubescape", "C-0276"),
        alias("trivy", "KSV-0008"),
        alias("kube-linter", "host-ipc"),
        alias("polaris", "hostIPCSet"),
        alias("checkov", "CKV_K8S_18"),
        alias("kubesec", "HostIPC"),
        alias("kubeaudit", "hostns"),
        alias("datree", "CONTAINERS_INCORRECT_HOSTIPC_VALUE_TRUE"),
        alias("gatekeeper", "K8sPSPHostNamespace"),
        alias("kyverno", "disallow-host-namespaces"),
        alias("pss", "hostNamespaces"),
        alias("prowler", "core_minimize_hostIPC_containers"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.2.4"),
        maps("nsa-cisa", "pod-security"),
        maps("pss", "baseline"),
        maps("mitre", "T1611"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-53", "AC-6"),
        maps("nist-800-53", "SC-39"),
    ],
    references: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  hostIPC: true #~ high spec.hostIPC: Pod
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
  hostIPC: false
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
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  hostIPC: null
  containers:
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: batch/v1
kind: CronJob
metadata:
  name: app
spec:
  jobTemplate:
    spec:
      template:
        spec:
          hostIPC: true #~ spec.jobTemplate.spec.template.spec.hostIPC
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
  hostIPC: \"true\" #~ high spec.hostIPC: Pod
  containers:
    - name: app
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    if let Some(value) = workload.pod.host_ipc.filter(|value| value.as_bool() == Some(true)) {
        findings
            .report(Finding::at(value).message("Pod shares the memory segments and semaphores of its node").remove());
    }
}
