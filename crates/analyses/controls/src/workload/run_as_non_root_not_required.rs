//! `run-as-non-root-not-required`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::pod::{Container, Pod};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "run-as-non-root-not-required",
    title: "Pod does not require a non-root user",
    severity: Severity::Medium,
    severity_reason: "image default may be root; root in the container makes most escapes possible",
    rationale: "Unless a user other than root is required, the container runs as whatever its image says, which is often root. Root in a container has what most escapes begin with, and writes every file that it is given.",
    remediation: "Set `runAsNonRoot: true` in the security context of the pod, and `runAsUser` where the image does not name a user by number.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.securityContext.runAsNonRoot != true and any(.spec.containers[]; .securityContext.runAsNonRoot != true)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kubescape", "C-0013"),
        alias("trivy", "KSV-0012"),
        alias("kube-linter", "run-as-non-root"),
        alias("polaris", "runAsRootAllowed"),
        alias("checkov", "CKV_K8S_23"),
        alias("kubesec", "RunAsNonRoot"),
        alias("kubeaudit", "nonroot"),
        alias("datree", "CONTAINERS_INCORRECT_RUNASNONROOT_VALUE"),
        alias("gatekeeper", "K8sPSPAllowedUsers"),
        alias("kyverno", "require-run-as-nonroot"),
        alias("kyverno", "service-mesh-require-run-as-nonroot"),
        alias("kubewarden", "user-group-psp-policy"),
        alias("kubewarden", "ControllerContainerRunningAsRoot"),
        alias("pss", "runAsNonRoot"),
        alias("prowler", "core_minimize_root_containers_admission"),
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
    - name: app #~ medium spec.containers[0].securityContext.runAsNonRoot: Container `app` does not require
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
    runAsNonRoot: true
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
    runAsNonRoot: false #~ Pod says
  containers:
    - name: app
      image: app:1
      securityContext:
        runAsNonRoot: true
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    runAsNonRoot: true
  containers:
    - name: app
      image: app:1
      securityContext:
        runAsNonRoot: false #~ Container `app`
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    runAsUser: 1000
  containers:
    - name: app #~ low spec.containers[0]
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
    - name: app #~ Container `app`
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
        runAsNonRoot: true
  ephemeralContainers:
    - name: d #~ Container `d`
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
    - name: app #~ `app`
      securityContext: null
    - name: other
      securityContext: #~ `other`
        runAsNonRoot: null
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let pod = &workload.pod;
    let of_pod = pod.security_context.as_ref().and_then(|context| context.run_as_non_root);
    if let Some(value) = of_pod.filter(|value| value.as_bool() != Some(true)) {
        let message = "Pod says that its containers may run as root";
        findings.report(
            lower_if(pod.containers.iter().all(|container| is_known_non_root(pod, container)), Finding::at(value))
                .message(message)
                .replace("true"),
        );
    }
    for container in &pod.containers {
        let own = container.security_context.as_ref().and_then(|context| context.run_as_non_root);
        let finding = match own {
            Some(value) if value.as_bool() == Some(true) => continue,
            Some(value) => Finding::at(value).replace("true"),
            None if of_pod.is_some() => continue,
            None => missing(pod, container),
        };
        let known = is_known_non_root(pod, container);
        let message = if known {
            "Container `{container}` does not require a user other than root, though it is given one"
        } else {
            "Container `{container}` does not require a user other than root: it runs as whatever its image says"
        };
        findings.report(lower_if(known, finding).container(container).message(message));
    }
}

/// Whether neither the container nor the pod requires a user other than root.
pub(crate) fn is_not_required(pod: &Pod<'_>, container: &Container<'_>) -> bool {
    pod.effective(container, |context| context.run_as_non_root).and_then(Value::as_bool) != Some(true)
}

fn is_known_non_root(pod: &Pod<'_>, container: &Container<'_>) -> bool {
    pod.effective(container, |context| context.run_as_user).and_then(Value::as_int).is_some_and(|user| user > 0)
}

fn lower_if(known: bool, finding: Finding<'_>) -> Finding<'_> {
    if known { finding.severity(Severity::Low) } else { finding.class(FixClass::NeedsValue) }
}

fn missing<'d>(pod: &Pod<'d>, container: &Container<'d>) -> Finding<'d> {
    let finding = Finding::missing(container.value, "securityContext.runAsNonRoot");
    if pod.effective(container, |context| context.run_as_user).is_none() {
        // Which user the image has is not known here.
        let lines = "securityContext:\n  runAsNonRoot: true\n  runAsUser: <a user of the image other than 0>";
        return finding.set(container.value, lines);
    }
    match container.security_context {
        Some(_) => finding.insert("runAsNonRoot: true"),
        None => finding.insert("securityContext:\n  runAsNonRoot: true"),
    }
}
