//! `plimsoll paths`: what an attacker can come to, and what ends that.

mod coverage;
mod output;
mod patch;
pub(super) mod proven;
mod tracks;
mod what_if;

use std::cmp::Reverse;
use std::path::PathBuf;

use ::paths::analysis::{
    Analysis, Certainty, Path, Question, usual_entries, usual_sinks, weight_of_entry, weight_of_sink,
};
use ::paths::edges::{EDGES, one_of_nodes};
use ::paths::find::{self, FindError};
use ::paths::graph::{Fix, FixId, Graph};
use ::paths::topology::VertexId;
use ::paths::tracks::Track;
use ::paths::vertex::Vertex;
use ::paths::world::{Config, World};
use cluster::features::Feature;
use model::inventory::{Inventory, ResourceId};
use model::nearest::nearest;
use reports::json::{self, Tool};
use reports::paths::{PathInfo, PathsReport, Teller, Telling, Weight};

use crate::arguments::{
    PathsAboutArguments, PathsArguments, PathsCommand, PathsFormat, PathsInput, PathsListArguments, PathsNodeArguments,
    PathsOutput, PathsPlanArguments, PathsQuestion,
};
use crate::configuration::ProjectSettings;
use crate::exit::{Exit, UsageError};
use crate::inputs;

use self::output::{Answer, Asked, write};

/// So many ways are told where nobody asked for all.
const SHOWN: usize = 8;

/// Runs the command.
pub(super) fn run(arguments: &PathsArguments, project: &ProjectSettings) -> anyhow::Result<Exit> {
    match &arguments.command {
        PathsCommand::List(arguments) => list(arguments),
        PathsCommand::Plan(arguments) => plan(arguments, project),
        PathsCommand::WhatIf(arguments) => what_if::run(arguments),
        PathsCommand::Workload(arguments) | PathsCommand::Subject(arguments) => about(arguments),
        PathsCommand::Node(arguments) => node(arguments),
        PathsCommand::Coverage(arguments) => coverage::run(arguments),
        PathsCommand::Tracks => tracks::run(),
    }
}

fn read(paths: &[PathBuf], input: &PathsInput) -> anyhow::Result<Inventory> {
    inputs::inventory(paths, &input.input, &input.place, input.complete, Feature::Paths)
}

/// What is known beside the objects.
fn config(inventory: &Inventory, input: &PathsInput) -> Config {
    Config::of(inventory, input.kubernetes_version.map(|version| version.minor()))
}

/// What is asked, with the names that are in the graph.
fn question<'q>(
    world: &World<'_>,
    graph: &Graph,
    (from, to): (&[String], &[String]),
    input: &PathsInput,
) -> Result<Question<'q>, UsageError> {
    let track = input.track.as_deref().map(tracks::named).transpose()?;
    let of_track = |names: fn(&Track) -> &'static [&'static str]| {
        track.map_or(&[][..], names).iter().map(|&name| name.to_owned()).collect::<Vec<String>>()
    };
    // What is said beside a track narrows it.
    let of_either = |said: &[String], of_track: Vec<String>| if said.is_empty() { of_track } else { said.to_vec() };
    let (from, to) = (of_either(from, of_track(|track| track.from)), of_either(to, of_track(|track| track.to)));
    let without = [&input.without[..], &of_track(|track| track.without)].concat();
    let mut question = Question {
        entries: if from.is_empty() { usual_entries(world) } else { Vec::new() },
        sinks: if to.is_empty() { usual_sinks() } else { Vec::new() },
        ..Question::default()
    };
    for name in &from {
        let found = known(find::find_entries(world, graph, name), name)?;
        question.entries.extend(found.into_iter().map(|vertex| (vertex, weight_of_entry(vertex))));
    }
    for name in &to {
        question.sinks.extend(found(world, graph, name)?.into_iter().map(|vertex| (vertex, weight_of_sink(vertex))));
    }
    for name in &without {
        match find::edge(name) {
            Some(edge) => question.without_edges.push(edge),
            None => question.without.extend(found(world, graph, name)?),
        }
    }
    if input.certain {
        question.certainty = Certainty::Certain;
    }
    Ok(question)
}

fn found(world: &World<'_>, graph: &Graph, name: &str) -> Result<Vec<Vertex>, UsageError> {
    known(find::find(world, graph, name), name)
}

fn known(found: Result<Vec<Vertex>, FindError>, name: &str) -> Result<Vec<Vertex>, UsageError> {
    found.map_err(|error| match error {
        FindError::Nothing(like) if like.is_empty() => UsageError(format!(
            "nothing here is called `{name}`: internet, anonymous, authenticated, workloads, node, cluster-admin, \
             control-plane, secrets and cloud are words; others are names such as `payments/api` or `sa:payments/api`"
        )),
        FindError::Nothing(like) => {
            UsageError(format!("nothing here is called `{name}`; there is {}", like.join(", ")))
        }
        FindError::Several(names) => {
            UsageError(format!("several things are called `{name}`: say which of {}", names.join(", ")))
        }
    })
}

fn list(arguments: &PathsListArguments) -> anyhow::Result<Exit> {
    let inventory = read(&arguments.paths, &arguments.input)?;
    let world = World::new(&inventory, &config(&inventory, &arguments.input));
    let graph = Graph::new(&world, EDGES);
    let PathsQuestion { from, to } = &arguments.question;
    let question = question(&world, &graph, (from, to), &arguments.input)?;
    let analysis = Analysis::new(&graph, &question);
    let mut paths = analysis.paths();
    sort(&mut paths, &analysis);
    let shown = if arguments.all { paths.len() } else { paths.len().min(SHOWN) };
    let more = paths.len() - shown;
    let teller = Teller { world: &world, graph: &graph };
    let mut report = report(&teller, &analysis, &arguments.paths);
    report.paths = paths[..shown].iter().map(|path| teller.path(path, &analysis)).collect();
    report.more = more;
    report.certain = paths.iter().filter(|path| path.assumptions.is_empty()).count();
    let asked = Some(Asked { teller: &teller, analysis: &analysis, plan: None });
    write(&Answer { report: &report, telling: telling(arguments.details), asked }, &arguments.input.output)?;
    let found = if paths.is_empty() { Exit::Clean } else { Exit::Findings };
    Ok(found.max(looked_at(&inventory)))
}

/// What begins outside comes first, of that what is certain, then what is easy; every goal in turn.
fn sort(paths: &mut [Path], analysis: &Analysis<'_>) {
    paths.sort_by_key(|path| order(path, analysis));
}

fn order(path: &Path, analysis: &Analysis<'_>) -> (Reverse<u64>, bool, u64, VertexId, VertexId) {
    let starts = analysis.starts().iter();
    let of_entry = starts.filter(|start| start.vertex == path.entry).map(|start| start.weight).max();
    (Reverse(of_entry.unwrap_or(0)), !path.assumptions.is_empty(), path.difficulty, path.entry, path.sink)
}

fn plan(arguments: &PathsPlanArguments, project: &ProjectSettings) -> anyhow::Result<Exit> {
    output::places(&arguments.input.output)?;
    let is_patch = |output: &&PathsOutput| output.format == PathsFormat::Patch;
    let (patches, others): (Vec<&PathsOutput>, Vec<&PathsOutput>) =
        arguments.input.output.iter().partition(|output| is_patch(output));
    let of_patches = if patches.is_empty() { Exit::Clean } else { patch::write(arguments, &patches, project)? };
    if others.is_empty() {
        return Ok(of_patches);
    }
    let others: Vec<PathsOutput> = others.into_iter().cloned().collect();
    let inventory = read(&arguments.paths, &arguments.input)?;
    let world = World::new(&inventory, &config(&inventory, &arguments.input));
    let graph = Graph::new(&world, EDGES);
    let analysis = asked_of(&world, &graph, arguments)?;
    let teller = Teller { world: &world, graph: &graph };
    let mut report = report(&teller, &analysis, &arguments.paths);
    let plan = analysis.plan(arguments.budget);
    let told = teller.plan(&analysis, &plan);
    let left = told.left;
    report.plan = Some(told);
    let asked = Some(Asked { teller: &teller, analysis: &analysis, plan: Some(&plan) });
    write(&Answer { report: &report, telling: Telling::Short, asked }, &others)?;
    let found = if left == 0 { Exit::Clean } else { Exit::Findings };
    Ok(found.max(looked_at(&inventory)).max(of_patches))
}

/// The question of a plan.
pub(super) fn asked_of<'g>(
    world: &World<'_>,
    graph: &'g Graph,
    arguments: &PathsPlanArguments,
) -> Result<Analysis<'g>, UsageError> {
    let costs = arguments.cost.iter().map(|text| cost(text)).collect::<Result<Vec<(&str, u64)>, UsageError>>()?;
    let patterns = arguments.pin.iter().map(String::as_str).chain(costs.iter().map(|(pattern, _)| *pattern));
    patterns.into_iter().try_for_each(|pattern| named_something(world, pattern))?;
    let PathsQuestion { from, to } = &arguments.question;
    let pinned =
        |_: FixId, fix: &Fix| arguments.pin.iter().any(|pattern| find::is_named(world, fix.key.resource, pattern));
    let own_cost = |_: FixId, fix: &Fix| {
        let named = costs.iter().rev().find(|(pattern, _)| find::is_named(world, fix.key.resource, pattern));
        named.map(|(_, cost)| *cost)
    };
    let asked = question(world, graph, (from, to), &arguments.input)?;
    Ok(Analysis::new(graph, &Question { pinned: &pinned, cost: &own_cost, ..asked }))
}

/// Says so if no object has that name.
fn named_something(world: &World<'_>, pattern: &str) -> Result<(), UsageError> {
    let resources = || (0..world.inventory.resources.len() as u32).map(ResourceId);
    if resources().any(|resource| find::is_named(world, resource, pattern)) {
        return Ok(());
    }
    let names: Vec<String> = resources().map(|id| world.object_name(id).replacen(' ', "/", 1)).collect();
    let hint = match nearest(pattern, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write `Kind/namespace/name`, with `*` for any letters".to_owned(),
    };
    Err(UsageError(format!("no object is called `{pattern}`: {hint}")))
}

fn cost(text: &str) -> Result<(&str, u64), UsageError> {
    let parts = text.rsplit_once('=').and_then(|(object, cost)| Some((object, cost.parse().ok()?)));
    parts.ok_or_else(|| UsageError(format!("`{text}` is no cost: write `Kind/namespace/name=COST`")))
}

/// What root on a node comes to, and what leads to it: on the one that is named, or on any.
fn node(arguments: &PathsNodeArguments) -> anyhow::Result<Exit> {
    let PathsNodeArguments { words, details, input } = arguments;
    // Names of nodes have no slashes.
    let is_name = |word: &&PathBuf| {
        let text = word.to_string_lossy();
        !word.exists() && !text.contains(['/', '\\', ':']) && text != "-"
    };
    let (name, paths) = match words.first().filter(is_name) {
        Some(name) => (format!("node:{}", name.display()), &words[1..]),
        None => ("node".to_owned(), &words[..]),
    };
    let paths = if paths.is_empty() { vec![PathBuf::from(".")] } else { paths.to_vec() };
    about(&PathsAboutArguments { name, paths, details: *details, input: input.clone() })
}

/// What somebody comes to, and what leads to him.
fn about(arguments: &PathsAboutArguments) -> anyhow::Result<Exit> {
    let inventory = read(&arguments.paths, &arguments.input)?;
    let world = World::new(&inventory, &config(&inventory, &arguments.input));
    let graph = Graph::new(&world, EDGES);
    let name = std::slice::from_ref(&arguments.name);
    output::refuse_explorer(&arguments.input.output)?;
    let from = question(&world, &graph, (name, &[]), &arguments.input)?;
    let to = question(&world, &graph, (&[], name), &arguments.input)?;
    let teller = Teller { world: &world, graph: &graph };
    let (from, to) = (Analysis::new(&graph, &from), Analysis::new(&graph, &to));
    let mut all: Vec<PathInfo> = Vec::new();
    for analysis in [&from, &to] {
        let mut paths = analysis.paths();
        sort(&mut paths, analysis);
        all.extend(paths.iter().take(SHOWN).map(|path| teller.path(path, analysis)));
    }
    // That a node is a node says nothing.
    all.retain(
        |path| !matches!(&path.steps[..], [step] if step.edge == one_of_nodes::EDGE.id && step.to_kind == "node"),
    );
    let mut report = report(&teller, &from, &arguments.paths);
    report.certain = all.iter().filter(|path| path.certain).count();
    report.paths = all;
    let asked = Some(Asked { teller: &teller, analysis: &from, plan: None });
    write(&Answer { report: &report, telling: telling(arguments.details), asked }, &arguments.input.output)?;
    let found = if report.paths.is_empty() { Exit::Clean } else { Exit::Findings };
    Ok(found.max(looked_at(&inventory)))
}

fn telling(details: bool) -> Telling {
    if details { Telling::Whole } else { Telling::Short }
}

/// A report that says nothing yet.
fn report(teller: &Teller<'_>, analysis: &Analysis<'_>, paths: &[PathBuf]) -> PathsReport {
    let inventory = teller.world.inventory;
    // A snapshot is called what its cluster is called.
    let subject = inputs::title(paths, &inventory.facts.live);
    let sinks = analysis.sinks().iter().map(|sink| teller.name(sink.vertex)).collect();
    PathsReport {
        schema_version: reports::paths::SCHEMA_VERSION.to_owned(),
        tool: Tool { name: "plimsoll".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned(), controls: Vec::new() },
        coverage: json::coverage_of(&inventory.coverage, inventory.resources.len()),
        subject,
        entries: teller.entries(analysis),
        sinks,
        reached: teller.reached(analysis),
        paths: Vec::new(),
        more: 0,
        certain: 0,
        plan: None,
        changes: None,
    }
}

/// Whether everything was looked at.
fn looked_at(inventory: &Inventory) -> Exit {
    let complete = inventory.coverage.skipped.is_empty() && !inventory.resources.is_empty();
    if complete { Exit::Clean } else { Exit::Incomplete }
}

/// Nothing is weighed.
const NOTHING: Weight = Weight { reaching: 0, of: 0 };
