//! `plimsoll network blast-radius`: how far a break-in gets.

use ::network::Network;
use reports::network::blast::{report, write_json, write_text};
use reports::network::write_unseen;

use super::{VERSION, assume, exit, find, read, write_outputs};
use crate::arguments::{NetworkBlastArguments, NetworkFormat};
use crate::exit::Exit;

/// Runs the command.
pub(super) fn run(arguments: &NetworkBlastArguments) -> anyhow::Result<Exit> {
    let inventory = read(&arguments.paths, &arguments.input)?;
    let assumptions = assume(&inventory, &arguments.input)?;
    let network = Network::new(&inventory, &assumptions.config);
    let start = find(&network, &arguments.start)?;
    let blast = network.blast_from(&start, arguments.start.parse().ok());
    let known = [NetworkFormat::Text, NetworkFormat::Json];
    write_outputs(&arguments.output, &known, &|format, terminal, out| match format {
        NetworkFormat::Json => write_json(&report(&network, &blast, VERSION), out),
        _ => write_text(&network, &blast, terminal, out).and_then(|()| write_unseen(&inventory, terminal, out)),
    })?;
    let is_doubtful = !blast.undecided.is_empty() || blast.entries.iter().any(|entry| !entry.rivals.is_empty());
    Ok(exit(&inventory).max(if is_doubtful { Exit::Incomplete } else { Exit::Clean }))
}
