//! Reads audit events of the API server: `audit.k8s.io` v1, one a line, a list, or in the envelopes of CloudWatch.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use rbac::request::ResourceRequest;
use rbac::{Identity, Request};
use serde_json::Value;

/// A longer line is no event.
const LONGEST: u64 = 16 << 20;

/// Who used a right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct User {
    name: String,
    groups: Vec<String>,
}

impl User {
    pub(super) fn identity(&self) -> Identity {
        Identity { user: self.name.clone(), groups: self.groups.clone() }
    }
}

/// A request that can be ordered.
type Used = (User, Request);

/// What a log says was used.
#[derive(Default)]
pub(super) struct Log {
    /// Each request of each user once, and how often.
    pub(super) uses: BTreeMap<Used, u64>,
    /// Events that count.
    pub(super) events: u64,
    /// Events of requests that were refused.
    pub(super) denied: u64,
    /// Lines that are no events.
    pub(super) unread: u64,
    /// The time of the first event, as written.
    pub(super) first: Option<String>,
    /// And of the last.
    pub(super) last: Option<String>,
    /// Requests that are counted already.
    seen: BTreeSet<String>,
}

/// Reads a file of events; `-` is standard input.
pub(super) fn read(path: &Path) -> io::Result<Log> {
    let input: Box<dyn Read> = match path.as_os_str() == "-" {
        true => Box::new(io::stdin()),
        false => Box::new(File::open(path)?),
    };
    let mut reader = BufReader::with_capacity(1 << 16, input);
    let (mut log, mut line) = (Log::default(), Vec::new());
    loop {
        line.clear();
        if reader.by_ref().take(LONGEST).read_until(b'\n', &mut line)? == 0 {
            return Ok(log);
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice::<Value>(&line) {
            Ok(value) => log.add(&value, 0),
            Err(_) => log.unread += 1,
        }
    }
}

impl Log {
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
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        if !matches!(&*text("/stage"), "ResponseComplete" | "ResponseStarted") || !self.seen.insert(text("/auditID")) {
            return;
        }
        let code = event.pointer("/responseStatus/code").and_then(Value::as_u64);
        let forbidden = text("/annotations/authorization.k8s.io~1decision") == "forbid";
        if matches!(code, Some(401 | 403)) || forbidden {
            self.denied += 1;
            return;
        }
        let time = text("/requestReceivedTimestamp");
        if !time.is_empty() {
            self.first = self.first.take().filter(|first| *first <= time).or_else(|| Some(time.clone()));
            self.last = self.last.take().filter(|last| *last >= time).or(Some(time));
        }
        self.events += 1;
        let own = user(event.get("user"));
        let request = request(event);
        match event.get("impersonatedUser").filter(|other| other.is_object()) {
            None => self.count(own, request),
            Some(other) => {
                let other = user(Some(other));
                for request in impersonation(&other) {
                    self.count(own.clone(), request);
                }
                self.count(other, request);
            }
        }
    }

    fn count(&mut self, user: User, request: Request) {
        *self.uses.entry((user, request)).or_default() += 1;
    }
}

fn user(value: Option<&Value>) -> User {
    let name = value.and_then(|user| user.get("username")).and_then(Value::as_str).unwrap_or_default();
    let groups = value.and_then(|user| user.get("groups")).and_then(Value::as_array);
    let mut groups: Vec<String> = groups.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    groups.sort();
    User { name: name.to_owned(), groups }
}

/// The request of an event. What has no object is a path, without its query.
fn request(event: &Value) -> Request {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (verb, resource) = (text("/verb"), text("/objectRef/resource"));
    if resource.is_empty() {
        let uri = text("/requestURI");
        let path = uri.split('?').next().unwrap_or_default();
        return Request::path(&verb, path);
    }
    let request = Request::Resource(ResourceRequest {
        verb,
        group: text("/objectRef/apiGroup"),
        resource,
        subresource: text("/objectRef/subresource"),
        namespace: text("/objectRef/namespace"),
        name: text("/objectRef/name"),
    });
    // The name of what is created is in the body and not in the URL; the server writes it into the event all the same.
    let namespace = request.namespace().to_owned();
    let normal = request.normalized();
    if normal.namespace().is_empty() && !namespace.is_empty() { normal.in_namespace(&namespace) } else { normal }
}

/// What somebody needs to act as another.
fn impersonation(other: &User) -> Vec<Request> {
    let account = other.name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
    if let Some((namespace, name)) = account {
        let request = Request::resource("impersonate", "", "serviceaccounts");
        return vec![request.in_namespace(namespace).named(name)];
    }
    let user = Request::resource("impersonate", "", "users").named(&other.name);
    let added = other.groups.iter().filter(|group| *group != "system:authenticated");
    let groups = added.map(|group| Request::resource("impersonate", "", "groups").named(group));
    [user].into_iter().chain(groups).collect()
}
