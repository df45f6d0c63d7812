//! `metadata-endpoint-allowed-by-policy`

use super::policies::{self, Dialect, Direction};
use model::address::Block;
use model::control::{Check, Control, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The control.
pub static CONTROL: Control = Control {
    id: "metadata-endpoint-allowed-by-policy",
    title: "Egress policy leaves the metadata address open",
    severity: Severity::Medium,
    severity_reason: "most allow-internet rules include 169.254.169.254",
    rationale: "Behind the metadata address of a cloud lie the credentials of the node. A pod that may send there asks for them, and with them it is the node: it pulls images, reads disks, often more.",
    remediation: "Take the address out of the block with `except`, and give pods an identity of their own.",
    verify: "kubectl get networkpolicies -A -o json | jq -r '.items[] | . as $p | .spec.egress[]?.to[]?.ipBlock | select(. != null) | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.cidr) \\(.except // [])\"'",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K05"), maps("owasp-k8s-top10", "K08"), maps("nist-800-53", "SC-7")],
    references: &["https://kubernetes.io/docs/concepts/security/security-checklist/#network-security"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[ON_CLOUD],
    check: Check::Object(check),
    fixtures: &[fixture(
"apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: internet
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to:
        - ipBlock: #~ medium spec.egress[0].to[0].ipBlock.except: The policy lets pods send to `0.0.0.0/0`, and so to 169.254.169.254
            cidr: 0.0.0.0/0
"),
fixture(
"apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: internet
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to:
        - ipBlock:
            cidr: 0.0.0.0/0
            except:
              - 169.254.169.254/32
"),
fixture(
"apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: internet
spec:
  podSelector: {}
  ingress:
    - from: [{ipBlock: {cidr: 0.0.0.0/0}}]
  egress:
    - to: 
        - ipBlock: {cidr: 10.0.0.0/8}
        - ipBlock: {cidr: 169.254.0.0/16, except: [169.254.0.0/17]} #~ spec.egress[0].to[1].ipBlock.cidr
        - ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16]}
        - ipBlock: {cidr: ::/0} #~ and so to fd00:ec2::254
        - ipBlock: {cidr: 169.254.169.254/32} #~ spec.egress[0].to[4].ipBlock.cidr
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: without-effect
spec:
  podSelector: {}
  policyTypes: [Ingress]
  egress:
    - to: [{ipBlock: {cidr: 0.0.0.0/0}}]
"),
fixture_with(&[("on_cloud", "false")],
"apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: internet
spec:
  podSelector: {}
  egress:
    - to: [{ipBlock: {cidr: 0.0.0.0/0}}]
"),
fixture(
"apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: internet
specs:
  - endpointSelector: {}
    egress:
      - toCIDR: [0.0.0.0/0] #~ specs[0].egress[0].toCIDR[0]
      - toCIDRSet:
          - {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}
---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata:
  name: internet
spec:
  egress:
    - action: Allow
      to: [{networks: [0.0.0.0/0]}] #~ spec.egress[0].to[0].networks[0]
    - action: Deny
      to: [{networks: [169.254.169.254/32]}]
---
apiVersion: crd.projectcalico.org/v1
kind: GlobalNetworkPolicy
metadata:
  name: internet
spec:
  types: [Egress]
  egress:
    - action: Allow
      destination:
        nets: [0.0.0.0/0] #~ spec.egress[0].destination.nets[0]
    - action: Allow
      destination: {nets: [0.0.0.0/0], notNets: [169.254.169.254/32]}
"),],
};

const ON_CLOUD: Parameter = parameter(
    "on_cloud",
    Default::Switch(true),
    "whether nodes are machines of a cloud provider, which have the address",
);

/// Where clouds serve the credentials of a machine; the second is Amazon's for IPv6.
const ENDPOINTS: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)), IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254))];

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let dialect = Dialect::of(object).filter(|_| findings.switch(&ON_CLOUD));
    let Some(dialect) = dialect else { return findings.not_applicable() };
    for rule in policies::rules(object, dialect, Direction::Egress) {
        for block in policies::blocks(rule, dialect, Direction::Egress) {
            let Some(cidr) = Block::parse(&block.cidr.text()) else { continue };
            let open =
                ENDPOINTS.iter().find(|address| cidr.contains(**address) && !is_excepted(block.except, **address));
            let Some(address) = open else { continue };
            let message =
                format!("The policy lets pods send to `{{value}}`, and so to {address}: the node's credentials");
            let finding = match block.mapping {
                // What is taken out has to be less than the block.
                Some(mapping) if block.except.is_none() && !cidr.is_single() => {
                    let rest = format!("except:\n  - {address}/{}", if address.is_ipv4() { 32 } else { 128 });
                    Finding::missing(mapping, "except").value(block.cidr.text()).insert(rest)
                }
                _ => Finding::at(block.cidr),
            };
            findings.report(finding.message(message));
        }
    }
}

fn is_excepted(except: Option<Value<'_>>, address: IpAddr) -> bool {
    let mut blocks = except.into_iter().flat_map(Value::items).filter_map(|block| Block::parse(&block.text()));
    blocks.any(|block| block.contains(address))
}
