//! `seccomp-unconfined`

use model::control::{Check, Control, alias, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::severity::Severity;
use model::workload::Workload;

use super::profiles::{is_confined, report};

/// The control.
pub static CONTROL: Control = Control {
    id: "seccomp-unconfined",
    title: "Seccomp is explicitly switched off",
    severity: Severity::High,
    severity_reason: "all syscalls reachable: widest kernel attack surface",
    rationale: "Without seccomp every system call of the node's kernel can be made from the container, among them those that most kernel exploits begin with.",
    remediation: "Set `seccompProfile.type` to `RuntimeDefault`, at the pod and wherever a container overrides it.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select([.spec.securityContext, (.spec.containers[] | .securityContext)] | any(.seccompProfile.type == \"Unconfined\")) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("trivy", "KSV-0104"),
        alias("kubesec", "SeccompUnconfined"),
        alias("kubeaudit", "seccomp"),
        alias("gatekeeper", "K8sPSPSeccomp"),
        alias("gatekeeper", "K8sPSPSeccompV2"),
        alias("kyverno", "restrict-seccomp"),
        alias("pss", "seccompProfile_baseline"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.6.2"),
        maps("nsa-cisa", "pod-security"),
        maps("pss", "baseline"),
        maps("mitre", "T1611"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-53", "CM-7"),
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
  securityContext:
    seccompProfile:
      type: Unconfined #~ high spec.securityContext.seccompProfile.type: Pod switches
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
  securityContext:
    seccompProfile:
      type: RuntimeDefault
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
        seccompProfile: {type: Unconfined} #~ Container `app`
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
        seccompProfile: {type: Localhost, localhostProfile: p.json}
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
  securityContext:
    seccompProfile: {type: Other} #~ Pod switches
  containers:
    - name: app
      image: app:1
      securityContext:
        seccompProfile: {type: RuntimeDefault}
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
      securityContext:
        seccompProfile: {} #~ Container `d`
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
  annotations:
    seccomp.security.alpha.kubernetes.io/pod: unconfined #~ An annotation
    container.seccomp.security.alpha.kubernetes.io/app: unconfined #~ An annotation
    container.seccomp.security.alpha.kubernetes.io/other: unconfined
spec:
  containers:
    - name: app
      image: app:1
",
        ),
    ],
};

const POD_ANNOTATION: &str = "seccomp.security.alpha.kubernetes.io/pod";
const CONTAINER_ANNOTATION: &str = "container.seccomp.security.alpha.kubernetes.io/";

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let pod = &workload.pod;
    if let Some(profile) = pod.security_context.as_ref().and_then(|context| context.seccomp_profile)
        && !is_confined(profile)
    {
        report(profile, None, "Pod switches seccomp off (`{value}`): every system call can be made", findings);
    }
    for container in &pod.containers {
        if let Some(profile) = container.security_context.as_ref().and_then(|context| context.seccomp_profile)
            && !is_confined(profile)
        {
            let message = "Container `{container}` switches seccomp off (`{value}`): every system call can be made";
            report(profile, Some(container), message, findings);
        }
    }
    for (key, value) in pod.annotations() {
        let name = key.text();
        let of_container = name.strip_prefix(CONTAINER_ANNOTATION);
        let known = of_container.is_some_and(|name| pod.containers.iter().any(|container| container.name() == name));
        if (name == POD_ANNOTATION || known) && !is_confined_annotation(&value.text()) {
            let message = "An annotation switches seccomp off (`{value}`); it has an effect before Kubernetes 1.27";
            findings.report(Finding::at(value).message(message).replace("runtime/default"));
        }
    }
}

fn is_confined_annotation(value: &str) -> bool {
    matches!(value, "runtime/default" | "docker/default") || value.starts_with("localhost/")
}
