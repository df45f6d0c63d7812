//! `host-pid-namespace`

use model::control::{Check, Control, alias, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "host-pid-namespace",
    title: "Pod shares the node process namespace",
    severity: Severity::High,
    severity_reason: "sees every process of the node; with SYS_PTRACE or the same UID reads their memory and environment",
    rationale: "The pod sees every process of the node and of all pods on it, with their command lines. As the same user, or with SYS_PTRACE, it reads their memory and environment, and with them their secrets.",
    remediation: "Take `hostPID` out. A node agent that needs it belongs into a namespace of its own, with an exception that has an owner.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.hostPID == true) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kubescape", "C-0038"),
        alias("kubescape", "C-0275"),
        alias("trivy", "KSV-0010"),
        alias("kube-linter", "host-pid"),
        alias("polaris", "hostPIDSet"),
        alias("checkov", "CKV_K8S_17"),
        alias("kubesec", "HostPID"),
        alias("kubeaudit", "hostns"),
        alias("datree", "CONTAINERS_INCORRECT_HOSTPID_VALUE_TRUE"),
        alias("gatekeeper", "K8sPSPHostNamespace"),
        alias("kyverno", "disallow-host-namespaces"),
        alias("pss", "hostNamespaces"),
        alias("prowler", "core_minimize_hostPID_containers"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.2.3"),
        maps("nsa-cisa", "pod-security"),
        maps("pss", "baseline"),
        maps("mitre", "T1611"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-53", "AC-6"),
        maps("nist-800-53", "SC-39"),
        maps("pci-dss-4", "1.4.5"),
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
  hostPID: true #~ high spec.hostPID: Pod
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
  hostPID: false
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
  hostPID: null
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
          hostPID: true #~ spec.jobTemplate.spec.template.spec.hostPID
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
  hostPID: \"true\" #~ high spec.hostPID: Pod
  containers:
    - name: app
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    if let Some(value) = workload.pod.host_pid.filter(|value| value.as_bool() == Some(true)) {
        findings.report(
            Finding::at(value)
                .message(
                    "Pod sees every process of its node, and reads the memory and environment of those of its user",
                )
                .remove(),
        );
    }
}
