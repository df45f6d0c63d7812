//! `tiller-deployed`

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
    id: "tiller-deployed",
    title: "Helm 2 Tiller is deployed",
    severity: Severity::Critical,
    severity_reason: "unauthenticated cluster-admin API inside the cluster",
    rationale: "Tiller takes orders from whoever reaches its port, without asking who they are, and carries them out with its own rights, which are usually those of the whole cluster.",
    remediation: "Remove Tiller and move its releases to Helm 3, which has none.",
    verify: "kubectl get deployments -A -l app=helm,name=tiller",
    aliases: &[
        alias("trivy", "KSV-0102"),
        alias("checkov", "CKV_K8S_34"),
        alias("checkov", "CKV_K8S_44"),
        alias("checkov", "CKV_K8S_45"),
        alias("kyverno", "disallow-helm-tiller"),
    ],
    mappings: &[maps("owasp-k8s-top10", "K06")],
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
          image: gcr.io/kubernetes-helm/tiller:v2.17.0 #~ critical spec.template.spec.containers[0].image
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
          image: gcr.io/kubernetes-helm/other:v2.17.0
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
  labels:
    app: helm
    name: tiller #~ by its labels
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
    name: tiller
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
            "apiVersion: v1
kind: Service
metadata:
  name: t
spec:
  ports:
    - port: 44134 #~ Service offers port 44134
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  selector: {matchLabels: {name: tiller}}
  template:
    metadata:
      labels:
        app: helm
        name: tiller #~ critical spec.template.metadata.labels.name: Tiller of Helm 2
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
    app: helm
    name: tiller #~ by its labels
spec:
  containers:
    - name: app
      image: x:1
",
        ),
    ],
};

const PORT: i64 = 44134;

fn check_object(object: &Object<'_>, findings: &mut Findings<'_>) {
    let is_service = object.is("", "Service");
    if !(is_service || is_workload_kind(object.group(), &object.kind)) {
        return findings.not_applicable();
    }
    if let Some(name) = tiller_label(object.labels()) {
        findings.report(Finding::at(name).message(BY_LABELS));
    }
    let ports = is_service.then(|| object.value.at(&["spec", "ports"])).flatten();
    for port in ports.into_iter().flat_map(Value::items) {
        let number =
            ["port", "targetPort"].iter().find_map(|key| port.get(key).filter(|port| port.as_int() == Some(PORT)));
        if let Some(number) = number {
            findings.report(Finding::at(number).message("Service offers port {value}, the one of Tiller"));
        }
    }
}

const BY_LABELS: &str = "Tiller of Helm 2 is deployed here, by its labels";

/// The name of Tiller among the labels, where the other label of it is there too.
fn tiller_label<'d>(labels: impl Iterator<Item = (Value<'d>, Value<'d>)>) -> Option<Value<'d>> {
    let (mut is_helm, mut tiller) = (false, None);
    for (key, value) in labels {
        is_helm |= key.is_key("app") && value.text() == "helm";
        tiller = tiller.or_else(|| (key.is_key("name") && value.text() == "tiller").then_some(value));
    }
    tiller.filter(|_| is_helm)
}

fn check_workload(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    // What the object has as labels itself has been said of it.
    if tiller_label(workload.object.labels()).is_none()
        && let Some(name) = tiller_label(workload.pod.labels())
    {
        findings.report(Finding::at(name).message(BY_LABELS));
    }
    for container in &workload.pod.containers {
        let Some(image) = container.image else { continue };
        if ImageReference::parse(&image.text()).basename() == "tiller" {
            let message = "Container `{container}` is Tiller: whoever reaches it commands the cluster";
            findings.report(Finding::at(image).container(container).message(message));
        }
    }
}
