//! `runtime-class-not-sandboxed`

use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "runtime-class-not-sandboxed",
    title: "Untrusted workload does not use a sandboxed runtime",
    severity: Severity::Low,
    severity_reason: "shared kernel between tenants",
    rationale: "Code that nobody trusts shares the kernel of the node with everything else there: one hole in the kernel and it is out. A sandbox puts a second kernel or a virtual machine between the two.",
    remediation: "Set `runtimeClassName` to a class that is a sandbox, such as gVisor or Kata Containers.",
    verify: "kubectl get pods -A -o custom-columns=NAMESPACE:.metadata.namespace,NAME:.metadata.name,CLASS:.spec.runtimeClassName",
    aliases: &[alias("kubescape", "C-0297"), alias("kyverno", "restrict-runtimeclass"), alias("kubewarden", "pod-runtime-class-policy")],
    mappings: &[maps("owasp-k8s-top10", "K01"), maps("nist-800-190", "4.3.4"), maps("nist-800-190", "4.5.2"), maps("nist-800-53", "SC-39"), maps("cis-gke", "5.10.3"), maps("cis-aks", "5.6.1"), maps("cis-aks", "5.6.2")],
    references: &["https://kubernetes.io/docs/concepts/containers/runtime-class/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[UNTRUSTED, SANDBOXED],
    check: Check::Workload(check),
    fixtures: &[fixture("apiVersion: extensions.agents.x-k8s.io/v1alpha1
kind: SandboxTemplate
metadata:
  name: agent
spec:
  podTemplate:
    spec:
      runtimeClassName: runc #~ low spec.podTemplate.spec.runtimeClassName: The workload runs untrusted code with the runtime class `runc`
      containers:
        - name: agent
          image: agent:1
"), fixture("apiVersion: extensions.agents.x-k8s.io/v1alpha1
kind: SandboxTemplate
metadata:
  name: agent
spec:
  podTemplate:
    spec:
      runtimeClassName: gvisor
      containers:
        - name: agent
          image: agent:1
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
"), fixture_with(&[("untrusted_selector", "trust=none")], "apiVersion: v1
kind: Pod
metadata:
  name: app
  labels:
    trust: none
spec: #~ low spec.runtimeClassName: The workload runs untrusted code on the kernel
  containers:
    - name: app
      image: app:1
---
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
")],
};

const UNTRUSTED: Parameter =
    parameter("untrusted_selector", Default::Text(""), "labels of workloads that nobody trusts, as `key=value,key`");
const SANDBOXED: Parameter = parameter(
    "sandboxed",
    Default::List(&["gvisor", "kata", "kata-qemu", "kata-clh", "runsc"]),
    "classes that are sandboxes",
);

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let is_sandbox = workload.object.kind == "SandboxTemplate";
    let selector = findings.text(&UNTRUSTED);
    if !is_sandbox && (selector.is_empty() || !is_selected(workload, selector)) {
        return findings.not_applicable();
    }
    match workload.pod.runtime_class_name {
        Some(class) if findings.list(&SANDBOXED).contains(&class.text()) => {}
        Some(class) => {
            let message = "The workload runs untrusted code with the runtime class `{value}`, which is no sandbox";
            findings.report(Finding::at(class).message(message));
        }
        None => {
            let message = "The workload runs untrusted code on the kernel of the node, without a sandbox";
            findings.report(Finding::missing(workload.pod.spec, "runtimeClassName").message(message));
        }
    }
}

/// Whether the pod or its object has all the labels.
fn is_selected(workload: &Workload<'_>, selector: &str) -> bool {
    selector.split(',').map(str::trim).filter(|word| !word.is_empty()).all(|word| {
        let (key, wanted) = word.split_once('=').map_or((word, None), |(key, value)| (key, Some(value)));
        let mut labels = workload.pod.labels().chain(workload.object.labels());
        labels.any(|(name, value): (Value<'_>, Value<'_>)| {
            name.is_key(key) && wanted.is_none_or(|wanted| value.text() == wanted)
        })
    })
}
