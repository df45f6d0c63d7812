//! `plimsoll network explain`: why two endpoints may connect or not.

use std::path::{Path, PathBuf};

use ::network::{EndpointId, Identity, Ports, Worlds};
use model::inventory::Protocol;
use reports::network::explain::{ExplainAnswer, answer, report, write_json, write_text};
use reports::network::write_unseen;

use super::{VERSION, assume, exit, find, read, write_outputs};
use crate::arguments::{NetworkExplainArguments, NetworkFormat};
use crate::exit::{Exit, UsageError};

/// Runs the command.
pub(super) fn run(arguments: &NetworkExplainArguments) -> anyhow::Result<Exit> {
    let (port, paths) = port_and_paths(&arguments.rest)?;
    let inventory = read(&paths, &arguments.input)?;
    let assumptions = assume(&inventory, &arguments.input)?;
    let is_known = assumptions.plugin.name().is_some() || !arguments.input.dialect.is_empty();
    let worlds = match is_known {
        true => Worlds::assumed(&inventory, &assumptions.config),
        false => Worlds::new(&inventory, &assumptions.config),
    };
    let network = &worlds.base;
    let (from, to) = (find(network, &arguments.from)?, find(network, &arguments.to)?);
    // Of nodes that are alike, one may be named.
    let named = |name: &str, ends: &[EndpointId]| {
        ends.iter().any(
            |end| matches!(&network.get(*end).identity, Identity::Nodes(names) if names.iter().any(|own| own == name)),
        )
    };
    let node = [(&arguments.from, &from), (&arguments.to, &to)];
    let node = node.into_iter().find(|(name, ends)| named(name, ends)).map(|(name, _)| name.as_str());
    let mut answers = Vec::new();
    for &from in &from {
        for &to in &to {
            let asked = port.map_or_else(Ports::all, |(protocol, port)| Ports::one(protocol, port));
            let mut explanation = network.explain_at(from, to, asked, node);
            if let Some(own) = explanation.own_node.as_mut().filter(|_| is_known) {
                own.judged = own.admitted.clone();
            }
            answers.push(answer(network, &explanation, &worlds.dependences(from, to)));
        }
    }
    let is_doubtful = answers.iter().any(|answer: &ExplainAnswer| !answer.undecided.0.is_empty());
    let report = report(network, answers, VERSION);
    let known = [NetworkFormat::Text, NetworkFormat::Json];
    write_outputs(&arguments.output, &known, &|format, terminal, out| match format {
        NetworkFormat::Json => write_json(&report, out),
        _ => write_text(&report, terminal, out).and_then(|()| write_unseen(&inventory, terminal, out)),
    })?;
    Ok(exit(&inventory).max(if is_doubtful { Exit::Incomplete } else { Exit::Clean }))
}

type Port = (Protocol, u16);

/// The port, if the first word is one, and the paths.
fn port_and_paths(rest: &[String]) -> Result<(Option<Port>, Vec<PathBuf>), UsageError> {
    let mut paths: Vec<PathBuf> = rest.iter().map(PathBuf::from).collect();
    let port = rest.first().and_then(|word| parse_port(word));
    if port.is_some() {
        paths.remove(0);
    } else if let Some(word) = rest.first().filter(|word| !Path::new(word).exists() && *word != "-") {
        let what = "is neither a port, as `8080` or `udp/53`, nor a file or folder";
        return Err(UsageError(format!("`{word}` {what}")));
    }
    if paths.is_empty() {
        paths.push(PathBuf::from("."));
    }
    Ok((port, paths))
}

fn parse_port(word: &str) -> Option<Port> {
    let (protocol, number) = match word.split_once('/') {
        Some((left, right)) => match (::network::protocol_of(left), ::network::protocol_of(right)) {
            (Some(protocol), _) => (protocol, right),
            (None, Some(protocol)) => (protocol, left),
            (None, None) => return None,
        },
        None => (Protocol::Tcp, word),
    };
    number.parse().ok().filter(|number| *number > 0).map(|number| (protocol, number))
}
