//! `proc-mount-unmasked`

use model::control::{Check, Control, alias, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "proc-mount-unmasked",
    title: "Container sees an unmasked /proc",
    severity: Severity::High,
    severity_reason: "unmasked /proc exposes kernel interfaces used for escape",
    rationale: "The runtime hides parts of `/proc` that reach into the kernel. Unmasked, code in the container reads kernel memory and writes kernel settings, which are the tools of most escapes.",
    remediation: "Take `procMount` out. What needs it, such as a build in containers, belongs into a pod with `hostUsers: false`.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | (.spec.initContainers // []) + .spec.containers + (.spec.ephemeralContainers // []) | .[] | select((.securityContext.procMount // \"Default\") != \"Default\") | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.name)\"'",
    aliases: &[
        alias("trivy", "KSV-0027"),
        alias("kube-linter", "unsafe-proc-mount"),
        alias("polaris", "procMount"),
        alias("kubesec", "ProcMount"),
        alias("gatekeeper", "K8sPSPProcMount"),
        alias("kyverno", "disallow-proc-mount"),
        alias("pss", "procMount"),
        alias("pss", "procMount_restricted"),
    ],
    mappings: &[
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
    fix: FixClass::Safe,
    parameters: &[],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      securityContext:
        procMount: Unmasked #~ high spec.containers[0].securityContext.procMount: Container `app` sets
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
  containers:
    - name: app
      image: app:1
      securityContext:
        procMount: Default
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  hostUsers: false
  containers:
    - name: app
      image: app:1
      securityContext:
        procMount: Unmasked #~ low
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  initContainers:
    - name: init
      image: app:1
      securityContext:
        procMount: Unmasked #~ Container `init`
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
      securityContext:
        procMount: null
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for container in &workload.pod.containers {
        let Some(mount) = container.security_context.as_ref().and_then(|context| context.proc_mount) else { continue };
        if mount.text() == "Default" {
            continue;
        }
        let finding = Finding::at(mount)
            .container(container)
            .message(
                "Container `{container}` sets `procMount` to `{value}`: interfaces of the kernel in `/proc` lie open",
            )
            .remove();
        // In a user namespace of its own the pod's root is nobody on the node.
        let lowered = workload.pod.has_user_namespace();
        findings.report(if lowered { finding.severity(Severity::Low) } else { finding });
    }
}
