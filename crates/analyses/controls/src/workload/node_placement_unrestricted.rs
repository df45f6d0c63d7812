//! `node-placement-unrestricted`

use model::control::{Check, Control, alias, fixture, fixture_with};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, required};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "node-placement-unrestricted",
    title: "Workload states no node placement",
    severity: Severity::Info,
    severity_reason: "runs anywhere, also on foreign node pools",
    rationale: "The workload runs on any node, also on pools that are meant for others: what it may reach there is not what was planned.",
    remediation: "Set `nodeSelector` or `nodeAffinity`, with keys that are free for teams to use.",
    verify: "kubectl get pods -A -o wide",
    aliases: &[
        alias("kube-linter", "no-node-affinity"),
        alias("kubewarden", "ControllerAffinityNodeSelector"),
        alias("kyverno", "restrict-node-affinity"),
        alias("kyverno", "restrict-node-selection"),
    ],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[REQUIRE_SET, FORBIDDEN_KEYS],
    check: Check::Workload(check),
    fixtures: &[
        fixture_with(
            &[("require_set", "true")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec: #~ info spec.nodeSelector: The workload says nothing
  containers:
    - name: app
      image: app:1
",
        ),
        fixture_with(
            &[("require_set", "true")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  nodeSelector:
    pool: shop
  containers:
    - name: app
      image: app:1
",
        ),
        fixture_with(
            &[("forbidden_keys", "pool")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  nodeSelector:
    pool: infra #~ info spec.nodeSelector.pool
  affinity:
    nodeAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        nodeSelectorTerms:
          - matchExpressions:
              - key: pool #~ which is reserved
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
  containers:
    - name: app
      image: app:1
",
        ),
    ],
};

const REQUIRE_SET: Parameter =
    required("require_set", Default::Switch(false), "whether every workload must say where it runs");
const FORBIDDEN_KEYS: Parameter =
    required("forbidden_keys", Default::List(&[]), "labels of nodes that are reserved for those who run the platform");

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let pod = &workload.pod;
    let affinity = pod.affinity.and_then(|affinity| affinity.get("nodeAffinity"));
    let forbidden = findings.list(&FORBIDDEN_KEYS);
    for (key, value) in pod.node_selector.into_iter().flat_map(Value::entries) {
        if forbidden.contains(&key.text()) {
            let finding = Finding::at_key_of(value).value(key.text());
            findings.report(finding.message("The workload chooses nodes by `{value}`, which is reserved"));
        }
    }
    let required =
        affinity.and_then(|a| a.at(&["requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"]));
    let preferred = affinity.and_then(|a| a.get("preferredDuringSchedulingIgnoredDuringExecution"));
    let preferred = preferred.into_iter().flat_map(Value::items).filter_map(|term| term.get("preference"));
    for term in required.into_iter().flat_map(Value::items).chain(preferred) {
        for key in term.get("matchExpressions").into_iter().flat_map(Value::items).filter_map(|term| term.get("key")) {
            if forbidden.contains(&key.text()) {
                findings.report(Finding::at(key).message("The workload chooses nodes by `{value}`, which is reserved"));
            }
        }
    }
    if findings.switch(&REQUIRE_SET) && pod.node_selector.or(affinity).is_none() {
        let message = "The workload says nothing of where it runs";
        findings.report(Finding::missing(pod.spec, "nodeSelector").message(message));
    }
}
