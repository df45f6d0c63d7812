//! `sandbox-resources-unbounded`

use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, parameter};
use model::pod::ContainerList;
use model::quantity;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "sandbox-resources-unbounded",
    title: "Agent sandbox template has no resource ceiling",
    severity: Severity::Medium,
    severity_reason: "untrusted code can exhaust the node",
    rationale: "A sandbox runs code that nobody has read. Without a ceiling it may take the processors and the memory of the node from everything beside it.",
    remediation: "Set `resources.limits` for cpu and memory on every container of the template.",
    verify: "kubectl get sandboxtemplates -A -o json | jq -r '.items[] | select(any(.spec.podTemplate.spec.containers[]; .resources.limits.cpu == null or .resources.limits.memory == null)) | .metadata.name'",
    aliases: &[alias("kubescape", "C-0303")],
    mappings: &[maps("owasp-k8s-top10", "K01"), maps("nist-800-53", "SC-5")],
    references: &[],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[MOST_CPU, MOST_MEMORY],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: extensions.agents.x-k8s.io/v1alpha1
kind: SandboxTemplate
metadata:
  name: s
spec:
  podTemplate:
    spec:
      containers:
        - name: app #~ medium spec.podTemplate.spec.containers[0].resources.limits.cpu: #~ limit of memory
          image: app:1
",
        ),
        fixture(
            "apiVersion: extensions.agents.x-k8s.io/v1alpha1
kind: SandboxTemplate
metadata:
  name: s
spec:
  podTemplate:
    spec:
      containers:
        - name: app
          image: app:1
          resources:
            limits: {cpu: 500m, memory: 1Gi}
",
        ),
        fixture(
            "apiVersion: extensions.agents.x-k8s.io/v1alpha1
kind: SandboxTemplate
metadata:
  name: s
spec:
  podTemplate:
    spec:
      containers:
        - name: app
          image: app:1
          resources:
            limits:
              cpu: 8 #~ the ceiling is 4
              memory: 16Gi #~ the ceiling is 8Gi
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
        fixture_with(
            &[("max_cpu", "1")],
            "apiVersion: extensions.agents.x-k8s.io/v1alpha1
kind: SandboxTemplate
metadata:
  name: agent
spec:
  podTemplate:
    spec:
      containers:
        - name: agent
          image: agent:1
          resources:
            limits:
              cpu: 2 #~ the ceiling is 1
              memory: 1Gi
",
        ),
    ],
};

const MOST_CPU: Parameter = parameter("max_cpu", Default::Text("4"), "the most CPU that a sandbox may use");
const MOST_MEMORY: Parameter = parameter("max_memory", Default::Text("8Gi"), "the most memory that a sandbox may use");

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    if workload.object.kind != "SandboxTemplate" {
        return findings.not_applicable();
    }
    // An ephemeral container cannot have limits.
    let limited = workload.pod.containers.iter().filter(|container| container.list != ContainerList::Ephemeral);
    for container in limited {
        let ceilings =
            [("cpu", "resources.limits.cpu", &MOST_CPU), ("memory", "resources.limits.memory", &MOST_MEMORY)];
        for (name, field, ceiling) in ceilings {
            let written = findings.text(ceiling);
            let most = quantity::parse(written).unwrap_or(f64::INFINITY);
            let limit = container.resources.and_then(|resources| resources.at(&["limits", name]));
            let quantity = limit.and_then(|limit| quantity::parse(&limit.text()));
            let finding = match (limit, quantity) {
                (Some(limit), Some(quantity)) if quantity > most => Finding::at(limit).message(format!(
                    "Container `{{container}}` of a sandbox may use {{value}} of {name}; the ceiling is {written}"
                )),
                (Some(_), Some(quantity)) if quantity > 0.0 => continue,
                _ => Finding::missing(container.value, field).message(format!(
                    "Container `{{container}}` of a sandbox has no limit of {name}: it may take all of its node"
                )),
            };
            findings.report(finding.container(container));
        }
    }
}
