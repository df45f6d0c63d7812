//! `plimsoll snapshot`: a cluster as one file, to be judged elsewhere and later.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

use anstream::eprintln;
use anyhow::Context as _;
use cluster::snapshot::{Header, Redaction, VERSION, create};
use model::inventory::Inventory;

use crate::arguments::SnapshotArguments;
use crate::exit::{Exit, UsageError};
use crate::inputs::{self, Reached};

/// Runs the command.
pub(super) fn run(arguments: &SnapshotArguments) -> anyhow::Result<Exit> {
    if arguments.cluster.snapshot.is_some() || arguments.cluster.all_contexts {
        return Err(UsageError("a snapshot is of one running cluster: name it with `--context`".to_owned()).into());
    }
    arguments.cluster.check()?;
    let connections = arguments.cluster.connections().map_err(|error| UsageError(error.to_string()))?;
    let connection = connections.into_iter().next().ok_or_else(|| UsageError("there is no cluster".to_owned()))?;
    let name = connection.name.clone();
    let reached = inputs::reach(&arguments.cluster, connection)?;
    let scope = arguments.cluster.scope();
    let redaction = arguments.redact_names.then(|| Redaction::new(RandomState::new().hash_one(0)));
    let shown = redaction.as_ref().map_or_else(|| name.clone(), |redaction| redaction.name(&name));
    let header = header(&reached, &scope, shown, redaction.as_ref());
    let path = &arguments.output;
    let writer = create(path, &header, redaction).with_context(|| format!("cannot write `{}`", path.display()))?;
    let mut inventory = Inventory::default();
    let hooks: (inputs::Judge<'_>, &(dyn Fn() + Sync)) = (&|_, _, _| {}, &|| {});
    inputs::load_cluster(&arguments.cluster, reached, Some(writer), hooks, &mut inventory)
        .with_context(|| format!("cannot write `{}`", path.display()))?;
    let objects = inventory.coverage.documents;
    eprintln!("{objects} objects of `{name}` are in `{0}`: `plimsoll scan --snapshot {0}`", path.display());
    for skipped in &inventory.coverage.skipped {
        eprintln!("{}", skipped.reason);
    }
    Ok(if inventory.coverage.skipped.is_empty() { Exit::Clean } else { Exit::Incomplete })
}

fn header(reached: &Reached, scope: &cluster::lists::Scope, cluster: String, redaction: Option<&Redaction>) -> Header {
    let other = |name: &String| redaction.map_or_else(|| name.clone(), |redaction| redaction.name(name));
    Header {
        plimsoll_snapshot: VERSION,
        tool: concat!("plimsoll ", env!("CARGO_PKG_VERSION")).to_owned(),
        cluster,
        namespaces: scope.namespaces.iter().map(other).collect(),
        selector: scope.selector.as_ref().map(|selector| match redaction {
            Some(redaction) => redaction.selector(selector),
            None => selector.clone(),
        }),
        redacted: redaction.is_some(),
        discovery: reached.discovery.clone(),
    }
}
