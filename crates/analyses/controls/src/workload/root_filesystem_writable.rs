//! `root-filesystem-writable`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::pod::ContainerList;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "root-filesystem-writable",
    title: "Container root filesystem is writable",
    severity: Severity::Low,
    severity_reason: "attackers can drop tools and persist in the container",
    rationale: "Whoever runs code in the container can put tools beside the program, change what the program loads, and leave something behind that outlives the request.",
    remediation: "Set `readOnlyRootFilesystem: true`, and mount an `emptyDir` where the program writes.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.containers[]; .securityContext.readOnlyRootFilesystem != true)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kubescape", "C-0017"), alias("trivy", "KSV-0014"), alias("kube-linter", "no-read-only-root-fs"), alias("polaris", "notReadOnlyRootFilesystem"), alias("kube-score", "container-security-context-readonlyrootfilesystem"), alias("checkov", "CKV_K8S_22"), alias("kubesec", "ReadOnlyRootFilesystem"), alias("kubeaudit", "rootfs"), alias("datree", "CONTAINERS_INCORRECT_READONLYROOTFILESYSTEM_VALUE"), alias("gatekeeper", "K8sPSPReadOnlyRootFilesystem"), alias("kyverno", "require-ro-rootfs"), alias("prowler", "core_readonly_root_filesystem_enabled")],
    mappings: &[maps("nsa-cisa", "pod-security"), maps("owasp-k8s-top10", "K01"), maps("nist-800-190", "4.4.3"), maps("nist-800-53", "CM-7"), maps("nist-800-53", "SI-7")],
    references: &["https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[],
    check: Check::Workload(check),
    fixtures: &[fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      securityContext:
        readOnlyRootFilesystem: false #~ low spec.containers[0].securityContext.readOnlyRootFilesystem: Container `app` can write
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      securityContext:
        readOnlyRootFilesystem: true
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    readOnlyRootFilesystem: true
  initContainers:
    - name: init #~ low spec.initContainers[0]
      image: app:1
  containers:
    - name: app #~ low spec.containers[0]
      image: app:1
  ephemeralContainers:
    - name: debug #~ info spec.ephemeralContainers[0]
      image: app:1
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  os:
    name: windows
  containers:
    - name: app
      image: app:1
")],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    if workload.pod.is_windows() {
        return findings.not_applicable();
    }
    for container in &workload.pod.containers {
        let value = container.security_context.as_ref().and_then(|context| context.read_only_root_filesystem);
        if value.and_then(Value::as_bool) == Some(true) {
            continue;
        }
        let message = "Container `{container}` can write to its root filesystem";
        let finding = match value {
            Some(value) => Finding::at(value).replace("true"),
            None => Finding::missing(container.value, "securityContext.readOnlyRootFilesystem")
                .set(container.value, "securityContext:\n  readOnlyRootFilesystem: true"),
        };
        let finding = finding.container(container).message(message);
        // A debug container goes with its pod.
        let is_debug = container.list == ContainerList::Ephemeral;
        findings.report(if is_debug { finding.severity(Severity::Info) } else { finding });
    }
}
