//! `hpa-range-invalid`

use model::control::{Check, Control, alias, fixture};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "hpa-range-invalid",
    title: "HorizontalPodAutoscaler range is too small",
    severity: Severity::Low,
    severity_reason: "cannot scale or not available",
    rationale: "With a minimum of one the workload has no second pod when the first is lost, and with no room above it does not scale when load comes.",
    remediation: "Set `minReplicas` to 2 or more and `maxReplicas` above it.",
    verify: "kubectl get hpa -A",
    aliases: &[
        alias("polaris", "hpaMaxAvailability"),
        alias("polaris", "hpaMinAvailability"),
        alias("kube-linter", "hpa-minimum-three-replicas"),
        alias("kube-score", "horizontalpodautoscaler-replicas"),
        alias("datree", "HPA_MISSING_MINREPLICAS_KEY"),
        alias("datree", "HPA_MISSING_MAXREPLICAS_KEY"),
        alias("gatekeeper", "K8sHorizontalPodAutoscaler"),
    ],
    mappings: &[],
    references: &["https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[MIN],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: app
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: app
  minReplicas: 1 #~ low spec.minReplicas: The autoscaler goes down to 1
  maxReplicas: 5
",
        ),
        fixture(
            "apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: app
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: app
  minReplicas: 2
  maxReplicas: 5
",
        ),
        fixture(
            "apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: app
spec: #~ low spec.minReplicas
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: app
  maxReplicas: 1 #~ low spec.maxReplicas: The autoscaler may not go above
",
        ),
        fixture(
            "apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: app
spec: #~ low spec.maxReplicas: The autoscaler has no maximum
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: app
  minReplicas: 2
",
        ),
    ],
};

const MIN: Parameter = parameter("min", Default::Number(Some(2)), "the fewest replicas that are enough");

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !object.is("autoscaling", "HorizontalPodAutoscaler") {
        return findings.not_applicable();
    }
    let Some(spec) = object.value.get("spec") else { return };
    let (least, most) = (spec.get("minReplicas"), spec.get("maxReplicas"));
    let fewest = least.and_then(Value::as_int).unwrap_or(1);
    if fewest < findings.number(&MIN).unwrap_or(0) {
        let message = "The autoscaler goes down to {value}: nobody answers while that pod is moved";
        let finding = least.map_or_else(|| Finding::missing(spec, "minReplicas"), Finding::at);
        findings.report(finding.value(fewest.to_string()).message(message));
    }
    match most.and_then(Value::as_int) {
        None => {
            let finding = most.map_or_else(|| Finding::missing(spec, "maxReplicas"), Finding::at);
            findings.report(finding.message("The autoscaler has no maximum: the API server refuses it"));
        }
        Some(number) if number <= fewest => {
            let message = "The autoscaler may not go above its minimum: it scales nothing";
            findings.report(Finding::at(most.unwrap_or(spec)).message(message));
        }
        Some(_) => {}
    }
}
