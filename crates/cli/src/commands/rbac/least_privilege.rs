//! `rbac least-privilege`: roles that cover what was used, proven by asking again; and what nobody needs.

mod audit;
mod event;
mod roles;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::Context as _;
use rbac::least::{self, Generalize, Names, Superfluous, Watch};
use rbac::unused::{self, Unused};
use rbac::{Config, Evaluator, Identity, Request, SubjectKey};
use reports::rbac::{
    LeastPrivilegeReport, LeftOutReport, ProvenReport, RefusedReport, RightReport, SuperfluousReport, UnusedReport,
    UsedReport, WiderReport,
};

use super::{config, describe, read, report, write};
use crate::arguments::rbac::LeastPrivilegeArguments;
use crate::exit::Exit;

/// Runs the command.
pub(super) fn run(arguments: &LeastPrivilegeArguments) -> anyhow::Result<Exit> {
    let common = &arguments.common;
    let inventory = read(&arguments.paths, common)?;
    let evaluator = Evaluator::new(&inventory, &config(common, &inventory));
    let mut report = report(&evaluator, common);
    let superfluous = unneeded(&evaluator);
    let mut least = LeastPrivilegeReport { superfluous, used: None, roles: None, proof: None, unused: None };
    let mut exit = if least.superfluous.is_empty() { Exit::Clean } else { Exit::Findings };
    if !arguments.audit.is_empty() {
        exit = exit.max(with_log(&evaluator, arguments, &mut least)?);
    }
    report.least_privilege = Some(least);
    write(&report, common)?;
    Ok(if report.coverage.complete { exit } else { Exit::Incomplete })
}

/// Adds what the logs say.
fn with_log(
    evaluator: &Evaluator<'_>,
    arguments: &LeastPrivilegeArguments,
    least: &mut LeastPrivilegeReport,
) -> anyhow::Result<Exit> {
    let mut log = audit::Log::default();
    for path in &arguments.audit {
        log.read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    }
    let generalize = Generalize {
        names: if arguments.names { Names::Used } else { Names::All },
        watch: if arguments.exact { Watch::Used } else { Watch::WithList },
    };
    let uses = Uses::new(&log);
    least.used = Some(summary(evaluator, &log, &uses));
    if log.says_nothing() {
        return Ok(Exit::Incomplete);
    }
    let (yaml, proof) = from_log(evaluator, &uses, generalize, arguments)?;
    if let Some(file) = &arguments.write {
        fs::write(file, &yaml).with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    let unused = not_used(evaluator, &uses, generalize.watch);
    let exit = match log.unread > 0 || !proof.refused.is_empty() {
        true => Exit::Incomplete,
        false if !unused.is_empty() => Exit::Findings,
        false => Exit::Clean,
    };
    least.roles = Some(yaml);
    least.proof = Some(proof);
    least.unused = Some(unused);
    Ok(exit)
}

/// Who used what, and for whom no roles are written.
struct Uses<'l> {
    asked: Vec<(Identity, &'l Request)>,
    left_out: BTreeMap<(String, &'static str), u64>,
}

impl<'l> Uses<'l> {
    fn new(log: &'l audit::Log) -> Self {
        let mut uses = Uses { asked: Vec::new(), left_out: BTreeMap::new() };
        for (used, request) in log.uses.keys() {
            let identity = used.identity();
            let is_system =
                identity.user.starts_with("system:") && !identity.user.starts_with("system:serviceaccount:");
            let why = match (identity.is_master(), is_system) {
                (true, _) => "members of `system:masters` need no role",
                (false, true) => "its rights are the cluster's own",
                (false, false) => {
                    uses.asked.push((identity, request));
                    continue;
                }
            };
            *uses.left_out.entry((identity.user, why)).or_default() += 1;
        }
        uses
    }
}

/// Roles for everybody in the log, and the proof that they allow what was allowed.
fn from_log(
    evaluator: &Evaluator<'_>,
    uses: &Uses<'_>,
    generalize: Generalize,
    arguments: &LeastPrivilegeArguments,
) -> anyhow::Result<(String, ProvenReport)> {
    let config = Config { assume_built_in: true, ..config(&arguments.common, evaluator.inventory()) };
    // What every cluster gives needs no role.
    let empty = model::inventory::Inventory { complete: true, ..model::inventory::Inventory::default() };
    let given = Evaluator::new(&empty, &config);
    let asked = &uses.asked;
    let mut needs: BTreeMap<String, Vec<&Request>> = BTreeMap::new();
    for (identity, request) in asked {
        if !given.allows(identity, request) {
            needs.entry(identity.user.clone()).or_default().push(request);
        }
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

/// What subjects of the input may do, and did not do in the time of the log.
fn not_used(evaluator: &Evaluator<'_>, uses: &Uses<'_>, watch: Watch) -> Vec<UnusedReport> {
    let mut by_user: BTreeMap<&str, Vec<&Request>> = BTreeMap::new();
    let mut by_group: BTreeMap<&str, BTreeSet<&Request>> = BTreeMap::new();
    for (identity, request) in &uses.asked {
        by_user.entry(&identity.user).or_default().push(request);
        for group in &identity.groups {
            by_group.entry(group).or_default().insert(request);
        }
    }
    let left_out: BTreeSet<&str> = uses.left_out.keys().map(|(user, _)| &**user).collect();
    let mut found = Vec::new();
    for key in evaluator.subjects() {
        let requests: Vec<&Request> = match key {
            SubjectKey::User(name) if left_out.contains(&*evaluator.text(name)) => continue,
            SubjectKey::User(name) => by_user.get(&*evaluator.text(name)).cloned().unwrap_or_default(),
            SubjectKey::Group(name) => {
                by_group.get(&*evaluator.text(name)).map(|of| of.iter().copied().collect()).unwrap_or_default()
            }
            SubjectKey::Nobody => continue,
        };
        let unused = unused::unused(evaluator, key, requests.iter().copied(), watch);
        if unused.is_empty() {
            continue;
        }
        let (mut rights, mut wider) = (Vec::new(), Vec::new());
        for Unused { namespace, group, resource, names, used, verbs } in unused {
            let right = RightReport { namespace, group, resource, verbs, names };
            match used.is_empty() {
                true => rights.push(right),
                false => wider.push(WiderReport { right, used }),
            }
        }
        let subject = describe::subject(evaluator, key);
        found.push(UnusedReport { subject, requests: requests.len() as u64, rights, wider });
    }
    found
}

fn summary(evaluator: &Evaluator<'_>, log: &audit::Log, uses: &Uses<'_>) -> UsedReport {
    let subject = |name: &str| {
        describe::subject(evaluator, evaluator.key(&Identity { user: name.to_owned(), groups: Vec::new() }))
    };
    let refusal = |((user, request, why), count): (&(String, Request, event::Refusal), &u64)| RefusedReport {
        subject: subject(user),
        request: describe::request(request),
        why: why.words().to_owned(),
        count: *count,
    };
    let mut refused: Vec<RefusedReport> = log.refusals.iter().map(refusal).collect();
    refused.sort_by_key(|one| std::cmp::Reverse(one.count));
    let left_out = |((user, why), requests): (&(String, &'static str), &u64)| LeftOutReport {
        subject: subject(user),
        why: (*why).to_owned(),
        requests: *requests,
    };
    UsedReport {
        events: log.events,
        denied: log.denied,
        unread: log.unread,
        unfinished: log.unfinished(),
        first: log.first.clone(),
        last: log.last.clone(),
        distinct: log.uses.len() as u64,
        refused,
        left_out: uses.left_out.iter().map(left_out).collect(),
    }
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
