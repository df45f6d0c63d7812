//! Which namespaces there are, and what may be listed in each: for those who may not list a kind in the whole cluster.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::client::{Client, query};
use crate::discovery::{ApiResource, JSON};

/// So many namespaces are asked at most: each costs a request, and each list in it another.
const MOST: usize = 250;

/// The namespaces of a cluster, asked for when they are needed.
#[derive(Default)]
pub(crate) struct Namespaces(OnceLock<Known>);

/// What is known of them.
pub(crate) struct Known {
    /// Those that may be asked.
    pub(crate) namespaces: Vec<Namespace>,
    /// Whether there are no others.
    pub(crate) all: bool,
}

/// A namespace, and what the server says that may be done in it.
pub(crate) struct Namespace {
    /// Its name.
    pub(crate) name: String,
    /// All that may be done; `None` if the server does not know all.
    rules: Option<Vec<ResourceRule>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ResourceRule {
    verbs: Vec<String>,
    api_groups: Vec<String>,
    resources: Vec<String>,
    resource_names: Vec<String>,
}

impl Namespaces {
    /// The namespaces that `client` may see; that of its context alone if it may not list them.
    pub(crate) fn known(&self, client: &Client<'_>) -> &Known {
        self.0.get_or_init(|| {
            let (names, all) = names(client).unwrap_or_else(|| {
                let own = client.connection().namespace.clone().filter(|name| !name.is_empty());
                (vec![own.unwrap_or_else(|| "default".to_owned())], false)
            });
            let namespace = |name: String| Namespace { rules: rules(client, &name), name };
            Known { namespaces: names.into_iter().map(namespace).collect(), all }
        })
    }
}

impl Namespace {
    /// Whether it is worth asking for a list of the kind.
    pub(crate) fn may_list(&self, resource: &ApiResource) -> bool {
        self.may("list", resource)
    }

    /// Whether all objects of the kind may be listed, or watched, as far as the server says.
    pub(crate) fn may(&self, verb: &str, resource: &ApiResource) -> bool {
        let names = |all: &[String], one: &str| all.iter().any(|name| name == "*" || name == one);
        let allows = |rule: &ResourceRule| {
            names(&rule.verbs, verb)
                && names(&rule.api_groups, &resource.group)
                && names(&rule.resources, &resource.name)
                && rule.resource_names.is_empty()
        };
        self.rules.as_ref().is_none_or(|rules| rules.iter().any(allows))
    }
}

/// The names of the namespaces, and whether those are all; nothing if they may not be listed.
fn names(client: &Client<'_>) -> Option<(Vec<String>, bool)> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct List {
        metadata: Metadata,
        items: Vec<Item>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Item {
        metadata: Metadata,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Metadata {
        name: String,
        r#continue: String,
    }
    let (mut found, mut token) = (Vec::new(), String::new());
    while found.len() <= MOST {
        let bytes = client.get(&format!("/api/v1/namespaces?limit=500{token}"), JSON).ok()?;
        let list: List = serde_json::from_slice(&bytes).ok()?;
        found.extend(list.items.into_iter().map(|item| item.metadata.name).filter(|name| !name.is_empty()));
        if list.metadata.r#continue.is_empty() {
            break;
        }
        token = format!("&continue={}", query(&list.metadata.r#continue));
    }
    let all = found.len() <= MOST;
    found.truncate(MOST);
    Some((found, all))
}

/// Everything that may be done in a namespace, if the server knows.
fn rules(client: &Client<'_>, namespace: &str) -> Option<Vec<ResourceRule>> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Review {
        status: Option<Status>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Status {
        #[serde(default)]
        resource_rules: Vec<ResourceRule>,
        #[serde(default)]
        incomplete: bool,
    }
    let body = serde_json::json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": { "namespace": namespace },
    });
    let bytes = client.review("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", &body.to_string()).ok()?;
    let status = serde_json::from_slice::<Review>(&bytes).ok()?.status?;
    (!status.incomplete).then_some(status.resource_rules)
}
