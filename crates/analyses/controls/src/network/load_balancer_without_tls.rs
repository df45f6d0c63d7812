//! `load-balancer-without-tls`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::load_balancer;
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "load-balancer-without-tls",
    title: "Cloud load balancer terminates without TLS",
    severity: Severity::Medium,
    severity_reason: "plain text to the load balancer",
    rationale: "Between the user and the load balancer everything is readable and can be changed: passwords, session cookies, what is paid.",
    remediation: "Give the load balancer a certificate with the annotation of your provider and publish port 443, or let an Ingress or a Gateway speak TLS.",
    verify: "kubectl get services -A -o json | jq -r '.items[] | select(.spec.type == \"LoadBalancer\" and any(.spec.ports[]; .port == 80 or .port == 8080)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kubescape", "C-0231"),
        alias("kubescape", "C-0245"),
        alias("kyverno", "require-encryption-aws-loadbalancers"),
    ],
    mappings: &[
        maps("cis-eks", "5.4.5"),
        maps("nist-800-53", "SC-8"),
        maps("owasp-k8s-top10", "K06"),
        maps("cis-gke", "5.6.7"),
        maps("cis-aks", "5.4.5"),
    ],
    references: &[
        "https://kubernetes.io/docs/reference/labels-annotations-taints/#service-beta-kubernetes-io-aws-load-balancer-ssl-cert",
    ],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: LoadBalancer
  ports:
    - port: 80 #~ medium spec.ports[0].port: The load balancer takes plain HTTP on port `80`
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: LoadBalancer
  ports:
    - port: 443
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-ssl-cert: arn:aws:acm:eu-central-1:1:certificate/c
spec:
  type: LoadBalancer
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
  ports:
    - name: h3
      port: 8080
      protocol: UDP
    - port: 5432
    - port: 8080 #~ spec.ports[2].port
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  ports:
    - port: 80
",
        ),
    ],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let kind = object.value.at(&["spec", "type"]);
    if !object.is("", "Service") || kind.is_none_or(|kind| kind.text() != "LoadBalancer") {
        return findings.not_applicable();
    }
    if load_balancer::has_certificate(object) {
        return;
    }
    for entry in object.value.at(&["spec", "ports"]).into_iter().flat_map(Value::items) {
        let is_tcp = entry.get("protocol").is_none_or(|protocol| protocol.text() == "TCP");
        let Some(port) = entry.get("port").filter(|_| is_tcp) else { continue };
        if matches!(port.as_int(), Some(80 | 8080)) {
            let message =
                "The load balancer takes plain HTTP on port `{value}` and has no certificate: all of it can be read";
            findings.report(Finding::at(port).message(message));
        }
    }
}
