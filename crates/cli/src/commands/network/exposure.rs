//! `plimsoll network exposure`: every way in from outside.

use ::network::Network;
use reports::network::exposure::{report, write_json, write_text};
use reports::network::write_unseen;

use super::proxies::proxies;
use super::{VERSION, assume, exit, read, write_outputs};
use crate::arguments::{NetworkExposureArguments, NetworkFormat};
use crate::exit::Exit;

/// Runs the command.
pub(super) fn run(arguments: &NetworkExposureArguments) -> anyhow::Result<Exit> {
    let inventory = read(&arguments.paths, &arguments.input)?;
    let assumptions = assume(&inventory, &arguments.input)?;
    let network = Network::new(&inventory, &assumptions.config);
    let entries = network.exposure();
    let report = report(&network, &entries, proxies(&inventory), VERSION);
    let known = [NetworkFormat::Text, NetworkFormat::Json];
    write_outputs(&arguments.output, &known, &|format, terminal, out| match format {
        NetworkFormat::Json => write_json(&report, out),
        _ => write_text(&report, terminal, out).and_then(|()| write_unseen(&inventory, terminal, out)),
    })?;
    let is_doubtful = entries.iter().any(|entry| !entry.rivals.is_empty());
    Ok(exit(&inventory).max(if is_doubtful { Exit::Incomplete } else { Exit::Clean }))
}
