//! What an audit event says: who asked for what, in whose name, and whether it was allowed.
//!
//! Source: `apiserver/pkg/apis/audit/v1`, `endpoints/filters/impersonation` and `endpoints/handlers` (creation by `PATCH` and
//! `PUT`).

use rbac::request::ResourceRequest;
use rbac::{Identity, Request};
use serde_json::Value;

/// Who used a right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) groups: Vec<String>,
}

impl User {
    /// The `user` or `impersonatedUser` of an event.
    pub(super) fn new(value: Option<&Value>) -> Self {
        let name = value.map(|user| text(user, "/username")).unwrap_or_default();
        let mut groups = value.map(|user| texts(user.get("groups"))).unwrap_or_default();
        groups.sort();
        Self { name, groups }
    }

    pub(super) fn identity(&self) -> Identity {
        Identity { user: self.name.clone(), groups: self.groups.clone() }
    }
}

/// Why a request is no use of a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Refusal {
    NotLoggedIn,
    Forbidden,
    Later,
    NotAsked,
}

impl Refusal {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::NotLoggedIn => "not logged in",
            Self::Forbidden => "no role allowed it",
            Self::Later => "roles allowed it, and admission or the check against escalation did not",
            Self::NotAsked => "it ended before roles were asked",
        }
    }
}

/// A text at a pointer; empty where there is none.
pub(super) fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn texts(value: Option<&Value>) -> Vec<String> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn code(event: &Value) -> Option<u64> {
    event.pointer("/responseStatus/code").and_then(Value::as_u64)
}

/// Why the request of an event was not allowed; none if it was.
pub(super) fn refusal(event: &Value) -> Option<Refusal> {
    let decision = text(event, "/annotations/authorization.k8s.io~1decision");
    match (&*decision, code(event)) {
        (_, Some(401)) => Some(Refusal::NotLoggedIn),
        ("allow", Some(403)) => Some(Refusal::Later),
        ("allow", _) => None,
        ("forbid", _) | (_, Some(403)) => Some(Refusal::Forbidden),
        // A server that is too busy, or cannot read the headers, says so first.
        (_, Some(400 | 429 | 500..)) => Some(Refusal::NotAsked),
        _ => None,
    }
}

/// The request of an event. What has no object is a path, without its query. None for what no rule may be made of: a path
/// of a resource without the resource, and what has a `*` in it, which would grant more than itself.
pub(super) fn request(event: &Value) -> Option<Request> {
    let (verb, resource) = (text(event, "/verb"), text(event, "/objectRef/resource"));
    let request = if resource.is_empty() {
        let uri = text(event, "/requestURI");
        let path = decoded(uri.split('?').next().unwrap_or_default());
        if !path.starts_with('/') || is_of_resource(&path) || path.ends_with('*') {
            return None;
        }
        Request::path(&verb, &path)
    } else {
        let asked = ResourceRequest {
            verb: verb.clone(),
            group: text(event, "/objectRef/apiGroup"),
            resource,
            subresource: text(event, "/objectRef/subresource"),
            namespace: text(event, "/objectRef/namespace"),
            name: text(event, "/objectRef/name"),
        };
        if asked.group.contains('*') || asked.resource.contains('*') || asked.subresource.contains('*') {
            return None;
        }
        // The name of what is created is in the body and not in the URL; the server writes it into the event all the same.
        Request::Resource(asked).normalized()
    };
    (!verb.is_empty() && !verb.contains('*')).then_some(request)
}

/// What the server asked besides, because a `PATCH` or `PUT` made an object that was not there: `create`, with the name.
pub(super) fn creation(event: &Value, request: &Request) -> Option<Request> {
    match request {
        Request::Resource(asked)
            if asked.subresource.is_empty()
                && matches!(&*asked.verb, "patch" | "update")
                && code(event) == Some(201) =>
        {
            Some(Request::Resource(ResourceRequest { verb: "create".to_owned(), ..asked.clone() }))
        }
        _ => None,
    }
}

/// Whether a path is one of a resource: `/api/v1/pods`, `/apis/apps/v1/deployments`.
fn is_of_resource(path: &str) -> bool {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    match parts.next() {
        Some("api") => parts.count() > 1,
        Some("apis") => parts.count() > 2,
        _ => false,
    }
}

/// A path without its percent signs, as roles are asked for it.
fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = (byte == b'%').then(|| after.get(..2)).flatten();
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(code) => {
                bytes.push(code);
                rest = &after[2..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What who made the request needed to act as another: one request for each thing that he set. `done` is what he did so.
pub(super) fn impersonation(event: &Value, other: &Value, done: Option<&Request>) -> Vec<Request> {
    let name = text(other, "/username");
    let constraint = text(event, "/authenticationMetadata/impersonationConstraint");
    let (verb, group) = match &*constraint {
        "" => ("impersonate", ""),
        constraint => (constraint, "authentication.k8s.io"),
    };
    let account = rbac::split_service_account(&name);
    let node = name.strip_prefix("system:node:").filter(|_| !constraint.is_empty());
    let of = |resource: &str, name: &str| Request::resource(verb, group, resource).named(name);
    let mut needed = vec![match (account, node) {
        (Some((namespace, name)), _) => of("serviceaccounts", name).in_namespace(namespace),
        // Which node a pod runs on is no matter to the rule.
        (None, Some(_)) if constraint == "impersonate:associated-node" => of("nodes", "*"),
        (None, Some(node)) => of("nodes", node),
        (None, None) => of("users", &name),
    }];
    needed.extend(set_groups(other, &name, account, node.is_some()).iter().map(|group| of("groups", group)));
    let authentication =
        |resource: &str, name: &str| Request::resource(verb, "authentication.k8s.io", resource).named(name);
    let uid = text(other, "/uid");
    if !uid.is_empty() {
        needed.push(authentication("uids", &uid));
    }
    for (key, values) in other.get("extra").and_then(Value::as_object).into_iter().flatten() {
        let resource = format!("userextras/{key}");
        needed.extend(texts(Some(values)).iter().map(|value| authentication(&resource, value)));
    }
    if let (Some(mode), Some(done)) = (constraint.strip_prefix("impersonate:"), done) {
        let on = format!("impersonate-on:{mode}:{}", done.verb());
        needed.push(match done.clone() {
            Request::Resource(asked) => Request::Resource(ResourceRequest { verb: on, ..asked }),
            Request::Path { verb: _, path } => Request::Path { verb: on, path },
        });
    }
    needed
}

/// The groups that were set, without those that the server adds by itself.
fn set_groups(other: &Value, name: &str, account: Option<(&str, &str)>, is_node: bool) -> Vec<String> {
    let mut groups = texts(other.get("groups"));
    let added = if name == "system:anonymous" { "system:unauthenticated" } else { "system:authenticated" };
    groups.retain(|group| group != added);
    if let Some((namespace, _)) = account {
        let own = ["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")];
        // Where none is set, an account is in its own two.
        if groups.len() == 2 && own.iter().all(|group| groups.contains(group)) {
            groups.clear();
        }
    }
    if is_node {
        groups.clear();
    }
    groups
}
