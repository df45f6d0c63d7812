//! ClusterRoles that are put together of others.
//!
//! A controller replaces the rules of every ClusterRole with an aggregation rule by those of the ClusterRoles that its
//! selectors match, itself excluded. In files that is computed here, through several steps and around cycles. Source:
//! `pkg/controller/clusterroleaggregation`.

use model::labels::Selector;
use model::symbols::Symbol;

use crate::compile::{Role, RoleRule};
use crate::map::{Map, Set};

/// More rules than this are not aggregated in all: nobody has them, and somebody may write files that ask for more.
const MOST_RULES: usize = 2_000_000;

/// Puts the rules of roles that are aggregated in their place.
pub(crate) fn aggregate(roles: &mut [Role]) {
    let aggregated: Vec<usize> = (0..roles.len()).filter(|&at| roles[at].selectors.is_some()).collect();
    if aggregated.is_empty() {
        return;
    }
    let chosen = Chosen::new(roles, &aggregated);
    let mut left = MOST_RULES;
    let mut results = Vec::with_capacity(aggregated.len());
    for &at in &aggregated {
        let mut rules = chosen.rules(roles, at, &mut left);
        let truncated = rules.is_none();
        results.push((at, rules.take().unwrap_or_default(), truncated));
    }
    let named: Vec<usize> = chosen.by_selector.values().flatten().copied().collect();
    drop(chosen);
    for at in named {
        roles[at].is_chosen = true;
    }
    for (at, rules, truncated) in results {
        // The controller applies what it has found, and who applies no rules takes away none that somebody else wrote.
        if rules.is_empty() && !truncated {
            continue;
        }
        roles[at].rules = rules;
        roles[at].truncated = truncated;
    }
}

/// Which roles the selectors choose; equal selectors are asked once.
struct Chosen<'r> {
    by_selector: Map<&'r Selector, Vec<usize>>,
    selectors: Map<usize, &'r [Selector]>,
}

impl<'r> Chosen<'r> {
    fn new(roles: &'r [Role], aggregated: &[usize]) -> Self {
        let selectors: Map<usize, &[Selector]> =
            aggregated.iter().filter_map(|&at| Some((at, roles[at].selectors.as_deref()?))).collect();
        let mut by_label: Map<(Symbol, Symbol), Vec<usize>> = Map::default();
        let cluster: Vec<usize> = (0..roles.len()).filter(|&at| roles[at].cluster).collect();
        for &at in &cluster {
            for label in &roles[at].labels {
                by_label.entry(*label).or_default().push(at);
            }
        }
        let mut by_selector: Map<&Selector, Vec<usize>> = Map::default();
        for selector in selectors.values().copied().flatten() {
            by_selector.entry(selector).or_insert_with(|| {
                let candidates = match selector.single_label() {
                    Some(label) => by_label.get(&label).map_or(&[][..], Vec::as_slice),
                    None => &cluster,
                };
                candidates.iter().copied().filter(|&at| selector.matches(&roles[at].labels)).collect()
            });
        }
        Self { by_selector, selectors }
    }

    /// The rules of what is chosen by the role at `start`, through roles that are aggregated themselves. `None` if there
    /// are more than are left.
    fn rules(&self, roles: &[Role], start: usize, left: &mut usize) -> Option<Vec<RoleRule>> {
        let mut seen = Set::from_iter([start]);
        let mut asked = Set::default();
        let mut stack = vec![start];
        let mut found = Vec::new();
        while let Some(at) = stack.pop() {
            let selectors = self.selectors.get(&at).copied().unwrap_or_default();
            for &next in selectors
                .iter()
                .filter(|selector| asked.insert(*selector))
                .flat_map(|selector| &self.by_selector[selector])
            {
                *left = left.checked_sub(1)?;
                if seen.insert(next) {
                    match self.selectors.contains_key(&next) {
                        true => stack.push(next),
                        false => found.push(next),
                    }
                }
            }
        }
        found.sort_unstable();
        let mut said = Set::default();
        let mut rules = Vec::new();
        for rule in found.into_iter().flat_map(|at| &roles[at].rules) {
            *left = left.checked_sub(1)?;
            if said.insert(rule.rule) {
                rules.push(*rule);
            }
        }
        Some(rules)
    }
}
