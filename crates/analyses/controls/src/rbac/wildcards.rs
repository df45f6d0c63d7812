//! What controls of single rules have in common: a rule is judged by what it says, and by who is bound to it.

use std::collections::BTreeSet;

use model::control::InventoryFindings;
use model::finding::Finding;
use model::inventory::Inventory;
use model::severity::Severity;
use model::symbols::Symbol;
use rbac::{Evaluator, RoleId, Rule, Source, SubjectKey};

use super::grants;

/// How bad a rule is in the whole cluster, and what it grants.
pub(crate) type Judge = fn(&Evaluator<'_>, &Rule) -> Option<(Severity, String)>;

/// Reports rules of roles in the input, those that grant everything among them.
pub(crate) fn report(inventory: &Inventory, findings: &mut InventoryFindings<'_>, judge: Judge) {
    let Some(capabilities) = grants::judged_rights(inventory, findings) else { return };
    let evaluator = capabilities.evaluator();
    let holders = grants::holders(evaluator);
    for (id, role) in (0..).map(RoleId).zip(evaluator.roles()) {
        let Source::Input(at) = role.source else { continue };
        let fact = &inventory.facts.roles[at as usize];
        findings.looked_at(fact.resource);
        if grants::is_default_role(evaluator, id) {
            continue;
        }
        for rule in role.rules.iter().filter(|rule| rule.origin == id) {
            let compiled = evaluator.rule(*rule);
            let Some((severity, what)) = judge(evaluator, compiled) else { continue };
            let bound = holders.of(id);
            let is_path = compiled.words.resources.is_empty();
            let reached = bound.iter().filter(|(binding, _)| !is_path || evaluator.binding(*binding).cluster);
            let reached = reached.filter(|(_, subject)| !grants::is_accepted(evaluator, *subject, findings));
            let reached: Vec<_> = reached.collect();
            let Some((first, _)) = reached.first() else {
                if bound.is_empty() {
                    let message = format!("`{{value}}` would grant {what}; nobody is bound to it");
                    let finding = Finding::at_place(fact.rules[rule.index as usize].place).severity(Severity::Info);
                    findings.report(fact.resource, finding.value(evaluator.text(role.name)).message(message));
                }
                continue;
            };
            let in_cluster = reached.iter().any(|(binding, _)| evaluator.binding(*binding).cluster);
            let severity = if in_cluster { severity } else { severity.lowered() };
            let mut subjects: Vec<SubjectKey> = reached.iter().map(|(_, subject)| *subject).collect();
            let mut seen = BTreeSet::new();
            subjects.retain(|subject| seen.insert(*subject));
            let whom = grants::named_all(evaluator, &subjects);
            let by = grants::binding_name(evaluator, *first);
            let message = format!("`{{value}}` grants {what} to {whom}, by {by}");
            let finding = Finding::at_place(fact.rules[rule.index as usize].place).severity(severity);
            findings.report(fact.resource, finding.value(evaluator.text(role.name)).message(message));
        }
    }
}

/// The resources of a rule in words.
pub(crate) fn resources(evaluator: &Evaluator<'_>, rule: &Rule) -> String {
    words(evaluator, &rule.words.resources, "every resource")
}

/// The verbs of a rule in words.
pub(crate) fn verbs(evaluator: &Evaluator<'_>, rule: &Rule) -> String {
    words(evaluator, &rule.words.verbs, "every verb")
}

fn words(evaluator: &Evaluator<'_>, words: &[Symbol], every: &str) -> String {
    let texts: Vec<String> = words.iter().map(|word| evaluator.text(*word)).collect();
    if texts.iter().any(|word| word == "*") {
        return every.to_owned();
    }
    match texts.len() {
        0..=4 => format!("`{}`", texts.join(", ")),
        more => format!("`{}` and {} more", texts[..3].join(", "), more - 3),
    }
}
