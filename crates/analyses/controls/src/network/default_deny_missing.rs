//! `default-deny-missing`

use super::isolation::{Coverage, Covered, default_deny, user_namespaces};
use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture, fixture_with, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::{Inventory, NetworkPolicyFact};
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "default-deny-missing",
    title: "Namespace has no default-deny policy",
    severity: Severity::Medium,
    severity_reason: "new pods start open",
    rationale: "Policies name the pods that they are for. A new pod that none of them names is open to all, and may reach all: somebody forgets one label, and nobody notices.",
    remediation: "Add a NetworkPolicy with an empty `podSelector`, both policy types and no rules; then allow what is needed, DNS first.",
    verify: "kubectl get networkpolicies -A -o json | jq -r '.items[] | select(.spec.podSelector == {} and (.spec.ingress // []) == [] and (.spec.egress // []) == []) | \"\\(.metadata.namespace) \\(.spec.policyTypes)\"'",
    aliases: &[alias("kubeaudit", "netpols")],
    mappings: &[
        maps("cis-kubernetes", "5.3.2"),
        maps("nsa-cisa", "network-separation"),
        maps("owasp-k8s-top10", "K05"),
        maps("nist-800-53", "SC-7"),
    ],
    references: &["https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-policies"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[DIRECTIONS],
    check: Check::Inventory(check),
    fixtures: &[
        complete_fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: shop #~ medium metadata.name: Namespace `shop` denies no egress by default
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny
  namespace: shop
spec:
  podSelector: {}
  policyTypes: [Ingress]
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny
  namespace: shop
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: a #~ denies no ingress and no egress by default
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: a}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: open, namespace: a}
spec:
  podSelector: {}
  ingress: [{from: [{podSelector: {}}]}]
---
apiVersion: v1
kind: Namespace
metadata:
  name: b #~ denies no egress by default
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: no-types, namespace: b}
spec:
  podSelector: {}
  egress: []
---
apiVersion: v1
kind: Namespace
metadata:
  name: c
---
apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: deny, namespace: c}
spec: {selector: all(), types: [Ingress, Egress]}
",
        ),
        fixture_with(
            &[("directions", "Ingress")],
            "apiVersion: v1
kind: Namespace
metadata: {name: b}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: b}
spec: {podSelector: {}}
",
        ),
        fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: a #? No policy of the input denies all by default in namespace `a`
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: a
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: deny}
spec:
  tier: Baseline
  subject: {namespaces: {}}
  ingress: [{action: Deny, from: [{namespaces: {}}]}]
  egress: [{action: Deny, to: [{networks: [0.0.0.0/0, ::/0]}]}]
",
        ),
    ],
};

const DIRECTIONS: Parameter =
    parameter("directions", Default::List(&["Ingress", "Egress"]), "directions that have to be denied by default");

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let denies = |has: fn(&NetworkPolicyFact) -> bool, mut covered: Covered| {
        let policies =
            inventory.facts.network.policies.iter().filter(|policy| policy.selector.is_empty() && has(policy));
        policies.for_each(|policy| covered.add(inventory.namespace(policy.resource)));
        covered
    };
    let directions = [
        (
            "Ingress",
            denies(
                |policy| policy.ingress.as_ref().is_some_and(|rules| rules.is_empty()),
                Covered::by_cluster_policies(inventory, |policy| policy.ingress.denies_all),
            ),
        ),
        (
            "Egress",
            denies(
                |policy| policy.egress.as_ref().is_some_and(|rules| rules.is_empty()),
                Covered::by_cluster_policies(inventory, |policy| policy.egress.denies_all),
            ),
        ),
    ];
    let wanted = findings.findings.list(&DIRECTIONS);
    for (namespace, name) in user_namespaces(inventory) {
        findings.looked_at(namespace.resource);
        let of = |coverage| {
            let open = directions.iter().filter(|(direction, _)| wanted.contains(direction));
            open.filter(|(_, covered)| covered.has(name) == coverage)
                .map(|(direction, _)| *direction)
                .collect::<Vec<_>>()
        };
        let (missing, unknown) = (of(Coverage::No), of(Coverage::Unknown));
        let finding = Finding::at_place(namespace.place).value(inventory.symbols.text(name));
        let finding = if !missing.is_empty() && inventory.complete {
            let finding = finding.message(format!(
                "Namespace `{{value}}` denies no {} by default: new pods are open",
                missing.join(" and no ").to_lowercase()
            ));
            match default_deny(&inventory.symbols.text(name)) {
                Some(policies) => finding.create(policies),
                None => finding,
            }
        } else if !missing.is_empty() {
            let message =
                "No policy of the input denies all by default in namespace `{value}`: whether one does is not known";
            finding.severity(Severity::Info).message(message).skip()
        } else if !unknown.is_empty() {
            let message =
                "A cluster-wide policy may deny all by default in namespace `{value}`: its expression is not read here";
            finding.severity(Severity::Info).message(message).skip()
        } else {
            continue;
        };
        findings.report(namespace.resource, finding);
    }
}
