//! Pages of all wanted lists, several lists at a time, each list in its order, slim.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::client::{Client, RequestError, query};
use crate::discovery::JSON;
use crate::lists::{Phase, Scope, Wanted};
use crate::namespaces::Namespaces;
use crate::slim::{self, Page};

/// Objects of a page; a page that is too large is asked for again in smaller ones.
pub(crate) const PAGE: u32 = 500;

/// Secrets as rows of their type, their metadata, and nothing else: their values never leave the server.
pub(crate) const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

/// So often a list is begun anew because the server forgot where it was.
const RESTARTS: u32 = 3;

/// What takes the pages. For one list it is called from one thread at a time, in order.
pub trait Sink: Sync {
    /// A page of the list with that number: objects, one line of JSON each.
    fn page(&self, list: usize, page: u32, objects: &[&str]);
    /// What came of the list so far is void: it begins anew.
    fn restart(&self, list: usize);
    /// A phase is over: all lists of it have been read.
    fn end_of(&self, phase: Phase);
}

/// Why a list is not whole.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// It could not be read, or not to its end.
    Request(RequestError),
    /// It could be read in these namespaces alone.
    Except(Vec<String>, RequestError),
    /// So many of its objects were none.
    Objects(u32),
}

/// Reads all lists, `parallel` at a time. What is wrong with each is at its number.
pub fn fetch(
    client: &Client<'_>,
    lists: &[Wanted],
    scope: &Scope,
    parallel: usize,
    sink: &dyn Sink,
) -> Vec<Option<Trouble>> {
    let troubles = Mutex::new(vec![None; lists.len()]);
    let namespaces = Namespaces::default();
    let mut start = 0;
    for phase in lists.chunk_by(|a, b| a.phase == b.phase) {
        let next = AtomicUsize::new(0);
        let work = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(wanted) = phase.get(at) else { break };
                let (number, namespaces) = (start + at, &namespaces);
                let list = List { client, wanted, scope, number, sink, namespaces, first: 0, restarts: RESTARTS };
                let trouble = list.read();
                troubles.lock().unwrap_or_else(PoisonError::into_inner)[start + at] = trouble;
            }
        };
        thread::scope(|threads| {
            for _ in 1..parallel.min(phase.len()) {
                threads.spawn(work);
            }
            work();
        });
        sink.end_of(phase[0].phase);
        start += phase.len();
    }
    troubles.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// One list that is read.
struct List<'a> {
    client: &'a Client<'a>,
    wanted: &'a Wanted,
    scope: &'a Scope,
    number: usize,
    sink: &'a dyn Sink,
    namespaces: &'a Namespaces,
    /// The number of its first page.
    first: u32,
    /// So often it may begin anew.
    restarts: u32,
}

/// What came of pages.
struct Taken {
    /// The number of the next page.
    next: u32,
    /// How many items were no objects, or why not all pages came.
    invalid: Result<u32, RequestError>,
}

/// What the thread that asks sends to the thread that judges.
enum Received {
    Page(Vec<u8>),
    Restart,
    Failed(RequestError),
}

impl List<'_> {
    /// Where the list of the whole cluster is forbidden, those of its namespaces may not be.
    fn read(&self) -> Option<Trouble> {
        let taken = self.pages();
        match taken.invalid {
            Err(error @ RequestError::Forbidden(_)) if taken.next == self.first && self.wanted.is_in_namespaces() => {
                self.read_each(error)
            }
            Err(error @ RequestError::Forbidden(_)) if taken.next == self.first && self.wanted.is_namespaces() => {
                self.read_namespaces(error)
            }
            Err(error) => Some(Trouble::Request(error)),
            Ok(invalid) => (invalid > 0).then_some(Trouble::Objects(invalid)),
        }
    }

    fn read_each(&self, forbidden: RequestError) -> Option<Trouble> {
        let known = self.namespaces.known(self.client);
        let mut why = (!known.all).then_some(forbidden);
        let (mut first, mut all, mut seen) = (self.first, 0, Vec::new());
        for namespace in &known.namespaces {
            if !namespace.may_list(&self.wanted.resource) {
                why.get_or_insert_with(|| RequestError::Forbidden(String::new()));
                continue;
            }
            let wanted = Wanted { namespace: Some(namespace.name.clone()), ..self.wanted.clone() };
            // To begin anew would take away what came of the other namespaces.
            let taken = List { wanted: &wanted, first, restarts: 0, ..*self }.pages();
            first = taken.next;
            match taken.invalid {
                Ok(invalid) => {
                    all += invalid;
                    seen.push(namespace.name.clone());
                }
                Err(error) => {
                    why.get_or_insert(error);
                }
            }
        }
        match why {
            None => (all > 0).then_some(Trouble::Objects(all)),
            Some(error) if seen.is_empty() => Some(Trouble::Request(error)),
            Some(error) => Some(Trouble::Except(seen, error)),
        }
    }

    /// Who may not list namespaces may still get one: those who administer it may.
    fn read_namespaces(&self, forbidden: RequestError) -> Option<Trouble> {
        let names: Vec<String> = match &self.wanted.namespace {
            Some(name) => vec![name.clone()],
            None => self.namespaces.known(self.client).namespaces.iter().map(|known| known.name.clone()).collect(),
        };
        let (mut texts, mut seen) = (Vec::new(), Vec::new());
        for name in names {
            match self.client.get(&format!("/api/v1/namespaces/{}", query(&name)), JSON) {
                Ok(bytes) => {
                    let (resource, mut text) = (&self.wanted.resource, String::new());
                    let item = serde_json::from_slice::<&serde_json::value::RawValue>(&bytes);
                    let is_one =
                        item.is_ok_and(|item| slim::object(item, &resource.api_version(), &resource.kind, &mut text));
                    if !is_one {
                        return Some(Trouble::Request(RequestError::Invalid("it is no namespace".to_owned())));
                    }
                    texts.push(text);
                    seen.push(name);
                }
                // There is none of that name: nothing of it is unseen.
                Err(RequestError::NotFound) if self.wanted.namespace.is_some() => seen.push(name),
                Err(_) => {}
            }
        }
        let lines: Vec<&str> = texts.iter().map(String::as_str).collect();
        if !lines.is_empty() {
            self.sink.page(self.number, self.first, &lines);
        }
        match self.wanted.namespace {
            _ if seen.is_empty() => Some(Trouble::Request(forbidden)),
            Some(_) => None,
            None => Some(Trouble::Except(seen, forbidden)),
        }
    }

    /// The next page is asked for while this one is judged.
    fn pages(&self) -> Taken {
        let (sender, receiver) = sync_channel(1);
        thread::scope(|threads| {
            threads.spawn(move || self.ask(&sender));
            self.take(&receiver)
        })
    }

    fn ask(&self, sender: &SyncSender<Received>) {
        let base = self.wanted.path(self.scope);
        let accept = if self.wanted.is_secrets() { TABLE } else { JSON };
        let (mut token, mut limit, mut restarts) = (String::new(), PAGE, 0);
        loop {
            let mut path = format!("{base}limit={limit}");
            if !token.is_empty() {
                path.push_str(&format!("&continue={}", query(&token)));
            }
            let received = match self.client.get(&path, accept) {
                Ok(bytes) => {
                    let next = next_token(&bytes);
                    // Whoever takes the pages says what is wrong with one that is none.
                    if sender.send(Received::Page(bytes)).is_err() || next.is_empty() {
                        return;
                    }
                    token = next;
                    continue;
                }
                Err(RequestError::TooLarge) if limit > 1 => {
                    limit = (limit / 10).max(1);
                    continue;
                }
                // The rest as it is now: what has changed in between may be missing, and nothing comes twice.
                Err(RequestError::Gone(Some(next))) if next != token => {
                    token = next;
                    continue;
                }
                Err(RequestError::Gone(_)) if restarts < self.restarts => {
                    restarts += 1;
                    token.clear();
                    Received::Restart
                }
                Err(error) => Received::Failed(error),
            };
            let failed = matches!(received, Received::Failed(_));
            if sender.send(received).is_err() || failed {
                return;
            }
        }
    }

    fn take(&self, receiver: &Receiver<Received>) -> Taken {
        let (mut next, mut invalid) = (self.first, 0);
        for received in receiver {
            match received {
                Received::Page(bytes) => {
                    let (objects, wrong) = match self.objects(&bytes) {
                        Ok(taken) => taken,
                        Err(error) => return Taken { next, invalid: Err(error) },
                    };
                    invalid += wrong;
                    let lines: Vec<&str> = objects.iter().map(String::as_str).collect();
                    self.sink.page(self.number, next, &lines);
                    next += 1;
                }
                Received::Restart => {
                    (next, invalid) = (self.first, 0);
                    self.sink.restart(self.number);
                }
                Received::Failed(error) => return Taken { next, invalid: Err(error) },
            }
        }
        Taken { next, invalid: Ok(invalid) }
    }

    /// The objects of a page, slim, and how many items are none.
    fn objects(&self, bytes: &[u8]) -> Result<(Vec<String>, u32), RequestError> {
        let invalid = |error: serde_json::Error| RequestError::Invalid(error.to_string());
        let page: Page<'_> = serde_json::from_slice(bytes).map_err(invalid)?;
        if bytes.first() != Some(&b'{') || (page.items.is_none() && page.rows.is_none()) {
            return Err(RequestError::Invalid("it is no list".to_owned()));
        }
        let resource = &self.wanted.resource;
        let (mut objects, mut wrong, mut buffer) = (Vec::new(), 0, String::new());
        let mut keep = |is_object: bool, buffer: &str| {
            if is_object { objects.push(buffer.to_owned()) } else { wrong += 1 }
        };
        for row in page.rows.iter().flatten().flatten() {
            let is_object = slim::secret(row, &page.columns, &mut buffer);
            keep(is_object, &buffer);
        }
        let api_version = resource.api_version();
        for item in page.items.iter().flatten().flatten() {
            let is_object = slim::object(item, &api_version, &resource.kind, &mut buffer);
            keep(is_object, &buffer);
        }
        Ok((objects, wrong))
    }
}

/// Where the list goes on; empty if it ends here.
fn next_token(bytes: &[u8]) -> String {
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct Head {
        metadata: slim::PageMetadata,
    }
    serde_json::from_slice::<Head>(bytes).map(|head| head.metadata.r#continue).unwrap_or_default()
}
