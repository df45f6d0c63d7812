//! What the user who asks may list and watch: the server is asked, and keeps nothing of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde::Deserialize;

use crate::client::{Client, RequestError};
use crate::discovery::{ApiResource, Discovery, JSON};
use crate::features::Feature;
use crate::fetch::TABLE;
use crate::lists::{Scope, Wanted, wanted};
use crate::namespaces::Namespaces;

/// Where something may be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Everywhere that was asked about.
    Everywhere,
    /// In these namespaces alone.
    In(Vec<String>),
    /// Nowhere.
    Nowhere,
    /// The server does not say.
    Unknown(String),
}

/// What may be done with the objects of a kind.
#[derive(Clone, Debug)]
pub struct Right {
    /// The kind, and the namespace if only some were asked about.
    pub wanted: Wanted,
    /// Whether they may be listed.
    pub list: Extent,
    /// Whether they may be watched.
    pub watch: Extent,
}

impl Right {
    /// Whether it is all that `feature` needs of the kind.
    pub fn is_enough(&self, feature: Feature) -> bool {
        self.list == Extent::Everywhere && (feature != Feature::Watch || self.watch == Extent::Everywhere)
    }
}

/// Who asks, as the server has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Identity {
    /// The name of the user.
    pub username: String,
    /// The groups that it is in.
    pub groups: Vec<String>,
}

/// Who the server takes the user for; nothing if it does not say (Kubernetes before 1.28).
pub fn identity(client: &Client<'_>) -> Option<Identity> {
    #[derive(Deserialize)]
    struct Review {
        status: Status,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Status {
        user_info: Identity,
    }
    let body = r#"{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}"#;
    let bytes = client.review("/apis/authentication.k8s.io/v1/selfsubjectreviews", body).ok()?;
    let found = serde_json::from_slice::<Review>(&bytes).ok()?.status.user_info;
    Some(found).filter(|identity| !identity.username.is_empty())
}

/// What may be done with every kind that is read of a cluster, in the order in which they are read.
pub fn rights(client: &Client<'_>, discovery: &Discovery, scope: &Scope, parallel: usize) -> Vec<Right> {
    let lists = wanted(discovery, scope);
    let namespaces = Namespaces::default();
    let answers: Mutex<Vec<Option<Right>>> = Mutex::new(vec![None; lists.len()]);
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(wanted) = lists.get(at) else { break };
            let list = extent(client, wanted, "list", &namespaces);
            let watch = match wanted.resource.verbs.iter().any(|verb| verb == "watch") {
                true => extent(client, wanted, "watch", &namespaces),
                // What cannot be watched is listed now and then.
                false => list.clone(),
            };
            let right = Right { wanted: wanted.clone(), list, watch };
            answers.lock().unwrap_or_else(PoisonError::into_inner)[at] = Some(right);
        }
    };
    thread::scope(|threads| {
        for _ in 1..parallel.min(lists.len()) {
            threads.spawn(work);
        }
        work();
    });
    answers.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect()
}

fn extent(client: &Client<'_>, wanted: &Wanted, verb: &str, namespaces: &Namespaces) -> Extent {
    // Who may not list a namespace by its name may still get it.
    let asked = is_allowed(client, wanted, verb);
    let gets = wanted.is_namespaces() && wanted.namespace.is_some() && verb == "list" && matches!(asked, Ok(false));
    match if gets { is_allowed(client, wanted, "get") } else { asked } {
        Ok(true) => Extent::Everywhere,
        Ok(false) if wanted.is_in_namespaces() => {
            let known = namespaces.known(client);
            let may = known.namespaces.iter().filter(|namespace| namespace.may(verb, &wanted.resource));
            let names: Vec<String> = may.map(|namespace| namespace.name.clone()).collect();
            match names.len() {
                0 => Extent::Nowhere,
                all if known.all && all == known.namespaces.len() => Extent::Everywhere,
                _ => Extent::In(names),
            }
        }
        Ok(false) => Extent::Nowhere,
        Err(error) => Extent::Unknown(error.to_string()),
    }
}

fn is_allowed(client: &Client<'_>, wanted: &Wanted, verb: &str) -> Result<bool, RequestError> {
    #[derive(Deserialize)]
    struct Review {
        status: Status,
    }
    #[derive(Deserialize)]
    struct Status {
        #[serde(default)]
        allowed: bool,
    }
    let ApiResource { group, version, name, namespaced, .. } = &wanted.resource;
    let mut attributes = serde_json::json!({ "verb": verb, "group": group, "version": version, "resource": name });
    if let Some(namespace) = &wanted.namespace {
        // Of what is in no namespace, the namespace itself is asked for, by its name.
        let key = if *namespaced { "namespace" } else { "name" };
        attributes[key] = namespace.as_str().into();
        if verb == "get" {
            // The path of a namespace is in itself, and so is the right to it.
            attributes["namespace"] = namespace.as_str().into();
        }
    }
    let body = serde_json::json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": attributes },
    });
    match client.review("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &body.to_string()) {
        Ok(bytes) => {
            let review = serde_json::from_slice::<Review>(&bytes);
            review.map(|review| review.status.allowed).map_err(|error| RequestError::Invalid(error.to_string()))
        }
        // Not everybody may ask what they may: then it is tried.
        Err(RequestError::Forbidden(_) | RequestError::NotFound) if verb == "list" => {
            let accept = if wanted.is_secrets() { TABLE } else { JSON };
            match client.get(&format!("{}limit=1", wanted.path(&Scope::default())), accept) {
                Ok(_) => Ok(true),
                Err(RequestError::Forbidden(_)) => Ok(false),
                Err(error) => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}
