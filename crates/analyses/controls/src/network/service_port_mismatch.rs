//! `service-port-mismatch`

use super::service_pods::ServicePods;
use model::control::{Check, Control, InventoryFindings, alias, fixture};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::inventory::{Inventory, PortReference};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "service-port-mismatch",
    title: "Service target port is not declared",
    severity: Severity::Info,
    severity_reason: "broken wiring",
    rationale: "A name that a pod does not declare leads nowhere: the pod is left out of the Service, and clients get fewer pods than there are, or none. A name that the API refuses stops the release.",
    remediation: "Let `targetPort` be a port name that all selected pods declare. Port names have at most 15 lower-case letters, digits and hyphens.",
    verify: "kubectl get services -A -o json | jq -r '.items[] | . as $s | .spec.ports[]? | select(.targetPort | type == \"string\") | \"\\($s.metadata.namespace)/\\($s.metadata.name) \\(.targetPort)\"'",
    aliases: &[alias("kube-linter", "invalid-target-ports"), alias("kube-score", "container-ports-check"), alias("kyverno", "require-container-port-names")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::WorkloadAndInventory(check_workload, check_services),
    fixtures: &[fixture(
"apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports:
    - port: 80
      targetPort: web #~ info spec.ports[0].targetPort: 1 of 1 workloads behind the Service declare no port `web`
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  containers:
    - {name: web, ports: [{name: http, containerPort: 8080}]}
"),
fixture(
"apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports:
    - port: 80
      targetPort: http
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  containers:
    - {name: web, ports: [{name: http, containerPort: 8080}]}
"),
fixture(
"apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports:
    - port: 80
      targetPort: http
    - port: 53
      targetPort: http #~ 2 of 2 workloads
      protocol: UDP
    - port: 81
      targetPort: admin #~ 1 of 2 workloads
    - port: 82
      targetPort: 9999
---
apiVersion: v1
kind: Service
metadata:
  name: nobody
spec:
  selector: {app: nobody}
  ports:
    - port: 80
      targetPort: http
    - port: 81
      targetPort: Not_A_Name #~ is no name of a port
---
apiVersion: v1
kind: Pod
metadata: {name: a, labels: {app: web}}
spec:
  initContainers:
    - {name: mesh, restartPolicy: Always, ports: [{name: admin, containerPort: 15000}]}
  containers:
    - {name: web, ports: [{name: http, containerPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: b, labels: {app: web}}
spec:
  containers:
    - {name: web, ports: [{name: http, containerPort: 8080}]}
"),
fixture(
"apiVersion: v1
kind: Pod
metadata: {name: b, labels: {app: web}}
spec:
  containers:
    - name: web
      ports:
        - {name: a-name-that-is-long, containerPort: 1} #~ info spec.containers[0].ports[0].name: Port `a-name-that-is-long` of container `web`
        - {name: \"8080\", containerPort: 2} #~ is no name
        - {name: a--b, containerPort: 3} #~ is no name
        - {name: -a, containerPort: 4} #~ is no name
        - {name: exactly15chars-, containerPort: 5} #~ is no name
        - {name: fifteen-letters, containerPort: 6}
        - {name: p8080, containerPort: 7}
        - {containerPort: 8}
"),],
};

fn check_workload(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for container in &workload.pod.containers {
        for name in container.ports.into_iter().flat_map(Value::items).filter_map(|port| port.get("name")) {
            if !is_port_name(&name.text()) {
                let message = "Port `{value}` of container `{container}` is no name of a port: the API refuses it";
                findings.report(Finding::at(name).container(container).message(message));
            }
        }
    }
}

fn check_services(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let mut pods = ServicePods::new(inventory);
    for service in &inventory.facts.network.services {
        let selected = pods.of(service);
        for port in &service.ports {
            let Some(PortReference::Name(name)) = port.target else { continue };
            findings.looked_at(service.resource);
            let text = inventory.symbols.text(name);
            let message = if !is_port_name(&text) {
                "`{value}` is no name of a port: the API refuses the Service".to_owned()
            } else if let Some(selected) = selected {
                let all = selected.workloads.len();
                match all - selected.declaring(port.protocol, PortReference::Name(name)) {
                    0 => continue,
                    lacking => format!(
                        "{lacking} of {all} workloads behind the Service declare no port `{{value}}`: it does not lead there"
                    ),
                }
            } else {
                continue;
            };
            findings.report(service.resource, Finding::at_place(port.target_place).value(text).message(message));
        }
    }
}

/// Source: `IsValidPortName` of `k8s.io/apimachinery`.
fn is_port_name(name: &str) -> bool {
    let is_of = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=15).contains(&name.len())
        && name.bytes().all(is_of)
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
        && !name.contains("--")
        && !name.starts_with('-')
        && !name.ends_with('-')
}
