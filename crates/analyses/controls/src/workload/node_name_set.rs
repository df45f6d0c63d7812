//! `node-name-set`

use model::control::{Check, Control, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "node-name-set",
    title: "Pod is bound to a node by name",
    severity: Severity::Low,
    severity_reason: "skips the scheduler, taints and topology policy",
    rationale: "The pod goes to the node whatever taints, room and policy say: quarantined nodes and control planes among them.",
    remediation: "Use `nodeSelector` or `affinity`, and let the scheduler decide.",
    verify: "kubectl get deploy,sts,ds,job,cronjob -A -o json | jq -r '.items[] | select(.spec.template.spec.nodeName) | \"\\(.kind)/\\(.metadata.name)\"'",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K01")],
    references: &["https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodename"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  template:
    metadata:
      labels:
        app: app
    spec:
      containers:
        - name: app
          image: app:1
      nodeName: node-1 #~ low spec.template.spec.nodeName: The pod goes to the node `node-1`
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  template:
    metadata:
      labels:
        app: app
    spec:
      containers:
        - name: app
          image: app:1
      nodeSelector:
        disk: ssd
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
  uid: a-b
spec:
  nodeName: node-1
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
  nodeName: node-1 #~ low
  containers:
    - name: app
      image: app:1
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let Some(node) = workload.pod.node_name.filter(|node| !node.text().is_empty()) else { return };
    // A pod that runs always has a node.
    let is_stored = workload.object.metadata.is_some_and(|metadata| metadata.get("uid").is_some());
    let is_pod = workload.object.is("", "Pod");
    if is_pod && (is_stored || workload.object.value.get("status").is_some()) {
        return;
    }
    findings.report(Finding::at(node).message("The pod goes to the node `{value}`, past the scheduler and all taints"));
}
