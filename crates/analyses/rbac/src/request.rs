//! A request as the API server builds it before it asks its authorizers.
//!
//! Source: `apiserver/pkg/endpoints/request/requestinfo.go`. An evaluator judges the attributes that it is given;
//! `Request::normalized` sets namespace and name as the URL of such a request would.

use std::fmt;

use crate::resources;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Request {
    /// An action on a resource.
    Resource(ResourceRequest),
    /// An action on a path that reaches no resource.
    Path {
        /// The HTTP method in lower case.
        verb: String,
        /// The path.
        path: String,
    },
}

/// An action on a resource. What is empty is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceRequest {
    /// The verb: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, or a special one.
    pub verb: String,
    /// The API group; empty is the core group.
    pub group: String,
    /// The resource, a plural in lower case.
    pub resource: String,
    /// The subresource.
    pub subresource: String,
    /// The namespace.
    pub namespace: String,
    /// The name of the object.
    pub name: String,
}

impl Request {
    /// A request for a resource of the whole cluster, without a name; `resource` may be `pods/exec`.
    pub fn resource(verb: &str, group: &str, resource: &str) -> Self {
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        Self::Resource(ResourceRequest {
            verb: verb.to_owned(),
            group: group.to_owned(),
            resource: resource.to_owned(),
            subresource: subresource.to_owned(),
            ..ResourceRequest::default()
        })
    }

    /// A request for a path.
    pub fn path(verb: &str, path: &str) -> Self {
        Self::Path { verb: verb.to_owned(), path: path.to_owned() }
    }

    /// The same in a namespace.
    pub fn in_namespace(self, namespace: &str) -> Self {
        self.with(|request| namespace.clone_into(&mut request.namespace))
    }

    /// The same for an object of that name.
    pub fn named(self, name: &str) -> Self {
        self.with(|request| name.clone_into(&mut request.name))
    }

    fn with(mut self, change: impl FnOnce(&mut ResourceRequest)) -> Self {
        if let Self::Resource(request) = &mut self {
            change(request);
        }
        self
    }

    /// The namespace; empty for what has none.
    pub fn namespace(&self) -> &str {
        match self {
            Self::Resource(request) => &request.namespace,
            Self::Path { .. } => "",
        }
    }

    /// The verb.
    pub fn verb(&self) -> &str {
        match self {
            Self::Resource(request) => &request.verb,
            Self::Path { verb, .. } => verb,
        }
    }

    /// The request that really reaches the server: the URL of a resource of the whole cluster has no namespace, that of
    /// a Namespace carries its own name as one, and a URL of a collection has no name.
    pub fn normalized(self) -> Self {
        self.with(|request| {
            let is_namespace = request.group.is_empty() && request.resource == "namespaces";
            let known = resources::find(&request.group, &request.resource);
            let on_collection = match &*request.verb {
                "create" => request.subresource.is_empty(),
                "deletecollection" => true,
                _ => false,
            };
            if on_collection {
                request.name.clear();
            }
            // Of a list one name is a field selector, and no part of the path.
            if is_namespace && !matches!(&*request.verb, "list" | "watch") {
                request.namespace.clone_from(&request.name);
            } else if is_namespace || known.is_some_and(|resource| !resource.namespaced) {
                request.namespace.clear();
            }
        })
    }
}

impl ResourceRequest {
    /// Resource and subresource, as rules name them.
    pub fn combined(&self) -> String {
        join(&self.resource, &self.subresource)
    }
}

/// Resource and subresource, as rules name them.
pub fn join(resource: &str, subresource: &str) -> String {
    if subresource.is_empty() { resource.to_owned() } else { format!("{resource}/{subresource}") }
}

impl fmt::Display for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path { verb, path } => write!(out, "{verb} {path}"),
            Self::Resource(request) => {
                write!(out, "{} {}", request.verb, request.combined())?;
                if !request.group.is_empty() {
                    write!(out, ".{}", request.group)?;
                }
                if !request.name.is_empty() {
                    write!(out, " {}", request.name)?;
                }
                if !request.namespace.is_empty() {
                    write!(out, " -n {}", request.namespace)?;
                }
                Ok(())
            }
        }
    }
}
