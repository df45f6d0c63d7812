//! `resource-out-of-range`

use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, required};
use model::quantity;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "resource-out-of-range",
    title: "Requests or limits are outside the allowed range",
    severity: Severity::Low,
    severity_reason: "over- or undersized",
    rationale: "What asks for too much starves others, and what may take many times what it asks for makes the scheduler's sums wrong.",
    remediation: "Bring requests and limits into the range that the organisation allows.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.containers[].resources) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kubescape", "C-0004"),
        alias("kubescape", "C-0050"),
        alias("gatekeeper", "K8sContainerLimits"),
        alias("gatekeeper", "K8sContainerRequests"),
        alias("gatekeeper", "K8sContainerRatios"),
        alias("kyverno", "enforce-resources-as-ratio"),
        alias("kubewarden", "container-resources-policy"),
    ],
    mappings: &[maps("nist-800-53", "SC-6")],
    references: &["https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[MAX, MIN, MAX_RATIO],
    check: Check::Workload(check),
    fixtures: &[
        fixture_with(
            &[("max", "cpu=4, memory=8Gi")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      resources:
        limits:
          cpu: 8 #~ low spec.containers[0].resources.limits.cpu: Container `app` has 8 of cpu, which is more
          memory: 8192Mi
",
        ),
        fixture_with(
            &[("max", "cpu=4, memory=8Gi")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      resources:
        limits:
          cpu: 4
          memory: 8192Mi
",
        ),
        fixture_with(
            &[("min", "cpu=10m"), ("max_ratio", "cpu=4")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      resources:
        requests:
          cpu: 5m #~ which is less than allowed
        limits:
          cpu: 100m #~ too many times what it asks for
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
      resources:
        limits:
          cpu: 800
",
        ),
    ],
};

const MAX: Parameter = required("max", Default::List(&[]), "the most of each resource, such as `cpu=4`, `memory=8Gi`");
const MIN: Parameter = required("min", Default::List(&[]), "the least of each resource, such as `cpu=10m`");
const MAX_RATIO: Parameter =
    required("max_ratio", Default::List(&[]), "how many times its request a limit may be, such as `cpu=4`");

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for container in &workload.pod.containers {
        let Some(resources) = container.resources else { continue };
        let amount = |kind, resource: &str| resources.at(&[kind, resource]).and_then(read);
        for (kind, resource, value, number) in amounts(resources) {
            let most = bound(findings, &MAX, &resource);
            let least = bound(findings, &MIN, &resource);
            let message = if most.is_some_and(|most| number > most) {
                format!("Container `{{container}}` has {{value}} of {resource}, which is more than allowed")
            } else if least.is_some_and(|least| number < least) {
                format!("Container `{{container}}` has {{value}} of {resource}, which is less than allowed")
            } else if kind == "limits"
                && let (Some(ratio), Some(request)) =
                    (bound(findings, &MAX_RATIO, &resource), amount("requests", &resource))
                && request > 0.0
                && number / request > ratio
            {
                format!("Container `{{container}}` may take {{value}} of {resource}, too many times what it asks for")
            } else {
                continue;
            };
            findings.report(Finding::at(value).container(container).message(message));
        }
    }
}

/// Kind, resource, place and number of every request and limit.
fn amounts(resources: Value<'_>) -> Vec<(&'static str, String, Value<'_>, f64)> {
    let kinds = ["requests", "limits"].into_iter();
    let entries = kinds.flat_map(|kind| {
        let entries = resources.get(kind).into_iter().flat_map(Value::entries);
        entries.map(move |(key, value)| (kind, key.text().into_owned(), value))
    });
    entries.filter_map(|(kind, resource, value)| Some((kind, resource, value, read(value)?))).collect()
}

fn read(value: Value<'_>) -> Option<f64> {
    quantity::parse(&value.text())
}

fn bound(findings: &Findings<'_>, parameter: &'static Parameter, resource: &str) -> Option<f64> {
    let mut words = findings.list(parameter).iter();
    words.find_map(|word| word.strip_prefix(resource)?.strip_prefix('=').and_then(quantity::parse))
}
