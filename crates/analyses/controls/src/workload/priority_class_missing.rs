//! `priority-class-missing`

use model::control::{Check, Control, alias, fixture, fixture_with};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "priority-class-missing",
    title: "Workload has no or an unknown priority class",
    severity: Severity::Info,
    severity_reason: "eviction order",
    rationale: "Classes of the system are above everything else: a workload with one of them pushes others from their nodes. One with none is the first to go when it gets narrow.",
    remediation: "Name a class of the organisation in `priorityClassName`; leave `system-` classes to the system.",
    verify: "kubectl get pods -A -o custom-columns=NAMESPACE:.metadata.namespace,NAME:.metadata.name,CLASS:.spec.priorityClassName",
    aliases: &[
        alias("polaris", "priorityClassNotSet"),
        alias("kube-linter", "priority-class-name"),
        alias("kyverno", "require-pod-priorityclassname"),
        alias("kyverno", "allowed-podpriorities"),
        alias("kubewarden", "priority-class-policy"),
    ],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[ALLOWED, REQUIRE_SET],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  priorityClassName: system-node-critical #~ medium spec.priorityClassName: The workload has `system-node-critical`
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
  priorityClassName: shop
  containers:
    - name: app
      image: app:1
",
        ),
        fixture_with(
            &[("allowed", "shop"), ("require_set", "true")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  priorityClassName: other #~ which is not allowed
  containers:
    - name: app
      image: app:1
---
apiVersion: v1
kind: Pod
metadata:
  name: b
spec: #~ info spec.priorityClassName
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
",
        ),
    ],
};

const ALLOWED: Parameter = parameter("allowed", Default::List(&[]), "classes that workloads may have");
const REQUIRE_SET: Parameter = parameter("require_set", Default::Switch(false), "whether every workload must name one");

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let allowed = findings.list(&ALLOWED);
    match workload.pod.spec.get("priorityClassName") {
        Some(class) if class.text().starts_with("system-") && workload.object.namespace() == "kube-system" => {}
        Some(class) if class.text().starts_with("system-") => {
            let message = "The workload has `{value}`, a class of the system: it pushes others from their nodes";
            findings.report(Finding::at(class).severity(Severity::Medium).message(message));
        }
        Some(class) if !allowed.is_empty() && !allowed.contains(&class.text()) => {
            findings.report(
                Finding::at(class).message("The workload has the priority class `{value}`, which is not allowed"),
            );
        }
        None if findings.switch(&REQUIRE_SET) => {
            let message = "The workload names no priority class";
            findings.report(Finding::missing(workload.pod.spec, "priorityClassName").message(message));
        }
        _ => {}
    }
}
