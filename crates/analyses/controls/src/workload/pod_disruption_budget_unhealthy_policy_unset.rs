//! `pod-disruption-budget-unhealthy-policy-unset`

use model::control::{Check, Control, alias, fixture};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "pod-disruption-budget-unhealthy-policy-unset",
    title: "PodDisruptionBudget keeps unhealthy pods from eviction",
    severity: Severity::Info,
    severity_reason: "drain hangs on broken pods",
    rationale: "Pods that do not work count as needed: a node with one of them cannot be drained, and an upgrade that would mend the cluster hangs.",
    remediation: "Set `unhealthyPodEvictionPolicy: AlwaysAllow`.",
    verify: "kubectl get pdb -A -o json | jq -r '.items[] | select(.spec.unhealthyPodEvictionPolicy != \"AlwaysAllow\") | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kube-linter", "pdb-unhealthy-pod-eviction-policy")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy"],
    umbrella: false,
    fix: FixClass::Safe,
    parameters: &[],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: app
spec:
  unhealthyPodEvictionPolicy: IfHealthyBudget #~ info spec.unhealthyPodEvictionPolicy: Pods that do not work
  maxUnavailable: 1
  selector:
    matchLabels:
      app: app
",
        ),
        fixture(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: app
spec:
  unhealthyPodEvictionPolicy: AlwaysAllow
  maxUnavailable: 1
  selector:
    matchLabels:
      app: app
",
        ),
        fixture(
            "apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: app
spec: #~ info
  maxUnavailable: 1
  selector:
    matchLabels:
      app: app
",
        ),
    ],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !object.is("policy", "PodDisruptionBudget") {
        return findings.not_applicable();
    }
    let Some(spec) = object.value.get("spec") else { return };
    let policy = spec.get("unhealthyPodEvictionPolicy");
    if policy.is_some_and(|policy| policy.text() == "AlwaysAllow") {
        return;
    }
    let message = "Pods that do not work cannot be evicted: draining a node may hang";
    let finding = match policy {
        Some(policy) => Finding::at(policy).replace("AlwaysAllow"),
        None => Finding::missing(spec, "unhealthyPodEvictionPolicy").insert("unhealthyPodEvictionPolicy: AlwaysAllow"),
    };
    findings.report(finding.message(message));
}
