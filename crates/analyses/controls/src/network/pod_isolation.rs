//! Which pods policies keep apart, in one direction: all policies that select a pod taken together.

use model::address::Block;
use model::control::InventoryFindings;
use model::finding::Finding;
use model::inventory::{Inventory, NetworkPolicyFact, OtherPolicyFact, Peer, PolicyEffect, PolicyRuleFact, Reach};
use model::labels::Selector;
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::BTreeSet;

use super::policies::Direction;

/// Reports the workloads whose pods nothing keeps apart in this direction.
pub(crate) fn report(inventory: &Inventory, findings: &mut InventoryFindings<'_>, direction: Direction) {
    let isolated = selected(inventory, direction, &|_| true);
    let opened = selected(inventory, direction, &|rules| rules.iter().any(|rule| is_open(inventory, rule)));
    let (by_others, unknown) = by_others(inventory, direction);
    let numbered = (0..).zip(&inventory.facts.workloads);
    for (number, workload) in numbered.filter(|(_, workload)| !workload.network.host_network) {
        let number: usize = number;
        findings.looked_at(workload.resource);
        let is_closed = isolated[number] && !opened[number];
        if is_closed || by_others[number] {
            continue;
        }
        let (who, word) = match direction {
            Direction::Ingress => ("Every pod of the cluster may connect to these pods", "into"),
            Direction::Egress => ("These pods may connect to everything", "out of"),
        };
        let finding = Finding::at_place(workload.place);
        let finding = match (isolated[number], inventory.complete && !unknown) {
            (true, _) => {
                finding.message(format!("{who}: a rule for everybody on every port opens what policies close"))
            }
            (false, true) => finding.message(format!("{who}: no policy restricts what comes {word} them")),
            (false, false) => finding
                .severity(Severity::Info)
                .message(format!(
                    "No policy of the input restricts what comes {word} these pods: whether one does is not known"
                ))
                .skip(),
        };
        findings.report(workload.resource, finding);
    }
}

/// For every workload whether a NetworkPolicy selects it that says something of the direction and whose rules are so.
fn selected(inventory: &Inventory, direction: Direction, is_so: &dyn Fn(&[PolicyRuleFact]) -> bool) -> Vec<bool> {
    let rules = |policy: &NetworkPolicyFact| match direction {
        Direction::Ingress => policy.ingress.as_deref().is_some_and(is_so),
        Direction::Egress => policy.egress.as_deref().is_some_and(is_so),
    };
    let policies = inventory.facts.network.policies.iter().filter(|policy| rules(policy));
    inventory.selected_by_any(policies.map(|policy| (inventory.namespace(policy.resource), &policy.selector)))
}

/// Whether a rule lets everybody through on every port. A block of all addresses of a family is everybody too.
fn is_open(inventory: &Inventory, rule: &PolicyRuleFact) -> bool {
    rule.ports.is_empty()
        && (rule.peers.is_empty()
            || rule.peers.iter().any(|peer| match &peer.peer {
                Peer::Block { cidr, except } => {
                    let is_everything =
                        || Block::parse(&inventory.symbols.text(*cidr)).is_some_and(|block| block.prefix() == 0);
                    except.is_empty() && is_everything()
                }
                Peer::Pods { .. } => false,
            }))
}

/// For every workload whether a policy of another dialect isolates it; and whether one may of which that is not known.
fn by_others(inventory: &Inventory, direction: Direction) -> (Vec<bool>, bool) {
    let effect = |policy: &OtherPolicyFact| -> bool {
        let PolicyEffect { isolates, denies_all, .. } = match direction {
            Direction::Ingress => &policy.ingress,
            Direction::Egress => &policy.egress,
        };
        *isolates || *denies_all
    };
    let mut unknown = false;
    let mut selecting: Vec<(Symbol, &Selector)> = Vec::new();
    for policy in inventory.facts.network.other_policies.iter().filter(|policy| effect(policy)) {
        match (&policy.namespaces, &policy.pods) {
            (Reach::Own, Some(pods)) => selecting.push((inventory.namespace(policy.resource), pods)),
            (Reach::Selected(namespaces), Some(pods)) => {
                let named = inventory.selected_namespaces(namespaces);
                let named: BTreeSet<Symbol> =
                    named.map(|namespace| inventory.resource(namespace.resource).name).collect();
                let populated = inventory.populated_namespaces();
                let meant = populated.filter(|name| namespaces.is_empty() || named.contains(name));
                selecting.extend(meant.map(|name| (name, pods)));
            }
            (Reach::Unknown, _) | (_, None) => unknown = true,
        }
    }
    (inventory.selected_by_any(selecting), unknown)
}
