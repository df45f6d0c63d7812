//! `plimsoll render`: what charts and kustomizations become, and where each line of it comes from.

use std::io::{self, Write};

use anstream::eprintln;
use manifests::walk;
use model::coverage::Skipped;
use model::inventory::{Inventory, Observed, Results, Verdicts};
use model::origin::{Rendering, RenderingId};
use model::symbols::Symbols;
use reports::report::display_path;
use repository::annotated::annotated;
use repository::options::Options;
use repository::plan::Plan;
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
        print_plain(&config, &options, &mut out)?
    } else {
        let mut results = load(&config, &options)?;
        resolved.show(&mut results);
        if results.origins.is_empty() && results.coverage.skipped.is_empty() {
            return Err(nothing().into());
        }
        for rendering in &results.origins.renderings {
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

/// Prints what Helm and Kustomize print.
fn print_plain(config: &walk::Config, options: &Options, out: &mut dyn Write) -> anyhow::Result<Vec<Skipped>> {
    let found = walk::walk(config).map_err(|error| UsageError(error.to_string()))?;
    let plan = Plan::new(config, found, options);
    if plan.families.is_empty() {
        return Err(nothing().into());
    }
    let mut skipped = plan.plain.skipped;
    for unit in plan.families.iter().flat_map(|family| &family.units) {
        match plain(unit, options) {
            Ok(text) => write!(out, "{text}")?,
            Err(trouble) => skipped.extend(trouble),
        }
    }
    Ok(skipped)
}
