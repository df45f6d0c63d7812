//! `user-workload-in-kube-system`

use super::namespaces;
use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "user-workload-in-kube-system",
    title: "User resources are placed in a system namespace",
    severity: Severity::Medium,
    severity_reason: "system namespaces are exempt from many policies and hold powerful tokens",
    rationale: "System namespaces are left out of many policies, and hold tokens that can change the cluster. What runs there is watched less and may do more.",
    remediation: "Give the workload a namespace of its own. An add-on that belongs there carries the label `k8s-app` or `kubernetes.io/cluster-service`.",
    verify: "kubectl get deploy,ds,sts,job,cronjob,pod,svc -n kube-system --show-labels",
    aliases: &[alias("trivy", "KSV-0037"), alias("kubewarden", "ControllerProhibitNamespace")],
    mappings: &[
        maps("nsa-cisa", "pod-security"),
        maps("stig", "V-242383"),
        maps("stig", "V-242417"),
        maps("owasp-k8s-top10", "K04"),
    ],
    references: &["https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[KNOWN, STRICT],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: kube-system #~ medium metadata.namespace: The object stands in `kube-system`
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
  namespace: shop
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
  namespace: kube-system
  labels:
    k8s-app: kube-dns
spec:
  containers:
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: app
  namespace: kube-public #~ info metadata.namespace: An add-on that is not known
  labels:
    helm.sh/chart: metrics-server-3.12.1
",
        ),
        fixture_with(
            &[("strict", "true")],
            "apiVersion: v1
kind: Service
metadata:
  name: app
  namespace: kube-node-lease #~ medium metadata.namespace
  labels:
    helm.sh/chart: metrics-server-3.12.1
",
        ),
        fixture_with(
            &[("known", "metrics-server"), ("strict", "true")],
            "apiVersion: v1
kind: Service
metadata:
  name: app
  namespace: kube-system
  labels:
    helm.sh/chart: metrics-server-3.12.1
---
apiVersion: v1
kind: Service
metadata:
  name: other
  namespace: kube-system #~ medium
  labels:
    helm.sh/chart: metrics-server-evil-1.0.0
",
        ),
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  namespace: kube-system
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: ebs-csi-node
  namespace: kube-system #~ info metadata.namespace: An add-on that is not known
spec:
  template:
    spec:
      priorityClassName: system-node-critical
      containers: []
",
        ),
    ],
};

const KNOWN: Parameter =
    parameter("known", Default::List(&[]), "Helm charts, by name, whose objects belong in system namespaces");
const STRICT: Parameter =
    parameter("strict", Default::Switch(false), "whether add-ons from charts that are not known fail");

/// Labels that the makers of clusters put on their add-ons.
const ADD_ON: &[&str] = &["k8s-app", "kubernetes.io/cluster-service", "addonmanager.kubernetes.io/mode"];

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let namespace = object.namespace();
    let is_subject = namespaces::holds_a_pod(object) || object.is("", "Service");
    if !is_subject || !namespaces::is_system(&namespace) {
        return findings.not_applicable();
    }
    let Some(place) = object.metadata.and_then(|metadata| metadata.get("namespace")) else { return };
    let label = |wanted: &str| object.labels().find(|(key, _)| key.is_key(wanted)).map(|(_, value)| value.text());
    if ADD_ON.iter().any(|wanted| label(wanted).is_some()) {
        return;
    }
    let is_chart = ["helm.sh/chart", "chart"].iter().find_map(|wanted| label(wanted));
    let managed = is_chart.is_some() || label("app.kubernetes.io/managed-by").is_some() || has_system_class(object);
    let known = findings.list(&KNOWN);
    let is_known = is_chart.is_some_and(|chart| known.iter().any(|name| is_chart_of(&chart, name)));
    if is_known {
        return;
    }
    let finding = Finding::at(place);
    findings.report(if managed && !findings.switch(&STRICT) {
        let message = "An add-on that is not known stands in `{value}`, which many policies leave out";
        finding.severity(Severity::Info).message(message)
    } else {
        finding.message("The object stands in `{value}`, which many policies leave out")
    });
}

/// Whether its pods have a class that is for what the cluster cannot do without: an add-on says so, such as a plugin for
/// the network or for storage.
fn has_system_class(object: &Object<'_>) -> bool {
    let class = object.value.at(&["spec", "template", "spec", "priorityClassName"]);
    class.is_some_and(|class| matches!(&*class.text(), "system-node-critical" | "system-cluster-critical"))
}

/// Whether `chart`, a name with a version as Helm writes it, is `name`.
fn is_chart_of(chart: &str, name: &str) -> bool {
    let version = chart.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
    chart == name || version.is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit() || c == 'v'))
}
