//! `privilege-escalation-allowed`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::pod::Container;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "privilege-escalation-allowed",
    title: "Container may gain more privileges than its parent",
    severity: Severity::Medium,
    severity_reason: "setuid binaries and file capabilities work: a foothold becomes root in the container",
    rationale: "While escalation is allowed, setuid programs and file capabilities work. Somebody who runs code as an ordinary user in the container becomes root in it, from where most escapes begin.",
    remediation: "Set `allowPrivilegeEscalation: false` in the security context of every container. Only an image that needs setuid programs, such as `sudo` or `ping`, breaks.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | (.spec.initContainers // []) + .spec.containers + (.spec.ephemeralContainers // []) | .[] | select(.securityContext.allowPrivilegeEscalation != false) | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.name)\"'",
    aliases: &[
        alias("kubescape", "C-0016"),
        alias("trivy", "KSV-0001"),
        alias("kube-linter", "privilege-escalation-container"),
        alias("polaris", "privilegeEscalationAllowed"),
        alias("checkov", "CKV_K8S_20"),
        alias("kubesec", "AllowPrivilegeEscalation"),
        alias("kubeaudit", "privesc"),
        alias("datree", "CONTAINERS_MISSING_KEY_ALLOWPRIVILEGEESCALATION"),
        alias("gatekeeper", "K8sPSPAllowPrivilegeEscalationContainer"),
        alias("kyverno", "disallow-privilege-escalation"),
        alias("kubewarden", "allow-privilege-escalation-psp-policy"),
        alias("pss", "allowPrivilegeEscalation"),
        alias("prowler", "core_minimize_allowPrivilegeEscalation_containers"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.2.6"),
        maps("nsa-cisa", "pod-security"),
        maps("pss", "restricted"),
        maps("mitre", "T1068"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-53", "AC-6"),
        maps("iso-27001", "A.5.15"),
        maps("iso-27001", "A.8.14"),
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
    - name: app #~ medium spec.containers[0].securityContext.allowPrivilegeEscalation: Container `app` may gain
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
  containers:
    - name: app
      image: app:1
      securityContext:
        allowPrivilegeEscalation: true #~ may gain
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    allowPrivilegeEscalation: false
  containers:
    - name: app #~ may gain
      image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  os: {name: windows}
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
  ephemeralContainers:
    - name: d
      image: app:1
      securityContext: #~ Container `d`
        privileged: false
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app #~ `app`
      securityContext: null
    - name: other
      securityContext: #~ `other`
        allowPrivilegeEscalation: null
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    if workload.pod.is_windows() {
        return findings.not_applicable();
    }
    for container in workload.pod.containers.iter().filter(|container| is_allowed(container)) {
        let context = container.security_context.as_ref();
        let finding = match context.and_then(|context| context.allow_privilege_escalation) {
            Some(value) => Finding::at(value).replace("false"),
            None => missing(container),
        };
        let message =
            "Container `{container}` may gain privileges that it was not started with: setuid programs work in it";
        let finding = finding.container(container).message(message);
        findings.report(if needs_escalation(container) { finding.class(FixClass::Manual) } else { finding });
    }
}

/// Whether the API server refuses the container without escalation: it is privileged, or has `SYS_ADMIN`.
fn needs_escalation(container: &Container<'_>) -> bool {
    let context = container.security_context.as_ref();
    let privileged = context.and_then(|context| context.privileged).and_then(Value::as_bool) == Some(true);
    privileged || container.added_capabilities().any(|capability| capability.text() == "CAP_SYS_ADMIN")
}

/// Whether escalation is not switched off. The pod level has no such field.
pub(crate) fn is_allowed(container: &Container<'_>) -> bool {
    let context = container.security_context.as_ref();
    context.and_then(|context| context.allow_privilege_escalation).and_then(Value::as_bool) != Some(false)
}

fn missing<'d>(container: &Container<'d>) -> Finding<'d> {
    let finding = Finding::missing(container.value, "securityContext.allowPrivilegeEscalation");
    match container.security_context {
        Some(_) => finding.insert("allowPrivilegeEscalation: false"),
        None => finding.insert("securityContext:\n  allowPrivilegeEscalation: false"),
    }
}
