//! `plimsoll render`: what charts and kustomizations become, and where each line of it comes from.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anstream::eprintln;
use manifests::walk;
use model::coverage::Skipped;
use model::inventory::{Inventory, Observed, Results, Verdicts};
use model::nearest::nearest;
use model::origin::{Rendering, RenderingId};
use model::symbols::Symbols;
use reports::report::display_path;
use repository::annotated::annotated;
use repository::options::Options;
use repository::plan::{Plan, Unit};
use repository::rendering::plain;
use repository::world::Judges;

use super::input_config;
use crate::arguments::RenderArguments;
use crate::configuration::ProjectSettings;
use crate::exit::{Exit, UsageError};
use crate::loading::{self, Input, Loading};
use crate::{fetched, rendering};

/// Runs the command.
pub(super) fn run(arguments: &RenderArguments, project: &ProjectSettings) -> anyhow::Result<Exit> {
    let resolved = fetched::resolve(&arguments.paths)?;
    let config = input_config(&resolved.paths, &arguments.input);
    let options = rendering::options(&arguments.input.rendering, None, Some(project))?;
    let namespace = arguments.namespace.clone().or(options.namespace);
    let options = Options { namespace, ..options };
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let skipped = if arguments.plain {
        let mut skipped = print_plain(&config, &options, arguments.value_set.as_deref(), &mut out)?;
        resolved.show_skipped(&mut skipped);
        skipped
    } else {
        let mut results = load(&config, &options)?;
        resolved.show(&mut results);
        if results.origins.is_empty() && results.coverage.skipped.is_empty() {
            return Err(nothing().into());
        }
        let all = &results.origins.renderings;
        if let Some(wanted) = &arguments.value_set {
            let known = all.iter().filter(|rendering| rendering.path != rendering.variant);
            check_set(wanted, &known.map(|rendering| rendering.variant.as_str()).collect::<Vec<_>>())?;
        }
        let is_asked = |rendering: &&Rendering| {
            rendering.path == rendering.variant
                || arguments.value_set.as_ref().is_none_or(|set| *set == rendering.variant)
        };
        for rendering in all.iter().filter(is_asked) {
            print(rendering, &mut out)?;
        }
        results.coverage.skipped
    };
    out.flush()?;
    for Skipped { path, line, kind: _, reason } in &skipped {
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        eprintln!("not rendered: {}{line}: {reason}", display_path(path));
    }
    Ok(if skipped.is_empty() { Exit::Clean } else { Exit::Incomplete })
}

fn nothing() -> UsageError {
    UsageError("there is neither a chart nor a kustomization in it".to_owned())
}

/// Everything that is rendered, with nothing judged.
fn load(config: &walk::Config, options: &Options) -> anyhow::Result<Results> {
    let each = |_: RenderingId, _: Observed<'_>, _: &Symbols, _: &mut Verdicts| {};
    let judge = |_: Observed<'_>, _: &Symbols, _: &mut Verdicts| {};
    let secrets = &controls::secret::mask::secret_spans;
    let rendered = Judges { each: &each, all: &|_, _| {}, secrets };
    // What is no manifest is no gap: only what is rendered is asked for.
    let config = walk::Config { allow_empty: true, ..config.clone() };
    let input = Input { config: &config, options };
    let loading = Loading { judge: &judge, judge_all: &|_, _| {}, rendered };
    Ok(loading::load(&input, Inventory::default(), &loading)?.results)
}

fn print(rendering: &Rendering, out: &mut dyn Write) -> io::Result<()> {
    let Rendering { renderer, path, variant, rendered, secrets, .. } = rendering;
    let with = if path == variant { String::new() } else { format!(", {variant}") };
    let place = if path.is_empty() { "." } else { path };
    writeln!(out, "# {} {place}{with}", renderer.name())?;
    let text = annotated(rendered, secrets);
    let text = if text.starts_with("---") { text } else { format!("---\n{text}") };
    write!(out, "{text}")?;
    if text.ends_with('\n') { Ok(()) } else { writeln!(out) }
}

/// A set of values that no chart has is wrong usage.
fn check_set(wanted: &str, known: &[&str]) -> Result<(), UsageError> {
    if known.contains(&wanted) {
        return Ok(());
    }
    let hint = nearest(wanted, known.iter().copied()).map(|name| format!(": did you mean `{name}`?"));
    let hint = hint.unwrap_or_else(|| match known {
        [] => ": there is no chart in it".to_owned(),
        _ => format!(
            "; there is `{}`",
            BTreeSet::from_iter(known.iter().copied()).into_iter().collect::<Vec<_>>().join("`, `")
        ),
    });
    Err(UsageError(format!("no chart has the set of values `{wanted}`{hint}")))
}

/// Prints what Helm and Kustomize print: of a chart with one set of values.
fn print_plain(
    config: &walk::Config,
    options: &Options,
    set: Option<&str>,
    out: &mut dyn Write,
) -> anyhow::Result<Vec<Skipped>> {
    let found = walk::walk(config).map_err(|error| UsageError(error.to_string()))?;
    let plan = Plan::new(config, found, options);
    if plan.families.is_empty() {
        return Err(nothing().into());
    }
    let names = |units: &[Unit]| -> Vec<String> {
        units
            .iter()
            .filter_map(|unit| if let Unit::Chart(chart) = unit { Some(chart.variant.clone()) } else { None })
            .collect()
    };
    if let Some(wanted) = set {
        let known: Vec<String> = plan.families.iter().flat_map(|family| names(&family.units)).collect();
        check_set(wanted, &known.iter().map(String::as_str).collect::<Vec<_>>())?;
    }
    let mut skipped = plan.plain.skipped;
    let asked = plan.families.iter().flat_map(|family| {
        let of_chart = names(&family.units);
        let chosen = set.map_or(0, |set| of_chart.iter().position(|name| name == set).unwrap_or(usize::MAX));
        if set.is_none() && of_chart.len() > 1 {
            let path = family.units.first().map(|unit| display_path(unit.path())).unwrap_or_default();
            let (first, others) = (of_chart.first().map_or("", String::as_str), of_chart.get(1..).unwrap_or(&[]));
            eprintln!("{path}: with `{first}`; `--value-set` prints it with `{}`", others.join("`, `"));
        }
        let is_asked = move |(at, unit): &(usize, &Unit)| !matches!(unit, Unit::Chart(_)) || *at == chosen;
        family.units.iter().enumerate().filter(is_asked).map(|(_, unit)| unit)
    });
    for unit in asked {
        let (text, left_out) = plain(unit, options);
        write!(out, "{text}")?;
        skipped.extend(left_out);
    }
    Ok(skipped)
}
