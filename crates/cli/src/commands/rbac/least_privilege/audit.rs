//! Reads audit events of the API server: `audit.k8s.io` v1, one a line, a list, or in the envelopes of CloudWatch.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use rbac::Request;
use serde_json::Value;

use super::event::{self, Refusal, User};

/// A longer line is no event.
const LONGEST: u64 = 16 << 20;

/// What a log says was used.
#[derive(Default)]
pub(super) struct Log {
    /// Each request of each user once, and how often.
    pub(super) uses: BTreeMap<(User, Request), u64>,
    /// What was refused to each user, why, and how often.
    pub(super) refusals: BTreeMap<(String, Request, Refusal), u64>,
    /// Requests that were allowed.
    pub(super) events: u64,
    /// Requests that were refused.
    pub(super) denied: u64,
    /// Lines that are no events, and events that say too little.
    pub(super) unread: u64,
    /// The time of the first event, as written.
    pub(super) first: Option<String>,
    /// And of the last.
    pub(super) last: Option<String>,
    /// Requests that are counted already: one has an event when it begins to be answered and one when it ends, and one for
    /// each server that it goes through. Its id alone does not tell, because clients may choose it.
    seen: HashSet<u64>,
    begun: HashSet<u64>,
    ended: HashSet<u64>,
    hashing: RandomState,
}

impl Log {
    /// Adds the events of a file; `-` is standard input.
    pub(super) fn read(&mut self, path: &Path) -> io::Result<()> {
        let input: Box<dyn Read> = match path.as_os_str() == "-" {
            true => Box::new(io::stdin()),
            false => Box::new(File::open(path)?),
        };
        let mut reader = BufReader::with_capacity(1 << 16, input);
        let mut line = Vec::new();
        loop {
            line.clear();
            if reader.by_ref().take(LONGEST).read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            match serde_json::from_slice::<Value>(&line) {
                Ok(value) => self.add(&value, 0),
                Err(_) => self.unread += 1,
            }
        }
    }

    /// Whether no event says how a request ended.
    pub(super) fn says_nothing(&self) -> bool {
        self.events == 0 && self.denied == 0
    }

    /// Requests of which the log has only that they came.
    pub(super) fn unfinished(&self) -> u64 {
        self.begun.difference(&self.ended).count() as u64
    }

    /// Adds an event, a list of them, or an envelope around one.
    fn add(&mut self, value: &Value, depth: u8) {
        if depth > 4 {
            self.unread += 1;
            return;
        }
        if let Some(items) = value.as_array() {
            return items.iter().for_each(|item| self.add(item, depth + 1));
        }
        for list in ["items", "logEvents", "events", "Events"] {
            if let Some(items) = value.get(list).and_then(Value::as_array) {
                return items.iter().for_each(|item| self.add(item, depth + 1));
            }
        }
        if value.get("auditID").is_some() {
            return self.event(value);
        }
        match value.get("message").or_else(|| value.get("@message")) {
            Some(Value::String(text)) => match serde_json::from_str::<Value>(text) {
                Ok(inner) => self.add(&inner, depth + 1),
                Err(_) => self.unread += 1,
            },
            Some(inner @ Value::Object(_)) => self.add(inner, depth + 1),
            _ => self.unread += 1,
        }
    }

    fn event(&mut self, event: &Value) {
        let id = event::text(event, "/auditID");
        match &*event::text(event, "/stage") {
            "RequestReceived" => {
                self.begun.insert(self.hashing.hash_one(&id));
                return;
            }
            "ResponseComplete" | "ResponseStarted" | "Panic" => self.ended.insert(self.hashing.hash_one(&id)),
            _ => {
                self.unread += 1;
                return;
            }
        };
        let other = event.get("impersonatedUser").filter(|other| other.is_object());
        let own = User::new(event.get("user"));
        let who = other.map_or_else(|| own.clone(), |other| User::new(Some(other)));
        let refusal = event::refusal(event);
        let request = event::request(event);
        // To act as another was allowed, whatever became of what was done so.
        for needed in other.into_iter().flat_map(|other| event::impersonation(event, other, request.as_ref())) {
            self.uses.entry((own.clone(), needed)).or_default();
        }
        let Some(request) = request.filter(|_| !who.name.is_empty() || refusal.is_some()) else {
            self.unread += 1;
            return;
        };
        let time = event::text(event, "/requestReceivedTimestamp");
        if !time.is_empty() {
            self.first = self.first.take().filter(|first| *first <= time).or_else(|| Some(time.clone()));
            self.last = self.last.take().filter(|last| *last >= time).or(Some(time));
        }
        let count = u64::from(self.seen.insert(self.hashing.hash_one((&id, &who, &request, refusal))));
        if let Some(refusal) = refusal {
            self.denied += count;
            *self.refusals.entry((who.name, request, refusal)).or_default() += count;
            return;
        }
        self.events += count;
        if let Some(creation) = event::creation(event, &request) {
            *self.uses.entry((who.clone(), creation)).or_default() += count;
        }
        *self.uses.entry((who, request)).or_default() += count;
    }
}
