//! `seccomp-profile-missing`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::pod::{Container, Pod};
use model::severity::Severity;
use model::workload::Workload;

use super::profiles::{self, is_confined};

/// The control.
pub static CONTROL: Control = Control {
    id: "seccomp-profile-missing",
    title: "No seccomp profile is requested",
    severity: Severity::Medium,
    severity_reason: "without a profile and without seccompDefault the container runs unconfined",
    rationale: "Unless the kubelet sets a default, a container without a seccomp profile may make every system call of the node's kernel. An attacker who runs code in it has the widest choice of kernel bugs.",
    remediation: "Set `seccompProfile.type: RuntimeDefault` in the security context of the pod; containers inherit it.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.securityContext.seccompProfile == null and any(.spec.containers[]; .securityContext.seccompProfile == null)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kubescape", "C-0055"),
        alias("kubescape", "C-0210"),
        alias("trivy", "KSV-0030"),
        alias("polaris", "linuxHardening"),
        alias("kube-score", "container-seccomp-profile"),
        alias("checkov", "CKV_K8S_31"),
        alias("kubesec", "SeccompAny"),
        alias("kubeaudit", "seccomp"),
        alias("datree", "CONTAINERS_INCORRECT_SECCOMP_PROFILE"),
        alias("datree", "CIS_INVALID_VALUE_SECCOMP_PROFILE"),
        alias("gatekeeper", "K8sPSPSeccompV2"),
        alias("kyverno", "restrict-seccomp-strict"),
        alias("kyverno", "podsecurity-subrule-restricted-seccomp"),
        alias("pss", "seccompProfile_restricted"),
        alias("prowler", "core_seccomp_profile_docker_default"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.6.2"),
        maps("nsa-cisa", "pod-security"),
        maps("pss", "restricted"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-53", "CM-7"),
        maps("nist-800-53", "SC-39"),
        maps("cis-gke", "4.6.2"),
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
    - name: app #~ Container `app` asks for no seccomp profile
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
  securityContext:
    seccompProfile: {type: Unconfined} #~ Pod asks
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
  securityContext:
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: app
      image: app:1
      securityContext:
        seccompProfile: {type: Unconfined} #~ Container `app` asks for the
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
        seccompProfile: null
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    seccompProfile: RuntimeDefault #? Not known: the API refuses
  containers:
    - name: app
      image: app:1
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let pod = &workload.pod;
    if pod.is_windows() {
        return findings.not_applicable();
    }
    let of_pod = pod.security_context.as_ref().and_then(|context| context.seccomp_profile);
    if let Some(profile) = of_pod.filter(|profile| profile.is_mapping() && !is_confined(*profile)) {
        findings.report(typed(profile).message("Pod asks for the seccomp profile `{value}`, which confines nothing"));
    }
    for container in &pod.containers {
        let own = container.security_context.as_ref().and_then(|context| context.seccomp_profile);
        match own {
            // What has a wrong form is refused, and `schema-invalid`.
            Some(profile) if is_confined(profile) || !profile.is_mapping() => {}
            Some(profile) => findings.report(
                typed(profile)
                    .container(container)
                    .message("Container `{container}` asks for the seccomp profile `{value}`, which confines nothing"),
            ),
            None if of_pod.is_none() => findings.report(missing(pod, container)),
            // What it inherits is good, or reported at the pod.
            None => {}
        }
    }
}

/// Whether neither the container nor the pod asks for a profile that confines.
pub(crate) fn lacks_profile(pod: &Pod<'_>, container: &Container<'_>) -> bool {
    !pod.effective(container, |context| context.seccomp_profile).is_some_and(is_confined)
}

/// A profile that does not confine, with the mend of its type.
fn typed(profile: Value<'_>) -> Finding<'_> {
    match profile.get("type") {
        Some(kind) => Finding::at(kind).replace("RuntimeDefault"),
        None => Finding::at(profile).set(profile, "type: RuntimeDefault"),
    }
}

fn missing<'d>(pod: &Pod<'d>, container: &Container<'d>) -> Finding<'d> {
    let message = "Container `{container}` asks for no seccomp profile: it may make every system call of the kernel";
    let finding = Finding::missing(container.value, "securityContext.seccompProfile.type").container(container);
    profiles::of_pod(finding.message(message), pod, "seccompProfile")
}
