//! `plimsoll scan --cluster --watch`: a cluster, and then what changes in it.
//!
//! A change is judged twice. What an object says by itself is said at once: no other object makes it untrue. What
//! takes several objects (and pods, which may be evidence of what owns them) is said when everything has been judged
//! again, which begins as soon as the last time is over and takes as long as a scan of what is known.

mod following;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use cluster::discovery::Discovery;
use cluster::features::Feature;
use cluster::lists::Scope;
use cluster::store::Store;
use cluster::watch::Event;
use reports::watch::Findings;

use self::following::Following;
use super::ScanArguments;
use crate::exit::{Exit, UsageError};
use crate::formats::Format;
use crate::inputs::{self, Reached, Source};
use crate::judging::watching::{self, Watching, is_alone};
use crate::judging::{Judged, Request};

/// Changes wait for a stream that has nowhere to put them.
const WAITING: usize = 4096;

/// What the loop waits for.
enum Message {
    /// Something happened in the cluster.
    Store(Event),
    /// Everything was judged.
    Judged(anyhow::Result<Box<Everything>>),
    /// What the server has was asked again.
    Discovered(Discovery),
}

impl From<Event> for Message {
    fn from(event: Event) -> Self {
        Self::Store(event)
    }
}

/// What came of judging everything.
struct Everything {
    findings: Findings,
    not_observed: BTreeSet<String>,
    objects: u64,
    took: Duration,
    judged: Option<Judged>,
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
    let scope = Scope { feature: Feature::Watch, ..arguments.cluster.scope() };
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
        findings: Findings::new(),
        not_observed: BTreeSet::new(),
        stale: BTreeSet::new(),
        alone: controls::all().filter(is_alone).map(|registered| registered.control.id).collect(),
    };
    following.follow_new();
    thread::scope(|threads| following.run(threads, &receiver, first))
}
