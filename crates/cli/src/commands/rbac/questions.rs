//! `rbac can`, `rbac why`, `rbac who-can`.

use rbac::{Config, Decision, Evaluator, Identity, Request, SubjectKey, resources};
use reports::rbac::{AnswerReport, SubjectName, WhoCanReport, WhoReport};

use super::{answered, config, describe, read, report, write};
use crate::arguments::rbac::{CanArguments, WhoCanArguments};
use crate::exit::{Exit, UsageError};

/// What the words of the command line ask for.
struct Asked<'a> {
    verb: &'a str,
    resource: &'a str,
    namespace: Option<&'a str>,
    name: Option<&'a str>,
}

impl Asked<'_> {
    /// The request, and what was made of it.
    fn request(&self, evaluator: &Evaluator<'_>, notes: &mut Vec<String>) -> Request {
        if self.resource.starts_with('/') {
            return Request::path(&self.verb.to_lowercase(), self.resource);
        }
        let (word, subresource) = split(self.resource);
        let (group, plural) = meant(&word, evaluator).unwrap_or_else(|| {
            notes.push(format!("`{word}` is no resource that is known; it is asked for as it is written"));
            let (plural, group) = word.split_once('.').unwrap_or((&word, ""));
            (group.to_owned(), plural.to_owned())
        });
        let combined = if subresource.is_empty() { plural } else { format!("{plural}/{subresource}") };
        let request = Request::resource(self.verb, &group, &combined)
            .in_namespace(self.namespace.unwrap_or_default())
            .named(self.name.unwrap_or_default());
        let normal = request.clone().normalized();
        if self.namespace.is_some() && normal.namespace() != request.namespace() {
            let why = match &*combined {
                "namespaces" => "a request for a Namespace carries its own name as namespace, and a list none",
                _ => "it is of the whole cluster, so that the namespace does not count",
            };
            notes.push(format!("`{combined}`: {why}"));
        }
        normal
    }
}

/// Resource with its group, and subresource: `deployments.apps/scale` or `deployments/scale.apps`.
fn split(text: &str) -> (String, &str) {
    let Some((word, subresource)) = text.split_once('/') else { return (text.to_owned(), "") };
    match subresource.split_once('.') {
        Some((subresource, group)) => (format!("{word}.{group}"), subresource),
        None => (word.to_owned(), subresource),
    }
}

/// What names nobody or nothing is no question.
fn check(subject: Option<&str>, verb: &str, resource: &str) -> Result<(), UsageError> {
    let said = |what: &str| Err(UsageError(format!("{what} is empty: see `plimsoll rbac can --help`")));
    if verb.trim().is_empty() {
        return said("the verb");
    }
    if resource.split(',').all(|word| word.trim().is_empty()) {
        return said("the resource");
    }
    match subject {
        Some(subject) if subject.trim().is_empty() => said("the subject"),
        Some(subject) if subject.strip_prefix("sa:").is_some_and(|rest| !rest.contains(['/', ':'])) => {
            Err(UsageError(format!("`{subject}` names no ServiceAccount: write `sa:NAMESPACE/NAME`")))
        }
        _ => Ok(()),
    }
}

/// Group and plural of what a word means: what Kubernetes has, or what a CustomResourceDefinition of the input defines.
fn meant(word: &str, evaluator: &Evaluator<'_>) -> Option<(String, String)> {
    if word == "*" {
        return Some(("*".to_owned(), "*".to_owned()));
    }
    if let Some(known) = resources::meant(word) {
        return Some((known.group.to_owned(), known.plural.to_owned()));
    }
    let inventory = evaluator.inventory();
    let definitions = inventory.facts.definitions.iter();
    // The name of a definition is `plural.group`.
    let names = definitions.map(|definition| evaluator.text(inventory.resource(definition.resource).name));
    let known: Vec<(String, String)> = names
        .filter(|name| name == word || name.split_once('.').is_some_and(|(plural, _)| plural == word))
        .filter_map(|name| name.split_once('.').map(|(plural, group)| (group.to_owned(), plural.to_owned())))
        .collect();
    known.into_iter().next()
}

/// Runs `rbac can`, and `rbac why` with `all` ways.
pub(super) fn can(arguments: &CanArguments, all: bool) -> anyhow::Result<Exit> {
    let common = &arguments.common;
    check(Some(&arguments.subject), &arguments.verb, &arguments.resource)?;
    let inventory = read(&arguments.paths, common)?;
    let config: Config = config(common, &inventory);
    let evaluator = Evaluator::new(&inventory, &config);
    let mut report = report(&evaluator, common);
    let asked = Asked {
        verb: &arguments.verb,
        resource: &arguments.resource,
        namespace: arguments.namespace.as_deref(),
        name: arguments.name.as_deref(),
    };
    let request = asked.request(&evaluator, &mut report.assumptions);
    let identity = identity(&arguments.subject, &arguments.group);
    let answer = evaluator.can(&identity, &request);
    let mut because: Vec<_> = answer.reasons.iter().map(|grant| describe::chain(&evaluator, *grant)).collect();
    if !all {
        because.truncate(1);
    }
    let allowed = answer.decision == Decision::Allowed;
    let unknown = answer.unknown.iter().map(|unknown| describe::unknown(&evaluator, unknown));
    report.answer = Some(AnswerReport {
        subject: name_of(&identity),
        groups: identity.groups.clone(),
        request: describe::request(&request),
        decision: match answer.decision {
            Decision::Allowed => "yes",
            Decision::NoOpinion => "no",
            Decision::Unknown => "unknown",
        }
        .to_owned(),
        outside: answer.outside.map(str::to_owned),
        because,
        unknown: if allowed { Vec::new() } else { unknown.collect() },
        groups_that_may: if allowed { Vec::new() } else { groups_that_may(&evaluator, &identity, &request) },
    });
    write(&report, common)?;
    Ok(match answer.decision {
        Decision::Allowed => Exit::Clean,
        Decision::NoOpinion if report.coverage.complete => Exit::Findings,
        Decision::NoOpinion | Decision::Unknown => Exit::Incomplete,
    })
}

fn identity(subject: &str, groups: &[String]) -> Identity {
    let mut identity = Identity::parse(subject);
    for group in groups {
        if !identity.groups.contains(group) {
            identity.groups.push(group.clone());
        }
    }
    identity
}

fn name_of(identity: &Identity) -> SubjectName {
    let account = rbac::split_service_account(&identity.user);
    let (kind, name) = match (account, &*identity.user) {
        (Some((namespace, name)), _) => ("ServiceAccount", format!("{namespace}/{name}")),
        (None, "") => ("Group", identity.groups.first().cloned().unwrap_or_default()),
        (None, user) => ("User", user.to_owned()),
    };
    SubjectName { kind: kind.to_owned(), name }
}

/// For a person: groups of people whose members may do it, apart from those that the server gives.
fn groups_that_may(evaluator: &Evaluator<'_>, identity: &Identity, request: &Request) -> Vec<String> {
    if identity.user.is_empty() || identity.user.starts_with("system:") {
        return Vec::new();
    }
    let who_can = evaluator.who_can(request);
    let groups = who_can.keys().filter_map(|key| match key {
        SubjectKey::Group(name) => Some(evaluator.text(*name)),
        SubjectKey::User(_) | SubjectKey::Nobody => None,
    });
    let mut groups: Vec<String> = groups.filter(|name| !name.starts_with("system:")).collect();
    groups.sort();
    groups
}

/// Runs `rbac who-can`.
pub(super) fn who_can(arguments: &WhoCanArguments) -> anyhow::Result<Exit> {
    let common = &arguments.common;
    check(None, &arguments.verb, &arguments.resource)?;
    let inventory = read(&arguments.paths, common)?;
    let evaluator = Evaluator::new(&inventory, &config(common, &inventory));
    let mut report = report(&evaluator, common);
    let mut answers = Vec::new();
    for resource in arguments.resource.split(',').filter(|word| !word.is_empty()) {
        let asked = Asked {
            verb: &arguments.verb,
            resource,
            namespace: arguments.namespace.as_deref(),
            name: arguments.name.as_deref(),
        };
        let request = asked.request(&evaluator, &mut report.assumptions);
        let mut subjects: Vec<WhoReport> = evaluator
            .who_can(&request)
            .into_iter()
            .map(|(key, grants)| WhoReport {
                subject: describe::subject(&evaluator, key),
                because: grants.into_iter().map(|grant| describe::chain(&evaluator, grant)).collect(),
            })
            .collect();
        subjects.sort_by(|a, b| a.subject.cmp(&b.subject));
        answers.push(WhoCanReport {
            request: describe::request(&request),
            subjects,
            not_seen: evaluator.not_seen(&request).into_iter().map(|id| describe::binding(&evaluator, id)).collect(),
        });
    }
    let unknown = answers.iter().any(|answer| !answer.not_seen.is_empty()) || rbac::rights_unseen(&inventory);
    report.who_can = Some(answers);
    write(&report, common)?;
    Ok(if unknown { Exit::Incomplete } else { answered(&report) })
}
