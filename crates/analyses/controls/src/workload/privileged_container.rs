//! `privileged-container`

use model::control::{Check, Control, alias, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "privileged-container",
    title: "Container runs in privileged mode",
    severity: Severity::Critical,
    severity_reason: "all capabilities, devices and kernel interfaces of the node: code in the container owns the node",
    rationale: "A privileged container has every capability, sees every device and is not confined by seccomp or \
                AppArmor. Whoever runs code in it can mount the disk of the node, load kernel modules and take over \
                the kubelet, and with it every other pod on the node.",
    remediation: "Take `privileged` out. If the container needs a single privilege, add that capability in \
                  `capabilities.add` and nothing else.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | (.spec.initContainers // []) + .spec.containers \
             + (.spec.ephemeralContainers // []) | .[] | select(.securityContext.privileged == true) | \
             \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.name)\"'",
    aliases: &[
        alias("kubescape", "C-0057"),
        alias("trivy", "KSV-0017"),
        alias("kube-linter", "privileged-container"),
        alias("polaris", "runAsPrivileged"),
        alias("kube-score", "container-security-context-privileged"),
        alias("checkov", "CKV_K8S_16"),
        alias("kubesec", "Privileged"),
        alias("kubeaudit", "privileged"),
        alias("datree", "CONTAINERS_INCORRECT_PRIVILEGED_VALUE_TRUE"),
        alias("gatekeeper", "K8sPSPPrivilegedContainer"),
        alias("kyverno", "disallow-privileged-containers"),
        alias("kubewarden", "pod-privileged-policy"),
        alias("pss", "privileged"),
        alias("prowler", "core_minimize_privileged_containers"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.2.2"),
        maps("nsa-cisa", "pod-security"),
        maps("pss", "baseline"),
        maps("mitre", "T1611"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-53", "AC-6"),
        maps("nist-800-53", "CM-7"),
        maps("nist-800-53", "SC-39"),
        maps("pci-dss-4", "7.2.1"),
        maps("pci-dss-4", "7.2.2"),
        maps("pci-dss-4", "7.2.3"),
        maps("iso-27001", "A.8.2"),
        maps("iso-27001", "A.8.3"),
    ],
    references: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    umbrella: false,
    fix: FixClass::Unsafe,
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
        privileged: true #~ Container `app` runs privileged
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
        privileged: false
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
          initContainers:
            - name: setup
              restartPolicy: Always
              securityContext:
                privileged: true #~ critical spec.jobTemplate.spec.template.spec.initContainers[0]
          containers:
            - name: app
              securityContext: {}
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    privileged: true
  os: {name: windows}
  containers:
    - name: none
    - name: null
      securityContext: {privileged: null}
    - name: quoted
      securityContext:
        privileged: \"true\" #~ `quoted`
  ephemeralContainers:
    - name: debug
      securityContext:
        privileged: yes #~ `debug`
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for container in &workload.pod.containers {
        let Some(privileged) = container.security_context.as_ref().and_then(|context| context.privileged) else {
            continue;
        };
        if privileged.as_bool() == Some(true) {
            findings.report(
                Finding::at(privileged)
                    .container(container)
                    .message("Container `{container}` runs privileged: code in it owns the node")
                    .remove(),
            );
        }
    }
}
