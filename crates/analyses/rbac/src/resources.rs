//! The resources of Kubernetes' own API: which are of the whole cluster, and what they are called.

use std::sync::LazyLock;

use crate::map::Map;

/// A resource of the API.
#[derive(Debug)]
pub struct Resource {
    /// The group; empty is the core group.
    pub group: &'static str,
    /// The plural, as rules and URLs have it.
    pub plural: &'static str,
    /// Whether its objects are in namespaces.
    pub namespaced: bool,
    /// The kind.
    pub kind: &'static str,
    /// Short names.
    pub short: Vec<&'static str>,
    /// The verbs that it serves.
    pub verbs: Vec<&'static str>,
    /// Subresources, and the verbs that each serves.
    pub subresources: Vec<(&'static str, Vec<&'static str>)>,
}

const TABLE: &str = include_str!("../resources.txt");

/// What has the usual verbs.
const USUAL: &str = "create,delete,deletecollection,get,list,patch,update,watch";

/// Names that requests have and discovery does not: what is impersonated, signers of certificates, and groups of
/// versions that are no longer served and still in many roles.
const VIRTUAL: &str = "\
core users C User - impersonate
core groups C Group - impersonate
authentication.k8s.io uids C UID - impersonate
authentication.k8s.io userextras C UserExtra - impersonate
certificates.k8s.io signers C Signer - approve,attest,sign
policy podsecuritypolicies C PodSecurityPolicy psp *
extensions podsecuritypolicies C PodSecurityPolicy psp *
extensions deployments N Deployment - *
extensions daemonsets N DaemonSet - *
extensions replicasets N ReplicaSet - *
extensions ingresses N Ingress - *
extensions networkpolicies N NetworkPolicy - *
metrics.k8s.io nodes C NodeMetrics - get,list
metrics.k8s.io pods N PodMetrics - get,list";

/// All of them, those of the core group first.
pub static ALL: LazyLock<Vec<Resource>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#')).chain(VIRTUAL.lines());
    lines.filter_map(parse).collect()
});

static BY_NAME: LazyLock<Map<(&str, &str), &Resource>> =
    LazyLock::new(|| ALL.iter().map(|resource| ((resource.group, resource.plural), resource)).collect());

static PLURALS: LazyLock<Map<&str, bool>> = LazyLock::new(|| {
    let mut plurals: Map<&str, bool> = Map::default();
    for resource in ALL.iter() {
        *plurals.entry(resource.plural).or_default() |= resource.namespaced;
    }
    plurals
});

fn parse(line: &'static str) -> Option<Resource> {
    let mut words = line.split(' ');
    let (group, plural, scope, kind) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let list = |text: &'static str| -> Vec<&'static str> {
        let text = if text == "*" { USUAL } else { text };
        text.split(',').filter(|word| *word != "-").collect()
    };
    let (short, verbs) = (list(words.next()?), list(words.next()?));
    let subresources = words.filter_map(|word| word.split_once('=')).map(|(name, verbs)| (name, list(verbs)));
    Some(Resource {
        group: if group == "core" { "" } else { group },
        plural,
        namespaced: scope == "N",
        kind,
        short,
        verbs,
        subresources: subresources.collect(),
    })
}

/// The resource of that group and plural.
pub fn find(group: &str, plural: &str) -> Option<&'static Resource> {
    BY_NAME.get(&(group, plural)).copied()
}

/// Whether every resource of that plural, whatever its group, is of the whole cluster. False for what is not known.
pub fn is_cluster_scoped(plural: &str) -> bool {
    PLURALS.get(plural) == Some(&false)
}

/// Whether Kubernetes has that group.
pub fn is_group(group: &str) -> bool {
    ALL.iter().any(|resource| resource.group == group)
}

/// Whether any group has a resource of that plural.
pub fn is_plural(plural: &str) -> bool {
    PLURALS.contains_key(plural)
}

/// The resource that a person means: a plural, a singular, a short name or a kind, with its group after a dot or without.
pub fn meant(word: &str) -> Option<&'static Resource> {
    let lower = word.to_lowercase();
    let (name, group) = match lower.split_once('.') {
        Some((name, group)) => (name, Some(group)),
        None => (&*lower, None),
    };
    let is_of = |resource: &&Resource| group.is_none_or(|group| resource.group == group);
    let named = |resource: &&Resource| resource.plural == name;
    let known_as = |resource: &&Resource| resource.short.contains(&name) || resource.kind.eq_ignore_ascii_case(name);
    ALL.iter()
        .find(|resource| is_of(resource) && named(resource))
        .or_else(|| ALL.iter().find(|resource| is_of(resource) && known_as(resource)))
}
