//! `host-users-namespace`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "host-users-namespace",
    title: "Pod shares the node user namespace",
    severity: Severity::Low,
    severity_reason: "root in the container is root on the node; user namespaces remove that",
    rationale: "Root in the container is root on the node: whatever lets a process out of its container finds it with all rights there. In a user namespace of its own it would be nobody.",
    remediation: "Set `hostUsers: false` (Kubernetes 1.33 and later, and nodes that support it).",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.hostUsers != false) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kubesec", "HostUsers")],
    mappings: &[
        maps("mitre", "T1611"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.5.2"),
        maps("nist-800-53", "SC-39"),
    ],
    references: &["https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[MIN_VERSION],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  hostUsers: true #~ low spec.hostUsers: Root in the pod is root on the node
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
  hostUsers: false
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
spec: #~ info spec.hostUsers: The pod has no
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
spec: #~ low spec.hostUsers
  securityContext:
    runAsUser: 1000
  containers:
    - name: app
      image: app:1
      securityContext:
        capabilities:
          add: [NET_BIND_SERVICE]
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  hostNetwork: true
  containers:
    - name: app
      image: app:1
",
        ),
    ],
};

const MIN_VERSION: Parameter = parameter(
    "min_version",
    Default::Text("1.33"),
    "the version of Kubernetes from which on user namespaces are there",
);

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let pod = &workload.pod;
    let is_true = |value: Option<Value<'_>>| value.and_then(Value::as_bool) == Some(true);
    let shares = [pod.host_network, pod.host_pid, pod.host_ipc].into_iter().any(is_true);
    let has_devices = pod.containers.iter().any(|container| container.volume_devices.is_some());
    let first =
        findings.text(&MIN_VERSION).trim_start_matches('v').split_once('.').and_then(|(_, minor)| minor.parse().ok());
    let is_too_old = findings
        .settings
        .kubernetes_minor
        .is_some_and(|minor| first.is_some_and(|first: u32| u32::from(minor) < first));
    if shares || has_devices || is_too_old || pod.is_windows() {
        return findings.not_applicable();
    }
    if pod.has_user_namespace() {
        return;
    }
    let may_be_root = pod.containers.iter().any(|container| {
        match pod.effective(container, |context| context.run_as_user).and_then(Value::as_int) {
            Some(user) => user == 0,
            None => !is_true(pod.effective(container, |context| context.run_as_non_root)),
        }
    });
    let adds = pod.containers.iter().any(|container| container.added_capabilities().next().is_some());
    let finding = match pod.host_users {
        Some(value) => Finding::at(value).replace("false"),
        None => Finding::missing(pod.spec, "hostUsers"),
    };
    findings.report(if may_be_root || adds {
        finding.message("Root in the pod is root on the node: the pod has no user namespace of its own")
    } else {
        finding.severity(Severity::Info).message("The pod has no user namespace of its own")
    });
}
