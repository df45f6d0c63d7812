//! The shortest selector that selects exactly the pods of a workload, of labels that stay as they are.

use std::collections::BTreeMap;

use model::symbols::Symbol;

use crate::network::Network;

/// Labels that change with a version, a pod or a place, by their whole name or its beginning.
const UNSTABLE: &[&str] = &[
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "rollouts-pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
    "batch.kubernetes.io/job-completion-index",
    "controller-uid",
    "job-name",
    "helm.sh/chart",
    "chart",
    "heritage",
    "app.kubernetes.io/version",
    "app.kubernetes.io/managed-by",
    "version",
    "topology.kubernetes.io/",
    "failure-domain.beta.kubernetes.io/",
    "checksum/",
];

/// Labels that name what runs, the most telling first.
const TELLING: &[&str] = &[
    "app.kubernetes.io/name",
    "app",
    "k8s-app",
    "name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/component",
    "component",
    "tier",
    "role",
];

/// A selector, and how well it selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Selected {
    /// It selects exactly the pods of the workload.
    Exactly(Vec<(String, String)>),
    /// It selects pods of others as well.
    Also(Vec<(String, String)>),
    /// There is no stable label.
    Nothing,
}

type Label = (Symbol, Symbol);

/// A workload, with the labels of each kind of its pods.
type Labelled = (u32, Vec<Vec<Label>>);

/// Selectors of workloads, found when asked for.
pub(super) struct Selectors<'n, 'a> {
    network: &'n Network<'a>,
    /// The labels of each workload of a namespace: one set for each kind of its pods.
    labels: BTreeMap<Symbol, Vec<Labelled>>,
}

impl<'n, 'a> Selectors<'n, 'a> {
    pub(super) fn new(network: &'n Network<'a>) -> Self {
        let mut labels: BTreeMap<Symbol, Vec<Labelled>> = BTreeMap::new();
        for (number, workload) in (0..).zip(network.workloads()) {
            let facts = workload.members.iter().map(|member| &network.inventory.facts.workloads[*member as usize]);
            let own: Vec<Vec<Label>> = facts.map(|fact| fact.labels.to_vec()).collect();
            labels.entry(workload.namespace).or_default().push((number, own));
        }
        Self { network, labels }
    }

    /// The selector of a workload in its namespace.
    pub(super) fn of(&self, number: u32) -> Selected {
        let workload = &self.network.workloads()[number as usize];
        let all = self.labels.get(&workload.namespace).map_or(&[][..], Vec::as_slice);
        let Some((_, own)) = all.iter().find(|(other, _)| *other == number) else { return Selected::Nothing };
        let candidates = self.candidates(own);
        let is_exact = |chosen: &[Label]| {
            all.iter().all(|(other, pods)| {
                *other == number || !pods.iter().any(|labels| chosen.iter().all(|label| labels.contains(label)))
            })
        };
        let text = |chosen: &[Label]| {
            let mut named: Vec<(String, String)> = chosen
                .iter()
                .map(|(key, value)| {
                    (self.network.inventory.symbols.text(*key), self.network.inventory.symbols.text(*value))
                })
                .collect();
            named.sort();
            named
        };
        for size in 1..=candidates.len().min(3) {
            if let Some(found) = first_of(&candidates, size, &is_exact) {
                return Selected::Exactly(text(&found));
            }
        }
        if candidates.is_empty() {
            return Selected::Nothing;
        }
        match is_exact(&candidates) {
            true => Selected::Exactly(text(&candidates)),
            false => Selected::Also(text(&candidates)),
        }
    }

    /// The stable labels that all pods of a workload have, the most telling first.
    fn candidates(&self, pods: &[Vec<Label>]) -> Vec<Label> {
        let symbols = &self.network.inventory.symbols;
        let Some((first, rest)) = pods.split_first() else { return Vec::new() };
        let mut shared: Vec<(usize, String, Label)> = first
            .iter()
            .filter(|label| rest.iter().all(|labels| labels.contains(label)))
            .filter_map(|label| {
                let key = symbols.text(label.0);
                let is_unstable =
                    UNSTABLE.iter().any(|name| if name.ends_with('/') { key.starts_with(name) } else { key == *name });
                // A key that stands twice: the last one wins, and which that is is left to others.
                let is_twice = first.iter().filter(|(other, _)| *other == label.0).count() > 1;
                let rank = TELLING.iter().position(|name| *name == key).unwrap_or(TELLING.len());
                (!is_unstable && !is_twice).then_some((rank, key, *label))
            })
            .collect();
        shared.sort();
        // Enough for any three of them to be tried.
        const MOST: usize = 16;
        shared.into_iter().take(MOST).map(|(_, _, label)| label).collect()
    }
}

/// The first choice of so many labels, in order, of which `fits` says so.
fn first_of(labels: &[Label], size: usize, fits: &dyn Fn(&[Label]) -> bool) -> Option<Vec<Label>> {
    let mut at: Vec<usize> = (0..size).collect();
    loop {
        let chosen: Vec<Label> = at.iter().map(|index| labels[*index]).collect();
        if fits(&chosen) {
            return Some(chosen);
        }
        let movable = (0..size).rev().find(|place| at[*place] < labels.len() - size + *place)?;
        at[movable] += 1;
        for place in movable + 1..size {
            at[place] = at[place - 1] + 1;
        }
    }
}
