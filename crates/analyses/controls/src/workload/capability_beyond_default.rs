//! `capability-beyond-default`

use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;

use super::capabilities;

/// The control.
pub static CONTROL: Control = Control {
    id: "capability-beyond-default",
    title: "Container adds capabilities outside the default set",
    severity: Severity::High,
    severity_reason: "each extra capability opens host or network attack surface",
    rationale: "Each capability beyond the default set opens a part of the kernel or of the network to the container. What it opens is also what an attacker needs next.",
    remediation: "Delete the entry from `capabilities.add`.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | (.spec.initContainers // []) + .spec.containers + (.spec.ephemeralContainers // []) | .[] | ((.securityContext.capabilities.add // []) - [\"AUDIT_WRITE\", \"CHOWN\", \"DAC_OVERRIDE\", \"FOWNER\", \"FSETID\", \"KILL\", \"MKNOD\", \"NET_BIND_SERVICE\", \"SETFCAP\", \"SETGID\", \"SETPCAP\", \"SETUID\", \"SYS_CHROOT\"]) as $extra | select($extra != []) | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.name) \\($extra | join(\",\"))\"'",
    aliases: &[
        alias("kubescape", "C-0046"),
        alias("trivy", "KSV-0022"),
        alias("polaris", "insecureCapabilities"),
        alias("checkov", "CKV_K8S_25"),
        alias("kubeaudit", "capabilities"),
        alias("datree", "CONTAINERS_INVALID_CAPABILITIES_VALUE"),
        alias("datree", "EKS_INVALID_CAPABILITIES_EKS"),
        alias("gatekeeper", "K8sPSPCapabilities"),
        alias("kyverno", "disallow-capabilities"),
        alias("kyverno", "psp-restrict-adding-capabilities"),
        alias("kyverno", "service-mesh-disallow-capabilities"),
        alias("kubewarden", "capabilities-psp-policy"),
        alias("pss", "capabilities_baseline"),
        alias("prowler", "core_minimize_containers_added_capabilities"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.2.9"),
        maps("nsa-cisa", "pod-security"),
        maps("pss", "baseline"),
        maps("mitre", "T1611"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-53", "AC-6"),
        maps("nist-800-53", "CM-7"),
    ],
    references: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[EXTRA],
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
        capabilities:
          add:
            - NET_ADMIN #~ high spec.containers[0].securityContext.capabilities.add[0]: Container `app` adds
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
          add: []
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
          add:
            - AUDIT_WRITE
            - CHOWN
            - DAC_OVERRIDE
            - FOWNER
            - FSETID
            - KILL
            - MKNOD
            - NET_BIND_SERVICE
            - SETFCAP
            - SETGID
            - SETPCAP
            - SETUID
            - SYS_CHROOT
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  initContainers:
    - name: app
      image: app:1
      securityContext:
        capabilities:
          add:
            - CAP_CHOWN #~ a spelling
            - chown #~ a spelling
            - NET_RAW #~ `NET_RAW`, which is outside
            - ALL #~ outside
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  os: {name: windows}
  securityContext:
    capabilities: {add: [SYS_ADMIN]}
  containers:
    - name: app
      securityContext:
        capabilities:
          add:
            - SYS_TIME #~ spec.containers[0].securityContext.capabilities.add[0]
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
          ephemeralContainers:
            - name: debug
              securityContext:
                capabilities:
                  drop: [ALL, NET_RAW, SYS_ADMIN]
                  add:
                    - CAP_ALL #~ spec.jobTemplate.spec.template.spec.ephemeralContainers[0]
          containers:
            - name: none
              securityContext:
                capabilities: {add: null}
            - name: app
              securityContext:
                capabilities:
                  drop: [SYS_ADMIN]
",
        ),
        fixture_with(
            &[("extra_allowed", "SYS_NICE")],
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
          add:
            - SYS_NICE
            - SYS_TIME #~ Container `app` adds the capability `SYS_TIME`
",
        ),
    ],
};

const EXTRA: Parameter =
    parameter("extra_allowed", Default::List(&[]), "capabilities beyond the default set that containers may add");

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for container in &workload.pod.containers {
        for capability in container.added_capabilities() {
            let name = capability.text();
            if capabilities::DEFAULT.contains(&&*name) || findings.list(&EXTRA).contains(&name) {
                continue;
            }
            let message = if capabilities::DEFAULT.contains(&&*capabilities::normalize(&name)) {
                "Container `{container}` adds the capability `{value}`, a spelling that admission refuses"
            } else {
                "Container `{container}` adds the capability `{value}`, which is outside the default set"
            };
            findings.report(Finding::at(capability).container(container).message(message).remove());
        }
    }
}
