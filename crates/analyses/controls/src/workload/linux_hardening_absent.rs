//! `linux-hardening-absent`

use model::control::{Check, Control, alias, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::pod::{Container, Pod};
use model::severity::Severity;
use model::workload::Workload;

use super::seccomp_profile_missing::lacks_profile;

/// The control.
pub static CONTROL: Control = Control {
    id: "linux-hardening-absent",
    title: "Container has no Linux confinement at all",
    severity: Severity::Medium,
    severity_reason: "neither AppArmor, seccomp, SELinux nor dropped capabilities",
    rationale: "Nothing stands between code in the container and the kernel: no filter of system calls, no mandatory access control, and every default capability.",
    remediation: "Ask for `seccompProfile.type: RuntimeDefault` and drop all capabilities; AppArmor and SELinux profiles add to that.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | (.spec.initContainers // []) + .spec.containers + (.spec.ephemeralContainers // []) | .[] | select(.securityContext.seccompProfile == null and .securityContext.capabilities.drop == null) | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.name)\"'",
    aliases: &[alias("kubescape", "C-0055"), alias("polaris", "linuxHardening")],
    mappings: &[maps("nsa-cisa", "pod-security"), maps("owasp-k8s-top10", "K01"), maps("nist-800-190", "4.4.3")],
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
    - name: app #~ has neither
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
        capabilities:
          drop: [ALL]
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    seLinuxOptions: {level: s0}
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
      securityContext: #~ has neither
        capabilities:
          drop: []
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
    ],
};

const APP_ARMOR_ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let pod = &workload.pod;
    if pod.is_windows() {
        return findings.not_applicable();
    }
    for container in pod.containers.iter().filter(|container| !has_any(pod, container)) {
        let message = "Container `{container}` has neither seccomp, AppArmor, SELinux options nor dropped capabilities";
        findings.report(Finding::missing(container.value, "securityContext").container(container).message(message));
    }
}

fn has_any(pod: &Pod<'_>, container: &Container<'_>) -> bool {
    let annotated = || {
        let name = container.name();
        let mut keys = pod.annotations().map(|(key, _)| key.text());
        keys.any(|key| key.strip_prefix(APP_ARMOR_ANNOTATION).is_some_and(|of| of == name))
    };
    !lacks_profile(pod, container)
        || pod.effective(container, |context| context.app_armor_profile).is_some()
        || pod.effective(container, |context| context.se_linux_options).is_some()
        || container.dropped_capabilities().next().is_some()
        || annotated()
}
