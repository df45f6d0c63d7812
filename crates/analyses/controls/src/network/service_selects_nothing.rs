//! `service-selects-nothing`

use super::service_pods::{Selected, ServicePods};
use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::{Inventory, PortReference, ServiceFact};
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "service-selects-nothing",
    title: "Service selector matches no workload",
    severity: Severity::Low,
    severity_reason: "dead, or hijackable by whoever creates matching labels",
    rationale: "A Service without pods is dead. It also waits: whoever may create a pod with these labels in the namespace gets what clients send to the name, with their passwords.",
    remediation: "Correct the selector or the labels of the pods, or delete the Service.",
    verify: "kubectl get endpointslices -A -o json | jq -r '.items[] | select((.endpoints // []) | length == 0) | \"\\(.metadata.namespace)/\\(.metadata.labels[\"kubernetes.io/service-name\"])\"'",
    aliases: &[
        alias("kubescape", "C-0293"),
        alias("kube-linter", "dangling-service"),
        alias("kube-score", "service-targets-pod"),
    ],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/services-networking/service/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        complete_fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: wbe} #~ low spec.selector: The Service selects no workload
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web}]}
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web}]}
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web} #? info spec.selector: The Service selects no workload of the input
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: elsewhere
  namespace: a
spec:
  selector: {app: web} #~ selects no workload
---
apiVersion: v1
kind: Service
metadata:
  name: without-selector
spec: {}
---
apiVersion: v1
kind: Service
metadata:
  name: name
spec:
  type: ExternalName
  selector: {app: none}
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: b
  labels: {app: web}
spec: {containers: [{name: web}]}
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports:
    - port: 80
      targetPort: 8080
    - port: 81
      targetPort: 8081 #~ info spec.ports[1].targetPort: No container behind the Service declares port `8081`
    - port: 53
      targetPort: 8080 #~ info spec.ports[2].targetPort
      protocol: UDP
    - port: 82
      targetPort: http
    - port: 83
      targetPort: init #~ declares port `init`
    - port: 8080
    - port: 84 #~ info spec.ports[6].port
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: web}
spec:
  initContainers:
    - {name: init, ports: [{name: init, containerPort: 1}]}
  containers:
    - {name: web, ports: [{name: http, containerPort: 8080}]}
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let mut pods = ServicePods::new(inventory);
    for service in &inventory.facts.network.services {
        let Some(selected) = pods.of(service) else { continue };
        findings.looked_at(service.resource);
        if !selected.workloads.is_empty() {
            report_ports(inventory, service, selected, findings);
            continue;
        }
        let finding = Finding::at_place(service.selector_place);
        findings.report(
            service.resource,
            match inventory.complete {
                true => finding
                    .message("The Service selects no workload: whoever makes a pod with these labels gets its traffic"),
                false => finding
                    .severity(Severity::Info)
                    .message("The Service selects no workload of the input: whether there is one is not known")
                    .skip(),
            },
        );
    }
}

/// A port that nobody declares may be listened on all the same.
fn report_ports(
    inventory: &Inventory,
    service: &ServiceFact,
    selected: &Selected<'_>,
    findings: &mut InventoryFindings<'_>,
) {
    for port in &service.ports {
        let Some(target) = port.target.filter(|target| selected.declaring(port.protocol, *target) == 0) else {
            continue;
        };
        let shown = match target {
            PortReference::Number(number) => number.to_string(),
            PortReference::Name(name) => inventory.symbols.text(name),
        };
        let message = "No container behind the Service declares port `{value}`: nobody may be listening there";
        let finding = Finding::at_place(port.target_place).value(shown).severity(Severity::Info).message(message);
        findings.report(service.resource, finding);
    }
}
