//! `service-load-balancer-public`

use model::address::{Block, first_of_everywhere};
use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::load_balancer;
use model::object::Object;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "service-load-balancer-public",
    title: "Service creates a public load balancer without source limits",
    severity: Severity::Medium,
    severity_reason: "open to the Internet",
    rationale: "The provider gives the Service an address of the Internet and lets everybody connect: scanners find it within minutes, and what is wrong with the application is theirs to use.",
    remediation: "List who may connect in `loadBalancerSourceRanges`, or make the load balancer internal with the annotation of your provider.",
    verify: "kubectl get services -A -o json | jq -r '.items[] | select(.spec.type == \"LoadBalancer\") | \"\\(.metadata.namespace)/\\(.metadata.name) \\(.spec.loadBalancerSourceRanges // \"open\")\"'",
    aliases: &[
        alias("kube-linter", "exposed-services"),
        alias("gatekeeper", "K8sBlockLoadBalancer"),
        alias("kyverno", "no-loadbalancer-service"),
        alias("kubewarden", "disallow-service-loadbalancer-policy"),
    ],
    mappings: &[maps("owasp-k8s-top10", "K06"), maps("nist-800-53", "SC-7")],
    references: &["https://kubernetes.io/docs/concepts/services-networking/service/#loadbalancer"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[FORBID],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: LoadBalancer #~ medium spec.type: The load balancer is public and says not who may connect
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
  type: LoadBalancer
  loadBalancerSourceRanges:
    - 198.51.100.0/24
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
  type: LoadBalancer
  loadBalancerSourceRanges:
    - 198.51.100.0/24
    - 0.0.0.0/0 #~ spec.loadBalancerSourceRanges[1]: The load balancer is public and lets `0.0.0.0/0` connect
    - ::/0 #~ `::/0`
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    networking.gke.io/load-balancer-type: Internal
spec:
  type: LoadBalancer
---
apiVersion: v1
kind: Service
metadata:
  name: aws
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-internal: \"false\"
spec:
  type: LoadBalancer #~ says not who may connect
---
apiVersion: v1
kind: Service
metadata:
  name: aws
  annotations:
    service.beta.kubernetes.io/aws-load-balancer-scheme: internet-facing
spec:
  loadBalancerClass: service.k8s.aws/nlb
  type: LoadBalancer #~ says not who may connect
---
apiVersion: v1
kind: Service
metadata:
  name: aws
spec:
  loadBalancerClass: service.k8s.aws/nlb
  type: LoadBalancer
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    service.beta.kubernetes.io/load-balancer-source-ranges: 198.51.100.0/24, 203.0.113.0/24
spec:
  type: LoadBalancer
---
apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    service.beta.kubernetes.io/load-balancer-source-ranges: 198.51.100.0/24, 0.0.0.0/0 #~ lets `0.0.0.0/0` connect
spec:
  type: LoadBalancer
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: LoadBalancer
  loadBalancerSourceRanges:
    - 0.0.0.0/1 #~ lets `0.0.0.0/1, 128.0.0.0/1` connect, which together are everybody
    - 128.0.0.0/1
---
apiVersion: v1
kind: Service
metadata:
  name: half
spec:
  type: LoadBalancer
  loadBalancerSourceRanges: [0.0.0.0/1]
",
        ),
        fixture_with(
            &[("forbid", "true")],
            "apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    networking.gke.io/load-balancer-type: Internal
spec:
  type: LoadBalancer #~ The Service asks for a load balancer
",
        ),
    ],
};

const FORBID: Parameter = parameter(
    "forbid",
    Default::Switch(false),
    "whether every Service of type `LoadBalancer` fails, internal ones too",
);

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let kind = object.value.at(&["spec", "type"]);
    let Some(kind) = kind.filter(|kind| object.is("", "Service") && kind.text() == "LoadBalancer") else {
        return findings.not_applicable();
    };
    if findings.switch(&FORBID) {
        let message = "The Service asks for a load balancer, and none may";
        return findings.report(Finding::at(kind).message(message));
    }
    if load_balancer::is_internal(object) {
        return;
    }
    let ranges = load_balancer::source_ranges(object);
    if ranges.is_empty() {
        let message = "The load balancer is public and says not who may connect: everybody may";
        return findings.report(Finding::at(kind).message(message));
    }
    let parsed: Vec<(usize, Block)> =
        ranges.iter().enumerate().filter_map(|(at, (range, _))| Some((at, Block::parse(range)?))).collect();
    let is_whole = parsed.iter().any(|(_, block)| block.is_everything());
    let first = first_of_everywhere(parsed.iter().map(|(_, block)| block)).filter(|_| !is_whole);
    if let Some((_, place)) = first.and_then(|first| ranges.get(parsed.get(first)?.0)) {
        let all: Vec<&str> = ranges.iter().map(|(range, _)| &**range).collect();
        let message = "The load balancer is public and lets `{value}` connect, which together are everybody";
        return findings.report(Finding::at(*place).value(all.join(", ")).message(message));
    }
    for (range, place) in ranges {
        if Block::parse(&range).is_some_and(|block| block.is_everything()) {
            let message = "The load balancer is public and lets `{value}` connect, which is everybody";
            findings.report(Finding::at(place).value(range).message(message));
        }
    }
}
