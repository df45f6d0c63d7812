//! `recommended-labels-missing`

use super::super::patterns::{self, Wanted};
use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::parameter::{Default, Parameter, parameter, required};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "recommended-labels-missing",
    title: "Required labels are missing",
    severity: Severity::Info,
    severity_reason: "ownership unknown",
    rationale: "Nobody knows whom to call about an object without labels: it outlives its owner, and in an incident nobody dares to touch it.",
    remediation: "Add the labels that the organisation asks for to the object and to its pod template.",
    verify: "kubectl get deploy,sts,ds,cronjob -A --show-labels",
    aliases: &[
        alias("kubescape", "C-0076"),
        alias("kubescape", "C-0077"),
        alias("kube-linter", "required-label-owner"),
        alias("datree", "WORKLOAD_MISSING_LABEL_OWNER_VALUE"),
        alias("datree", "DEPLOYMENT_MISSING_LABEL_ENV_VALUE"),
        alias("gatekeeper", "K8sRequiredLabels"),
        alias("kyverno", "require-labels"),
        alias("kyverno", "metadata-match-regex"),
        alias("kyverno", "require-kubecost-labels"),
        alias("kubewarden", "labels-policy"),
        alias("kubewarden", "safe-labels-policy"),
        alias("kubewarden", "ControllerMissingKubernetesAppLabel"),
        alias("kubewarden", "ControllerMissingKubernetesAppComponentLabel"),
        alias("kubewarden", "ControllerMissingKubernetesAppCreatedByLabel"),
        alias("kubewarden", "ControllerMissingKubernetesAppInstanceLabel"),
        alias("kubewarden", "ControllerMissingKubernetesAppManagedByLabel"),
        alias("kubewarden", "ControllerMissingKubernetesAppPartOfLabel"),
        alias("kubewarden", "ControllerMissingKubernetesAppVersionLabel"),
        alias("kubewarden", "ControllerMissingLabelValue"),
        alias("kubewarden", "ControllerMissingOwnerLabel"),
    ],
    mappings: &[maps("nist-800-53", "CM-8")],
    references: &["https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[REQUIRED, COMMON],
    check: Check::ObjectAndWorkload(check, check_template),
    fixtures: &[
        fixture_with(
            &[("required", "team, tier=web|db")],
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  labels: #~ info metadata.labels: The label `team` is missing
    tier: web
",
        ),
        fixture_with(
            &[("required", "team, tier=web|db")],
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  labels:
    team: shop
    tier: web
",
        ),
        fixture_with(
            &[("required", "team, tier=web|db")],
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  labels:
    team: shop
    tier: webby #~ info metadata.labels.tier: The label `tier` is `webby`
",
        ),
        fixture_with(
            &[("required", "common"), ("common", "app.kubernetes.io/name")],
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
  labels:
    app.kubernetes.io/name: app
spec:
  template:
    metadata: #~ info spec.template.metadata.labels: The label `app.kubernetes.io/name` is missing
      name: app
    spec:
      containers:
        - name: app
          image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
",
        ),
    ],
};

const REQUIRED: Parameter = required(
    "required",
    Default::List(&[]),
    "labels that must be there: `key`, or `key=regular expression` for the whole value; `common` stands for the list of that name",
);
const COMMON: Parameter = parameter(
    "common",
    Default::List(&[
        "app.kubernetes.io/name",
        "app.kubernetes.io/instance",
        "app.kubernetes.io/version",
        "app.kubernetes.io/component",
        "app.kubernetes.io/part-of",
        "app.kubernetes.io/managed-by",
    ]),
    "what the word `common` in `required` stands for",
);

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if let Some(metadata) = object.metadata {
        judge(metadata, findings);
    }
}

/// Labels of a template are what Services, policies and people find pods by.
fn check_template(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    match workload.pod.metadata {
        // A pod's own metadata is that of the object.
        Some(metadata) if workload.object.metadata.is_none_or(|own| own.id() != metadata.id()) => {
            judge(metadata, findings)
        }
        _ => {}
    }
}

fn judge(metadata: Value<'_>, findings: &mut Findings<'_>) {
    let (required, common) = (findings.list(&REQUIRED), findings.list(&COMMON));
    let own = required.iter().filter(|word| *word != "common");
    let shared = common.iter().filter(|_| required.contains("common"));
    for word in own.chain(shared) {
        match patterns::find(metadata.get("labels"), word) {
            Wanted::Found(_) => {}
            Wanted::Differs(value) => {
                let message =
                    format!("The label `{}` is `{{value}}`, which is not what is asked for", patterns::key(word));
                findings.report(Finding::at(value).message(message));
            }
            Wanted::Missing => {
                let message = format!("The label `{}` is missing", patterns::key(word));
                findings.report(Finding::missing(metadata, "labels").message(message));
            }
        }
    }
}
