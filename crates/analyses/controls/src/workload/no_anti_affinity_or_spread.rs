//! `no-anti-affinity-or-spread`

use super::scaling;
use model::control::{Check, Control, alias, fixture};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::labels::{Selector, labels};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "no-anti-affinity-or-spread",
    title: "Replicas may land on one node",
    severity: Severity::Low,
    severity_reason: "node loss takes all",
    rationale: "The scheduler may put all replicas on one node: when that goes, all of them go, and the replicas have protected nobody.",
    remediation: "Add `topologySpreadConstraints` over `kubernetes.io/hostname` that select the labels of the pods.",
    verify: "kubectl get pods -A -o wide --sort-by=.spec.nodeName",
    aliases: &[
        alias("kube-linter", "no-anti-affinity"),
        alias("kube-score", "deployment-has-host-podantiaffinity"),
        alias("kube-score", "statefulset-has-host-podantiaffinity"),
        alias("kube-score", "pod-topology-spread-constraints"),
        alias("polaris", "topologySpreadConstraint"),
        alias("kyverno", "topologyspreadconstraints-policy"),
        alias("datree", "EKS_MISSING_KEY_TOPOLOGYKEY"),
        alias("datree", "EKS_INVALID_VALUE_DONOOTSCHEDULE"),
    ],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  replicas: 3 #~ low spec.replicas: All 3 replicas may land on one node
  template:
    metadata:
      labels:
        app: app
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
  replicas: 3
  template:
    metadata:
      labels:
        app: app
    spec:
      containers:
        - name: app
          image: app:1
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              app: app
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  replicas: 3
  template:
    metadata:
      labels:
        app: app
    spec:
      containers:
        - name: app
          image: app:1
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 1
              podAffinityTerm:
                topologyKey: kubernetes.io/hostname
                labelSelector:
                  matchExpressions:
                    - {key: app, operator: In, values: [app, x]}
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  replicas: 3 #~ low
  template:
    metadata:
      labels:
        app: app
    spec:
      containers:
        - name: app
          image: app:1
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              app: other
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  replicas: 3 #~ low
  template:
    metadata:
      labels:
        app: app
    spec:
      containers:
        - name: app
          image: app:1
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 1
              podAffinityTerm:
                topologyKey: topology.kubernetes.io/zone
                labelSelector:
                  matchExpressions:
                    - {key: app, operator: In, values: [app, x]}
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  replicas: 1
  template:
    metadata:
      labels:
        app: app
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
    metadata:
      labels:
        app: app
    spec:
      containers:
        - name: app
          image: app:1
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let replicas = workload.object.value.at(&["spec", "replicas"]);
    let is_several = replicas.and_then(Value::as_int).is_some_and(|number| number > 1);
    if !scaling::is_scalable(&workload.object.kind) || !is_several {
        return findings.not_applicable();
    }
    let pod = &workload.pod;
    let own = labels(pod.metadata.and_then(|metadata| metadata.get("labels")), findings.symbols);
    let selects = |selector: Option<Value<'_>>| {
        selector.is_some_and(|selector| Selector::new(selector, findings.symbols).matches(&own))
    };
    let mut spread = pod.spec.get("topologySpreadConstraints").into_iter().flat_map(Value::items);
    let anti = pod.affinity.and_then(|affinity| affinity.get("podAntiAffinity"));
    let terms = |key| anti.and_then(|anti| anti.get(key)).into_iter().flat_map(Value::items);
    let required = terms("requiredDuringSchedulingIgnoredDuringExecution");
    let preferred =
        terms("preferredDuringSchedulingIgnoredDuringExecution").filter_map(|term| term.get("podAffinityTerm"));
    let by_node = |term: &Value<'_>| term.get("topologyKey").is_some_and(|key| key.text() == "kubernetes.io/hostname");
    if spread.any(|constraint| selects(constraint.get("labelSelector")))
        || required.chain(preferred).filter(by_node).any(|term| selects(term.get("labelSelector")))
    {
        return;
    }
    let message = "All {value} replicas may land on one node";
    if let Some(replicas) = replicas {
        findings.report(Finding::at(replicas).message(message));
    }
}
