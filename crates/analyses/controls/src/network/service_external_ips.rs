//! `service-external-ips`

use model::address::Block;
use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "service-external-ips",
    title: "Service claims external IPs",
    severity: Severity::High,
    severity_reason: "intercepts traffic of other destinations (CVE-2020-8554)",
    rationale: "Every node sends what is meant for an external IP to the pods of this Service, whoever owns the address. Who may create Services takes over the traffic of a DNS server, a database, an address on the Internet, for the whole cluster.",
    remediation: "Take `externalIPs` out and use a load balancer or an Ingress. Refuse the field at admission: with `DenyServiceExternalIPs`, or with a policy.",
    verify: "kubectl get services -A -o json | jq -r '.items[] | select(.spec.externalIPs) | \"\\(.metadata.namespace)/\\(.metadata.name) \\(.spec.externalIPs)\"'",
    aliases: &[
        alias("trivy", "KSV-0108"),
        alias("gatekeeper", "K8sExternalIPs"),
        alias("kyverno", "restrict-external-ips"),
    ],
    mappings: &[maps("cis-kubernetes", "1.2.3"), maps("owasp-k8s-top10", "K05"), maps("nist-800-53", "SC-7")],
    references: &["https://github.com/kubernetes/kubernetes/issues/97076"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[ALLOWED],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  externalIPs:
    - 198.51.100.7 #~ high spec.externalIPs[0]: The Service claims `198.51.100.7`
  ports:
    - port: 443
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  ports:
    - port: 443
",
        ),
        fixture_with(
            &[("allowed", "198.51.100.0/28, 2001:db8::1")],
            "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  externalIPs:
    - 198.51.100.7
    - 198.51.100.77 #~ spec.externalIPs[1]
    - 2001:DB8:0::1
    - 2001:db8::2 #~ spec.externalIPs[3]
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  externalIPs: []
",
        ),
    ],
};

const ALLOWED: Parameter =
    parameter("allowed", Default::List(&[]), "addresses and blocks of addresses that Services may claim");

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !object.is("", "Service") {
        return findings.not_applicable();
    }
    let allowed = findings.list(&ALLOWED);
    let addresses = object.value.at(&["spec", "externalIPs"]).into_iter().flat_map(Value::items);
    for address in addresses {
        let text = address.text();
        let claimed = Block::parse(&text);
        let is_allowed = allowed.iter().any(|word| match (Block::parse(word), claimed) {
            (Some(block), Some(claimed)) => block.covers(&claimed),
            _ => word == text,
        });
        if !is_allowed {
            let message = "The Service claims `{value}`: what nodes and pods send there goes to its pods";
            findings.report(Finding::at(address).message(message).remove());
        }
    }
}
