//! What edges share that need several rights of one subject in one place.

use std::collections::BTreeMap;

use model::symbols::Symbol;
use rbac::SubjectKey;

use super::granted;
use crate::edge::{Assumption, Assumptions, NOTHING_ENFORCED};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{RightId, Wanted, World};

/// A subject that holds all that is needed in one scope.
pub(crate) struct Combination {
    /// Who.
    pub(crate) subject: SubjectKey,
    /// Where all of it holds; `None` for the whole cluster.
    pub(crate) scope: Option<Symbol>,
    /// For each thing that is needed the rights that give it there.
    pub(crate) rights: Vec<Vec<RightId>>,
    /// What each of them is.
    pub(crate) needed: Vec<Vec<Wanted>>,
    /// And the names that these are limited to, in the same order; empty for all.
    pub(crate) names: Vec<Vec<Vec<Symbol>>>,
}

/// The subjects that hold a right of each of `needed` in one scope. What is held in the whole cluster is held in every
/// namespace; a namespace is told only where the cluster does not already give all of it.
pub(crate) fn holders(world: &World<'_>, needed: &[&[Wanted]]) -> Vec<Combination> {
    let mut granting: Vec<BTreeMap<RightId, Vec<Symbol>>> = Vec::new();
    for wanted in needed {
        granting.push(world.rights_to(wanted).map(|(id, _, names)| (id, names.to_vec())).collect());
    }
    let mut found = Vec::new();
    for (subject, rights) in world.holders() {
        let held: Vec<Vec<RightId>> = granting
            .iter()
            .map(|granting| rights.iter().copied().filter(|id| granting.contains_key(id)).collect())
            .collect();
        if held.iter().any(Vec::is_empty) {
            continue;
        }
        let mut scopes: Vec<Option<Symbol>> = held.iter().flatten().map(|id| world.right(*id).scope).collect();
        scopes.sort_unstable();
        scopes.dedup();
        let within = |scope: Option<Symbol>| -> Option<Vec<Vec<RightId>>> {
            let reaches = |id: &&RightId| {
                let own = world.right(**id).scope;
                own.is_none() || own == scope
            };
            let all = held.iter().map(|ids| ids.iter().filter(reaches).copied().collect::<Vec<_>>());
            let all: Vec<Vec<RightId>> = all.collect();
            all.iter().all(|ids| !ids.is_empty()).then_some(all)
        };
        // Who may do everything there has no need of it: that is an edge of its own, and names its binding.
        let is_everything = |id: &RightId| world.rbac.rules()[world.right(*id).rule.rule as usize].is_everything();
        let within = |scope| within(scope).map(|all| (all.iter().all(|ids| ids.iter().any(is_everything)), all));
        let in_cluster = within(None);
        let combination = |scope, rights: Vec<Vec<RightId>>| {
            let names =
                rights.iter().zip(&granting).map(|(ids, granting)| ids.iter().map(|id| granting[id].clone()).collect());
            Combination {
                subject,
                scope,
                names: names.collect(),
                rights,
                needed: needed.iter().map(|all| all.to_vec()).collect(),
            }
        };
        match in_cluster {
            Some((true, _)) => {}
            Some((false, rights)) => found.push(combination(None, rights)),
            None => {
                let namespaces = scopes.into_iter().filter(Option::is_some);
                found.extend(namespaces.filter_map(|scope| match within(scope)? {
                    (true, _) => None,
                    (false, rights) => Some(combination(scope, rights)),
                }));
            }
        }
    }
    found
}

/// Files an edge from the subject. A rule, or a binding, that alone gives a part of what is needed takes the edge away.
pub(crate) fn file(drafts: &mut Drafts<'_>, combination: &Combination, to: Vertex) {
    file_assuming(drafts, combination, to, Assumptions::NONE);
}

/// The same, where something has to hold.
pub(crate) fn file_if(drafts: &mut Drafts<'_>, combination: &Combination, to: Vertex, assumed: &Assumption) {
    file_assuming(drafts, combination, to, Assumptions::NONE.and(assumed));
}

/// The same, where all of these have to hold.
pub(crate) fn file_assuming(drafts: &mut Drafts<'_>, combination: &Combination, to: Vertex, assumed: Assumptions) {
    let mut draft = drafts.edge(Vertex::Subject(combination.subject), to).assuming(assumed);
    for (rights, needed) in combination.rights.iter().zip(&combination.needed) {
        if let [first, rest @ ..] = rights.as_slice() {
            draft = draft.by_right(*first);
            if rest.is_empty() {
                draft = draft.cut_by_taking(*first).cut_by_narrowing(*first, needed);
            }
        }
        draft = draft.cut_by_unbinding(combination.subject, rights);
    }
    draft.file();
}

/// Files an edge to what `to` makes of the scope: of every namespace where the scope is the cluster.
pub(crate) fn file_in_scope(
    world: &World<'_>,
    drafts: &mut Drafts<'_>,
    combination: &Combination,
    to: fn(Symbol) -> Vertex,
) {
    match combination.scope {
        Some(namespace) => file(drafts, combination, to(namespace)),
        None => {
            world.namespaces().iter().for_each(|&namespace| file(drafts, combination, to(namespace)));
            // Namespaces that are not in the input are among them, and one that takes privileged pods is enough.
            for all in [Vertex::Pods, Vertex::Accounts, Vertex::Secrets] {
                file(drafts, combination, all(None));
            }
            let permits = world.namespaces().iter().map(|&namespace| granted::permits_privileged(world, namespace));
            match permits.max() {
                Some(granted::Permits::Yes) => file(drafts, combination, Vertex::Node),
                Some(granted::Permits::No | granted::Permits::NotKnown) | None => {
                    file_if(drafts, combination, Vertex::Node, &NOTHING_ENFORCED);
                }
            }
        }
    }
}
