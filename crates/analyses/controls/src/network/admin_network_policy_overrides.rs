//! `admin-network-policy-overrides`

use model::control::{Check, Control, InventoryFindings, complete_fixture, fixture, fixture_with, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::{Inventory, NamespaceFact, OtherPolicyFact, Peer, PolicyDialect, PolicyRuleFact, Reach};
use model::labels::{Operator, Requirement, Selector};
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::{BTreeMap, BTreeSet};

/// The control.
pub static CONTROL: Control = Control {
    id: "admin-network-policy-overrides",
    title: "Cluster policy silently overrides namespace policies",
    severity: Severity::Medium,
    severity_reason: "an Allow of higher tier defeats namespace NetworkPolicies",
    rationale: "An Allow of the administrators is decided before the policies of the namespace are asked. What a team closed is open again, and its own policies still say that it is closed.",
    remediation: "Use `Pass` in place of `Allow`: then the policies of the namespace decide. Keep `Allow` for what no team may refuse, such as DNS and monitoring, and name its pods.",
    verify: "kubectl get adminnetworkpolicies -o json | jq -r '.items[] | . as $p | (.spec.ingress[]?, .spec.egress[]?) | select(.action == \"Allow\") | \"\\($p.metadata.name) \\(.name // \"\")\"'",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K05"), maps("nist-800-53", "AC-4")],
    references: &["https://network-policy-api.sigs.k8s.io/api-overview/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[SENSITIVE],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: open}
spec:
  subject: {namespaces: {}}
  ingress:
    - action: Allow
      from:
        - namespaces: {} #~ medium spec.ingress[0].from[0]: The rule lets through what NetworkPolicy `shop/deny` refuses
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {}}
",
        ),
        fixture(
            "apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: open}
spec:
  subject: {namespaces: {}}
  ingress:
    - action: Pass
      from:
        - namespaces: {}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {}}
",
        ),
        complete_fixture(
            "apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: open}
spec:
  tier: Admin
  subject: {namespaces: {matchLabels: {team: shop}}}
  ingress:
    - action: Accept
      from:
        - namespaces: {matchLabels: {team: monitoring}}
        - pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: scanner}}} #~ `shop/deny` refuses
  egress:
    - action: Accept
      to:
        - networks: [10.0.0.0/8]
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: shop}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec:
  podSelector: {}
  ingress: [{from: [{namespaceSelector: {matchLabels: {team: monitoring}}}]}]
---
apiVersion: v1
kind: Namespace
metadata: {name: other}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: other}
spec: {podSelector: {}}
",
        ),
        fixture(
            "apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: open}
spec:
  subject: {namespaces: {}}
  ingress:
    - action: Allow
      from:
        - namespaces: {} #? info spec.ingress[0].from[0]: Whether the rule lets through
---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: BaselineAdminNetworkPolicy
metadata: {name: default}
spec:
  subject: {namespaces: {}}
  ingress: [{action: Allow, from: [{namespaces: {}}]}]
",
        ),
        fixture_with(
            &[("sensitive_selector", "tier=database")],
            "apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: open}
spec:
  subject: {namespaces: {}}
  ingress:
    - action: Allow
      from:
        - namespaces: {} #~ `data/deny` refuses
---
apiVersion: v1
kind: Namespace
metadata: {name: a}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: a}
spec: {podSelector: {}}
---
apiVersion: v1
kind: Namespace
metadata: {name: data}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: data}
spec: {podSelector: {}}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: data, labels: {tier: database}}
spec: {containers: []}
",
        ),
    ],
};

const SENSITIVE: Parameter = parameter(
    "sensitive_selector",
    Default::Text(""),
    "labels of the pods that matter, such as `tier=database`; not set: all pods",
);

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let policies = inventory.facts.network.other_policies.iter();
    let mut policies = policies.filter(|policy| policy.dialect == PolicyDialect::Admin).peekable();
    if policies.peek().is_none() {
        return;
    }
    let sensitive = sensitive(findings.findings.text(&SENSITIVE), inventory);
    let (ingress, egress) = (Closed::new(inventory, Way::Ingress), Closed::new(inventory, Way::Egress));
    for policy in policies {
        findings.looked_at(policy.resource);
        let Reach::Selected(selector) = &policy.namespaces else { continue };
        let namespaces: Vec<&NamespaceFact> = inventory.selected_namespaces(selector).collect();
        for (closed, peers) in [(&ingress, &policy.ingress.overrides), (&egress, &policy.egress.overrides)] {
            for peer in peers {
                let overridden = namespaces.iter().find_map(|namespace| {
                    let name = inventory.resource(namespace.resource).name;
                    closed.refuses(inventory, name, &peer.peer, &sensitive, policy)
                });
                let finding = Finding::at_place(peer.place);
                let finding = match overridden {
                    Some(name) => finding
                        .value(name)
                        .message("The rule lets through what NetworkPolicy `{value}` refuses: it is decided before that is asked"),
                    None if inventory.complete => continue,
                    None => finding
                        .severity(Severity::Info)
                        .message("Whether the rule lets through what policies of namespaces refuse is not known: not all are in the input")
                        .skip(),
                };
                findings.report(policy.resource, finding);
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Way {
    Ingress,
    Egress,
}

/// What NetworkPolicies close, by namespace and by the pods that they are for.
struct Closed<'i> {
    by_namespace: BTreeMap<Symbol, BTreeMap<&'i Selector, Group<'i>>>,
}

/// The policies of one selector.
#[derive(Default)]
struct Group<'i> {
    /// The name of the first.
    name: Symbol,
    /// Whether everybody is let through on every port.
    open: bool,
    /// Who else is, on every port.
    peers: BTreeSet<&'i Peer>,
}

impl<'i> Closed<'i> {
    fn new(inventory: &'i Inventory, way: Way) -> Self {
        let mut closed = Self { by_namespace: BTreeMap::new() };
        for policy in &inventory.facts.network.policies {
            let rules = match way {
                Way::Ingress => &policy.ingress,
                Way::Egress => &policy.egress,
            };
            let Some(rules) = rules else { continue };
            let resource = inventory.resource(policy.resource);
            let group = closed.by_namespace.entry(resource.namespace).or_default().entry(&policy.selector).or_default();
            if group.name.is_empty() {
                group.name = resource.name;
            }
            for rule in rules.iter().filter(|rule| rule.ports.is_empty()) {
                group.add(rule);
            }
        }
        closed
    }

    /// The policy of the namespace that refuses what this peer would send or get, if one does.
    fn refuses(
        &self,
        inventory: &Inventory,
        namespace: Symbol,
        peer: &Peer,
        sensitive: &Selector,
        admin: &OtherPolicyFact,
    ) -> Option<String> {
        let groups = self.by_namespace.get(&namespace)?;
        let lets_through = |group: &Group<'_>| group.open || group.peers.contains(peer);
        let for_all = groups.iter().find(|(selector, _)| selector.is_empty()).map(|(_, group)| group);
        // Policies add up: what is for all pods holds for those of every other policy too.
        if for_all.is_some_and(lets_through) {
            return None;
        }
        let matters = |selector: &Selector| {
            let subject = admin.pods.as_ref();
            let narrow = !sensitive.is_empty() || subject.is_some_and(|pods| !pods.is_empty());
            !narrow
                || inventory.selected(namespace, selector).any(|workload| {
                    sensitive.matches(&workload.labels) && subject.is_none_or(|pods| pods.matches(&workload.labels))
                })
        };
        let (_, group) = groups.iter().find(|(selector, group)| !lets_through(group) && matters(selector))?;
        Some(format!("{}/{}", inventory.symbols.text(namespace), inventory.symbols.text(group.name)))
    }
}

impl<'i> Group<'i> {
    fn add(&mut self, rule: &'i PolicyRuleFact) {
        self.open |= rule.peers.is_empty();
        for peer in &rule.peers {
            self.open |= matches!(&peer.peer, Peer::Pods { pods, namespaces: Some(namespaces) }
                if namespaces.is_empty() && pods.as_ref().is_none_or(Selector::is_empty));
            self.peers.insert(&peer.peer);
        }
    }
}

/// Labels as `kubectl --selector` takes them: `a=b,c=d`.
fn sensitive(text: &str, inventory: &Inventory) -> Selector {
    let labels = text.split(',').filter_map(|label| label.split_once('='));
    let requirements = labels.map(|(key, value)| Requirement {
        key: inventory.symbols.intern(key.trim()),
        operator: Operator::In,
        values: Box::new([inventory.symbols.intern(value.trim())]),
    });
    Selector { requirements: requirements.collect(), invalid: false }
}
