//! What kinds of objects a server has, and which version it is.

use serde::{Deserialize, Serialize};

use crate::client::{Client, RequestError};

/// Groups, versions and resources in two answers (Kubernetes 1.30; 1.26 as `v2beta1`), or else the names of groups.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                          application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// The form of most answers.
pub(crate) const JSON: &str = "application/json";

/// A kind of object that a server has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiResource {
    /// The group; empty for the core group.
    #[serde(default)]
    pub group: String,
    /// The version that the server prefers of those that have it.
    pub version: String,
    /// The plural name, as in paths and roles.
    pub name: String,
    /// The kind.
    pub kind: String,
    /// Whether its objects are in namespaces.
    pub namespaced: bool,
    /// What can be done with it.
    pub verbs: Vec<String>,
    /// Its subresources, and what can be done with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subresources: Vec<(String, Vec<String>)>,
}

impl ApiResource {
    /// Group and version, as objects have them.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// The name with its group, such as `deployments.apps`.
    pub fn full_name(&self) -> String {
        if self.group.is_empty() { self.name.clone() } else { format!("{}.{}", self.name, self.group) }
    }
}

/// What a server says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Discovery {
    /// The version, such as `v1.37.2`; empty if it does not say.
    pub version: String,
    /// Kinds of objects, ordered by group and name.
    pub resources: Vec<ApiResource>,
    /// Groups that could not be looked into (group and version, why): an aggregated API that is down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Version {
    #[serde(default, rename = "gitVersion")]
    git_version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Groups {
    #[serde(default)]
    kind: String,
    /// Of aggregated discovery.
    #[serde(default)]
    items: Vec<AggregatedGroup>,
    /// Of the older form.
    #[serde(default)]
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct AggregatedGroup {
    #[serde(default)]
    metadata: Named,
    #[serde(default)]
    versions: Vec<AggregatedVersion>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct AggregatedVersion {
    version: String,
    #[serde(default)]
    resources: Vec<AggregatedResource>,
    #[serde(default)]
    freshness: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AggregatedResource {
    resource: String,
    #[serde(default)]
    response_kind: Option<ResponseKind>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    verbs: Vec<String>,
    #[serde(default)]
    subresources: Vec<AggregatedSubresource>,
}

#[derive(Deserialize)]
struct ResponseKind {
    #[serde(default)]
    kind: String,
}

#[derive(Deserialize)]
struct AggregatedSubresource {
    subresource: String,
    #[serde(default)]
    verbs: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    name: String,
    #[serde(default)]
    versions: Vec<GroupVersion>,
    #[serde(default)]
    preferred_version: Option<GroupVersion>,
}

#[derive(Clone, Deserialize)]
struct GroupVersion {
    version: String,
}

#[derive(Deserialize)]
struct Resources {
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    name: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    namespaced: bool,
    #[serde(default)]
    verbs: Vec<String>,
}

/// Asks what there is.
///
/// # Errors
/// The server cannot be asked at all. What of it cannot be asked is in `Discovery::failed`.
pub fn discover(client: &Client<'_>) -> Result<Discovery, RequestError> {
    let mut found = Discovery::default();
    // Anybody may ask for the version of most servers; where not, the answer is that it is not known.
    match client.get("/version", JSON) {
        Ok(bytes) => {
            found.version = serde_json::from_slice::<Version>(&bytes).map(|v| v.git_version).unwrap_or_default()
        }
        Err(RequestError::Forbidden(_) | RequestError::NotFound | RequestError::Status { .. }) => {}
        Err(error) => return Err(error),
    }
    for root in ["/api", "/apis"] {
        let groups: Groups = parse(&client.get(root, AGGREGATED)?)?;
        if groups.kind == "APIGroupDiscoveryList" {
            groups.items.into_iter().for_each(|group| found.add_aggregated(group));
        } else if root == "/api" {
            found.add_listed(client, "", "v1", "/api/v1");
        } else {
            groups.groups.into_iter().for_each(|group| found.add_group(client, group));
        }
    }
    found.resources.sort_by(|a, b| (&a.group, &a.name).cmp(&(&b.group, &b.name)));
    Ok(found)
}

fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, RequestError> {
    serde_json::from_slice(bytes).map_err(|error| RequestError::Invalid(error.to_string()))
}

impl Discovery {
    /// The resource of that group and plural name.
    pub fn resource(&self, group: &str, name: &str) -> Option<&ApiResource> {
        self.resources.iter().find(|resource| resource.group == group && resource.name == name)
    }

    /// Adds a resource, unless a version that is preferred has it.
    fn add(&mut self, resource: ApiResource) {
        // A path that a server sends is not followed out of its place.
        let plain =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        if !plain(&resource.name) || !plain(&resource.version) || !(resource.group.is_empty() || plain(&resource.group))
        {
            return;
        }
        if self.resource(&resource.group, &resource.name).is_none() {
            self.resources.push(resource);
        }
    }

    fn add_aggregated(&mut self, group: AggregatedGroup) {
        let name = group.metadata.name;
        for version in group.versions {
            if version.freshness == "Stale" {
                let id = if name.is_empty() { version.version.clone() } else { format!("{name}/{}", version.version) };
                self.failed.push((id, "the server that has it does not answer".to_owned()));
            }
            for resource in version.resources {
                // What has only subresources has no kind.
                let Some(kind) = resource.response_kind.map(|kind| kind.kind).filter(|kind| !kind.is_empty()) else {
                    continue;
                };
                self.add(ApiResource {
                    group: name.clone(),
                    version: version.version.clone(),
                    name: resource.resource,
                    kind,
                    namespaced: resource.scope == "Namespaced",
                    verbs: resource.verbs,
                    subresources: resource.subresources.into_iter().map(|sub| (sub.subresource, sub.verbs)).collect(),
                });
            }
        }
    }

    fn add_group(&mut self, client: &Client<'_>, group: Group) {
        let preferred = group.preferred_version.iter().map(|version| version.version.clone());
        let mut versions: Vec<String> = preferred.collect();
        for version in group.versions {
            if !versions.contains(&version.version) {
                versions.push(version.version);
            }
        }
        for version in versions {
            let path = format!("/apis/{}/{version}", group.name);
            self.add_listed(client, &group.name, &version, &path);
        }
    }

    fn add_listed(&mut self, client: &Client<'_>, group: &str, version: &str, path: &str) {
        let id = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        let listed = client.get(path, JSON).and_then(|bytes| parse::<Resources>(&bytes));
        let listed = match listed {
            Ok(listed) => listed.resources,
            Err(error) => return self.failed.push((id, error.to_string())),
        };
        for resource in listed.iter().filter(|resource| !resource.name.contains('/')) {
            let prefix = format!("{}/", resource.name);
            let subresources = listed
                .iter()
                .filter_map(|other| Some((other.name.strip_prefix(&prefix)?.to_owned(), other.verbs.clone())));
            self.add(ApiResource {
                group: group.to_owned(),
                version: version.to_owned(),
                name: resource.name.clone(),
                kind: resource.kind.clone(),
                namespaced: resource.namespaced,
                verbs: resource.verbs.clone(),
                subresources: subresources.collect(),
            });
        }
    }
}
