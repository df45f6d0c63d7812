//! `network-policy-selects-nothing`

use super::isolation::SYSTEM;
use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::{Inventory, Peer, Reach, ResourceId};
use model::labels::Selector;
use model::place::Place;
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::BTreeMap;

/// The control.
pub static CONTROL: Control = Control {
    id: "network-policy-selects-nothing",
    title: "NetworkPolicy selects no pod",
    severity: Severity::Low,
    severity_reason: "typo leaves the target open",
    rationale: "A policy that selects no pod protects none. Most often it is a typing error, and the pod that it was written for is open.",
    remediation: "Correct the labels of the selector or of the pods, or delete the policy.",
    verify: "kubectl get pods --namespace NAMESPACE --selector KEY=VALUE",
    aliases: &[alias("kubescape", "C-0299"), alias("kube-linter", "dangling-networkpolicy"), alias("kube-linter", "dangling-networkpolicypeer-podselector"), alias("kube-score", "networkpolicy-targets-pod")],
    mappings: &[maps("owasp-k8s-top10", "K05")],
    references: &["https://kubernetes.io/docs/concepts/services-networking/network-policies/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[complete_fixture(
"apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
spec:
  podSelector: {matchLabels: {app: wbe}} #~ low spec.podSelector: The policy selects no workload
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: []}
"),
complete_fixture(
"apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
spec:
  podSelector: {matchLabels: {app: web}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: []}
"),
fixture(
"apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
spec:
  podSelector: {matchLabels: {app: web}} #? info spec.podSelector: The policy selects no workload of the input
  ingress:
    - from:
        - podSelector: {matchLabels: {app: gateway}} #? info spec.ingress[0].from[0]: The rule lets pods through that are not in the input
"),
complete_fixture(
"apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: empty, namespace: shop}
spec:
  podSelector: {}
  ingress:
    - from:
        - podSelector: {}
        - podSelector: {matchLabels: {app: other}} #~ info spec.ingress[0].from[1]: The rule lets pods through that do not exist
        - podSelector: {matchLabels: {app: agent}} #~ info spec.ingress[0].from[2]
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}
          podSelector: {matchLabels: {app: agent}}
        - namespaceSelector: {matchLabels: {team: nobody}} #~ info spec.ingress[0].from[4]
        - namespaceSelector: {matchLabels: {team: shop}}
        - namespaceSelector: {matchLabels: {team: shop}} #~ info spec.ingress[0].from[6]
          podSelector: {matchLabels: {app: agent}}
        - namespaceSelector: {}
        - ipBlock: {cidr: 10.0.0.0/8}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: shop}}
---
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: monitoring, labels: {app: agent}}
spec: {containers: []}
"),
complete_fixture(
"apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  endpointSelector: {matchLabels: {'k8s:app': web}}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: wbe, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: wbe}} #~ low spec.endpointSelector
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: wbe}
spec:
  selector: app == 'wbe' #~ low spec.selector
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: web}
spec:
  selector: app in {'wbe', 'web'} && has(app)
---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: nobody}
spec:
  subject: {namespaces: {matchLabels: {team: nobody}}} #~ low spec.subject
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: []}
"),
// The cluster's own namespace is in no repository; where it is, it counts.
complete_fixture(
"apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: dns, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
          podSelector: {matchLabels: {k8s-app: kube-dns}}
        - namespaceSelector: {}
          podSelector: {matchLabels: {k8s-app: kube-dns}}
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-sytem}} #~ info spec.egress[0].to[2]: The rule lets
"),
complete_fixture(
"apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: dns, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}} #~ info
          podSelector: {matchLabels: {k8s-app: kube-dns}}
---
apiVersion: v1
kind: Pod
metadata: {name: coredns, namespace: kube-system, labels: {k8s-app: coredns}}
spec: {containers: []}
"),],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let mut pods = Pods { inventory, known: BTreeMap::new() };
    for policy in &inventory.facts.network.policies {
        findings.looked_at(policy.resource);
        let own = inventory.namespace(policy.resource);
        if !policy.selector.is_empty() && !pods.are_in(own, &policy.selector) {
            report(inventory, policy.resource, policy.selector_place, findings);
        }
        for peer in policy.ingress.iter().chain(&policy.egress).flatten().flat_map(|rule| &rule.peers) {
            let (message, unknown) = match &peer.peer {
                Peer::Block { .. } | Peer::Pods { pods: None, namespaces: None } => continue,
                Peer::Pods { pods: Some(selector), namespaces: None }
                    if selector.is_empty() || pods.are_in(own, selector) =>
                {
                    continue;
                }
                Peer::Pods { pods: selector, namespaces: Some(namespaces) }
                    if pods.are_somewhere(namespaces, selector.as_ref()) =>
                {
                    continue;
                }
                Peer::Pods { .. } => (
                    "The rule lets pods through that do not exist: nobody is meant",
                    "The rule lets pods through that are not in the input: whether they exist is not known",
                ),
            };
            let finding = Finding::at_place(peer.place).severity(Severity::Info);
            findings.report(
                policy.resource,
                match inventory.complete {
                    true => finding.message(message),
                    false => finding.message(unknown).skip(),
                },
            );
        }
    }
    for policy in &inventory.facts.network.other_policies {
        let Some(selector) = &policy.pods else { continue };
        findings.looked_at(policy.resource);
        let selects = match &policy.namespaces {
            Reach::Unknown => continue,
            Reach::Own => selector.is_empty() || pods.are_in(inventory.namespace(policy.resource), selector),
            Reach::Selected(namespaces) if namespaces.is_empty() && selector.is_empty() => true,
            Reach::Selected(namespaces) => {
                pods.are_somewhere(namespaces, Some(selector).filter(|pods| !pods.is_empty()))
            }
        };
        if !selects {
            report(inventory, policy.resource, policy.place, findings);
        }
    }
}

fn report(inventory: &Inventory, policy: ResourceId, place: Place, findings: &mut InventoryFindings<'_>) {
    let finding = Finding::at_place(place);
    findings.report(
        policy,
        match inventory.complete {
            true => finding.message("The policy selects no workload: what it was written for is open"),
            false => finding
                .severity(Severity::Info)
                .message("The policy selects no workload of the input: whether there is one is not known")
                .skip(),
        },
    );
}

/// Whether there are pods that selectors select, asked once for each pair of them.
struct Pods<'i> {
    inventory: &'i Inventory,
    known: BTreeMap<(&'i Selector, Option<&'i Selector>), bool>,
}

impl<'i> Pods<'i> {
    fn are_in(&self, namespace: Symbol, selector: &Selector) -> bool {
        self.inventory.selected(namespace, selector).next().is_some()
    }

    /// Whether a namespace that is selected has such pods; without a selector of pods, whether it exists.
    fn are_somewhere(&mut self, namespaces: &'i Selector, pods: Option<&'i Selector>) -> bool {
        if let Some(known) = self.known.get(&(namespaces, pods)) {
            return *known;
        }
        let has = |name| pods.is_none_or(|pods| self.are_in(name, pods));
        let mut written = self.inventory.selected_namespaces(namespaces);
        let found = written.any(|namespace| has(self.inventory.resource(namespace.resource).name))
            || self.is_implied(namespaces, &has)
            || self.is_of_the_cluster(namespaces, pods);
        self.known.insert((namespaces, pods), found);
        found
    }

    /// Whether this may be what every cluster has and nobody writes manifests of: the cluster's own namespaces, and in them
    /// the name servers, which have the label `k8s-app`. What is known of those namespaces counts.
    fn is_of_the_cluster(&self, namespaces: &Selector, pods: Option<&Selector>) -> bool {
        let symbols = &self.inventory.symbols;
        let (label, own) = (symbols.intern("kubernetes.io/metadata.name"), symbols.intern("k8s-app"));
        let is_own = |pods: &Selector| pods.requirements.iter().any(|requirement| requirement.key == own);
        if namespaces.is_empty() && !pods.is_some_and(is_own) {
            return false;
        }
        SYSTEM.iter().map(|name| symbols.intern(name)).any(|name| {
            let is_seen = self.inventory.namespace_named(name).is_some()
                || self.inventory.populated_namespaces().any(|populated| populated == name);
            !is_seen && namespaces.matches(&[(label, name)])
        })
    }

    /// Namespaces that only workloads tell of have no labels that are known but the one with their name.
    fn is_implied(&self, namespaces: &Selector, has: &dyn Fn(Symbol) -> bool) -> bool {
        let label = self.inventory.symbols.intern("kubernetes.io/metadata.name");
        self.inventory.populated_namespaces().any(|name| {
            self.inventory.namespace_named(name).is_none() && namespaces.matches(&[(label, name)]) && has(name)
        })
    }
}
