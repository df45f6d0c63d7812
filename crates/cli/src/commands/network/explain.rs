//! `plimsoll network explain`: why two endpoints may connect or not.

use std::path::{Path, PathBuf};

use ::network::{EndpointId, Identity, Network, Ports, Worlds};
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
        true => Worlds::known(&inventory, &assumptions.config),
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
    if let Asked::Named(_, name) = &port
        && to.iter().all(|to| port.at(network, *to).is_empty())
    {
        let what = "is no file or folder, and no port that the pods connected to call so";
        return Err(UsageError(format!("`{name}` {what}")).into());
    }
    // Addresses of different families do not meet: where some do, those are the answer.
    let all = from.iter().flat_map(|from| to.iter().map(|to| (*from, *to)));
    let mut pairs: Vec<(EndpointId, EndpointId)> = all.collect();
    if pairs.iter().any(|(from, to)| network.can_meet(*from, *to)) {
        pairs.retain(|(from, to)| network.can_meet(*from, *to));
    }
    for (from, to) in pairs {
        let asked = port.at(network, to);
        if asked.is_empty() {
            continue;
        }
        let mut explanation = network.explain_at(from, to, asked, node);
        if let Some(own) = explanation.own_node.as_mut().filter(|_| is_known) {
            own.judged = own.admitted.clone();
        }
        answers.push(answer(network, &explanation, &worlds.dependences(from, to)));
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

/// The ports that are asked for.
enum Asked {
    All,
    Ports(Ports),
    /// Those that the pods that are connected to call so.
    Named(Option<Protocol>, String),
}

impl Asked {
    /// The ports at who is connected to.
    fn at(&self, network: &Network<'_>, to: EndpointId) -> Ports {
        match self {
            Self::All => Ports::all(),
            Self::Ports(ports) => ports.clone(),
            Self::Named(protocol, name) => network.ports_named(to, name, *protocol),
        }
    }
}

/// The ports, if the first word means some, and the paths.
fn port_and_paths(rest: &[String]) -> Result<(Asked, Vec<PathBuf>), UsageError> {
    let mut paths: Vec<PathBuf> = rest.iter().map(PathBuf::from).collect();
    let is_path = |word: &str| word == "-" || Path::new(word).exists();
    let asked = match rest.first() {
        None => Asked::All,
        Some(word) => match parse_port(word) {
            Some(Asked::Named(..)) | None if is_path(word) => Asked::All,
            Some(asked) => {
                paths.remove(0);
                asked
            }
            None => {
                let what = "is neither a port, as `8080`, `8000-8100`, `udp/53` or `http`, nor a file or folder";
                return Err(UsageError(format!("`{word}` {what}")));
            }
        },
    };
    if paths.is_empty() {
        paths.push(PathBuf::from("."));
    }
    Ok((asked, paths))
}

fn parse_port(word: &str) -> Option<Asked> {
    let (protocol, rest) = match word.split_once('/') {
        Some((left, right)) => match (::network::protocol_of(left), ::network::protocol_of(right)) {
            (Some(protocol), _) => (Some(protocol), right),
            (None, Some(protocol)) => (Some(protocol), left),
            (None, None) => return None,
        },
        None => (None, word),
    };
    let of = protocol.unwrap_or(Protocol::Tcp);
    let mut ports = Ports::none();
    if let (None, Some(whole)) = (protocol, ::network::protocol_of(rest)) {
        ports.insert(whole, 1, u16::MAX);
        return Some(Asked::Ports(ports));
    }
    let (first, last) = rest.split_once('-').unwrap_or((rest, rest));
    if let (Ok(first), Ok(last)) = (first.parse::<u16>(), last.parse::<u16>()) {
        ports.insert(of, first, last);
        return (first > 0 && first <= last).then_some(Asked::Ports(ports));
    }
    // Source: RFC 6335, section 5.1: a name has a letter, and nothing but letters, digits and dashes.
    let is_name = rest.len() <= 15
        && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && rest.bytes().any(|byte| byte.is_ascii_lowercase());
    is_name.then(|| Asked::Named(protocol, rest.to_owned()))
}
