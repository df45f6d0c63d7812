//! `plimsoll policy test`: which objects admission policies would refuse.
//!
//! Objects are kept as trees while they are read; when all policies are known, every object is asked about.

mod seen;

use std::collections::{BTreeMap, BTreeSet};

use model::finding::Occurrence;
use model::inventory::Results;
use model::origin::RenderingId;
use model::severity::Severity;
use policy::admission::{
    Answer, Binding, Decision, Policies, Policy, Request, Resource, Resources, Subject, Tree, User,
};
use reports::json::{self, JsonSkipKind, JsonSkipped, Tool};
use reports::policy::{DecisionEntry, MistakeEntry, ObjectEntry, Outcome, PolicyEntry, PolicyReport};
use reports::report::Report;

use self::seen::{Collected, Seen};
use super::{check_outputs, write_output};
use crate::arguments::policy::{PolicyArguments, PolicyCommand, PolicyTestArguments};
use crate::exit::{Exit, UsageError};
use crate::formats::Format;
use crate::screen::{self, Destination};

/// Runs the command.
pub(super) fn run(arguments: &PolicyArguments) -> anyhow::Result<Exit> {
    match &arguments.command {
        PolicyCommand::Test(arguments) => test(arguments),
    }
}

fn test(arguments: &PolicyTestArguments) -> anyhow::Result<Exit> {
    check_outputs(&arguments.output)?;
    if arguments.output.iter().any(|output| !matches!(output.format, Format::Text | Format::Json)) {
        return Err(UsageError("policy test is written as text or json".to_owned()).into());
    }
    let given = match arguments.policy.as_slice() {
        [] => None,
        paths => Some(seen::collect(paths, &arguments.input)?),
    };
    let input = seen::collect(&arguments.paths, &arguments.input)?;
    let report = report(arguments, given, input);
    for output in &arguments.output {
        let destination = if output.file.is_some() { Destination::File } else { Destination::Stdout };
        write_output(output, |out| match output.format {
            Format::Json => reports::policy::write_json(&report, out),
            _ => reports::policy::write_text(&report, screen::terminal(&destination), out),
        })?;
    }
    Ok(if !report.is_complete() {
        Exit::Incomplete
    } else if report.is_refusing() {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

/// What policies are asked with.
struct Asked {
    policies: Policies,
    namespaces: BTreeMap<String, Tree>,
    entries: Vec<PolicyEntry>,
    /// For every policy the lines of its validations.
    lines: Vec<Vec<u32>>,
    known: BTreeSet<String>,
    /// Policies and bindings, each as it is written once.
    written: Vec<Tree>,
    /// Where each binding is, and the name of its policy.
    bindings: Vec<(JsonSkipped, String)>,
    /// What the API server would not take, or what is not known of.
    refused: Vec<JsonSkipped>,
}

fn report(arguments: &PolicyTestArguments, given: Option<Collected>, mut input: Collected) -> PolicyReport {
    let mut asked = Asked {
        policies: Policies { resources: resources(), ..Policies::default() },
        namespaces: BTreeMap::new(),
        entries: Vec::new(),
        lines: Vec::new(),
        known: BTreeSet::new(),
        written: Vec::new(),
        bindings: Vec::new(),
        refused: Vec::new(),
    };
    let mut given_names = 0;
    if let Some(given) = &given {
        asked.add_policies(given);
        given_names = asked.entries.len();
    }
    asked.add_policies(&input);
    for collected in given.iter().chain([&input]) {
        asked.add_parameters(collected, &arguments.default_namespace);
    }
    asked.bind(given_names);
    asked.miss_policies();
    let (objects, as_written) = asked.objects(arguments, &mut input);
    let Collected { results, .. } = input;
    let mut coverage = json::coverage_of(&results.coverage, results.resources.len());
    if let Some(given) = &given {
        let own = json::coverage_of(&given.results.coverage, given.results.resources.len());
        coverage.complete &= own.complete;
        coverage.skipped.extend(own.skipped);
    }
    coverage.complete &= asked.refused.is_empty();
    coverage.skipped.append(&mut asked.refused);
    PolicyReport {
        schema_version: json::SCHEMA_VERSION.to_owned(),
        tool: Tool { name: "plimsoll".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned(), controls: Vec::new() },
        coverage,
        policies: asked.entries,
        objects,
        as_written: as_written.into_iter().collect(),
    }
}

/// The kinds of Kubernetes itself.
fn resources() -> Resources {
    let all = rbac::resources::ALL.iter().filter(|resource| !resource.kind.is_empty());
    let all = all.map(|resource| Resource {
        group: resource.group.to_owned(),
        kind: resource.kind.to_owned(),
        plural: resource.plural.to_owned(),
        is_namespaced: resource.namespaced,
    });
    Resources { all: all.collect() }
}

impl Asked {
    fn add_policies(&mut self, collected: &Collected) {
        let names = report_of(&collected.results);
        for (reference, seen) in collected.in_order() {
            if let Some(why) = policy::admission::left_out(&seen.tree) {
                self.refused.push(left_out(&names, reference, why.to_owned()));
            }
            // What is there twice is one; of what is not the same nobody knows which one stays, so that each is asked.
            if self.written.contains(&seen.tree) {
                continue;
            }
            if let Some(binding) = Binding::of(&seen.tree) {
                self.written.push(seen.tree.clone());
                if self.policies.bindings.iter().any(|known| known.name == binding.name) {
                    self.refused.push(left_out(&names, reference, twice("binding", &binding.name)));
                }
                if !binding.mistakes.is_empty() {
                    self.refused.extend(refused(&names, reference, &binding, seen));
                }
                self.bindings.push((left_out(&names, reference, String::new()), binding.policy.clone()));
                self.policies.bindings.push(binding);
            }
            if seen.tree.text_at(&["kind"]) == "CustomResourceDefinition" {
                self.policies.resources.define(&seen.tree);
            }
            let Some(policy) = Policy::of(&seen.tree) else { continue };
            self.written.push(seen.tree.clone());
            if !self.known.insert(policy.name.clone()) {
                self.refused.push(left_out(&names, reference, twice("policy", &policy.name)));
            }
            let resource = names.resource(reference.resource);
            self.entries.push(PolicyEntry {
                name: policy.name.clone(),
                path: names.path(resource),
                line: resource.line,
                bindings: Vec::new(),
                bound_everywhere: false,
                mistakes: seen
                    .mistakes
                    .iter()
                    .map(|(line, column, message)| MistakeEntry {
                        line: *line,
                        column: *column,
                        message: message.clone(),
                    })
                    .collect(),
            });
            self.lines.push(seen.validations.clone());
            self.policies.policies.push(policy);
        }
    }

    fn add_parameters(&mut self, collected: &Collected, default_namespace: &str) {
        for (_, seen) in collected.in_order() {
            let is_namespace =
                seen.tree.text_at(&["kind"]) == "Namespace" && seen.tree.text_at(&["apiVersion"]) == "v1";
            let is_parameter = self.policies.is_parameter(&seen.tree);
            if !is_namespace && !is_parameter {
                continue;
            }
            let request = Request::create(&seen.tree, &self.policies.resources, default_namespace, None);
            let namespace = request.namespace.clone();
            let object = Subject::new(&seen.tree, request).object;
            if is_namespace {
                self.namespaces.entry(namespace).or_insert(object);
            } else if !self.policies.parameters.iter().any(|(place, known)| *place == namespace && *known == object) {
                self.policies.parameters.push((namespace, object));
            }
        }
    }

    /// The first `given` policies refuse everywhere if nothing binds them.
    fn bind(&mut self, given: usize) {
        for (at, policy) in self.policies.policies.iter().enumerate() {
            let entry = &mut self.entries[at];
            let own = self.policies.bindings.iter().filter(|binding| binding.policy == policy.name);
            entry.bindings = own.map(|binding| binding.name.clone()).collect();
            entry.bound_everywhere = at < given && entry.bindings.is_empty();
        }
        let entries = self.policies.policies.iter().zip(&self.entries);
        let everywhere = entries.filter(|(_, entry)| entry.bound_everywhere);
        let everywhere: Vec<Binding> = everywhere.map(|(policy, _)| Binding::everywhere(policy)).collect();
        self.policies.bindings.extend(everywhere);
    }

    /// Bindings of policies that are not in the input: what those refuse is not known.
    fn miss_policies(&mut self) {
        for (place, policy) in std::mem::take(&mut self.bindings) {
            if !self.known.contains(&policy) {
                let reason =
                    format!("binds the policy `{policy}`, which is not in the input: what it refuses is not known");
                self.refused.push(JsonSkipped { reason, ..place });
            }
        }
    }

    fn objects(&self, arguments: &PolicyTestArguments, input: &mut Collected) -> (Vec<ObjectEntry>, BTreeSet<String>) {
        let names = report_of(&input.results);
        let mut objects: Vec<ObjectEntry> = Vec::new();
        let mut as_written = BTreeSet::new();
        for (reference, seen) in input.in_order() {
            let found = self.object(arguments, &names, (reference, seen), &mut as_written);
            // What several renderings of one object get is said once.
            let is_same = |known: &&mut ObjectEntry| {
                known.resource == found.resource && known.line == found.line && known.decisions == found.decisions
            };
            let is_rendered = !found.rendered_by.is_empty();
            match objects.iter_mut().rev().find(is_same).filter(|_| is_rendered) {
                Some(known) => known.rendered_by.extend(found.rendered_by),
                None => objects.push(found),
            }
        }
        (objects, as_written)
    }

    fn object(
        &self,
        arguments: &PolicyTestArguments,
        names: &Report<'_>,
        (reference, seen): (&Occurrence, &Seen),
        as_written: &mut BTreeSet<String>,
    ) -> ObjectEntry {
        let user = arguments.user.clone().map(|name| {
            // With the groups that the API server adds, those of a ServiceAccount among them.
            let rbac::Identity { user, groups } = rbac::Identity::user(&name, &arguments.groups);
            User { name: user, groups }
        });
        let request = Request::create(&seen.tree, &self.policies.resources, &arguments.default_namespace, user);
        let namespace = request.namespace.clone();
        let subject = Subject::new(&seen.tree, request);
        let decided = self.policies.decide(&subject, self.namespaces.get(&namespace));
        if decided.asked > 0 && !subject.is_known {
            as_written.insert(format!("{} of {}", subject.request.kind, subject.object.text_at(&["apiVersion"])));
        }
        let resource = names.resource(reference.resource);
        let entry = |decision: &Decision, of_pods: bool| self.decision(decision, of_pods, seen, resource.line);
        let mut decisions: Vec<DecisionEntry> = decided.decisions.iter().map(|one| entry(one, false)).collect();
        let outcome = outcome(&decisions);
        let mut pods = None;
        if !arguments.no_pods
            && let Some(pod) = policy::admission::pod_of(&subject.object, &namespace)
        {
            // Where what stands between them is refused, no pod is made.
            let between = policy::admission::made_between(&subject.object, &namespace);
            let mut of_pods: Vec<DecisionEntry> = Vec::new();
            for (made, user) in between.into_iter().chain([pod]) {
                let request = Request::create(&made, &self.policies.resources, &namespace, Some(user));
                let decided = self.policies.decide(&Subject::new(&made, request), self.namespaces.get(&namespace));
                of_pods.extend(decided.decisions.iter().map(|one| entry(one, true)));
            }
            pods = Some(self::outcome(&of_pods));
            decisions.extend(of_pods);
        }
        let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let variant = |id: &RenderingId| names.results.origins.rendering(*id).variant.clone();
        ObjectEntry {
            resource: names.resource_id(reference.resource),
            api_version: names.text(resource.api_version).to_owned(),
            kind: names.text(resource.kind).to_owned(),
            namespace: optional(names.text(resource.namespace)),
            name: optional(names.text(resource.name)),
            path: names.path(resource),
            line: resource.line,
            rendered_by: names.results.origins.renderings_of(reference).iter().map(variant).collect(),
            outcome,
            pods,
            decisions,
        }
    }

    fn decision(&self, decision: &Decision, of_pods: bool, seen: &Seen, line: u32) -> DecisionEntry {
        let policy = &self.entries[decision.policy];
        let place = if of_pods { None } else { seen.field_of(&decision.expression) };
        let (outcome, message) = match &decision.answer {
            Answer::Refused(message) => {
                let is_denied = decision.actions.contains(&policy::admission::Action::Deny);
                (if is_denied { Outcome::Refused } else { Outcome::Noted }, message.clone())
            }
            Answer::Unknown(on) => (Outcome::Unknown, on.clone()),
        };
        let lines = self.lines.get(decision.policy);
        let of_validation = decision.validation.and_then(|at| lines?.get(at)).copied();
        DecisionEntry {
            policy: policy.name.clone(),
            binding: decision.binding.clone(),
            of_pods,
            outcome,
            message,
            reason: decision.reason.clone(),
            actions: decision.actions.iter().map(|action| action.name().to_owned()).collect(),
            field: place.map(|(field, _)| field.to_owned()),
            line: place.map_or(line, |(_, line)| line),
            policy_path: policy.path.clone(),
            policy_line: of_validation.unwrap_or(policy.line),
        }
    }
}

fn twice(what: &str, name: &str) -> String {
    format!(
        "another {what} `{name}` is in the input, and is not the same: which one a cluster has is not known, each is asked"
    )
}

/// Something that is not known of an object.
fn left_out(names: &Report<'_>, reference: &Occurrence, reason: String) -> JsonSkipped {
    let resource = names.resource(reference.resource);
    JsonSkipped { path: names.path(resource), line: Some(resource.line), kind: JsonSkipKind::NothingToJudge, reason }
}

/// What is said of a binding that the API server would not take.
fn refused(names: &Report<'_>, reference: &Occurrence, binding: &Binding, seen: &Seen) -> Vec<JsonSkipped> {
    let path = names.path(names.resource(reference.resource));
    let told = |(line, _, message): &(u32, u32, String)| JsonSkipped {
        path: path.clone(),
        line: Some(*line),
        kind: JsonSkipKind::InvalidObject,
        reason: format!("the API server does not take the binding `{}`, which binds nothing: {message}", binding.name),
    };
    seen.mistakes.iter().map(told).collect()
}

fn outcome(decisions: &[DecisionEntry]) -> Outcome {
    decisions.iter().map(|decision| decision.outcome).max().unwrap_or(Outcome::Admitted)
}

fn report_of(results: &Results) -> Report<'_> {
    Report::new(results, &[], Severity::Info, env!("CARGO_PKG_VERSION"))
}
