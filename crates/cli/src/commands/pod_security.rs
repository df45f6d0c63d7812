//! `plimsoll pod-security`: which level workloads meet, and what the admission plugin would answer.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use controls::pod_security::{self, Level, Version};
use model::coverage::{SkipKind, Skipped};
use model::finding::{ControlId, Edit, Occurrence, Standing, Status};
use model::inventory::{Inventory, Observed, Results, Verdicts};
use model::origin::RenderingId;
use model::pod::{Gap, GapKind};
use model::severity::Severity;
use model::symbols::{Symbol, Symbols};
use model::workload::{Form, Workload};
use reports::json::{self, Tool};
use reports::pod_security::{Asked, CheckAnswer, NamespaceLevel, PodSecurityReport, WorkloadLevel};
use reports::report::Report;
use repository::world::Judges;

use super::{check_outputs, input_config, write_output};
use crate::arguments::PodSecurityArguments;
use crate::exit::{Exit, UsageError};
use crate::formats::Format;
use crate::inputs::{self, Source};
use crate::loading::{self, Input, Loading};
use crate::screen::{self, Destination};
use crate::{fetched, rendering};

/// A workload that was evaluated while its document was there.
struct Evaluated {
    /// The name of the part of the object that becomes the pod, if it has one.
    template: Option<String>,
    meets: Level,
    asked: pod_security::Evaluation,
}

/// Runs the command.
pub(super) fn run(arguments: &PodSecurityArguments) -> anyhow::Result<Exit> {
    check_outputs(&arguments.output)?;
    if arguments.output.iter().any(|output| !matches!(output.format, Format::Text | Format::Json)) {
        return Err(UsageError("pod-security is written as text or json".to_owned()).into());
    }
    let (level, version) = policy(arguments)?;
    let (mut results, evaluated, unknown) = evaluate(arguments, level, version)?;
    results.coverage.skipped.extend(unknown);
    results.coverage.skipped.sort();
    results.coverage.skipped.dedup();
    let report = report(&results, evaluated, level, version);
    for output in &arguments.output {
        let destination = if output.file.is_some() { Destination::File } else { Destination::Stdout };
        write_output(output, |out| match output.format {
            Format::Json => reports::pod_security::write_json(&report, out),
            _ => reports::pod_security::write_text(&report, screen::terminal(&destination), out),
        })?;
    }
    Ok(if !report.coverage.complete {
        Exit::Incomplete
    } else if report.workloads.iter().any(|workload| !workload.asked.allowed) {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

fn policy(arguments: &PodSecurityArguments) -> Result<(Level, Version), UsageError> {
    let name = &arguments.level;
    let level = Level::from_name(name)
        .ok_or_else(|| UsageError(format!("there is no level `{name}`; there are privileged, baseline, restricted")))?;
    let version = &arguments.version;
    let version = version.parse().map_err(|error| UsageError(format!("`{version}` is no version: {error}")))?;
    Ok((level, version))
}

fn evaluate(
    arguments: &PodSecurityArguments,
    level: Level,
    version: Version,
) -> anyhow::Result<(Results, Vec<Option<Evaluated>>, Vec<Skipped>)> {
    let evaluated = Mutex::new(Vec::new());
    let unknown = Mutex::new(Vec::new());
    let judge = |observed: Observed<'_>, symbols: &Symbols, verdicts: &mut Verdicts| {
        let without_pod = observed.workloads.is_empty() && pod_security::needs_pod(observed.object);
        let gaps = observed.workloads.iter().filter_map(|workload| workload.pod.gap);
        let gaps = gaps.chain(without_pod.then_some(Gap { at: observed.object.value, kind: GapKind::Refused }));
        let said = gaps.map(|gap| not_judged(observed, gap, symbols));
        unknown.lock().unwrap_or_else(PoisonError::into_inner).extend(said);
        for workload in observed.workloads.iter().filter(|workload| workload.pod.gap.is_none()) {
            let meets = pod_security::meets(workload, version);
            let asked = pod_security::evaluate(workload, level, version);
            let mut evaluated = evaluated.lock().unwrap_or_else(PoisonError::into_inner);
            verdicts.occurrences.push(reference(observed, workload, evaluated.len(), symbols));
            evaluated.push(Some(Evaluated { template: template(workload), meets, asked }));
        }
    };
    let results = read(arguments, &judge)?;
    let evaluated = evaluated.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok((results, evaluated, unknown.into_inner().unwrap_or_else(PoisonError::into_inner)))
}

/// What the part of an object is called that a controller makes a pod of, where it makes several.
fn template(workload: &Workload<'_>) -> Option<String> {
    let name = workload.pod.spec.get("name").filter(|_| workload.form == Form::Parts)?;
    Some(name.text().into_owned()).filter(|name| !name.is_empty())
}

/// Why the plugin's answer for a pod is not known.
fn not_judged(observed: Observed<'_>, gap: Gap<'_>, symbols: &Symbols) -> Skipped {
    let place = observed.origin.place_of(gap.at, symbols);
    let field = symbols.text(place.field);
    let (kind, why) = match gap.kind {
        GapKind::Refused => {
            let at = if field.is_empty() { "no pod".to_owned() } else { format!("field `{}`", &*field) };
            (SkipKind::InvalidObject, format!("the API refuses this object ({at})"))
        }
        GapKind::Elsewhere => (SkipKind::NothingToJudge, "the containers of this pod are not written here".to_owned()),
        GapKind::Patched => (SkipKind::NothingToJudge, "`podSpecPatch` may change every field of this pod".to_owned()),
        GapKind::Manifest => (SkipKind::NothingToJudge, "the controller's own container runs here".to_owned()),
    };
    let who = format!("{}/{}", observed.object.kind, observed.object.name());
    let line = (place.line > 0).then_some(place.line);
    Skipped { path: observed.path.to_path_buf(), line, kind, reason: format!("{who}: {why}: not judged") }
}

/// Reads manifests, clusters or a snapshot.
fn read(arguments: &PodSecurityArguments, judge: inputs::Judge<'_>) -> anyhow::Result<Results> {
    let mut inventory = Inventory::default();
    let cluster = arguments.cluster.of_paths(&arguments.paths);
    match cluster.as_ref().unwrap_or(&arguments.cluster).source()? {
        Source::Manifests => return read_manifests(arguments, judge),
        Source::Snapshot(path) => {
            inputs::load_snapshot(
                path,
                arguments.input.threads,
                arguments.cluster.feature,
                (judge, &|| {}),
                &mut inventory,
            )?;
        }
        Source::Clusters(connections) => {
            inputs::each_cluster(connections, &mut inventory, &mut |connection, inventory| {
                let reached = inputs::reach(&arguments.cluster, connection)?;
                inputs::load_cluster(&arguments.cluster, reached, None, (judge, &|| {}), inventory)?;
                Ok(())
            })?;
        }
    }
    Ok(inventory.into_results())
}

fn read_manifests(arguments: &PodSecurityArguments, judge: inputs::Judge<'_>) -> anyhow::Result<Results> {
    let resolved = fetched::resolve(&arguments.paths)?;
    let config = input_config(&resolved.paths, &arguments.input);
    let options = rendering::options(&arguments.input.rendering, None, None)?;
    let each = |_: RenderingId, observed: Observed<'_>, symbols: &Symbols, verdicts: &mut Verdicts| {
        judge(observed, symbols, verdicts);
    };
    let secrets = &controls::secret::mask::secret_spans;
    let rendered = Judges { each: &each, all: &|_, _| {}, secrets };
    let loading = Loading { judge, judge_all: &|_, _| {}, rendered };
    let input = Input { config: &config, options: &options };
    let mut results = loading::load(&input, Inventory::default(), &loading)?.results;
    resolved.show(&mut results);
    Ok(results)
}

/// What ties an evaluation to its resource: occurrences are numbered and ordered as the resources are, evaluations
/// as the threads come to them. Its value is the number of the evaluation.
fn reference(observed: Observed<'_>, workload: &Workload<'_>, number: usize, symbols: &Symbols) -> Occurrence {
    Occurrence {
        resource: observed.resource,
        control: ControlId(0),
        // What passes has no place.
        status: Status::Skip,
        severity: Severity::Info,
        secret: false,
        standing: Standing::Open,
        place: observed.origin.place_of(workload.pod.spec, symbols),
        container: Symbol::EMPTY,
        value: symbols.intern(&number.to_string()),
        message: Symbol::EMPTY,
        edit: Edit::None,
        class: None,
    }
}

fn report(
    results: &Results,
    mut evaluated: Vec<Option<Evaluated>>,
    level: Level,
    version: Version,
) -> PodSecurityReport {
    let names = Report::new(results, &[], Severity::Info, env!("CARGO_PKG_VERSION"));
    let mut workloads: Vec<WorkloadLevel> = Vec::with_capacity(evaluated.len());
    for reference in &results.occurrences {
        let number: usize = names.text(reference.value).parse().expect("the value is the number of an evaluation");
        let entry = evaluated[number].take().expect("every evaluation has one reference");
        let found = workload_level(&names, reference, entry, level, version);
        // What several renderings of one object get is said once.
        let is_same = |known: &&mut WorkloadLevel| {
            (&known.resource, &known.field, &known.meets) == (&found.resource, &found.field, &found.meets)
                && (known.asked.allowed, &known.asked.reason) == (found.asked.allowed, &found.asked.reason)
        };
        let is_rendered = !found.rendered_by.is_empty();
        match workloads.iter_mut().rev().find(is_same).filter(|_| is_rendered) {
            Some(known) => known.rendered_by.extend(found.rendered_by),
            None => workloads.push(found),
        }
    }
    PodSecurityReport {
        schema_version: json::SCHEMA_VERSION.to_owned(),
        tool: Tool { name: "plimsoll".to_owned(), version: names.version.to_owned(), controls: Vec::new() },
        coverage: json::coverage_of(&results.coverage, results.resources.len()),
        level: level.name().to_owned(),
        version: version.to_string(),
        namespaces: namespaces(&workloads),
        workloads,
    }
}

fn workload_level(
    names: &Report<'_>,
    reference: &Occurrence,
    entry: Evaluated,
    level: Level,
    version: Version,
) -> WorkloadLevel {
    let resource = names.resource(reference.resource);
    let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let variant = |id: &RenderingId| names.results.origins.rendering(*id).variant.clone();
    let checks = entry.asked.checks.into_iter().map(|check| CheckAnswer {
        id: check.id.to_owned(),
        allowed: check.allowed,
        reason: check.reason,
        detail: check.detail,
    });
    WorkloadLevel {
        resource: names.resource_id(reference.resource),
        api_version: names.text(resource.api_version).to_owned(),
        kind: names.text(resource.kind).to_owned(),
        namespace: optional(names.text(resource.namespace)),
        name: optional(names.text(resource.name)),
        path: names.path(resource),
        line: resource.line,
        field: names.text(reference.place.field).to_owned(),
        template: entry.template,
        rendered_by: names.results.origins.renderings_of(reference).iter().map(variant).collect(),
        meets: entry.meets.name().to_owned(),
        asked: Asked {
            level: level.name().to_owned(),
            version: version.to_string(),
            allowed: entry.asked.allowed,
            reason: entry.asked.reason,
            checks: checks.collect(),
        },
    }
}

fn namespaces(workloads: &[WorkloadLevel]) -> Vec<NamespaceLevel> {
    let mut all: BTreeMap<Option<&str>, (u64, u64, Level)> = BTreeMap::new();
    for workload in workloads {
        let entry = all.entry(workload.namespace.as_deref()).or_insert((0, 0, Level::Restricted));
        entry.0 += 1;
        entry.1 += u64::from(!workload.asked.allowed);
        entry.2 = entry.2.min(Level::from_name(&workload.meets).unwrap_or(Level::Privileged));
    }
    all.into_iter()
        .map(|(namespace, (workloads, refused, meets))| NamespaceLevel {
            namespace: namespace.map(str::to_owned),
            workloads,
            refused,
            meets: meets.name().to_owned(),
        })
        .collect()
}
