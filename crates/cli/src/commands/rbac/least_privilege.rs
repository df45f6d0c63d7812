//! `rbac least-privilege`: roles that cover what was used, proven by asking again; and what nobody needs.

mod audit;
mod roles;

use std::collections::BTreeMap;
use std::fs;

use anyhow::Context as _;
use rbac::least::{self, Generalize, Names, Superfluous, Watch};
use rbac::{Config, Evaluator, Identity, Request};
use reports::rbac::{LeastPrivilegeReport, ProvenReport, SuperfluousReport, UsedReport};

use super::{config, describe, read, report, write};
use crate::arguments::rbac::LeastPrivilegeArguments;
use crate::exit::Exit;

/// Runs the command.
pub(super) fn run(arguments: &LeastPrivilegeArguments) -> anyhow::Result<Exit> {
    let common = &arguments.common;
    let inventory = read(&arguments.paths, common)?;
    let evaluator = Evaluator::new(&inventory, &config(common, &inventory));
    let mut report = report(&evaluator, common);
    let mut least = LeastPrivilegeReport { superfluous: unneeded(&evaluator), used: None, roles: None, proof: None };
    let mut exit = if least.superfluous.is_empty() { Exit::Clean } else { Exit::Findings };
    if let Some(path) = &arguments.audit {
        let log = audit::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let generalize = Generalize {
            names: if arguments.names { Names::Used } else { Names::All },
            watch: if arguments.exact { Watch::Used } else { Watch::WithList },
        };
        let (yaml, proof) = from_log(&evaluator, &log, generalize, arguments)?;
        if let Some(file) = &arguments.write {
            fs::write(file, &yaml).with_context(|| format!("cannot write `{}`", file.display()))?;
        }
        exit = exit.max(if proof.refused.is_empty() { Exit::Clean } else { Exit::Incomplete });
        if log.unread > 0 {
            exit = exit.max(Exit::Incomplete);
        }
        least.used = Some(log.summary());
        least.roles = Some(yaml);
        least.proof = Some(proof);
    }
    report.least_privilege = Some(least);
    write(&report, common)?;
    Ok(if report.coverage.complete { exit } else { Exit::Incomplete })
}

/// Roles for everybody in the log, and the proof that they allow what was allowed.
fn from_log(
    evaluator: &Evaluator<'_>,
    log: &audit::Log,
    generalize: Generalize,
    arguments: &LeastPrivilegeArguments,
) -> anyhow::Result<(String, ProvenReport)> {
    let config = Config { assume_built_in: true, ..config(&arguments.common, evaluator.inventory()) };
    // What every cluster gives needs no role.
    let empty = model::inventory::Inventory { complete: true, ..model::inventory::Inventory::default() };
    let given = Evaluator::new(&empty, &config);
    let mut needs: BTreeMap<String, Vec<&Request>> = BTreeMap::new();
    let mut asked: Vec<(Identity, &Request)> = Vec::new();
    for (used, request) in log.uses.keys() {
        let identity = used.identity();
        let is_component = identity.user.starts_with("system:") && !identity.user.starts_with("system:serviceaccount:");
        if is_component || identity.is_master() {
            continue;
        }
        if !given.allows(&identity, request) {
            needs.entry(identity.user.clone()).or_default().push(request);
        }
        asked.push((identity, request));
    }
    let mut yaml = String::new();
    for (user, requests) in &needs {
        roles::write(user, &least::propose(requests.iter().copied(), generalize), &mut yaml);
    }
    let inventory = roles::inventory(&yaml)?;
    let proposed = Evaluator::new(&inventory, &config);
    let alone = |identity: &Identity| Identity::user(&identity.user, &[]);
    let refused: Vec<String> = asked
        .iter()
        .filter(|(identity, request)| !proposed.allows(&alone(identity), request) && !given.allows(identity, request))
        .map(|(identity, request)| format!("{}: {request}", identity.user))
        .collect();
    let unexplained = asked.iter().filter(|(identity, request)| !evaluator.allows(identity, request)).count();
    Ok((
        yaml,
        ProvenReport {
            subjects: needs.len() as u64,
            requests: asked.len() as u64,
            allowed: (asked.len() - refused.len()) as u64,
            refused,
            unexplained: unexplained as u64,
        },
    ))
}

fn unneeded(evaluator: &Evaluator<'_>) -> Vec<SuperfluousReport> {
    let describe = |one: Superfluous| match one {
        Superfluous::UnusedRole(id) => (describe::role(evaluator, id), None, "nobody is bound to it"),
        Superfluous::EmptyBinding(id) => {
            (describe::binding(evaluator, id), None, "it has no subject, or no role that exists: it gives nothing")
        }
        Superfluous::RedundantBinding(id) => {
            (describe::binding(evaluator, id), None, "all that it gives its subjects have by other bindings")
        }
        Superfluous::RedundantRule(id, rule) => {
            (describe::role(evaluator, id), Some(rule), "other rules of the role grant all of it")
        }
    };
    let found = least::superfluous(evaluator).into_iter().map(describe);
    found.map(|(object, rule, why)| SuperfluousReport { object, rule, why: why.to_owned() }).collect()
}

impl audit::Log {
    fn summary(&self) -> UsedReport {
        UsedReport {
            events: self.events,
            denied: self.denied,
            unread: self.unread,
            first: self.first.clone(),
            last: self.last.clone(),
            distinct: self.uses.len() as u64,
        }
    }
}
