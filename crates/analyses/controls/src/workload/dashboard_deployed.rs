//! `dashboard-deployed`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::image_reference::ImageReference;
use model::object::Object;
use model::severity::Severity;
use model::workload::Workload;
use model::workload::is_workload_kind;

/// The control.
pub static CONTROL: Control = Control {
    id: "dashboard-deployed",
    title: "Kubernetes Dashboard is deployed",
    severity: Severity::Medium,
    severity_reason: "powerful web console",
    rationale: "The dashboard is a console to the cluster on the web. With a service account of its own, or with the login skipped, whoever reaches it has what it may do.",
    remediation: "Remove it, and use a console that runs on the operator's machine with the operator's own rights.",
    verify: "kubectl get deployments -A -l k8s-app=kubernetes-dashboard",
    aliases: &[alias("kubescape", "C-0014"), alias("checkov", "CKV_K8S_33")],
    mappings: &[
        maps("stig", "V-242395"),
        maps("owasp-k8s-top10", "K06"),
        maps("mitre", "T1133"),
        maps("cis-gke", "5.10.1"),
    ],
    references: &[],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::ObjectAndWorkload(check_object, check_workload),
    fixtures: &[
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
  labels:
    a: b
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      containers:
        - name: app
          image: docker.io/kubernetesui/dashboard:v2.7.0 #~ medium spec.template.spec.containers[0].image
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
  labels:
    a: b
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      containers:
        - name: app
          image: docker.io/kubernetesui/metrics-scraper:v1
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
  labels:
    k8s-app: kubernetes-dashboard #~ by its label
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      containers:
        - name: app
          image: x:1
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
  labels:
    a: b
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      containers:
        - name: app
          image: kubernetesui/dashboard:v2 #~ medium
          args:
            - --enable-skip-login #~ high
            - --disable-settings-authorizer=false
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: d
  labels:
    app.kubernetes.io/name: kubernetes-dashboard #~ by its label
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  selector: {matchLabels: {k8s-app: kubernetes-dashboard}}
  template:
    metadata:
      labels:
        k8s-app: kubernetes-dashboard #~ medium spec.template.metadata.labels.k8s-app: Kubernetes Dashboard is deployed
    spec:
      containers:
        - name: app
          image: x:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
  labels:
    k8s-app: kubernetes-dashboard #~ by its label
spec:
  containers:
    - name: app
      image: x:1
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
      image: kubernetesui/dashboard:v2 #~ medium
      args:
        - --disable-settings-authorizer=1 #~ high
",
        ),
    ],
};

const FLAGS: &[&str] = &["--enable-skip-login", "--disable-settings-authorizer"];

fn check_object(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !(object.is("", "Service") || is_workload_kind(object.group(), &object.kind)) {
        return findings.not_applicable();
    }
    if let Some(value) = dashboard_label(object.labels()) {
        findings.report(Finding::at(value).message(BY_LABEL));
    }
}

const BY_LABEL: &str = "Kubernetes Dashboard is deployed here, by its label";

fn dashboard_label<'d>(mut labels: impl Iterator<Item = (Value<'d>, Value<'d>)>) -> Option<Value<'d>> {
    let is_dashboard = |(key, value): &(Value<'_>, Value<'_>)| {
        matches!(&*key.text(), "k8s-app" | "app.kubernetes.io/name") && value.text() == "kubernetes-dashboard"
    };
    labels.find(is_dashboard).map(|(_, value)| value)
}

fn check_workload(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    // What the object has as a label itself has been said of it.
    if dashboard_label(workload.object.labels()).is_none()
        && let Some(value) = dashboard_label(workload.pod.labels())
    {
        findings.report(Finding::at(value).message(BY_LABEL));
    }
    for container in &workload.pod.containers {
        let Some(image) = container.image else { continue };
        let text = image.text();
        let repository = ImageReference::parse(&text).repository;
        if !(repository == "kubernetesui/dashboard" || repository.ends_with("/kubernetesui/dashboard")) {
            continue;
        }
        findings.report(
            Finding::at(image).container(container).message("Container `{container}` is the Kubernetes Dashboard"),
        );
        let lists = [container.command, container.args];
        let arguments = lists.into_iter().flatten().flat_map(Value::items);
        for flag in arguments.filter(|flag| FLAGS.iter().any(|known| is_on(&flag.text(), known))) {
            let message =
                "Container `{container}` is the Kubernetes Dashboard with `{value}`: a wall before it is down";
            findings.report(Finding::at(flag).container(container).severity(Severity::High).message(message));
        }
    }
}

fn is_on(argument: &str, flag: &str) -> bool {
    let Some(rest) = argument.strip_prefix(flag) else { return false };
    // The spellings of true that Go's `strconv.ParseBool` knows.
    matches!(rest, "" | "=1" | "=t" | "=T" | "=true" | "=True" | "=TRUE")
}
