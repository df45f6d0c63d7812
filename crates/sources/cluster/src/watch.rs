//! Lists, and then what changes in them: one stream for each kind, for as long as somebody takes what it sends.
//!
//! A stream goes on from the version that it has seen last; bookmarks keep that version young. Where the server has
//! forgotten it (410), and only there, the list is read anew. A server that does not answer is asked again, less and
//! less often, and what is known stays; that it may be old is said.

use std::io::{BufRead, BufReader, Read as _};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::client::{Client, RequestError, query};
use crate::discovery::JSON;
use crate::fetch::{PAGE, TABLE};
use crate::lists::{Scope, Wanted};
use crate::namespaces::Namespaces;
use crate::slim::{self, Column, Page, PageMetadata, Row};

/// The longest line of a stream: etcd takes no object of this size.
const LONGEST: u64 = 16 << 20;

/// So long the server is asked to keep a stream open.
const STREAM: u64 = 240;

/// Waits between attempts.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How often what cannot be watched, or is not there or not allowed now, is looked at again.
const NOW_AND_THEN: Duration = Duration::from_secs(60);

/// So many pages are read at most before a list is taken to be without end.
const MOST_PAGES: u32 = 20_000;

/// An object: what it is called in its list (`namespace/name`), and its text.
pub type Entry = (String, Arc<str>);

/// What happened in a list.
#[derive(Debug)]
pub enum Happened {
    /// It was read: these are all objects, those of the namespace if there is one.
    Listed(Vec<Entry>),
    /// An object is new or different, or gone if there is no text.
    Changed(String, Option<Arc<str>>),
    /// It cannot be seen now. What is known of it may be old.
    Lost {
        /// Whether the user may not see it.
        forbidden: bool,
        /// Why.
        reason: String,
    },
    /// It may be seen in these namespaces alone, each of which is followed by itself.
    Only {
        /// The namespaces.
        namespaces: Vec<String>,
        /// Why.
        reason: String,
    },
    /// It can be seen again.
    Found,
}

/// What happened, where and when.
#[derive(Debug)]
pub struct Event {
    /// The number of the list.
    pub list: usize,
    /// The namespace, where the list is read in some namespaces alone.
    pub namespace: Option<String>,
    /// What.
    pub what: Happened,
    /// When it came.
    pub at: Instant,
}

/// What takes events. A stream ends when nobody does any more.
pub type Events<M> = SyncSender<M>;

/// Follows one list in a thread of its own.
pub fn follow<M: From<Event> + Send + 'static>(
    client: &Arc<Client<'static>>,
    wanted: Wanted,
    list: usize,
    scope: &Scope,
    events: &Events<M>,
) {
    let stream = Stream {
        client: Arc::clone(client),
        wanted,
        list,
        namespace: None,
        scope: scope.clone(),
        events: events.clone(),
        columns: Vec::new(),
        lost: false,
    };
    start(stream);
}

fn start<M: From<Event> + Send + 'static>(stream: Stream<M>) {
    let small = thread::Builder::new().stack_size(512 << 10);
    // What a stream that cannot be started would have told is not observed.
    let (list, namespace, events) = (stream.list, stream.namespace.clone(), stream.events.clone());
    if let Err(error) = small.spawn(move || stream.run()) {
        let what = Happened::Lost { forbidden: false, reason: format!("it cannot be followed: {error}") };
        events.send(M::from(Event { list, namespace, what, at: Instant::now() })).ok();
    }
}

/// Nobody takes events any more.
struct Nobody;

/// One list that is followed.
struct Stream<M> {
    client: Arc<Client<'static>>,
    wanted: Wanted,
    list: usize,
    namespace: Option<String>,
    scope: Scope,
    events: Events<M>,
    /// The columns of a table, which only its first part has.
    columns: Vec<Column>,
    /// Whether it was said that it cannot be seen.
    lost: bool,
}

/// Why a stream ended.
enum Ended {
    /// In good order, or the connection broke: it goes on from the last version.
    Over,
    /// The server has forgotten that version.
    TooOld,
    /// It was refused.
    Refused(RequestError),
}

impl<M: From<Event> + Send + 'static> Stream<M> {
    fn run(mut self) {
        // It ends when nobody takes what it sends.
        let _: Result<(), Nobody> = self.forever();
    }

    fn forever(&mut self) -> Result<(), Nobody> {
        let mut wait = FIRST_WAIT;
        loop {
            let version = match self.read() {
                Ok((entries, version)) => {
                    wait = FIRST_WAIT;
                    self.send(Happened::Listed(entries))?;
                    self.found()?;
                    version
                }
                Err(RequestError::NotFound) => {
                    // The kind was taken away: there are no objects of it.
                    self.send(Happened::Listed(Vec::new()))?;
                    thread::sleep(NOW_AND_THEN);
                    continue;
                }
                Err(error @ RequestError::Forbidden(_)) => {
                    if self.wanted.is_in_namespaces() {
                        return self.each_namespace(&error);
                    }
                    // What may not be seen any more is not known any more.
                    self.send(Happened::Listed(Vec::new()))?;
                    self.lose(&error)?;
                    thread::sleep(NOW_AND_THEN);
                    continue;
                }
                Err(error) => {
                    self.lose(&error)?;
                    thread::sleep(wait);
                    wait = (wait * 2).min(LONGEST_WAIT);
                    continue;
                }
            };
            if !self.wanted.resource.verbs.iter().any(|verb| verb == "watch") {
                thread::sleep(NOW_AND_THEN);
                continue;
            }
            self.changes(version)?;
        }
    }

    /// Follows from `version` on, until the list has to be read anew.
    fn changes(&mut self, mut version: String) -> Result<(), Nobody> {
        let mut wait = FIRST_WAIT;
        loop {
            let (before, start) = (version.clone(), Instant::now());
            match self.stream(&mut version)? {
                Ended::TooOld => return Ok(()),
                Ended::Over => {}
                Ended::Refused(error @ (RequestError::Forbidden(_) | RequestError::NotFound)) => {
                    // A list says whether it is gone, forbidden, or may only not be watched.
                    if let RequestError::Forbidden(_) = error {
                        self.lose(&RequestError::Forbidden("it may not be watched".to_owned()))?;
                        thread::sleep(NOW_AND_THEN);
                    }
                    return Ok(());
                }
                Ended::Refused(error) => self.lose(&error)?,
            }
            // A stream that brings nothing and ends at once is not asked for in a hurry.
            if version == before && start.elapsed() < Duration::from_secs(1) {
                thread::sleep(wait);
                wait = (wait * 2).min(LONGEST_WAIT);
            } else {
                wait = FIRST_WAIT;
            }
        }
    }

    /// The list of the whole cluster is forbidden: those of its namespaces may not be.
    fn each_namespace(&mut self, error: &RequestError) -> Result<(), Nobody> {
        let namespaces = Namespaces::default();
        let known = namespaces.known(&self.client);
        let may = known.namespaces.iter().filter(|namespace| namespace.may_list(&self.wanted.resource));
        let names: Vec<String> = may.map(|namespace| namespace.name.clone()).collect();
        if names.is_empty() {
            return self.lose(error);
        }
        let shown: Vec<String> = names.iter().take(3).map(|name| format!("`{name}`")).collect();
        let more = names.len() - shown.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let reason = format!("forbidden, except in {}{more}", shown.join(", "));
        self.send(Happened::Only { namespaces: names.clone(), reason })?;
        for namespace in names {
            start(Stream {
                client: Arc::clone(&self.client),
                wanted: Wanted { namespace: Some(namespace.clone()), ..self.wanted.clone() },
                list: self.list,
                namespace: Some(namespace),
                scope: self.scope.clone(),
                events: self.events.clone(),
                columns: Vec::new(),
                lost: false,
            });
        }
        Ok(())
    }

    fn send(&self, what: Happened) -> Result<(), Nobody> {
        let event = Event { list: self.list, namespace: self.namespace.clone(), what, at: Instant::now() };
        self.events.send(M::from(event)).map_err(|_| Nobody)
    }

    fn lose(&mut self, error: &RequestError) -> Result<(), Nobody> {
        self.lost = true;
        let forbidden = matches!(error, RequestError::Forbidden(_));
        let reason = match error {
            RequestError::Forbidden(what) if what == "it may not be watched" => what.clone(),
            other => other.to_string(),
        };
        self.send(Happened::Lost { forbidden, reason })
    }

    fn found(&mut self) -> Result<(), Nobody> {
        if std::mem::take(&mut self.lost) { self.send(Happened::Found) } else { Ok(()) }
    }

    fn accept(&self) -> &'static str {
        if self.wanted.is_secrets() { TABLE } else { JSON }
    }

    /// The whole list, and the version at which it was so.
    fn read(&mut self) -> Result<(Vec<Entry>, String), RequestError> {
        let base = self.wanted.path(&self.scope);
        let (mut all, mut token, mut limit) = (Vec::new(), String::new(), PAGE);
        for _ in 0..MOST_PAGES {
            let mut path = format!("{base}limit={limit}");
            if !token.is_empty() {
                path.push_str(&format!("&continue={}", query(&token)));
            }
            let bytes = match self.client.get(&path, self.accept()) {
                Ok(bytes) => bytes,
                Err(RequestError::TooLarge) if limit > 1 => {
                    limit = (limit / 10).max(1);
                    continue;
                }
                // Pages of two versions are no version to go on from.
                Err(RequestError::Gone(_)) => {
                    (all, token) = (Vec::new(), String::new());
                    continue;
                }
                Err(error) => return Err(error),
            };
            let head = self.take(&bytes, &mut all)?;
            if head.r#continue.is_empty() {
                return Ok((all, head.resource_version));
            }
            token = head.r#continue;
        }
        Err(RequestError::Invalid("it has no end".to_owned()))
    }

    /// Adds the objects of a page.
    fn take(&mut self, bytes: &[u8], all: &mut Vec<Entry>) -> Result<PageMetadata, RequestError> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Head {
            metadata: PageMetadata,
        }
        let invalid = |error: serde_json::Error| RequestError::Invalid(error.to_string());
        let page: Page<'_> = serde_json::from_slice(bytes).map_err(invalid)?;
        if bytes.first() != Some(&b'{') || (page.items.is_none() && page.rows.is_none()) {
            return Err(RequestError::Invalid("it is no list".to_owned()));
        }
        let Page { items, rows, columns } = page;
        let mut buffer = String::new();
        for row in rows.iter().flatten().flatten() {
            all.extend(secret(row, &columns, &mut buffer));
        }
        for item in items.iter().flatten().flatten() {
            all.extend(self.entry(item, &mut buffer));
        }
        if !columns.is_empty() {
            self.columns = columns;
        }
        let head: Head = serde_json::from_slice(bytes).map_err(invalid)?;
        Ok(head.metadata)
    }

    /// What an object is called, and its slim text.
    fn entry(&self, raw: &RawValue, buffer: &mut String) -> Option<Entry> {
        let resource = &self.wanted.resource;
        let head = head(raw)?;
        slim::object(raw, &resource.api_version(), &resource.kind, buffer)
            .then(|| (head.metadata.key(), Arc::from(&**buffer)))
    }

    /// What changes after `version`, until the stream ends.
    fn stream(&mut self, version: &mut String) -> Result<Ended, Nobody> {
        let base = self.wanted.path(&self.scope);
        // Streams of many kinds do not all end at once.
        let length = STREAM + self.list as u64 % 60;
        let path = format!(
            "{base}watch=1&allowWatchBookmarks=true&timeoutSeconds={length}&resourceVersion={}",
            query(version)
        );
        let reader = match self.client.stream(&path, self.accept()) {
            Ok(reader) => reader,
            Err(RequestError::Gone(_)) => return Ok(Ended::TooOld),
            Err(error) => return Ok(Ended::Refused(error)),
        };
        self.found()?;
        let mut lines = BufReader::with_capacity(16 << 10, reader);
        let (mut line, mut buffer) = (Vec::new(), String::new());
        loop {
            line.clear();
            match (&mut lines).take(LONGEST).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return Ok(Ended::Over),
                Ok(_) if line.last() != Some(&b'\n') => return Ok(Ended::Over),
                Ok(_) => {}
            }
            let Ok(change) = serde_json::from_slice::<Change<'_>>(&line) else {
                return Ok(Ended::Refused(RequestError::Invalid("a change that is none".to_owned())));
            };
            if change.r#type == "ERROR" {
                return Ok(ended(change.object));
            }
            self.change(&change, version, &mut buffer)?;
        }
    }

    fn change(&mut self, change: &Change<'_>, version: &mut String, buffer: &mut String) -> Result<(), Nobody> {
        let (seen, entry) = if self.wanted.is_secrets() {
            self.row(change.object, buffer)
        } else {
            (head(change.object).map(|head| head.metadata), self.entry(change.object, buffer))
        };
        if let Some(metadata) = &seen
            && !metadata.resource_version.is_empty()
        {
            version.clone_from(&metadata.resource_version);
        }
        match (&*change.r#type, entry, seen) {
            ("ADDED" | "MODIFIED", Some((key, text)), _) => self.send(Happened::Changed(key, Some(text))),
            ("DELETED", _, Some(metadata)) => self.send(Happened::Changed(metadata.key(), None)),
            // Bookmarks, and what servers to come may send.
            _ => Ok(()),
        }
    }

    /// A change of a Secret comes as a table with one row.
    fn row(&mut self, object: &RawValue, buffer: &mut String) -> (Option<Metadata>, Option<Entry>) {
        let Ok(page) = serde_json::from_str::<Page<'_>>(object.get()) else { return (None, None) };
        let Page { items: _, rows, columns } = page;
        let rows = rows.flatten().unwrap_or_default();
        if !columns.is_empty() {
            self.columns = columns;
        }
        let Some(row) = rows.first() else { return (None, None) };
        (head(row.object).map(|head| head.metadata), secret(row, &self.columns, buffer))
    }
}

/// A Secret, from its row.
fn secret(row: &Row<'_>, columns: &[Column], buffer: &mut String) -> Option<Entry> {
    let head = head(row.object)?;
    slim::secret(row, columns, buffer).then(|| (head.metadata.key(), Arc::from(&**buffer)))
}

/// A line of a stream.
#[derive(Deserialize)]
struct Change<'a> {
    r#type: String,
    #[serde(borrow)]
    object: &'a RawValue,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    namespace: String,
    name: String,
    resource_version: String,
}

impl Metadata {
    fn key(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

fn head(raw: &RawValue) -> Option<Head> {
    serde_json::from_str(raw.get()).ok()
}

/// What an `ERROR` of a stream says.
fn ended(status: &RawValue) -> Ended {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Status {
        code: u16,
        message: String,
    }
    let Status { code, message } = serde_json::from_str(status.get()).unwrap_or_default();
    match code {
        410 => Ended::TooOld,
        401 => Ended::Refused(RequestError::Unauthorized),
        code => {
            let message = message.chars().filter(|letter| !letter.is_control()).take(300).collect();
            Ended::Refused(RequestError::Status { status: code, message })
        }
    }
}
