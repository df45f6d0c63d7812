//! `rbac diff`: what changes in terms of what subjects may really do.

use std::collections::{BTreeMap, BTreeSet};

use rbac::capability::Capabilities;
use rbac::{Evaluator, Identity, SubjectKey};
use reports::rbac::{DangerReport, SubjectChange, SubjectName};

use super::rights::Written;
use super::subjects;
use super::{config, describe, read, report, write};
use crate::arguments::rbac::DiffArguments;
use crate::exit::Exit;

/// Runs the command.
pub(super) fn run(arguments: &DiffArguments) -> anyhow::Result<Exit> {
    let common = &arguments.common;
    let base = read(std::slice::from_ref(&arguments.base), common)?;
    let head = read(std::slice::from_ref(&arguments.head), common)?;
    let (before, after) =
        (Evaluator::new(&base, &config(common, &base)), Evaluator::new(&head, &config(common, &head)));
    let mut report = report(&after, common);
    let mut coverage = super::report(&before, common).coverage;
    if !coverage.complete {
        report.coverage.complete = false;
        report.coverage.skipped.append(&mut coverage.skipped);
    }
    let changes = changes(&Capabilities::new(&before), &Capabilities::new(&after));
    let gained = changes.iter().any(|change| !change.gained.is_empty());
    report.changes = Some(changes);
    write(&report, common)?;
    Ok(match (report.coverage.complete, gained) {
        (false, _) => Exit::Incomplete,
        (true, true) => Exit::Findings,
        (true, false) => Exit::Clean,
    })
}

fn changes(before: &Capabilities<'_>, after: &Capabilities<'_>) -> Vec<SubjectChange> {
    let mut names: BTreeSet<(SubjectName, IdentityText)> = BTreeSet::new();
    for evaluator in [before.evaluator(), after.evaluator()] {
        names.extend(
            evaluator
                .subjects()
                .into_iter()
                .map(|key| (describe::subject(evaluator, key), IdentityText::new(evaluator, key))),
        );
    }
    let mut changes = Vec::new();
    for (subject, identity) in names {
        let alone = identity.alone();
        let (old, new) = (Written::new(before.evaluator(), &alone), Written::new(after.evaluator(), &alone));
        if old == new {
            continue;
        }
        let (gained, lost) = (new.without(&old), old.without(&new));
        if gained.is_empty() && lost.is_empty() {
            continue;
        }
        let (old, new) = (dangers(before, &identity), dangers(after, &identity));
        changes.push(SubjectChange {
            subject,
            gained,
            lost,
            dangers_gained: new.values().filter(|danger| !old.contains_key(&key(danger))).cloned().collect(),
            dangers_lost: old.values().filter(|danger| !new.contains_key(&key(danger))).cloned().collect(),
        });
    }
    changes.sort_by_key(|change| (change.gained.is_empty(), std::cmp::Reverse(change.dangers_gained.len())));
    changes
}

/// Who it is, in texts that both inputs share.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct IdentityText {
    is_group: bool,
    name: String,
}

impl IdentityText {
    fn new(evaluator: &Evaluator<'_>, key: SubjectKey) -> Self {
        match key {
            SubjectKey::User(name) => Self { is_group: false, name: evaluator.text(name) },
            SubjectKey::Group(name) => Self { is_group: true, name: evaluator.text(name) },
            SubjectKey::Nobody => Self { is_group: true, name: String::new() },
        }
    }

    /// The identity, without the groups of others: what a group gains is said of the group.
    fn alone(&self) -> Identity {
        match self.is_group {
            true => Identity { user: String::new(), groups: vec![self.name.clone()] },
            false => Identity { user: self.name.clone(), groups: Vec::new() },
        }
    }
}

fn key(danger: &DangerReport) -> (String, Option<String>) {
    (danger.id.clone(), danger.namespace.clone())
}

fn dangers(
    capabilities: &Capabilities<'_>,
    identity: &IdentityText,
) -> BTreeMap<(String, Option<String>), DangerReport> {
    let evaluator = capabilities.evaluator();
    let subject = evaluator.key(&identity.alone());
    let held: Vec<_> = capabilities.holdings().iter().filter(|holding| holding.subject == subject).collect();
    let (dangers, _) = subjects::dangers(capabilities, &held);
    dangers.into_iter().map(|danger| (key(&danger), danger)).collect()
}
