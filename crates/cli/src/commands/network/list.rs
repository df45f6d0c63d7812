//! `plimsoll network list`: who may connect to whom.

use ::network::{EndpointId, Network, Worlds};
use reports::network::html::{self, HtmlInput};
use reports::network::list::{ListInput, write_text};
use reports::network::map::{Filter, MapInput, map, undecidable, write_csv, write_dot, write_json};
use reports::network::svg::{self, SvgInput};

use super::{Assumptions, VERSION, assume, exit, find, read, subject, write_outputs};
use crate::arguments::{NetworkFormat, NetworkListArguments};
use crate::exit::{Exit, UsageError};

/// Runs the command.
pub(super) fn run(arguments: &NetworkListArguments) -> anyhow::Result<Exit> {
    let inventory = read(&arguments.paths, &arguments.input)?;
    let Assumptions { config, plugin, own } = assume(&inventory, &arguments.input)?;
    let is_known = plugin.name().is_some() || !arguments.input.dialect.is_empty();
    let worlds = if is_known { Worlds::known(&inventory, &config) } else { Worlds::new(&inventory, &config) };
    let network = &worlds.base;
    let filter = Filter {
        focus: focus(network, arguments)?,
        from: all(network, &arguments.from)?,
        to: all(network, &arguments.to)?,
        own,
    };
    let entries = network.exposure();
    let known = [
        NetworkFormat::Text,
        NetworkFormat::Json,
        NetworkFormat::Csv,
        NetworkFormat::Dot,
        NetworkFormat::Html,
        NetworkFormat::Svg,
    ];
    let subject = subject(&arguments.paths);
    write_outputs(&arguments.output, &known, &|format, terminal, out| match format {
        NetworkFormat::Json => {
            let input = MapInput { worlds: &worlds, filter: &filter, plugin: &plugin, version: VERSION };
            write_json(&map(&input), out)
        }
        NetworkFormat::Csv => write_csv(network, &filter, out),
        NetworkFormat::Dot => write_dot(network, &filter, out),
        NetworkFormat::Html => {
            let input = HtmlInput { worlds: &worlds, entries: &entries, plugin: &plugin, subject: &subject };
            html::write(&input, out)
        }
        NetworkFormat::Svg => {
            let input = SvgInput { network, filter: &filter, entries: &entries, subject: &subject };
            svg::write(&input, out)
        }
        NetworkFormat::Text => {
            let input =
                ListInput { worlds: &worlds, filter: &filter, entries: &entries, plugin: &plugin, subject: &subject };
            write_text(&input, terminal, out)
        }
    })?;
    let is_doubtful = !undecidable(&worlds, &filter).is_empty();
    Ok(exit(&inventory).max(if is_doubtful { Exit::Incomplete } else { Exit::Clean }))
}

fn all(network: &Network<'_>, names: &[String]) -> Result<Vec<EndpointId>, UsageError> {
    let mut found = Vec::new();
    for name in names {
        found.extend(find(network, name)?);
    }
    Ok(found)
}

fn focus(network: &Network<'_>, arguments: &NetworkListArguments) -> Result<Vec<EndpointId>, UsageError> {
    let mut found = all(network, &arguments.focus)?;
    for namespace in &arguments.namespace {
        let before = found.len();
        let is_in = |number: EndpointId| {
            network
                .workload_of(number)
                .is_some_and(|workload| network.inventory().symbols.text(workload.namespace) == *namespace)
        };
        found.extend(network.endpoints().map(|(number, _)| number).filter(|number| is_in(*number)));
        if found.len() == before {
            return Err(UsageError(format!("there is no workload in a namespace `{namespace}`")));
        }
    }
    Ok(found)
}
