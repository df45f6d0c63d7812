//! `plimsoll scan --cluster --watch`: a cluster, and then what changes in it.
//!
//! A change is judged when it comes: the object, those that its owner or its likes are judged for, and of what takes
//! several objects whatever looks at something that has changed. Nothing else is read or judged again.

mod following;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use cluster::discovery::Discovery;
use cluster::store::Store;
use cluster::watch::Event;

use self::following::Following;
use super::ScanArguments;
use crate::exit::{Exit, UsageError};
use crate::formats::Format;
use crate::inputs::{self, Reached, Source};
use crate::judging::watching::{self, Watching};
use crate::judging::{Judged, Request};

/// Changes wait for a stream that has nowhere to put them.
const WAITING: usize = 4096;

/// What the loop waits for.
enum Message {
    /// Something happened in the cluster.
    Store(Event),
    /// What the server has was asked again.
    Discovered(Discovery),
}

impl From<Event> for Message {
    fn from(event: Event) -> Self {
        Self::Store(event)
    }
}

/// Runs the command: it ends when its user ends it.
pub(super) fn run(
    arguments: &ScanArguments,
    request: &Request<'_>,
    first: &dyn Fn(Judged) -> anyhow::Result<()>,
) -> anyhow::Result<Exit> {
    watching::check(request)?;
    let json = match arguments.output.as_slice() {
        [output] if output.file.is_none() && output.format == Format::Text => false,
        [output] if output.file.is_none() && output.format == Format::Json => true,
        _ => {
            let text = "what changes is written to standard output, as text or as json";
            return Err(UsageError(text.to_owned()).into());
        }
    };
    let Source::Clusters(mut connections) = arguments.cluster.source()? else {
        return Err(UsageError("`--watch` follows a running cluster".to_owned()).into());
    };
    let Some(Ok(connection)) = connections.pop() else {
        return Err(UsageError("there is no such cluster".to_owned()).into());
    };
    let watching = Watching::new(request)?;
    let name = connection.name.clone();
    let Reached { client, discovery } = inputs::reach(&arguments.cluster, connection)?;
    let scope = watching.scope();
    let (sender, receiver) = sync_channel(WAITING);
    let mut following = Following {
        client: Arc::new(client),
        scope,
        sender,
        known: HashSet::new(),
        discovery,
        store: Store::default(),
        name,
        watching: &watching,
        json,
        threshold: arguments.severity_threshold,
        not_observed: BTreeSet::new(),
        stale: BTreeSet::new(),
    };
    following.follow_new();
    following.run(&receiver, first)
}
