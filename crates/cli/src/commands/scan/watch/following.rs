//! The loop: changes as they come, everything whenever the last time is over.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::thread::Scope as Threads;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anstream::eprintln;
use anyhow::Context as _;
use cluster::client::Client;
use cluster::discovery::{Discovery, discover};
use cluster::lists::{Scope, Wanted, wanted};
use cluster::store::{Store, Touched};
use cluster::watch::{Event, follow};
use model::document::Value;
use model::object::Object;
use model::severity::Severity;
use reports::report::Report;
use reports::watch::{self as form, Batch, Finding, Findings, Said, WatchLine};

use super::{Everything, Message};
use crate::exit::Exit;
use crate::judging::Judged;
use crate::judging::watching::Watching;
use crate::screen::{self, Destination};

/// So many events are taken together at most.
const MOST_AT_ONCE: usize = 500;

/// The shortest time between two times that everything is judged.
const SHORTEST_REST: Duration = Duration::from_millis(50);

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
    /// What was said to be wrong.
    pub(super) findings: Findings,
    /// What was said not to be seen.
    pub(super) not_observed: BTreeSet<String>,
    /// What was said to be old, perhaps.
    pub(super) stale: BTreeSet<String>,
    /// Ids of the controls that look at one object alone.
    pub(super) alone: HashSet<&'static str>,
}

/// What has changed since everything was judged last.
#[derive(Default)]
struct Pending {
    /// Objects that changed after the state that is being judged.
    since: BTreeSet<String>,
    /// When the first change came that is in no state that is being judged.
    dirty: Option<Instant>,
    /// Whether everything is being judged, and when the first change of that came.
    running: Option<Instant>,
    /// Everything is not judged again before this.
    rest: Option<Instant>,
    /// When to ask for new kinds.
    kinds: Option<Instant>,
    /// When to say what may be old.
    stale: Option<Instant>,
}

impl Pending {
    /// When something is to be done, if nothing happens before.
    fn due(&self) -> Option<Instant> {
        let judge =
            self.dirty.filter(|_| self.running.is_none()).map(|since| self.rest.map_or(since, |r| r.max(since)));
        judge.into_iter().chain(self.kinds).chain(self.stale).min()
    }
}

impl<'w> Following<'w> {
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

    pub(super) fn run<'s>(
        &mut self,
        threads: &'s Threads<'s, '_>,
        receiver: &Receiver<Message>,
        first: &dyn Fn(Judged) -> anyhow::Result<()>,
    ) -> anyhow::Result<Exit>
    where
        'w: 's,
    {
        let mut pending = Pending::default();
        self.begin(receiver, first)?;
        loop {
            let message = match pending.due() {
                None => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(due) => receiver.recv_timeout(due.saturating_duration_since(Instant::now())),
            };
            match message {
                Ok(Message::Store(event)) => self.changes(event, receiver, &mut pending)?,
                Ok(other) => self.other(other, &mut pending)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(Exit::Incomplete),
            }
            self.say_what_is_stale(&mut pending)?;
            self.start_what_is_due(threads, &mut pending);
        }
    }

    /// Waits until something was heard of every kind, and says what is.
    fn begin(
        &mut self,
        receiver: &Receiver<Message>,
        first: &dyn Fn(Judged) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        while !self.store.is_complete() {
            let Ok(message) = receiver.recv() else { break };
            if let Message::Store(event) = message {
                self.store.apply(event);
            }
        }
        let everything = judge_everything(self.watching, &self.name, &self.discovery, &self.store)?;
        let Everything { findings, not_observed, objects, took, judged } = everything;
        let judged = judged.context("nothing was judged")?;
        if self.json {
            let time = now();
            let said = Said { time: &time, cluster: &self.name, after_ms: 0 };
            let mut out = io::stdout().lock();
            form::write_findings(&findings, said, &mut out)?;
            for text in &not_observed {
                form::write_line(
                    &WatchLine { message: Some(text), ..WatchLine::new(form::Event::NotObserved, said) },
                    &mut out,
                )?;
            }
            form::write_line(&counted(form::Event::Ready, said, objects, took), &mut out)?;
            out.flush()?;
        } else {
            first(judged)?;
            let (kinds, took) = (self.store.lists().len(), took.as_millis());
            eprintln!("following {objects} objects of {kinds} kinds, judged in {took} ms; Ctrl-C ends it");
        }
        (self.findings, self.not_observed) = (findings, not_observed);
        Ok(())
    }

    fn other(&mut self, message: Message, pending: &mut Pending) -> anyhow::Result<()> {
        match message {
            Message::Store(_) => Ok(()),
            Message::Judged(everything) => self.judged(*everything?, pending),
            Message::Discovered(discovery) => {
                self.discovery = discovery;
                self.follow_new();
                Ok(())
            }
        }
    }

    /// Takes what has come, and says what it means by itself.
    fn changes(&mut self, event: Event, receiver: &Receiver<Message>, pending: &mut Pending) -> anyhow::Result<()> {
        let at = event.at;
        let mut alone = BTreeMap::new();
        self.take(event, &mut alone, pending);
        let mut others = Vec::new();
        for _ in 0..MOST_AT_ONCE {
            match receiver.try_recv() {
                Ok(Message::Store(event)) => self.take(event, &mut alone, pending),
                Ok(other) => others.push(other),
                Err(_) => break,
            }
        }
        if !alone.is_empty() {
            self.judge_alone(alone, at)?;
        }
        others.into_iter().try_for_each(|other| self.other(other, pending))
    }

    /// Puts an event into the store. What can be judged by itself is added to `alone`.
    fn take(&mut self, event: Event, alone: &mut Alone, pending: &mut Pending) {
        let (list, at) = (event.list, event.at);
        let Touched { objects, coverage, stale } = self.store.apply(event);
        if stale {
            pending.stale.get_or_insert(Instant::now() + STALE);
        }
        if objects.is_empty() && !coverage {
            return;
        }
        pending.dirty.get_or_insert(at);
        let Some(wanted) = self.store.lists().get(list).map(|list| list.wanted.clone()) else { return };
        for (key, text) in objects {
            let resource = identity(&wanted, &key);
            pending.since.insert(resource.clone());
            if wanted.resource.name == "customresourcedefinitions" {
                pending.kinds.get_or_insert(Instant::now() + NEW_KINDS);
            }
            // Of what has an owner that makes it, that owner says whether it counts by itself.
            if text.as_ref().is_none_or(|text| !is_made(text)) {
                alone.insert(resource, (wanted.clone(), key, text));
            }
        }
    }

    fn judge_alone(&mut self, alone: Alone, at: Instant) -> anyhow::Result<()> {
        let mut batch = Batch::default();
        let mut store = Store::default();
        for (wanted, key, text) in alone.values() {
            let list = store.add(wanted.clone());
            let what = cluster::watch::Happened::Changed(key.clone(), text.clone());
            store.apply(Event { list, namespace: None, what, at });
        }
        let Some(judged) = self.watching.alone(&self.name, &self.discovery, &store)? else { return Ok(()) };
        let found = findings_of(&judged);
        for resource in alone.keys() {
            let before = self.findings.remove(resource).unwrap_or_default();
            let (of_alone, others): (Vec<Finding>, Vec<Finding>) =
                before.into_iter().partition(|finding| self.alone.contains(finding.control));
            let after = found.get(resource).cloned().unwrap_or_default();
            batch.compare(resource, &of_alone, &after);
            let mut all = others;
            all.extend(after);
            if !all.is_empty() {
                self.findings.insert(resource.clone(), all);
            }
        }
        self.say(&batch, at)
    }

    /// Says what is different now that everything was judged.
    fn judged(&mut self, everything: Everything, pending: &mut Pending) -> anyhow::Result<()> {
        let Everything { findings, not_observed, objects, took, judged: _ } = everything;
        let at = pending.running.take().unwrap_or_else(Instant::now);
        pending.rest = Some(Instant::now() + took.max(SHORTEST_REST));
        let mut batch = Batch::default();
        let mut new = findings;
        // What has changed in between was said by itself already, and what else there is of it will be.
        for resource in &pending.since {
            let known = self.findings.get(resource).cloned().unwrap_or_default();
            let (of_alone, _): (Vec<_>, Vec<_>) = known.into_iter().partition(|f| self.alone.contains(f.control));
            let mut mixed = new.remove(resource).unwrap_or_default();
            mixed.retain(|finding| !self.alone.contains(finding.control));
            mixed.extend(of_alone);
            if !mixed.is_empty() {
                new.insert(resource.clone(), mixed);
            }
        }
        for (resource, after) in &new {
            batch.compare(resource, self.findings.get(resource).map_or(&[], Vec::as_slice), after);
        }
        for (resource, before) in self.findings.iter().filter(|(resource, _)| !new.contains_key(*resource)) {
            batch.compare(resource, before, &[]);
        }
        batch.not_observed = not_observed.difference(&self.not_observed).cloned().collect();
        batch.observed = self.not_observed.difference(&not_observed).cloned().collect();
        (self.findings, self.not_observed) = (new, not_observed);
        self.say(&batch, at)?;
        if self.json {
            let time = now();
            let said = Said { time: &time, cluster: &self.name, after_ms: 0 };
            let mut out = io::stdout().lock();
            form::write_line(&counted(form::Event::Judged, said, objects, took), &mut out)?;
            out.flush()?;
        }
        Ok(())
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

    fn start_what_is_due<'s>(&mut self, threads: &'s Threads<'s, '_>, pending: &mut Pending)
    where
        'w: 's,
    {
        let now = Instant::now();
        if pending.kinds.is_some_and(|due| due <= now) {
            pending.kinds = None;
            let (client, sender) = (Arc::clone(&self.client), self.sender.clone());
            threads.spawn(move || {
                // If it cannot be asked now, the next change of a definition asks again.
                if let Ok(discovery) = discover(&client) {
                    sender.send(Message::Discovered(discovery)).ok();
                }
            });
        }
        if pending.running.is_some() || pending.rest.is_some_and(|rest| rest > now) {
            return;
        }
        let Some(since) = pending.dirty.take() else { return };
        pending.running = Some(since);
        pending.since.clear();
        let (store, discovery, name) = (self.store.clone(), self.discovery.clone(), self.name.clone());
        let (watching, sender) = (self.watching, self.sender.clone());
        threads.spawn(move || {
            let everything = judge_everything(watching, &name, &discovery, &store);
            // What it was made from is large, and is not needed any more.
            let everything = everything.map(|everything| Box::new(Everything { judged: None, ..everything }));
            sender.send(Message::Judged(everything)).ok();
        });
    }
}

/// Objects that can be judged by themselves, by their ids: where they are, and what they are now.
type Alone = BTreeMap<String, (Wanted, String, Option<Arc<str>>)>;

fn judge_everything(
    watching: &Watching<'_>,
    name: &str,
    discovery: &Discovery,
    store: &Store,
) -> anyhow::Result<Everything> {
    let start = Instant::now();
    let judged = watching.all(name, discovery, store)?;
    let findings = findings_of(&judged);
    let not_observed = judged.results.coverage.skipped.iter().map(|skipped| skipped.reason.clone()).collect();
    let objects = judged.results.coverage.documents;
    Ok(Everything { findings, not_observed, objects, took: start.elapsed(), judged: Some(judged) })
}

fn findings_of(judged: &Judged) -> Findings {
    form::findings(&Report::new(&judged.results, &judged.controls, Severity::Info, env!("CARGO_PKG_VERSION")))
}

fn counted<'a>(event: form::Event, said: Said<'a>, objects: u64, took: Duration) -> WatchLine<'a> {
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    WatchLine { objects: Some(objects), took_ms: Some(took_ms), ..WatchLine::new(event, said) }
}

/// The id of an object, as reports have it.
fn identity(wanted: &Wanted, key: &str) -> String {
    let group = &wanted.resource.group;
    let group = if group.is_empty() { String::new() } else { format!(".{group}") };
    let name = key.strip_prefix('/').unwrap_or(key);
    format!("{}{group}/{name}", wanted.resource.kind)
}

/// Whether a controller made it.
fn is_made(text: &str) -> bool {
    let Ok(document) = yaml::parse_document(text) else { return true };
    let object = Object::new(document.root());
    let owners = object.as_ref().and_then(|object| object.metadata?.get("ownerReferences"));
    owners.is_some_and(|owners| {
        owners.items().any(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true))
    })
}

/// The time: ISO 8601, in UTC.
fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (seconds, thousandths) = (since.as_secs(), since.subsec_millis());
    let day = model::exception::Date::of_seconds(seconds);
    let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
    format!("{day}T{hours:02}:{minutes:02}:{:02}.{thousandths:03}Z", seconds % 60)
}
