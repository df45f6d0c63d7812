//! `plimsoll network`: who may connect to whom, and what that means. One file for each of its commands.

mod blast_radius;
mod check;
mod diff;
mod explain;
mod exposure;
mod generate;
mod list;
mod proxies;

use cluster::features::Feature;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use ::network::{
    AdminTiers, BlockMatching, Config, EndpointId, Enforcement, FindError, HostNetwork, Network, OwnNode, PortRanges,
    SelfAccess, plugin,
};
use anyhow::Context as _;
use model::address::Block;
use model::inventory::Inventory;
use reports::network::PluginSource;
use reports::network::map::OwnPairs;
use reports::text::Terminal;

use crate::arguments::{NetworkArguments, NetworkCommand, NetworkFormat, NetworkInput, NetworkOutput};
use crate::exit::{Exit, UsageError};
use crate::inputs;
use crate::screen::{self, Destination};

/// Runs the command.
pub(super) fn run(arguments: &NetworkArguments) -> anyhow::Result<Exit> {
    match &arguments.command {
        NetworkCommand::List(arguments) => list::run(arguments),
        NetworkCommand::Explain(arguments) => explain::run(arguments),
        NetworkCommand::Exposure(arguments) => exposure::run(arguments),
        NetworkCommand::BlastRadius(arguments) => blast_radius::run(arguments),
        NetworkCommand::Check(arguments) => check::run(arguments),
        NetworkCommand::Generate(arguments) => generate::run(arguments),
        NetworkCommand::Diff(arguments) => diff::run(arguments),
        NetworkCommand::WhatIf(arguments) => diff::what_if(arguments),
    }
}

/// What is assumed, and where that is from.
struct Assumptions {
    config: Config,
    plugin: PluginSource,
    own: OwnPairs,
}

impl Assumptions {
    /// Whether other readings of the same objects are out of the question: the plugin is known, or its reading is set.
    fn is_certain(&self, input: &NetworkInput) -> bool {
        self.plugin.name().is_some() || !input.dialect.is_empty()
    }
}

fn read(paths: &[PathBuf], input: &NetworkInput) -> anyhow::Result<Inventory> {
    inputs::inventory(paths, &input.input, &input.place, false, Feature::Network)
}

/// What the arguments say, or else what the objects show.
fn assume(inventory: &Inventory, input: &NetworkInput) -> Result<Assumptions, UsageError> {
    let mut config = Config::default();
    let mut own = OwnPairs::default();
    let source = match &input.cni {
        Some(name) => {
            let found = plugin(name).ok_or_else(|| {
                let names: Vec<&str> = ::network::PLUGINS.iter().map(|plugin| plugin.name).collect();
                UsageError(format!("there is no network plugin `{name}`; known are {}", names.join(", ")))
            })?;
            config.dialect = found.dialect;
            PluginSource::Asked(found.name.to_owned())
        }
        None => match ::network::detect(inventory) {
            Some(found) => {
                config.dialect = found.dialect;
                PluginSource::Detected(found.name.to_owned())
            }
            None => PluginSource::Unknown,
        },
    };
    for option in &input.dialect {
        set_option(option, &mut config, &mut own)?;
    }
    for text in &input.pod_cidr {
        let block = Block::parse(text).ok_or_else(|| UsageError(format!("`{text}` is no block of addresses")))?;
        config.pod_blocks.push(block);
    }
    Ok(Assumptions { config, plugin: source, own })
}

fn set_option(option: &str, config: &mut Config, own: &mut OwnPairs) -> Result<(), UsageError> {
    let dialect = &mut config.dialect;
    match option {
        "ip-block=anything" => dialect.blocks = BlockMatching::Anything,
        "ip-block=no-pods" => dialect.blocks = BlockMatching::NoPods,
        "ip-block=outside" => dialect.blocks = BlockMatching::OutsideOnly,
        "host-network=node" => dialect.host_network = HostNetwork::Node,
        "host-network=pod" => dialect.host_network = HostNetwork::Pod,
        "port-ranges=enforced" => dialect.ranges = PortRanges::Enforced,
        "port-ranges=first-only" => dialect.ranges = PortRanges::FirstOnly,
        "admin=all" => dialect.admin = AdminTiers::All,
        "admin=alpha1" => dialect.admin = AdminTiers::Alpha1,
        "admin=alpha2" => dialect.admin = AdminTiers::Alpha2,
        "admin=ignored" => dialect.admin = AdminTiers::Ignored,
        "enforcement=present" => dialect.enforcement = Enforcement::Present,
        "enforcement=absent" => dialect.enforcement = Enforcement::Absent,
        "own-node=exempt" => dialect.own_node = OwnNode::Exempt,
        "own-node=from-node" => dialect.own_node = OwnNode::FromNode,
        "own-node=judged" => dialect.own_node = OwnNode::Judged,
        "own-pod=exempt" => dialect.own_pod = SelfAccess::Exempt,
        "own-pod=judged" => dialect.own_pod = SelfAccess::Judged,
        "own-pairs=listed" => *own = OwnPairs::Listed,
        "own-pairs=left-out" => *own = OwnPairs::LeftOut,
        other => {
            let hint = "options and their values are in `plimsoll network list --help`";
            return Err(UsageError(format!("there is no option `{other}`: {hint}")));
        }
    }
    Ok(())
}

/// The endpoints that a name means.
fn find(network: &Network<'_>, name: &str) -> Result<Vec<EndpointId>, UsageError> {
    network.find(name).map_err(|error| match error {
        FindError::Nobody(like) if like.is_empty() => {
            UsageError(format!("nobody is named `{name}`: `plimsoll network list` shows everybody"))
        }
        FindError::Nobody(like) => UsageError(format!("nobody is named `{name}`; there are {}", like.join(", "))),
        FindError::Several(names) => {
            UsageError(format!("several are named `{name}`: say which of {}", names.join(", ")))
        }
    })
}

/// Writes every output, each by `write` with its format and terminal.
fn write_outputs(
    outputs: &[NetworkOutput],
    known: &[NetworkFormat],
    write: &dyn Fn(NetworkFormat, Terminal, &mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    check_outputs(outputs, known)?;
    for output in outputs {
        let destination = if output.file.is_some() { Destination::File } else { Destination::Stdout };
        let terminal = screen::terminal(&destination);
        match &output.file {
            None => {
                let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
                write(output.format, terminal, &mut out)?;
                out.flush()?;
            }
            Some(path) => {
                let context = || format!("cannot write `{}`", path.display());
                let mut out = BufWriter::with_capacity(1 << 16, File::create(path).with_context(context)?);
                write(output.format, terminal, &mut out).and_then(|()| out.flush()).with_context(context)?;
            }
        }
    }
    Ok(())
}

fn check_outputs(outputs: &[NetworkOutput], known: &[NetworkFormat]) -> Result<(), UsageError> {
    if let Some(unknown) = outputs.iter().find(|output| !known.contains(&output.format)) {
        let names: Vec<String> = known.iter().map(|format| format!("{format:?}").to_lowercase()).collect();
        let format = format!("{:?}", unknown.format).to_lowercase();
        return Err(UsageError(format!("this is not written as {format}, but as {}", names.join(", "))));
    }
    for (at, output) in outputs.iter().enumerate() {
        if outputs[..at].iter().any(|before| before.file == output.file) {
            let place = match &output.file {
                None => "standard output".to_owned(),
                Some(path) => format!("`{}`", path.display()),
            };
            return Err(UsageError(format!("two outputs go to {place}: write one to a file, as `--output json=FILE`")));
        }
    }
    Ok(())
}

/// How a run ends that finds nothing wrong: not everything may have been looked at.
fn exit(inventory: &Inventory) -> Exit {
    let complete = inventory.coverage.skipped.is_empty() && !inventory.resources.is_empty();
    let traffic = &inventory.facts.traffic;
    match complete && traffic.unmodelled.is_empty() && traffic.refused.is_empty() {
        true => Exit::Clean,
        false => Exit::Incomplete,
    }
}

/// What was looked at, as the user named it.
fn subject(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

const VERSION: &str = env!("CARGO_PKG_VERSION");
