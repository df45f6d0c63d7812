//! `tolerates-every-taint`

use model::control::{Check, Control, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "tolerates-every-taint",
    title: "Pod tolerates every taint",
    severity: Severity::Low,
    severity_reason: "runs on control-plane, tainted and quarantined nodes",
    rationale: "The pod runs where nothing else may: on control planes, on nodes that are set apart for others, and on those that were put in quarantine.",
    remediation: "Name the taints that the pod has to tolerate.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.tolerations[]?; .operator == \"Exists\" and .key == null)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K01")],
    references: &["https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[ALLOW],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  tolerations:
    - operator: Exists #~ low spec.tolerations[0].operator: The pod tolerates every taint
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
    - key: gpu
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
    - operator: Exists
      effect: PreferNoSchedule
    - operator: Exists #~ low
      effect: NoExecute
      key: \"\"
  containers:
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: DaemonSet
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
      tolerations:
        - operator: Exists
",
        ),
    ],
};

const ALLOW: Parameter = parameter("allow", Default::List(&["DaemonSet"]), "kinds that are meant for every node");

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    if findings.list(&ALLOW).contains(&workload.object.kind) {
        return findings.not_applicable();
    }
    for toleration in workload.pod.tolerations.into_iter().flat_map(Value::items) {
        let field = |key| toleration.get(key).map(Value::text).unwrap_or_default();
        let all = field("operator") == "Exists" && field("key").is_empty();
        if all && matches!(&*field("effect"), "" | "NoSchedule" | "NoExecute") {
            let place = toleration.get("operator").unwrap_or(toleration);
            let message = "The pod tolerates every taint: it runs where nothing else may";
            findings.report(Finding::at(place).message(message).removing(toleration));
        }
    }
}
