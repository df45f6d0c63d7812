//! `windows-host-process`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::pod::SecurityContext;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "windows-host-process",
    title: "Windows container runs as a host process",
    severity: Severity::Critical,
    severity_reason: "HostProcess containers run as a host account with full node access",
    rationale: "A HostProcess container runs on the Windows node itself, under an account of the node. Whoever runs code in it owns the node.",
    remediation: "Take `hostProcess` out. Give what really manages nodes a namespace of its own and an exception with an owner.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.securityContext.windowsOptions.hostProcess == true or any(.spec.containers[]; .securityContext.windowsOptions.hostProcess == true)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("trivy", "KSV-0103"),
        alias("polaris", "hostProcess"),
        alias("datree", "EKS_INVALID_HOSTPROCESS_VALUE"),
        alias("gatekeeper", "K8sPSPHostProcess"),
        alias("kyverno", "disallow-host-process"),
        alias("pss", "windowsHostProcess"),
        alias("prowler", "core_minimize_admission_windows_hostprocess_containers"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.2.10"),
        maps("nsa-cisa", "pod-security"),
        maps("pss", "baseline"),
        maps("mitre", "T1611"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-53", "AC-6"),
        maps("iso-27001", "A.8.14"),
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
        windowsOptions:
          hostProcess: true #~ critical spec.containers[0]
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
        windowsOptions:
          hostProcess: false
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    windowsOptions: {hostProcess: true} #~ Pod runs
  containers:
    - name: app
      image: app:1
      securityContext:
        windowsOptions: {hostProcess: false}
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
        windowsOptions: {runAsUserName: ContainerUser}
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
        windowsOptions: {hostProcess: true} #~ Container `i`
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let host_process = |context: &SecurityContext<'_>| context.windows_options.is_some_and(is_host_process);
    let pod = &workload.pod;
    if let Some(context) = pod.security_context.as_ref().filter(|context| host_process(context))
        && let Some(value) = context.windows_options.and_then(|options| options.get("hostProcess"))
    {
        findings.report(
            Finding::at(value).message("Pod runs as a process of its Windows node: code in it owns the node").remove(),
        );
    }
    for container in &pod.containers {
        let Some(context) = container.security_context.as_ref().filter(|context| host_process(context)) else {
            continue;
        };
        let Some(value) = context.windows_options.and_then(|options| options.get("hostProcess")) else { continue };
        let message = "Container `{container}` runs as a process of its Windows node: code in it owns the node";
        findings.report(Finding::at(value).container(container).message(message).remove());
    }
}

fn is_host_process(options: Value<'_>) -> bool {
    options.get("hostProcess").and_then(Value::as_bool) == Some(true)
}
