//! Which lists are read, and in what order: definitions before what they define, owners before what they own.

use crate::client::query;
use crate::discovery::{ApiResource, Discovery};
use crate::features::Feature;

/// When a list is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Definitions of custom resources.
    Definitions,
    /// Everything else.
    Objects,
    /// What controllers make and that makes pods.
    Owned,
    /// Pods.
    Pods,
}

/// A list to read: all objects of a kind, or those of one namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The kind.
    pub resource: ApiResource,
    /// The namespace; `None` for all.
    pub namespace: Option<String>,
    /// When.
    pub phase: Phase,
}

/// What of a cluster is read.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Only these namespaces; all if there are none.
    pub namespaces: Vec<String>,
    /// Only objects with labels that this selects.
    pub selector: Option<String>,
    /// What it is read for: kinds that this does not need are left out.
    pub feature: Feature,
}

impl Scope {
    /// What is not looked at, because it was not asked for.
    pub(crate) fn left_out(&self) -> Option<String> {
        let names: Vec<String> = self.namespaces.iter().map(|name| format!("`{name}`")).collect();
        let mut told = Vec::new();
        if !names.is_empty() {
            let which = if names.len() == 1 { "namespace" } else { "namespaces" };
            told.push(format!(
                "only {which} {} looked at: not what is in others, nor what is in none, such as nodes, ClusterRoles and \
                 their bindings",
                names.join(", ") + if names.len() == 1 { " was" } else { " were" }
            ));
        }
        if let Some(selector) = &self.selector {
            told.push(format!("only objects with labels `{selector}` were looked at"));
        }
        (!told.is_empty()).then(|| format!("{}; what depends on the rest is not known", told.join("; ")))
    }

    /// Whether it is the whole cluster.
    pub fn is_whole(&self) -> bool {
        self.namespaces.is_empty() && self.selector.is_none()
    }
}

/// Kinds that come and go and say nothing of how the cluster is set up, and those that repeat others.
const PASSED_OVER: &[(&str, &str)] = &[
    ("", "events"),
    ("", "componentstatuses"),
    ("", "podtemplates"),
    ("", "endpoints"),
    ("apps", "controllerrevisions"),
    ("cilium.io", "ciliumendpoints"),
    ("cilium.io", "ciliumidentities"),
    ("storage.k8s.io", "csistoragecapacities"),
    ("storage.k8s.io", "volumeattachments"),
];

/// Groups of the same sort: measurements, leases, the reports of other tools.
const GROUPS_PASSED_OVER: &[&str] = &[
    "aquasecurity.github.io",
    "coordination.k8s.io",
    "custom.metrics.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "external.metrics.k8s.io",
    "internal.apiserver.k8s.io",
    "metrics.k8s.io",
    "packages.operators.coreos.com",
    "reports.kyverno.io",
    "spdx.softwarecomposition.kubescape.io",
    "wgpolicyk8s.io",
];

/// Whether objects of the kinds of a group, which is named with its version, may be needed.
pub fn is_group_needed(group_version: &str, feature: Feature) -> bool {
    let group = group_version.split_once('/').map_or("", |(group, _)| group);
    let kind = ApiResource { group: group.to_owned(), ..ApiResource::default() };
    // Of the core group every feature needs something.
    group.is_empty() || (!GROUPS_PASSED_OVER.contains(&group) && feature.needs(&kind))
}

/// The lists to read.
pub fn wanted(discovery: &Discovery, scope: &Scope) -> Vec<Wanted> {
    let mut all = Vec::new();
    for resource in discovery.resources.iter().filter(|resource| is_wanted(resource) && scope.feature.needs(resource)) {
        let phase = phase(resource);
        if scope.namespaces.is_empty() {
            all.push(Wanted { resource: resource.clone(), namespace: None, phase });
            continue;
        }
        // Of what is in no namespace only the namespaces themselves belong to them.
        let belongs = resource.namespaced || (resource.group.is_empty() && resource.name == "namespaces");
        for namespace in scope.namespaces.iter().filter(|_| belongs) {
            all.push(Wanted { resource: resource.clone(), namespace: Some(namespace.clone()), phase });
        }
    }
    all.sort_by_key(|wanted| wanted.phase);
    all
}

fn is_wanted(resource: &ApiResource) -> bool {
    resource.verbs.iter().any(|verb| verb == "list")
        && !PASSED_OVER.contains(&(&resource.group, &resource.name))
        && !GROUPS_PASSED_OVER.contains(&&*resource.group)
}

fn phase(resource: &ApiResource) -> Phase {
    match (&*resource.group, &*resource.name) {
        ("apiextensions.k8s.io", "customresourcedefinitions") => Phase::Definitions,
        ("apps", "replicasets") | ("batch", "jobs") => Phase::Owned,
        ("", "pods") => Phase::Pods,
        _ => Phase::Objects,
    }
}

impl Wanted {
    /// Whether it is of definitions of custom resources.
    pub fn is_definitions(&self) -> bool {
        self.phase == Phase::Definitions
    }

    /// The path of the list, with a query that ends in what selects.
    pub(crate) fn path(&self, scope: &Scope) -> String {
        let ApiResource { group, version, name, namespaced, .. } = &self.resource;
        let root = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
        let mut path = match &self.namespace {
            Some(namespace) if *namespaced => format!("{root}/namespaces/{}/{name}?", query(namespace)),
            Some(namespace) => format!("{root}/{name}?fieldSelector={}&", query(&format!("metadata.name={namespace}"))),
            None => format!("{root}/{name}?"),
        };
        if let Some(selector) = &scope.selector {
            path.push_str(&format!("labelSelector={}&", query(selector)));
        }
        path
    }

    /// Whether it is of all namespaces, and could be of one.
    pub(crate) fn is_in_namespaces(&self) -> bool {
        self.namespace.is_none() && self.resource.namespaced
    }

    /// Whether it is of the namespaces themselves.
    pub(crate) fn is_namespaces(&self) -> bool {
        self.resource.group.is_empty() && self.resource.name == "namespaces"
    }

    /// Whether the server is asked for a table, in which Secrets have no values.
    pub(crate) fn is_secrets(&self) -> bool {
        self.resource.group.is_empty() && self.resource.name == "secrets"
    }

    /// Whether it is of the nodes.
    pub(crate) fn is_nodes(&self) -> bool {
        self.resource.group.is_empty() && self.resource.name == "nodes"
    }

    /// How it is called in messages: `secrets` or `secrets` in `kube-system`.
    pub fn label(&self) -> String {
        let name = self.resource.full_name();
        match &self.namespace {
            Some(namespace) => format!("`{name}` in `{namespace}`"),
            None => format!("`{name}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(group: &str, name: &str, namespaced: bool) -> ApiResource {
        ApiResource {
            group: group.to_owned(),
            version: "v1".to_owned(),
            name: name.to_owned(),
            kind: String::new(),
            namespaced,
            verbs: vec!["list".to_owned()],
            subresources: Vec::new(),
        }
    }

    fn paths(scope: &Scope) -> Vec<String> {
        let resources = vec![
            resource("", "namespaces", false),
            resource("", "nodes", false),
            resource("", "pods", true),
            resource("", "events", true),
            resource("apps", "deployments", true),
            resource("apiextensions.k8s.io", "customresourcedefinitions", false),
        ];
        let discovery = Discovery { resources, ..Discovery::default() };
        wanted(&discovery, scope).iter().map(|wanted| wanted.path(scope)).collect()
    }

    #[test]
    fn definitions_come_first_and_pods_last() {
        let expected = [
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions?",
            "/api/v1/namespaces?",
            "/api/v1/nodes?",
            "/apis/apps/v1/deployments?",
            "/api/v1/pods?",
        ];
        assert_eq!(paths(&Scope::default()), expected);
    }

    #[test]
    fn of_a_namespace_only_what_is_in_it_is_read() {
        let scope =
            Scope { namespaces: vec!["a".to_owned()], selector: Some("app in (x, y)".to_owned()), ..Scope::default() };
        let expected = [
            "/api/v1/namespaces?fieldSelector=metadata.name%3Da&labelSelector=app%20in%20%28x%2C%20y%29&",
            "/apis/apps/v1/namespaces/a/deployments?labelSelector=app%20in%20%28x%2C%20y%29&",
            "/api/v1/namespaces/a/pods?labelSelector=app%20in%20%28x%2C%20y%29&",
        ];
        assert_eq!(paths(&scope), expected);
    }
}
