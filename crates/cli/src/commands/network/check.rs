//! `plimsoll network check`: whether rules that people write are kept.

use ::network::{Outcome, Verdict, Worlds, check, labels};
use model::network_rule::Rule;
use reports::network::check::{CheckInput, report, write_json, write_text};

use super::{VERSION, assume, exit, read, write_outputs};
use crate::arguments::{NetworkCheckArguments, NetworkFormat};
use crate::exit::Exit;
use crate::network_rules;

/// Runs the command.
pub(super) fn run(arguments: &NetworkCheckArguments) -> anyhow::Result<Exit> {
    // What is wrong with the rules is said before much is read.
    let rules = network_rules::read(&arguments.rules)?;
    let inventory = read(&arguments.paths, &arguments.input)?;
    let mut assumptions = assume(&inventory, &arguments.input)?;
    assumptions.config.labels = labels(&rules, &inventory.symbols);
    let worlds = match assumptions.is_certain(&arguments.input) {
        true => Worlds::certain(&inventory, &assumptions.config),
        false => Worlds::new(&inventory, &assumptions.config),
    };
    let outcomes = check(&worlds, &rules);
    let judged: Vec<(Rule, Outcome)> = rules.into_iter().zip(outcomes).collect();
    let path = arguments.rules.display().to_string();
    let report = report(&CheckInput { network: &worlds.base, rules: &judged, path: &path, version: VERSION });
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
    Ok(of_rules.fold(exit(&inventory), Exit::max))
}
