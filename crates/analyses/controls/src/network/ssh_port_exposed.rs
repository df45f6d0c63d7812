//! `ssh-port-exposed`

use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "ssh-port-exposed",
    title: "Container or Service exposes SSH",
    severity: Severity::Low,
    severity_reason: "remote login inside containers",
    rationale: "A shell that can be reached over the network needs keys or passwords in the container, and leaves no trace in the audit log of the cluster. Whoever finds a key is in.",
    remediation: "Take the SSH server out of the image and use `kubectl exec`, which is authorised and logged. Delete the port from container and Service.",
    verify: "kubectl get services -A -o json | jq -r '.items[] | select(any(.spec.ports[]?; .port == 22 or .targetPort == 22)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kubescape", "C-0042"),
        alias("kube-linter", "ssh-port"),
        alias("kubewarden", "ControllerContainerBlockSSHPort"),
    ],
    mappings: &[
        maps("mitre", "T1133"),
        maps("mitre", "T1609"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-53", "AC-17"),
    ],
    references: &["https://kubernetes.io/docs/tasks/debug/debug-application/get-shell-running-container/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[PORTS],
    check: Check::ObjectAndWorkload(check_service, check_workload),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      ports:
        - containerPort: 22 #~ low spec.containers[0].ports[0].containerPort: Container `app` has port `22`
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
      ports:
        - containerPort: 8080
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: app
spec:
  ports:
    - port: 2222 #~ low spec.ports[0].port: The Service publishes port `2222`
      targetPort: 22 #~ spec.ports[0].targetPort
    - port: 22
      protocol: UDP
    - port: 80
      targetPort: ssh
",
        ),
        fixture_with(
            &[("ports", "2022")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  initContainers:
    - name: init
      ports:
        - containerPort: 2022 #~ spec.initContainers[0].ports[0].containerPort
        - containerPort: 2022
          protocol: UDP
        - containerPort: 22
",
        ),
    ],
};

const PORTS: Parameter = parameter("ports", Default::List(&["22", "2222"]), "ports that SSH listens on");

fn check_service(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !object.is("", "Service") {
        return findings.not_applicable();
    }
    let ports = object.value.at(&["spec", "ports"]).into_iter().flat_map(Value::items).filter(|port| is_tcp(*port));
    for port in ports.flat_map(|port| [port.get("port"), port.get("targetPort")]).flatten() {
        if is_ssh(port, findings) {
            findings
                .report(Finding::at(port).message("The Service publishes port `{value}`: remote login to its pods"));
        }
    }
}

fn check_workload(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for container in &workload.pod.containers {
        let ports = container.ports.into_iter().flat_map(Value::items).filter(|port| is_tcp(*port));
        for port in ports.filter_map(|port| port.get("containerPort")) {
            if is_ssh(port, findings) {
                let message = "Container `{container}` has port `{value}`: remote login that the cluster does not log";
                findings.report(Finding::at(port).container(container).message(message));
            }
        }
    }
}

fn is_tcp(port: Value<'_>) -> bool {
    port.get("protocol").is_none_or(|protocol| protocol.text() == "TCP")
}

fn is_ssh(port: Value<'_>, findings: &Findings<'_>) -> bool {
    port.as_int().is_some_and(|number| findings.list(&PORTS).contains(&number.to_string()))
}
