//! `naked-pod`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "naked-pod",
    title: "Pod has no controller",
    severity: Severity::Low,
    severity_reason: "not rescheduled, bypasses template review",
    rationale: "Nothing brings the pod back when its node goes, and nothing compares it with a template: what was changed in it by hand stays changed.",
    remediation: "Let a Deployment, StatefulSet, DaemonSet or Job make the pod.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.metadata.ownerReferences == null) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kubescape", "C-0073"),
        alias("datree", "K8S_INCORRECT_KIND_VALUE_POD"),
        alias("kyverno", "prevent-bare-pods"),
    ],
    mappings: &[maps("owasp-k8s-top10", "K01")],
    references: &["https://kubernetes.io/docs/concepts/workloads/pods/#working-with-pods"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app #~ low metadata.name: Nothing brings the pod back
spec:
  containers:
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  template:
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
  ownerReferences:
    - kind: ReplicaSet
      name: app-1
---
apiVersion: v1
kind: Pod
metadata:
  name: app
  annotations:
    helm.sh/hook: test
---
apiVersion: v1
kind: Pod
metadata:
  name: app
status:
  phase: Succeeded
---
apiVersion: v1
kind: Pod
metadata:
  name: app
  annotations:
    kubernetes.io/config.mirror: x
",
        ),
    ],
};

/// What a static pod carries as the API server shows it.
const MIRROR: &str = "kubernetes.io/config.mirror";

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !object.is("", "Pod") {
        return findings.not_applicable();
    }
    let owners = object.metadata.and_then(|metadata| metadata.get("ownerReferences"));
    let is_owned = owners.is_some_and(|owners| owners.items().next().is_some());
    let phase = object.value.at(&["status", "phase"]).map(Value::text).unwrap_or_default();
    let is_done = matches!(&*phase, "Succeeded" | "Failed");
    if is_owned || is_done || object.annotation(MIRROR).is_some() || is_test(object) {
        return;
    }
    let name = object.metadata.and_then(|metadata| metadata.get("name").or_else(|| metadata.get("generateName")));
    findings.report(
        Finding::at(name.unwrap_or(object.value)).message("Nothing brings the pod back when it or its node goes"),
    );
}

/// Whether Helm makes it for `helm test` alone.
fn is_test(object: &Object<'_>) -> bool {
    let hooks = object.annotation("helm.sh/hook").map(Value::text).unwrap_or_default();
    hooks.split(',').any(|hook| matches!(hook.trim(), "test" | "test-success" | "test-failure"))
}
