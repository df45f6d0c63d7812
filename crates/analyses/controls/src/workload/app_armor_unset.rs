//! `app-armor-unset`

use model::control::{Check, Control, alias, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::severity::Severity;
use model::workload::Workload;

use super::profiles;

/// The control.
pub static CONTROL: Control = Control {
    id: "app-armor-unset",
    title: "No AppArmor profile is requested",
    severity: Severity::Info,
    severity_reason: "runtime default applies only where AppArmor is enabled",
    rationale: "Where AppArmor is on, the runtime's profile holds, unless a runtime or node is set up otherwise. A manifest that asks for it does not depend on that.",
    remediation: "Set `appArmorProfile.type: RuntimeDefault` in the security context of the pod.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.securityContext.appArmorProfile == null) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("trivy", "KSV-0002"), alias("kubesec", "ApparmorAny"), alias("kubeaudit", "apparmor")],
    mappings: &[maps("nsa-cisa", "pod-security"), maps("owasp-k8s-top10", "K01")],
    references: &["https://kubernetes.io/docs/tutorials/security/apparmor/"],
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
    - name: app #~ info spec.containers[0].securityContext.appArmorProfile: Container `app` asks for no AppArmor profile
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
    appArmorProfile:
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
  annotations:
    container.apparmor.security.beta.kubernetes.io/app: runtime/default
spec:
  containers:
    - name: app
      image: app:1
    - name: other #~ info
      image: app:1
",
        ),
    ],
};

/// Before fields there were annotations, one for each container.
const ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let pod = &workload.pod;
    if pod.is_windows() {
        return findings.not_applicable();
    }
    for container in &pod.containers {
        if pod.effective(container, |context| context.app_armor_profile).is_some() {
            continue;
        }
        let name = container.name();
        let is_annotated = pod.annotations().any(|(key, _)| key.text().strip_prefix(ANNOTATION) == Some(&*name));
        if !is_annotated {
            let message = "Container `{container}` asks for no AppArmor profile";
            let finding = Finding::missing(container.value, "securityContext.appArmorProfile");
            let finding = finding.container(container).message(message);
            findings.report(profiles::of_pod(finding, pod, "appArmorProfile"));
        }
    }
}
