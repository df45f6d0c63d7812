//! Everything by which anybody can do something dangerous, rule by rule: what has to change so that nobody can any more.

use std::sync::Arc;

use model::symbols::Symbol;

use crate::answer::Grant;
use crate::capability::{Capabilities, Judged};
use crate::catalogue;
use crate::compile::{BindingId, RoleLink, SubjectKey};
use crate::evaluator::Evaluator;
use crate::needs::{Met, Needs};

/// One rule by which a subject can do it, and what else it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Who.
    pub subject: SubjectKey,
    /// Where; none for the whole cluster.
    pub namespace: Option<Symbol>,
    /// What, by its index in the catalogue.
    pub danger: usize,
    /// Whether it is limited to objects of some names.
    pub limited: bool,
    /// The rule, and one for each other thing that it takes.
    pub grants: Box<[Grant]>,
}

/// A grant of a need.
#[derive(Clone, Copy)]
struct Candidate {
    grant: Grant,
    whole: bool,
    /// Whether the binding names the subject, and none of its groups.
    own: bool,
    /// Whether it is of the namespace, and not of the whole cluster.
    local: bool,
}

/// Bindings that reach somewhere.
struct Bound {
    binding: BindingId,
    subject: u32,
    own: bool,
}

impl Capabilities<'_> {
    /// All of them, ordered by subject, the whole cluster first. Rules that grant everything stand for that alone. Subjects
    /// that have nothing but what every cluster gives them are left out.
    pub fn proofs(&self) -> Arc<Vec<Proof>> {
        Arc::clone(self.judged().proofs.get_or_init(|| {
            let mut proofs = Vec::new();
            for subject in self.evaluator().subjects() {
                self.of_subject(subject, &mut proofs);
            }
            Arc::new(proofs)
        }))
    }

    fn of_subject(&self, subject: SubjectKey, proofs: &mut Vec<Proof>) {
        let evaluator = self.evaluator();
        let mut bound = bound(evaluator, subject, true);
        let is_shipped = |bound: &Bound| {
            let role = evaluator.binding(bound.binding).role;
            evaluator.is_shipped_binding(bound.binding)
                && matches!(role, RoleLink::Role(role) if evaluator.is_shipped_role(role))
        };
        if bound.iter().all(is_shipped) {
            return;
        }
        for group in Judged::groups(evaluator, subject) {
            bound.extend(self::bound(evaluator, group, false));
        }
        let is_wide = |bound: &&Bound| evaluator.binding(bound.binding).cluster;
        if bound.iter().any(|bound| bound.own && is_wide(&bound)) {
            let wide: Vec<&Bound> = bound.iter().filter(is_wide).collect();
            self.of_scope(subject, None, &wide, proofs);
        }
        let namespace = |bound: &Bound| evaluator.binding(bound.binding).namespace;
        let has_wide = bound.iter().any(|bound| bound.own && is_wide(&bound));
        let local = bound.iter().filter(|bound| !is_wide(bound) && (bound.own || has_wide));
        let mut namespaces: Vec<Symbol> = local.map(namespace).collect();
        namespaces.sort_by_cached_key(|namespace| evaluator.text(*namespace));
        namespaces.dedup();
        for here in namespaces {
            let reaching: Vec<&Bound> =
                bound.iter().filter(|bound| is_wide(bound) || namespace(bound) == here).collect();
            self.of_scope(subject, Some(here), &reaching, proofs);
        }
    }

    fn of_scope(&self, subject: SubjectKey, namespace: Option<Symbol>, bound: &[&Bound], proofs: &mut Vec<Proof>) {
        let judged = self.judged();
        let met = bound.iter().fold(Met::default(), |met, bound| met.with(self.met(bound.binding)));
        let (dangers, _) = judged.dangers(met, namespace);
        let everything = catalogue::index("cluster-admin-grant").unwrap_or_default();
        for way in judged.needs.ways.iter().filter(|way| dangers.has(way.danger)) {
            if way.needs & !(met.whole | met.named) != 0 {
                continue;
            }
            let bits: Vec<u128> = Needs::bits(*way).collect();
            let Some((first, rest)) = bits.split_first() else { continue };
            let of_bit = |bit: u128| self.candidates(bound, bit, way.danger == everything);
            let rest: Vec<Vec<Candidate>> = rest.iter().map(|bit| of_bit(*bit)).collect();
            if rest.iter().any(Vec::is_empty) {
                continue;
            }
            for anchor in of_bit(*first) {
                let mut chosen = vec![anchor];
                for (number, candidates) in rest.iter().enumerate() {
                    let is_last = number + 1 == rest.len();
                    let owns = chosen.iter().any(|chosen| chosen.own) || !is_last;
                    let is_local = namespace.is_none() || chosen.iter().any(|chosen| chosen.local) || !is_last;
                    let rank =
                        |candidate: &&Candidate| (owns || candidate.own, is_local || candidate.local, candidate.whole);
                    // Of equals the first.
                    let best = candidates.iter().rev().max_by_key(rank);
                    chosen.extend(best.copied());
                }
                let is_own = chosen.iter().any(|chosen| chosen.own);
                let is_here = namespace.is_none() || chosen.iter().any(|chosen| chosen.local);
                if !is_own || !is_here {
                    continue;
                }
                let proof = Proof {
                    subject,
                    namespace,
                    danger: way.danger,
                    limited: chosen.iter().any(|chosen| !chosen.whole),
                    grants: chosen.iter().map(|chosen| chosen.grant).collect(),
                };
                proofs.push(proof);
            }
        }
    }

    fn met(&self, binding: BindingId) -> Met {
        let binding = self.evaluator().binding(binding);
        let RoleLink::Role(role) = binding.role else { return Met::default() };
        let reach = self.judged().roles[role.0 as usize];
        // What holds in the whole cluster holds in every namespace.
        if binding.cluster { reach.cluster.with(reach.namespace) } else { reach.namespace }
    }

    fn candidates(&self, bound: &[&Bound], bit: u128, everything: bool) -> Vec<Candidate> {
        let evaluator = self.evaluator();
        let mut found = Vec::new();
        for &&Bound { binding: id, subject, own } in bound {
            let met = self.met(id);
            let binding = evaluator.binding(id);
            let RoleLink::Role(role) = binding.role else { continue };
            if (met.whole | met.named) & bit == 0 {
                continue;
            }
            for (number, rule) in (0..).zip(&evaluator.role(role).rules) {
                if !everything && evaluator.rule(*rule).is_everything() {
                    continue;
                }
                let reach = self.judged().rules[rule.rule as usize];
                let met = if binding.cluster { reach.cluster.with(reach.namespace) } else { reach.namespace };
                if (met.whole | met.named) & bit != 0 {
                    let grant = Grant { binding: id, subject, role, rule: number };
                    found.push(Candidate { grant, whole: met.whole & bit != 0, own, local: !binding.cluster });
                }
            }
        }
        found
    }
}

fn bound(evaluator: &Evaluator<'_>, subject: SubjectKey, own: bool) -> Vec<Bound> {
    let named = evaluator.bindings_naming(subject).iter();
    named.map(|&(binding, subject)| Bound { binding, subject, own }).collect()
}
