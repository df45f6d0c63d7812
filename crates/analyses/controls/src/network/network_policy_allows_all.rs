//! `network-policy-allows-all`

use super::policies::{self, Direction};
use model::control::{Check, Control, alias, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "network-policy-allows-all",
    title: "NetworkPolicy allows everything",
    severity: Severity::Medium,
    severity_reason: "looks like protection, is none",
    rationale: "A policy that lets everything through is worse than none: the pods count as isolated, reports are green, and everybody reaches them all the same.",
    remediation: "Name the peers: pods by label, namespaces by label, addresses by block. Where a port has to be open to all, list that port.",
    verify: "kubectl get networkpolicies -A -o json | jq -r '.items[] | select(any(.spec.ingress[]?, .spec.egress[]?; . == {})) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("trivy", "KSV-0038"),
        alias("kubeaudit", "netpols"),
        alias("kyverno", "restrict-networkpolicy-empty-podselector"),
        alias("kubewarden", "NetworkPolicyAllowEgressFromNamespaceToNamespace"),
        alias("kubewarden", "NetworkPolicyAllowIngressFromNamespaceToNamespace"),
        alias("kubewarden", "NetworkPolicyBlockIngressAllToNamespaceFromCIDR"),
    ],
    mappings: &[
        maps("nsa-cisa", "network-separation"),
        maps("owasp-k8s-top10", "K05"),
        maps("nist-800-53", "AC-4"),
        maps("nist-800-53", "SC-7"),
    ],
    references: &[
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/#allow-all-ingress-traffic",
    ],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
spec:
  podSelector: {}
  ingress:
    - {} #~ medium spec.ingress[0]: Rule 0 of the ingress lets everybody in
",
        ),
        fixture(
            "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
spec:
  podSelector: {}
  ingress:
    - from: [{podSelector: {matchLabels: {app: gateway}}}]
",
        ),
        fixture(
            "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
spec:
  podSelector: {}
  ingress:
    - from:
        - podSelector: {}
    - from:
        - namespaceSelector: {} #~ spec.ingress[1].from[0]: Rule 1 of the ingress
    - from:
        - namespaceSelector: {} #~ spec.ingress[2].from[0]
          podSelector: {}
    - from:
        - namespaceSelector: {}
          podSelector: {matchLabels: {app: gateway}}
    - from:
        - namespaceSelector: {}
      ports: [{port: 8080}]
    - from: [] #~ spec.ingress[5]: Rule 5
      ports: []
  egress:
    - to:
        - ipBlock: {cidr: 0.0.0.0/0} #~ spec.egress[0].to[0]: Rule 0 of the egress lets everything out
    - to:
        - ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}
    - to:
        - ipBlock: {cidr: ::/0} #~ spec.egress[2].to[0]
    - ports:
        - {port: 53, protocol: UDP}
        - {port: 53, protocol: TCP}
    - to:
        - namespaceSelector: {}
      ports:
        - {port: 53, protocol: UDP}
",
        ),
        fixture(
            "apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata:
  name: all
spec:
  subject: {namespaces: {}}
  ingress:
    - action: Allow
      from:
        - namespaces: {} #~ spec.ingress[0].from[0]
    - action: Deny
      from:
        - namespaces: {}
    - action: Allow
      from:
        - pods: {namespaceSelector: {}, podSelector: {}} #~ spec.ingress[2].from[0]
  egress:
    - action: Allow
      to:
        - networks: [10.0.0.0/8, 0.0.0.0/0] #~ spec.egress[0].to[0]
    - action: Allow
      ports: [{portNumber: {port: 443}}]
      to:
        - networks: [0.0.0.0/0]
",
        ),
        fixture(
            "apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: all
spec:
  endpointSelector: {}
  ingress:
    - {}
    - fromEntities: [all] #~ spec.ingress[1].fromEntities[0]
    - fromEndpoints: [{}]
    - fromEntities: [all]
      toPorts: [{ports: [{port: \"80\"}]}]
  egress:
    - toEntities: [world] #~ spec.egress[0].toEntities[0]
    - toEntities: [cluster]
    - toCIDR: [0.0.0.0/0] #~ spec.egress[2].toCIDR[0]
    - toCIDRSet: [{cidr: 0.0.0.0/0, except: [10.0.0.0/8]}]
---
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata:
  name: all
spec:
  endpointSelector: {}
  ingress:
    - fromEndpoints: [{}] #~ spec.ingress[0].fromEndpoints[0]
",
        ),
        fixture(
            "apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata:
  name: all
spec:
  ingress:
    - action: Allow #~ spec.ingress[0].action
    - action: Deny
    - action: Allow
      protocol: TCP
    - action: Allow
      source: {selector: app == 'gateway'}
    - action: Allow
      source: {nets: [0.0.0.0/0]} #~ spec.ingress[4].source
    - action: Allow
      destination: {ports: [80]}
",
        ),
        // All ports of all protocols, one by one.
        fixture(
            "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
spec:
  podSelector: {}
  ingress:
    - ports: [{protocol: TCP}, {protocol: UDP}, {protocol: SCTP}] #~ spec.ingress[0]
    - from: [{ipBlock: {cidr: 0.0.0.0/0}}] #~ spec.ingress[1].from[0]
      ports: [{port: 1, endPort: 65535}, {protocol: UDP}, {protocol: SCTP, port: 1, endPort: 65535}]
    - ports: [{protocol: TCP}, {protocol: UDP}]
    - ports: [{port: 1, endPort: 65534}, {protocol: UDP}, {protocol: SCTP}]
",
        ),
        // Two halves are the whole.
        fixture(
            "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
spec:
  podSelector: {}
  ingress:
    - from:
        - ipBlock: {cidr: 0.0.0.0/1} #~ spec.ingress[0].from[0].ipBlock.cidr: Rule 0 of the ingress lets everybody in
        - ipBlock: {cidr: 128.0.0.0/1}
    - from:
        - ipBlock: {cidr: 0.0.0.0/1, except: [10.0.0.0/8]}
        - ipBlock: {cidr: 128.0.0.0/1}
    - from:
        - ipBlock: {cidr: 0.0.0.0/1}
        - ipBlock: {cidr: 128.0.0.0/1}
      ports: [{port: 443}]
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: all
spec:
  endpointSelector: {}
  egress:
    - toCIDR: [0.0.0.0/1, 128.0.0.0/1] #~ spec.egress[0].toCIDR[0]
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata:
  name: all
spec:
  ingress:
    - action: Allow
      source: {nets: [0.0.0.0/1, 128.0.0.0/1]} #~ spec.ingress[0].source
",
        ),
    ],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let Some(dialect) = policies::Dialect::of(object) else { return findings.not_applicable() };
    for direction in Direction::BOTH {
        for (index, rule) in policies::rules(object, dialect, direction).into_iter().enumerate() {
            let Some(place) = policies::allows_all(rule, dialect, direction) else { continue };
            let message = match direction {
                Direction::Ingress => format!("Rule {index} of the ingress lets everybody in, on every port"),
                Direction::Egress => format!("Rule {index} of the egress lets everything out, on every port"),
            };
            findings.report(Finding::at(place).value("").message(message));
        }
    }
}
