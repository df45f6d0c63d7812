//! `service-node-port`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "service-node-port",
    title: "Service opens a port on every node",
    severity: Severity::Low,
    severity_reason: "bypasses load balancer controls",
    rationale: "A node port is open on every node, on every address of it: whoever reaches any node reaches the Service, past the load balancer and what filters there.",
    remediation: "Make the Service a `ClusterIP` and publish it through an Ingress or a Gateway. For load balancers that reach pods directly, set `allocateLoadBalancerNodePorts: false`.",
    verify: "kubectl get services -A -o json | jq -r '.items[] | select(.spec.ports[]?.nodePort) | \"\\(.metadata.namespace)/\\(.metadata.name) \\(.spec.type)\"' | sort -u",
    aliases: &[
        alias("kube-linter", "exposed-services"),
        alias("kube-score", "service-type"),
        alias("datree", "SERVICE_INCORRECT_TYPE_VALUE_NODEPORT"),
        alias("gatekeeper", "K8sBlockNodePort"),
        alias("kyverno", "restrict-nodeport"),
        alias("kyverno", "restrict-service-port-range"),
        alias("kubewarden", "disallow-service-nodeport-policy"),
    ],
    mappings: &[maps("owasp-k8s-top10", "K06"), maps("nist-800-53", "CM-7"), maps("nist-800-53", "SC-7")],
    references: &["https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: NodePort #~ low spec.type: The Service opens a port on every node
  ports:
    - port: 80
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: ClusterIP
  ports:
    - port: 80
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: LoadBalancer #~ info spec.type: The load balancer comes with a port
  ports:
    - port: 80
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: LoadBalancer
  allocateLoadBalancerNodePorts: false
  ports:
    - port: 80
",
        ),
        fixture(
            "apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: web
spec:
  type: NodePort
",
        ),
    ],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !object.is("", "Service") {
        return findings.not_applicable();
    }
    let Some(kind) = object.value.at(&["spec", "type"]) else { return };
    let allocates = object.value.at(&["spec", "allocateLoadBalancerNodePorts"]).and_then(Value::as_bool) != Some(false);
    let finding = match &*kind.text() {
        "NodePort" => {
            let finding =
                Finding::at(kind).message("The Service opens a port on every node, past what filters before them");
            let ports = object.value.at(&["spec", "ports"]);
            let is_chosen = ports.into_iter().flat_map(Value::items).any(|port| port.get("nodePort").is_some());
            // A Service without ports on nodes must not name any.
            if is_chosen { finding } else { finding.replace("ClusterIP") }
        }
        "LoadBalancer" if allocates => Finding::at(kind)
            .severity(Severity::Info)
            .message("The load balancer comes with a port on every node, which is open without it"),
        _ => return,
    };
    findings.report(finding);
}
