//! `rbac subjects`: what everybody may do, the dangerous first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use model::inventory::Inventory;
use model::severity::Severity;
use model::symbols::Symbol;
use rbac::capability::{Capabilities, Holding};
use rbac::{Evaluator, Identity, SubjectKey, catalogue};
use reports::rbac::{DangerReport, SubjectReport};

use super::{answered, config, describe, read, report, rights, write};
use crate::arguments::rbac::SubjectsArguments;
use crate::exit::{Exit, UsageError};

/// Runs the command.
pub(super) fn run(arguments: &SubjectsArguments) -> anyhow::Result<Exit> {
    let common = &arguments.common;
    let (paths, names): (Vec<&String>, Vec<&String>) =
        arguments.words.iter().partition(|word| *word == "-" || Path::new(word).exists());
    let paths: Vec<PathBuf> = paths.into_iter().map(PathBuf::from).collect();
    let name = match names[..] {
        [] => None,
        [name] => Some(name),
        [_, second, ..] => {
            return Err(UsageError(format!("`{second}` is no file or folder, and one subject is named already")).into());
        }
    };
    let inventory = read(&paths, common)?;
    let evaluator = Evaluator::new(&inventory, &config(common, &inventory));
    let capabilities = Capabilities::new(&evaluator);
    let mut report = report(&evaluator, common);
    report.subjects = Some(match name {
        Some(name) => vec![one(&capabilities, &Identity::parse(name))],
        None => all(&capabilities, capabilities.holdings(), arguments.all),
    });
    write(&report, common)?;
    Ok(answered(&report))
}

/// Everybody that a binding names and what these holdings say of them, the most dangerous first.
pub(super) fn all(capabilities: &Capabilities<'_>, everybody: &[Holding], with_built_in: bool) -> Vec<SubjectReport> {
    let evaluator = capabilities.evaluator();
    let runs = Runs::new(evaluator);
    let mut holdings: BTreeMap<SubjectKey, Vec<&Holding>> = BTreeMap::new();
    for holding in everybody {
        holdings.entry(holding.subject).or_default().push(holding);
    }
    let mut subjects: Vec<SubjectReport> = evaluator
        .subjects()
        .into_iter()
        .map(|key| {
            let held = holdings.get(&key).map_or(&[][..], Vec::as_slice);
            let built_in = is_built_in(evaluator, key);
            let held = if built_in && !with_built_in { &[][..] } else { held };
            let (dangers, severity) = dangers(capabilities, held);
            SubjectReport {
                subject: describe::subject(evaluator, key),
                built_in: built_in && !with_built_in,
                severity: severity.map(|severity| severity.name().to_owned()),
                workloads: runs.of(evaluator, key),
                dangers,
                rights: Vec::new(),
                because: Vec::new(),
            }
        })
        .collect();
    let rank = |subject: &SubjectReport| subject.severity.as_deref().and_then(Severity::from_name);
    subjects.sort_by(|a, b| {
        (rank(b), b.dangers.len()).cmp(&(rank(a), a.dangers.len())).then_with(|| a.subject.cmp(&b.subject))
    });
    subjects
}

/// Whether all that a subject has is what every cluster gives it.
fn is_built_in(evaluator: &Evaluator<'_>, key: SubjectKey) -> bool {
    evaluator.bindings_naming(key).iter().all(|(id, _)| evaluator.is_shipped_binding(*id))
}

/// One subject, with everything that it may do.
fn one(capabilities: &Capabilities<'_>, identity: &Identity) -> SubjectReport {
    let evaluator = capabilities.evaluator();
    let key = evaluator.key(identity);
    let rights = evaluator.rights(identity);
    let mut scopes: BTreeSet<Option<Symbol>> = rights.iter().map(|right| right.namespace).collect();
    scopes.insert(None);
    let mut known = rbac::capability::Dangers::default();
    let mut holdings = Vec::new();
    for namespace in scopes {
        let (all, limited) = capabilities.of(key, namespace);
        let (dangers, limited) = (all.without(known), limited.without(known));
        if namespace.is_none() {
            known = all.without(limited);
        }
        holdings.push(Holding { subject: key, namespace, dangers, limited });
    }
    let (dangers, severity) = dangers(capabilities, &holdings.iter().collect::<Vec<_>>());
    SubjectReport {
        subject: describe::subject(evaluator, key),
        built_in: false,
        severity: severity.map(|severity| severity.name().to_owned()),
        workloads: Runs::new(evaluator).of(evaluator, key),
        dangers,
        rights: rights::expand(evaluator, &rights),
        because: rights.iter().map(|right| describe::chain(evaluator, right.grant)).collect(),
    }
}

/// The dangers of some holdings, the worst first.
pub(super) fn dangers(capabilities: &Capabilities<'_>, holdings: &[&Holding]) -> (Vec<DangerReport>, Option<Severity>) {
    let evaluator = capabilities.evaluator();
    let mut found: Vec<(Severity, usize, DangerReport)> = Vec::new();
    for holding in holdings {
        for (danger, evidence) in capabilities.all_evidence(holding) {
            let entry = &catalogue::ALL[danger];
            let severity = capabilities.severity(holding, danger);
            let mut names = BTreeSet::new();
            if holding.limited.has(danger) {
                let rules = evidence.iter().map(|grant| evaluator.granted(*grant));
                names.extend(rules.flat_map(|rule| &rule.words.names).map(|name| evaluator.text(*name)));
            }
            let report = DangerReport {
                id: entry.id.to_owned(),
                title: entry.title.to_owned(),
                theme: entry.theme.name().to_owned(),
                severity: severity.name().to_owned(),
                namespace: holding.namespace.map(|namespace| evaluator.text(namespace)),
                names: names.into_iter().collect(),
                why: entry.why.to_owned(),
                techniques: entry.techniques.iter().map(|&technique| technique.to_owned()).collect(),
                because: evidence.into_iter().map(|grant| describe::chain(evaluator, grant)).collect(),
            };
            found.push((severity, danger, report));
        }
    }
    found.sort_by(|a, b| (b.0, a.1, &a.2.namespace).cmp(&(a.0, b.1, &b.2.namespace)));
    let worst = found.first().map(|(severity, _, _)| *severity);
    (found.into_iter().map(|(_, _, report)| report).collect(), worst)
}

/// Which workloads run as which account.
struct Runs {
    by_account: BTreeMap<String, Vec<String>>,
}

impl Runs {
    fn new(evaluator: &Evaluator<'_>) -> Self {
        let inventory: &Inventory = evaluator.inventory();
        let mut by_account: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for workload in &inventory.facts.workloads {
            let resource = inventory.resource(workload.resource);
            let namespace = evaluator.text(evaluator.namespace_of(resource.namespace));
            let account = evaluator.text(workload.service_account);
            let account = if account.is_empty() { "default".to_owned() } else { account };
            let kind = evaluator.text(resource.kind);
            let name = format!("{kind} {namespace}/{}", evaluator.text(resource.name));
            let names = by_account.entry(format!("{namespace}/{account}")).or_default();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Self { by_account }
    }

    fn of(&self, evaluator: &Evaluator<'_>, key: SubjectKey) -> Vec<String> {
        let (kind, name) = evaluator.describe(key);
        let runs = self.by_account.get(&name).filter(|_| kind == "ServiceAccount");
        runs.cloned().unwrap_or_default()
    }
}
