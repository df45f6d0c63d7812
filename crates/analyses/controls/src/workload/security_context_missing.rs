//! `security-context-missing`

use model::control::{Check, Control, alias, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::pod::{Container, Pod};
use model::severity::Severity;
use model::workload::Workload;

use super::capabilities_not_dropped::keeps_capabilities;
use super::privilege_escalation_allowed::is_allowed;
use super::run_as_non_root_not_required::is_not_required;
use super::seccomp_profile_missing::lacks_profile;

/// The control.
pub static CONTROL: Control = Control {
    id: "security-context-missing",
    title: "Pod and containers have no security context",
    severity: Severity::Medium,
    severity_reason: "every hardening field is at its permissive default",
    rationale: "A container without any security context runs with every default of Kubernetes, and the defaults are permissive: root if the image says so, setuid programs, the default capabilities, every system call.",
    remediation: "Give the pod and its containers the restricted set: `runAsNonRoot: true`, `seccompProfile.type: RuntimeDefault`, `allowPrivilegeEscalation: false`, `capabilities.drop: [ALL]`.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | (.spec.initContainers // []) + .spec.containers + (.spec.ephemeralContainers // []) | .[] | select(.securityContext == null) | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.name)\"'",
    aliases: &[
        alias("kubescape", "C-0211"),
        alias("trivy", "KSV-0118"),
        alias("checkov", "CKV_K8S_29"),
        alias("checkov", "CKV_K8S_30"),
        alias("datree", "CIS_MISSING_KEY_SECURITYCONTEXT"),
        alias("kubewarden", "ControllerMissingSecurityContext"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.6.3"),
        maps("nsa-cisa", "pod-security"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-53", "CM-6"),
        maps("cis-gke", "4.6.3"),
        maps("cis-aks", "4.7.2"),
    ],
    references: &[],
    umbrella: true,
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
    - name: app #~ has no security context
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
        allowPrivilegeEscalation: false
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    runAsNonRoot: true
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
      securityContext: #~ restricts nothing
        runAsUser: 7
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let pod = &workload.pod;
    for container in &pod.containers {
        let none = container.security_context.is_none() && pod.security_context.is_none();
        let message = if none {
            "Container `{container}` has no security context, nor has its pod: every default holds, and the defaults are permissive"
        } else if fails_every_part(pod, container) {
            "Container `{container}` has a security context that restricts nothing: user, system calls, capabilities, escalation"
        } else {
            continue;
        };
        findings.report(Finding::missing(container.value, "securityContext").container(container).message(message));
    }
}

fn fails_every_part(pod: &Pod<'_>, container: &Container<'_>) -> bool {
    !pod.is_windows()
        && is_allowed(container)
        && is_not_required(pod, container)
        && lacks_profile(pod, container)
        && keeps_capabilities(container)
}
