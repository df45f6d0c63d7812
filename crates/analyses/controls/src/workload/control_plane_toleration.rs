//! `control-plane-toleration`

use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "control-plane-toleration",
    title: "User workload may run on control-plane nodes",
    severity: Severity::Medium,
    severity_reason: "an escape there reaches etcd and the signing keys",
    rationale: "On a node of the control plane an escape from the container reaches etcd, the signing keys and the API server's own credentials.",
    remediation: "Remove the toleration, the selector or the name of the node. A node agent that belongs there has its place in `kube-system`, or an exception with an owner.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.tolerations[]?; .key == \"node-role.kubernetes.io/control-plane\" or (.key == null and .operator == \"Exists\"))) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kyverno", "restrict-controlplane-scheduling")],
    mappings: &[maps("owasp-k8s-top10", "K01"), maps("nist-800-190", "4.3.4"), maps("mitre", "T1611")],
    references: &[],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[SYSTEM_NAMESPACES, ALLOW],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  tolerations:
    - key: node-role.kubernetes.io/control-plane #~ medium spec.tolerations[0].key
      operator: Exists
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
  tolerations:
    - key: example.com/gpu
      operator: Exists
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
  tolerations:
    - operator: Exists #~ every taint
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
  tolerations:
    - operator: Exists
      effect: NoExecute
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
  namespace: kube-system
spec:
  tolerations:
    - operator: Exists
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
  nodeSelector:
    node-role.kubernetes.io/master: '' #~ asks for a node
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
  affinity:
    nodeAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        nodeSelectorTerms:
          - matchExpressions:
              - {key: node-role.kubernetes.io/control-plane, operator: Exists} #~ asks for a node
              - {key: node-role.kubernetes.io/master, operator: DoesNotExist}
  containers:
    - name: app
      image: app:1
",
        ),
        fixture_with(
            &[("allow", "app"), ("system_namespaces", "infra")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  tolerations:
    - operator: Exists
  containers:
    - name: app
      image: app:1
---
apiVersion: v1
kind: Pod
metadata:
  name: b
  namespace: kube-system
spec:
  tolerations:
    - operator: Exists #~ it tolerates every taint
  containers:
    - name: app
      image: app:1
",
        ),
    ],
};

const ALLOW: Parameter =
    parameter("allow", Default::List(&[]), "names of workloads that are meant for nodes of the control plane");

const KEYS: &[&str] = &["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];
const SYSTEM_NAMESPACES: Parameter = parameter(
    "system_namespaces",
    Default::List(&["kube-system"]),
    "namespaces whose workloads belong on the control plane",
);

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let is_system = findings.list(&SYSTEM_NAMESPACES).contains(&workload.object.namespace());
    if is_system || findings.list(&ALLOW).contains(&workload.object.name()) {
        return findings.not_applicable();
    }
    let pod = &workload.pod;
    for toleration in pod.tolerations.into_iter().flat_map(Value::items) {
        tolerates(toleration, findings);
    }
    for (key, _) in pod.node_selector.into_iter().flat_map(Value::entries) {
        if KEYS.contains(&&*key.text()) {
            findings.report(Finding::at(key).message("Pod asks for a node of the control plane (`{value}`)"));
        }
    }
    let affinity = pod.affinity.and_then(|affinity| affinity.get("nodeAffinity"));
    let required = affinity
        .and_then(|affinity| affinity.at(&["requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"]));
    let preferred = affinity.and_then(|affinity| affinity.get("preferredDuringSchedulingIgnoredDuringExecution"));
    let preferred = preferred.into_iter().flat_map(Value::items).filter_map(|term| term.get("preference"));
    for term in required.into_iter().flat_map(Value::items).chain(preferred) {
        for expression in term.get("matchExpressions").into_iter().flat_map(Value::items) {
            asks_for_control_plane(expression, findings);
        }
    }
}

fn tolerates(toleration: Value<'_>, findings: &mut Findings<'_>) {
    let operator = toleration.get("operator");
    let exists = operator.is_some_and(|operator| operator.text() == "Exists");
    // A toleration of another effect leaves the taint that keeps pods away.
    let effect = toleration.get("effect").map(Value::text).unwrap_or_default();
    if !matches!(&*effect, "" | "NoSchedule") {
        return;
    }
    match toleration.get("key").filter(|key| !key.text().is_empty()) {
        Some(key) if KEYS.contains(&&*key.text()) => {
            let message = "Pod may run on nodes of the control plane: it tolerates `{value}`";
            findings.report(Finding::at(key).message(message).removing(toleration));
        }
        None if exists => {
            let place = operator.map_or_else(|| Finding::at_key_of(toleration), Finding::at);
            findings.report(place.message("Pod may run on nodes of the control plane: it tolerates every taint"));
        }
        _ => {}
    }
}

fn asks_for_control_plane(expression: Value<'_>, findings: &mut Findings<'_>) {
    let Some(key) = expression.get("key").filter(|key| KEYS.contains(&&*key.text())) else { return };
    let operator = expression.get("operator").map(Value::text).unwrap_or_default();
    if matches!(&*operator, "In" | "Exists") {
        findings.report(Finding::at(key).message("Pod asks for a node of the control plane (`{value}`)"));
    }
}
