//! The loop: changes as they come, and what they mean.

use std::collections::{BTreeSet, HashSet};
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anstream::eprintln;
use cluster::client::Client;
use cluster::discovery::{Discovery, discover};
use cluster::lists::{Scope, Wanted, wanted};
use cluster::resident::Different;
use cluster::store::{Store, Touched};
use cluster::watch::{Event, follow};
use model::severity::Severity;
use reports::watch::{self as form, Batch, Said, WatchLine};

use super::Message;
use crate::exit::Exit;
use crate::judging::Judged;
use crate::judging::watching::{Change, Followed, Watching};
use crate::screen::{self, Destination};

/// So many events are taken together at most.
const MOST_AT_ONCE: usize = 500;

/// So long something may be old before it is said: servers are restarted.
const STALE: Duration = Duration::from_secs(1);

/// So long after a definition changed the server is asked what it has.
const NEW_KINDS: Duration = Duration::from_secs(2);

/// A cluster that is followed, and what was said of it.
pub(super) struct Following<'w> {
    pub(super) client: Arc<Client<'static>>,
    pub(super) scope: Scope,
    pub(super) sender: SyncSender<Message>,
    /// Kinds that are followed, by group, name and namespace.
    pub(super) known: HashSet<(String, String, Option<String>)>,
    pub(super) discovery: Discovery,
    pub(super) store: Store,
    pub(super) name: String,
    pub(super) watching: &'w Watching<'w>,
    pub(super) json: bool,
    /// What is new below this is not shown one by one.
    pub(super) threshold: Severity,
    /// What was said not to be seen.
    pub(super) not_observed: BTreeSet<String>,
    /// What was said to be old, perhaps.
    pub(super) stale: BTreeSet<String>,
}

/// What is to be done later.
#[derive(Default)]
struct Pending {
    /// When to ask for new kinds.
    kinds: Option<Instant>,
    /// When to say what may be old.
    stale: Option<Instant>,
}

/// What has happened since the last time that something was judged.
struct Happened {
    different: Vec<Different>,
    coverage: bool,
    /// When the first of it came.
    at: Instant,
}

impl Pending {
    /// When something is to be done, if nothing happens before.
    fn due(&self) -> Option<Instant> {
        self.kinds.into_iter().chain(self.stale).min()
    }
}

impl Following<'_> {
    /// Follows the kinds that are not followed yet.
    pub(super) fn follow_new(&mut self) {
        for wanted in wanted(&self.discovery, &self.scope) {
            let Wanted { resource, namespace, phase: _ } = &wanted;
            if self.known.insert((resource.group.clone(), resource.name.clone(), namespace.clone())) {
                let list = self.store.add(wanted.clone());
                follow(&self.client, wanted, list, &self.scope, &self.sender);
            }
        }
    }

    pub(super) fn run(
        &mut self,
        receiver: &Receiver<Message>,
        first: &dyn Fn(Judged) -> anyhow::Result<()>,
    ) -> anyhow::Result<Exit> {
        let mut pending = Pending::default();
        let mut followed = self.begin(receiver, first)?;
        loop {
            let message = match pending.due() {
                None => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(due) => receiver.recv_timeout(due.saturating_duration_since(Instant::now())),
            };
            match message {
                Ok(message) => self.changes(message, receiver, &mut followed, &mut pending)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(Exit::Incomplete),
            }
            self.say_what_is_stale(&mut pending)?;
            self.ask_for_kinds(&mut pending);
        }
    }

    /// Waits until something was heard of every kind, and says what is.
    fn begin<'f>(
        &mut self,
        receiver: &Receiver<Message>,
        first: &dyn Fn(Judged) -> anyhow::Result<()>,
    ) -> anyhow::Result<Followed<'f>>
    where
        Self: 'f,
    {
        while !self.store.is_complete() {
            let Ok(message) = receiver.recv() else { break };
            if let Message::Store(event) = message {
                self.store.apply(event);
            }
        }
        if !self.json {
            first(self.watching.all(&self.name, &self.discovery, &self.store)?)?;
        }
        let start = Instant::now();
        let followed = Followed::new(self.watching, &self.name, &self.discovery, &self.store);
        let (objects, took) = (followed.len(), start.elapsed());
        self.not_observed = followed.not_observed();
        if self.json {
            let time = now();
            let said = Said { time: &time, cluster: &self.name, after_ms: 0 };
            let mut out = io::BufWriter::new(io::stdout().lock());
            followed.tell(&mut |findings| Ok(form::write_findings(&findings, said, &mut out)?))?;
            for text in &self.not_observed {
                let line = WatchLine { message: Some(text), ..WatchLine::new(form::Event::NotObserved, said) };
                form::write_line(&line, &mut out)?;
            }
            form::write_line(&counted(form::Event::Ready, said, objects, took), &mut out)?;
            out.flush()?;
        } else {
            let (kinds, took) = (self.store.lists().len(), took.as_millis());
            eprintln!("following {objects} objects of {kinds} kinds, judged in {took} ms; Ctrl-C ends it");
        }
        Ok(followed)
    }

    /// Takes what has come, and says what it means.
    fn changes(
        &mut self,
        message: Message,
        receiver: &Receiver<Message>,
        followed: &mut Followed<'_>,
        pending: &mut Pending,
    ) -> anyhow::Result<()> {
        let mut happened = Happened { different: Vec::new(), coverage: false, at: Instant::now() };
        let mut taken = 0;
        let mut next = Some(message);
        while let Some(message) = next {
            match message {
                Message::Store(event) => self.take(event, &mut happened, pending),
                Message::Discovered(discovery) => {
                    happened.coverage |= self.discovery.failed != discovery.failed;
                    self.discovery = discovery;
                    self.follow_new();
                }
            }
            taken += 1;
            next = receiver.try_recv().ok().filter(|_| taken < MOST_AT_ONCE);
        }
        let Happened { different, coverage, at } = happened;
        if different.is_empty() && !coverage {
            return Ok(());
        }
        let start = Instant::now();
        let Change { before, after } = followed.apply(&self.discovery, &self.store, &different, coverage);
        let mut batch = Batch::default();
        for (resource, now) in &after {
            batch.compare(resource, before.get(resource).map_or(&[], Vec::as_slice), now);
        }
        for (resource, then) in before.iter().filter(|(resource, _)| !after.contains_key(*resource)) {
            batch.compare(resource, then, &[]);
        }
        if coverage {
            let not_observed = followed.not_observed();
            batch.not_observed = not_observed.difference(&self.not_observed).cloned().collect();
            batch.observed = self.not_observed.difference(&not_observed).cloned().collect();
            self.not_observed = not_observed;
        }
        self.say(&batch, at)?;
        if self.json {
            let time = now();
            let said = Said { time: &time, cluster: &self.name, after_ms: 0 };
            let mut out = io::stdout().lock();
            form::write_line(&counted(form::Event::Judged, said, followed.len(), start.elapsed()), &mut out)?;
            out.flush()?;
        }
        Ok(())
    }

    /// Puts an event into the store.
    fn take(&mut self, event: Event, happened: &mut Happened, pending: &mut Pending) {
        let (list, at) = (event.list, event.at);
        let Touched { objects, coverage, stale } = self.store.apply(event);
        if stale {
            pending.stale.get_or_insert(Instant::now() + STALE);
        }
        if !objects.is_empty() || coverage {
            happened.at = happened.at.min(at);
        }
        happened.coverage |= coverage;
        let definitions = self.store.lists().get(list).is_some_and(|list| list.wanted.is_definitions());
        if definitions && !objects.is_empty() {
            pending.kinds.get_or_insert(Instant::now() + NEW_KINDS);
        }
        happened.different.extend(objects.into_iter().map(|(name, _)| (list, name)));
    }

    fn say_what_is_stale(&mut self, pending: &mut Pending) -> anyhow::Result<()> {
        let now = Instant::now();
        if pending.stale.is_none_or(|due| due > now) {
            return Ok(());
        }
        pending.stale = None;
        let told = self.store.stale().into_iter().map(|(reason, kinds)| {
            let kinds = if kinds.len() > 3 { format!("{} kinds", kinds.len()) } else { kinds.join(", ") };
            format!("not observed since now: {kinds}: {reason}")
        });
        let told: BTreeSet<String> = told.collect();
        let not_observed = told.difference(&self.stale).cloned().collect();
        let observed = self.stale.difference(&told).cloned().collect();
        self.stale = told;
        self.say(&Batch { not_observed, observed, ..Batch::default() }, now)
    }

    fn say(&self, batch: &Batch, at: Instant) -> anyhow::Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let time = now();
        let after_ms = u64::try_from(at.elapsed().as_millis()).unwrap_or(u64::MAX);
        let said = Said { time: &time, cluster: &self.name, after_ms };
        let mut out = io::stdout().lock();
        if self.json {
            form::write_json(batch, said, &mut out)?;
        } else {
            form::write_text(batch, said, (self.threshold, screen::terminal(&Destination::Stdout)), &mut out)?;
        }
        Ok(out.flush()?)
    }

    fn ask_for_kinds(&self, pending: &mut Pending) {
        if pending.kinds.is_none_or(|due| due > Instant::now()) {
            return;
        }
        pending.kinds = None;
        let (client, sender) = (Arc::clone(&self.client), self.sender.clone());
        std::thread::spawn(move || {
            // If it cannot be asked now, the next change of a definition asks again.
            if let Ok(discovery) = discover(&client) {
                sender.send(Message::Discovered(discovery)).ok();
            }
        });
    }
}

fn counted<'a>(event: form::Event, said: Said<'a>, objects: usize, took: Duration) -> WatchLine<'a> {
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    WatchLine { objects: Some(objects as u64), took_ms: Some(took_ms), ..WatchLine::new(event, said) }
}

/// The time: ISO 8601, in UTC.
fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (seconds, thousandths) = (since.as_secs(), since.subsec_millis());
    let day = model::exception::Date::of_seconds(seconds);
    let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
    format!("{day}T{hours:02}:{minutes:02}:{:02}.{thousandths:03}Z", seconds % 60)
}
