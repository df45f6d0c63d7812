//! `run-as-root-user`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::pod::SecurityContext;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "run-as-root-user",
    title: "Container is told to run as UID 0",
    severity: Severity::High,
    severity_reason: "root in the container",
    rationale: "Root in a container owns every file in it, may use all its capabilities, and is root on the node as soon as one wall falls: a writable host path, a kernel bug, a runtime bug.",
    remediation: "Set `runAsUser` to the number of a user who owns the files in the image, at the pod or at the container.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.securityContext.runAsUser == 0 or any(.spec.containers[]; .securityContext.runAsUser == 0)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kubescape", "C-0013"),
        alias("trivy", "KSV-0105"),
        alias("gatekeeper", "K8sPSPAllowedUsers"),
        alias("kyverno", "require-run-as-non-root-user"),
        alias("kyverno", "only-trustworthy-registries-set-root"),
        alias("kubewarden", "user-group-psp-policy"),
        alias("kubewarden", "ControllerContainerRunningAsUser"),
        alias("pss", "runAsUser"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.2.7"),
        maps("nsa-cisa", "pod-security"),
        maps("pss", "restricted"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-53", "AC-6"),
        maps("iso-27001", "A.8.2"),
    ],
    references: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
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
        runAsUser: 0 #~ high spec.containers[0].securityContext.runAsUser: Container `app` runs as root
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
        runAsUser: 10001
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
    runAsUser: 0 #~ Pod runs as root
  containers:
    - name: app
      image: app:1
      securityContext:
        runAsUser: 1000
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  hostUsers: false
  containers:
    - name: app
      image: app:1
      securityContext:
        runAsUser: 0 #~ in a user namespace of its own
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  initContainers:
    - name: i
      image: app:1
      securityContext:
        runAsUser: 0 #~ Container `i`
  ephemeralContainers:
    - name: e
      image: app:1
      securityContext:
        runAsUser: 0 #~ Container `e`
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let pod = &workload.pod;
    let user_namespace = pod.has_user_namespace();
    if let Some(user) = pod.security_context.as_ref().and_then(root_user) {
        let message = if user_namespace {
            "Pod runs as root, in a user namespace of its own"
        } else {
            "Pod runs as root (`runAsUser: 0`)"
        };
        findings.report(Finding::at(user).message(message));
    }
    for container in &pod.containers {
        let Some(user) = container.security_context.as_ref().and_then(root_user) else { continue };
        let message = if user_namespace {
            "Container `{container}` runs as root, in a user namespace of its own"
        } else {
            "Container `{container}` runs as root (`runAsUser: 0`)"
        };
        findings.report(Finding::at(user).container(container).message(message));
    }
}

fn root_user<'d>(context: &SecurityContext<'d>) -> Option<Value<'d>> {
    context.run_as_user.filter(|user| user.as_int() == Some(0))
}
