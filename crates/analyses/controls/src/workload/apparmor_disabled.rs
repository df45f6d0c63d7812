//! `apparmor-disabled`

use model::control::{Check, Control, alias, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::pod::SecurityContext;
use model::severity::Severity;
use model::workload::Workload;

use super::profiles::{is_confined, report};

/// The control.
pub static CONTROL: Control = Control {
    id: "apparmor-disabled",
    title: "AppArmor profile is unconfined",
    severity: Severity::Medium,
    severity_reason: "removes the mandatory access control that limits mounts and /proc writes",
    rationale: "AppArmor keeps a container from mounting file systems and from writing to the parts of `/proc` that reach the kernel. Unconfined, that wall is gone.",
    remediation: "Set `appArmorProfile.type: RuntimeDefault`, or delete the field or annotation: the runtime's profile is the default.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(([.spec.securityContext, ((.spec.initContainers // []) + .spec.containers + (.spec.ephemeralContainers // []) | .[].securityContext)] | any(.appArmorProfile // {type: \"RuntimeDefault\"} | .type | IN(\"RuntimeDefault\", \"Localhost\") | not)) or (.metadata.annotations // {} | to_entries | any((.key | startswith(\"container.apparmor.security.beta.kubernetes.io/\")) and (.value | test(\"^(runtime/default|localhost/.*|)$\") | not)))) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("trivy", "KSV-0002"),
        alias("kubesec", "ApparmorUnconfined"),
        alias("kubesec", "ApparmorAny"),
        alias("kubeaudit", "apparmor"),
        alias("gatekeeper", "K8sPSPAppArmor"),
        alias("kyverno", "restrict-apparmor-profiles"),
        alias("kubewarden", "apparmor-psp-policy"),
        alias("pss", "appArmorProfile"),
    ],
    mappings: &[
        maps("nsa-cisa", "pod-security"),
        maps("pss", "baseline"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-53", "AC-3"),
        maps("nist-800-53", "AC-6"),
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
        appArmorProfile:
          type: Unconfined #~ medium spec.containers[0].securityContext.appArmorProfile.type: Container `app`
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
        appArmorProfile:
          type: RuntimeDefault
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
    appArmorProfile: {} #~ Pod asks
  containers:
    - name: app
      image: app:1
      securityContext:
        appArmorProfile: {type: Localhost}
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
  annotations:
    container.apparmor.security.beta.kubernetes.io/gone: unconfined #~ `gone`
    container.apparmor.security.beta.kubernetes.io/app: localhost/x
    container.apparmor.security.beta.kubernetes.io/b: ''
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
    appArmorProfile:
      type: Unconfined #~ medium spec.securityContext.appArmorProfile.type: Pod asks
  initContainers:
    - name: setup
      securityContext:
        appArmorProfile:
          type: runtime/default #~ Container `setup` asks for the AppArmor profile `runtime/default`
  containers:
    - name: app
      securityContext:
        appArmorProfile: {type: RuntimeDefault}
    - name: none
      securityContext:
        appArmorProfile: null
  ephemeralContainers:
    - name: debug
      securityContext:
        appArmorProfile:
          type: \"\" #~ Container `debug`
    - name: empty
      securityContext:
        appArmorProfile: #~ ephemeralContainers[1].securityContext.appArmorProfile: Container `empty`
          type: null
",
        ),
        fixture(
            "apiVersion: batch/v1
kind: CronJob
metadata:
  name: app
  annotations:
    container.apparmor.security.beta.kubernetes.io/app: unconfined
spec:
  jobTemplate:
    spec:
      template:
        metadata:
          annotations:
            container.apparmor.security.beta.kubernetes.io/app: localhost #~ spec.jobTemplate.spec.template.metadata.annotations
            container.apparmor.security.beta.kubernetes.io/b: runtime/default
            container.apparmor.security.beta.kubernetes.io/c: Unconfined #~ `c`
            container.apparmor.security.beta.kubernetes.io/d: null
            apparmor.security.beta.kubernetes.io/app: unconfined
        spec:
          containers:
            - name: app
",
        ),
    ],
};

const ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";

fn check<'d>(workload: &Workload<'d>, findings: &mut Findings<'_>) {
    let pod = &workload.pod;
    let unconfined = |context: &Option<SecurityContext<'d>>| {
        context.as_ref().and_then(|context| context.app_armor_profile).filter(|profile| !is_confined(*profile))
    };
    if let Some(profile) = unconfined(&pod.security_context) {
        report(profile, None, "Pod asks for the AppArmor profile `{value}`, which does not confine it", findings);
    }
    for container in &pod.containers {
        if let Some(profile) = unconfined(&container.security_context) {
            let message = "Container `{container}` asks for the AppArmor profile `{value}`, which does not confine it";
            report(profile, Some(container), message, findings);
        }
    }
    for (key, value) in pod.annotations() {
        // Also of containers that do not exist: the name may come to be.
        let key = key.text();
        let Some(name) = key.strip_prefix(ANNOTATION) else { continue };
        let text = value.text();
        if !(value.is_null() || text.is_empty() || text == "runtime/default" || text.starts_with("localhost/")) {
            findings.report(
                Finding::at(value)
                    .container_name(name.to_owned())
                    .message(
                        "An annotation gives container `{container}` the AppArmor profile `{value}`, which does not \
                         confine it",
                    )
                    .replace("runtime/default"),
            );
        }
    }
}
