//! `privileged-container`

use model::control::{Check, Control, alias, fixture, maps};
use model::finding::{Finding, Findings};
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
    aliases: &[alias("kubescape", "C-0057")],
    mappings: &[maps("cis-kubernetes", "5.2.2"), maps("pss", "baseline")],
    references: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    umbrella: false,
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
