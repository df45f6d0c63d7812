//! `plimsoll doctor`: what the machine and the user's rights allow to be told, and what would allow the rest.

mod machine;
mod role;

use std::io::Write as _;

use anyhow::Context as _;
use cluster::features::{Feature, cost};
use cluster::kubeconfig::Connection;
use cluster::lists::is_group_needed;
use cluster::rights::{Extent, Right, identity, rights};
use reports::doctor::{ClusterRights, DoctorReport, FeatureReport, Missing, Reach};
use reports::json::{SCHEMA_VERSION, Tool};

use super::{check_outputs, write_output};
use crate::arguments::DoctorArguments;
use crate::exit::{Exit, UsageError};
use crate::formats::Format;
use crate::inputs::{self, Reached, Source, Unreached};
use crate::screen::{self, Destination};

/// Runs the command.
pub(super) fn run(arguments: &DoctorArguments) -> anyhow::Result<Exit> {
    check_outputs(&arguments.output)?;
    if arguments.output.iter().any(|output| !matches!(output.format, Format::Text | Format::Json)) {
        return Err(UsageError("what doctor says is written as text or json".to_owned()).into());
    }
    let mut report = DoctorReport {
        schema_version: SCHEMA_VERSION.to_owned(),
        tool: Tool { name: "plimsoll".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned(), controls: Vec::new() },
        machine: Vec::new(),
        clusters: Vec::new(),
    };
    match arguments.cluster.source()? {
        Source::Snapshot(_) => {
            return Err(UsageError("a snapshot asks for no rights: name a cluster with `--context`".to_owned()).into());
        }
        Source::Manifests => match arguments.role {
            Some(_) => {
                let text = "a role is for what a cluster has: say which with `--cluster` or `--context`";
                return Err(UsageError(text.to_owned()).into());
            }
            None => report.machine = machine::facts(arguments.cluster.kubeconfig.as_deref()),
        },
        Source::Clusters(connections) => {
            if let Some(feature) = arguments.role {
                return print_role(arguments, feature.into(), connections);
            }
            let only = connections.len() == 1;
            for connection in connections {
                let looked = match connection {
                    Ok(connection) => look(arguments, connection),
                    Err(Unreached { name, reason }) => Ok(ClusterRights::unreached(name, reason)),
                };
                match looked {
                    Err(error) if only => return Err(error),
                    Err(error) => {
                        let name = error.downcast_ref::<Failed>().map(|failed| failed.0.clone()).unwrap_or_default();
                        report.clusters.push(ClusterRights::unreached(name, format!("{:#}", error.root_cause())));
                    }
                    Ok(cluster) => report.clusters.push(cluster),
                }
            }
        }
    }
    for output in &arguments.output {
        let destination = if output.file.is_some() { Destination::File } else { Destination::Stdout };
        write_output(output, |out| match output.format {
            Format::Json => reports::doctor::write_json(&report, out),
            _ => reports::doctor::write_text(&report, screen::terminal(&destination), out),
        })?;
    }
    Ok(if report.is_everything_told() { Exit::Clean } else { Exit::Incomplete })
}

/// The name of a cluster that cannot be asked.
#[derive(Debug, thiserror::Error)]
#[error("the cluster `{0}` cannot be asked")]
struct Failed(String);

fn print_role(
    arguments: &DoctorArguments,
    feature: Feature,
    connections: Vec<Result<Connection, Unreached>>,
) -> anyhow::Result<Exit> {
    let mut connections = connections.into_iter();
    let (Some(first), None) = (connections.next(), connections.next()) else {
        let text = "a role is for what one cluster has: name it with `--context`";
        return Err(UsageError(text.to_owned()).into());
    };
    let connection = first.map_err(|unreached| UsageError(unreached.reason))?;
    let Reached { client: _, discovery } = inputs::reach(&arguments.cluster, connection)?;
    let text = role::yaml(&discovery, &arguments.cluster.namespace, feature);
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(Exit::Clean)
}

fn look(arguments: &DoctorArguments, connection: Connection) -> anyhow::Result<ClusterRights> {
    let name = connection.name.clone();
    let Reached { client, discovery } =
        inputs::reach(&arguments.cluster, connection).with_context(|| Failed(name.clone()))?;
    let scope = arguments.cluster.scope();
    let parallel = usize::from(arguments.cluster.parallel.clamp(1, 64));
    let waiting = || "asking what may be listed".to_owned();
    let all = screen::with_progress(&waiting, || rights(&client, &discovery, &scope, parallel));
    let who = identity(&client);
    let within: String = scope.namespaces.iter().map(|name| format!(" -n {name}")).collect();
    let features = Feature::ALL.map(|feature| FeatureReport {
        feature: feature.name().to_owned(),
        command: if reads_all(feature) { feature.command().to_owned() } else { feature.command().to_owned() + &within },
        beyond: !scope.namespaces.is_empty() && reads_all(feature),
        kinds: all.iter().filter(|right| feature.needs(&right.wanted.resource)).count(),
        missing: all.iter().filter(|right| feature.needs(&right.wanted.resource) && !right.is_enough(feature)).count(),
    });
    let missing = all.iter().filter(|right| !right.is_enough(Feature::Watch)).map(missing).collect();
    Ok(ClusterRights {
        name,
        version: discovery.version.clone(),
        user: who.as_ref().map(|who| who.username.clone()),
        groups: who.map(|who| who.groups).unwrap_or_default(),
        namespaces: scope.namespaces,
        unreached: None,
        features: features.into(),
        missing,
        failed: discovery.failed.into_iter().filter(|(group, _)| is_group_needed(group, Feature::Scan)).collect(),
    })
}

/// Whether the commands of a feature read the whole cluster, whatever namespace they are asked about.
fn reads_all(feature: Feature) -> bool {
    match feature {
        Feature::Scan | Feature::Watch | Feature::Snapshot => false,
        Feature::Rbac | Feature::Network | Feature::Paths => true,
    }
}

fn missing(right: &Right) -> Missing {
    let resource = &right.wanted.resource;
    let needing = Feature::ALL.into_iter().filter(|feature| feature.needs(resource) && !right.is_enough(*feature));
    Missing {
        group: resource.group.clone(),
        resource: resource.name.clone(),
        namespace: right.wanted.namespace.clone(),
        list: reach(&right.list),
        watch: reach(&right.watch),
        features: needing.map(|feature| feature.name().to_owned()).collect(),
        cost: cost(resource).to_owned(),
    }
}

fn reach(extent: &Extent) -> Reach {
    let (everywhere, namespaces, unknown) = match extent {
        Extent::Everywhere => (true, Vec::new(), None),
        Extent::In(names) => (false, names.clone(), None),
        Extent::Nowhere => (false, Vec::new(), None),
        Extent::Unknown(reason) => (false, Vec::new(), Some(reason.clone())),
    };
    Reach { everywhere, namespaces, unknown }
}
