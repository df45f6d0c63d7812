//! `ephemeral-container-present`

use super::capabilities;
use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, parameter};
use model::pod::Container;
use model::pod::ContainerList;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "ephemeral-container-present",
    title: "Debug container was attached to a running pod",
    severity: Severity::Low,
    severity_reason: "outside the reviewed template, often privileged; never removed until the pod dies",
    rationale: "A debug container is in no reviewed template, often has more rights than the others, and stays until the pod is gone: what somebody does in it leaves no trace in the manifests.",
    remediation: "Delete the pod, and let its controller make a new one.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.ephemeralContainers) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kyverno", "block-ephemeral-containers")],
    mappings: &[
        maps("mitre", "T1609"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-53", "AU-12"),
        maps("nist-800-53", "CM-3"),
    ],
    references: &["https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[ALLOW_NAMESPACES],
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
  ephemeralContainers:
    - name: debug #~ low spec.ephemeralContainers[0].name: Debug container `debug` was attached
      image: debug:1
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
  containers:
    - name: app
      image: app:1
  ephemeralContainers:
    - name: debug #~ critical
      image: debug:1
      securityContext:
        privileged: true
    - name: trace #~ high
      image: debug:1
      securityContext:
        capabilities:
          add: [SYS_PTRACE]
",
        ),
        fixture_with(
            &[("allow_namespaces", "lab")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: lab
spec:
  containers:
    - name: app
      image: app:1
  ephemeralContainers:
    - name: debug
      image: debug:1
",
        ),
    ],
};

const ALLOW_NAMESPACES: Parameter =
    parameter("allow_namespaces", Default::List(&[]), "namespaces in which debug containers are welcome");

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    if !workload.object.is("", "Pod") {
        return findings.not_applicable();
    }
    if findings.list(&ALLOW_NAMESPACES).contains(&workload.object.namespace()) {
        return;
    }
    for container in workload.pod.containers_of(ContainerList::Ephemeral) {
        let message = "Debug container `{container}` was attached to the pod, past its reviewed template";
        let place = container.name.unwrap_or(container.value);
        findings.report(Finding::at(place).container(container).severity(severity(container)).message(message));
    }
}

/// As bad as the worst of what Pod Security finds in the container.
fn severity(container: &Container<'_>) -> Severity {
    let Some(context) = &container.security_context else { return Severity::Low };
    let is_true = |value: Option<Value<'_>>| value.and_then(Value::as_bool) == Some(true);
    if is_true(context.privileged) {
        Severity::Critical
    } else if container
        .added_capabilities()
        .any(|name| !capabilities::DEFAULT.contains(&&*capabilities::normalize(&name.text())))
    {
        Severity::High
    } else {
        Severity::Low
    }
}
