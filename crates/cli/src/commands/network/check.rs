//! `plimsoll network check`: whether rules that people write are kept, and policies do what they were meant to.

use ::network::{Outcome, Verdict, Worlds, check, labels};
use model::network_rule::Rule;
use reports::network::check::{CheckInput, report, write_json, write_text};

use std::path::{Path, PathBuf};

use super::{VERSION, assume, exit, read, write_outputs};
use crate::arguments::{NetworkCheckArguments, NetworkFormat};
use crate::exit::Exit;
use crate::network_rules;

/// Runs the command.
pub(super) fn run(arguments: &NetworkCheckArguments) -> anyhow::Result<Exit> {
    // What is wrong with the rules is said before much is read.
    let (file, paths) = sides(arguments);
    let rules = file.map_or_else(|| Ok(Vec::new()), network_rules::read)?;
    let inventory = read(&paths, &arguments.input)?;
    let mut assumptions = assume(&inventory, &arguments.input)?;
    assumptions.config.labels = labels(&rules, &inventory.symbols);
    let worlds = match assumptions.is_certain(&arguments.input) {
        true => Worlds::known(&inventory, &assumptions.config),
        false => Worlds::new(&inventory, &assumptions.config),
    };
    let outcomes = check(&worlds, &rules);
    let judged: Vec<(Rule, Outcome)> = rules.into_iter().zip(outcomes).collect();
    let path = file.map(|path| path.display().to_string()).unwrap_or_default();
    let sanity = worlds.base.sanity();
    let report =
        report(&CheckInput { network: &worlds.base, rules: &judged, sanity: &sanity, path: &path, version: VERSION });
    let known = [NetworkFormat::Text, NetworkFormat::Json];
    write_outputs(&arguments.output, &known, &|format, terminal, out| match format {
        NetworkFormat::Json => write_json(&report, out),
        _ => write_text(&report, terminal, out),
    })?;
    let of_rules = judged.iter().map(|(_, outcome)| match outcome.verdict {
        Verdict::Kept => Exit::Clean,
        Verdict::Broken => Exit::Findings,
        Verdict::Undecidable | Verdict::Unfounded => Exit::Incomplete,
    });
    let threshold = arguments.severity_threshold;
    let is_odd = sanity.oddities.iter().any(|oddity| oddity.question.severity() >= threshold);
    let of_policies = if is_odd { Exit::Findings } else { Exit::Clean };
    Ok(of_rules.fold(exit(&inventory).max(of_policies), Exit::max))
}

/// The file of rules, and what is held against them: the first path may be that file too, and alone it is held against
/// what is here.
fn sides(arguments: &NetworkCheckArguments) -> (Option<&Path>, Vec<PathBuf>) {
    match (&arguments.rules, arguments.paths.split_first()) {
        (None, Some((first, []))) if network_rules::is_one(first) => (Some(first), vec![PathBuf::from(".")]),
        (None, Some((first, rest))) if network_rules::is_one(first) => (Some(first), rest.to_vec()),
        (rules, _) => (rules.as_deref(), arguments.paths.clone()),
    }
}
