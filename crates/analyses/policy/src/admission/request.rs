//! The request that brings an object: who it is for, and who makes it.

use super::Tree;
use super::defaults::NAME;

/// A kind of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its group; empty for the core group.
    pub group: String,
    /// Its kind.
    pub kind: String,
    /// Its plural name.
    pub plural: String,
    /// Whether its objects are in namespaces.
    pub is_namespaced: bool,
}

/// What the API has.
#[derive(Debug, Clone, Default)]
pub struct Resources {
    /// The kinds of Kubernetes and of custom resources.
    pub all: Vec<Resource>,
}

impl Resources {
    /// Adds what a `CustomResourceDefinition` defines.
    pub fn define(&mut self, definition: &Tree) {
        let text = |names: &[&str]| definition.text_at(names).to_owned();
        self.all.push(Resource {
            group: text(&["spec", "group"]),
            kind: text(&["spec", "names", "kind"]),
            plural: text(&["spec", "names", "plural"]),
            is_namespaced: definition.text_at(&["spec", "scope"]) != "Cluster",
        });
    }

    /// The resource of a kind.
    pub fn find(&self, group: &str, kind: &str) -> Option<&Resource> {
        self.all.iter().find(|resource| resource.group == group && resource.kind == kind)
    }
}

/// Who makes the request.
#[derive(Debug, Clone, Default)]
pub struct User {
    /// The name.
    pub name: String,
    /// The groups.
    pub groups: Vec<String>,
}

impl User {
    /// A controller of the control plane, by the name of its account.
    pub(super) fn controller(name: &str) -> User {
        let groups = ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"];
        User { name: format!("system:serviceaccount:kube-system:{name}"), groups: groups.map(str::to_owned).to_vec() }
    }
}

/// The request that creates an object.
#[derive(Debug, Clone)]
pub struct Request {
    /// The group.
    pub group: String,
    /// The version.
    pub version: String,
    /// The kind.
    pub kind: String,
    /// The plural name; `None` where the kind is of nobody that is known.
    pub plural: Option<String>,
    /// The namespace; of a Namespace its own name; empty for what is in none.
    pub namespace: String,
    /// The name; `None` where the server makes one.
    pub name: Option<String>,
    /// Who asks; `None` where that is not known.
    pub user: Option<User>,
}

impl Request {
    /// The request for an object. What is written without a namespace and belongs in one goes to `default_namespace`.
    pub fn create(object: &Tree, resources: &Resources, default_namespace: &str, user: Option<User>) -> Request {
        let api_version = object.text_at(&["apiVersion"]);
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let kind = object.text_at(&["kind"]);
        let resource = resources.find(group, kind);
        let name = object.at(&["metadata", "name"]).and_then(Tree::text).map(str::to_owned);
        let written = object.text_at(&["metadata", "namespace"]);
        let namespace = match resource {
            _ if group.is_empty() && kind == "Namespace" => name.clone().unwrap_or_default(),
            Some(resource) if !resource.is_namespaced => String::new(),
            Some(_) if written.is_empty() => default_namespace.to_owned(),
            _ => written.to_owned(),
        };
        Request {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: kind.to_owned(),
            plural: resource.map(|resource| resource.plural.clone()),
            namespace,
            name,
            user,
        }
    }

    /// Whether it brings a Namespace.
    pub(super) fn is_of_namespace(&self) -> bool {
        self.group.is_empty() && self.kind == "Namespace"
    }

    /// Whether no policy is asked: policies cannot lock their own way out.
    pub(super) fn is_exempt(&self) -> bool {
        const EXEMPT: [&str; 6] = [
            "ValidatingWebhookConfiguration",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
        ];
        self.group == "admissionregistration.k8s.io" && EXEMPT.contains(&self.kind.as_str())
    }

    /// `request`, as a policy sees it that matched the resource in this version.
    pub(super) fn tree(&self, matched: (&str, &str)) -> Tree {
        let plural = || match &self.plural {
            Some(plural) => Tree::from(plural.as_str()),
            None => Tree::unknown("the resource of a kind whose definition is not in the input"),
        };
        let kind = |(group, version): (&str, &str)| {
            Tree::fields([("group", group.into()), ("version", version.into()), ("kind", self.kind.as_str().into())])
        };
        let resource = |(group, version): (&str, &str)| {
            Tree::fields([("group", group.into()), ("version", version.into()), ("resource", plural())])
        };
        let own = (self.group.as_str(), self.version.as_str());
        let user = match &self.user {
            None => Tree::unknown("who makes the request"),
            Some(user) => {
                let groups = user.groups.iter().map(|group| Tree::from(group.as_str())).collect();
                Tree::fields([("username", user.name.as_str().into()), ("groups", Tree::List(groups))])
            }
        };
        let mut request = Tree::fields([
            ("kind", kind(matched)),
            ("resource", resource(matched)),
            ("requestKind", kind(own)),
            ("requestResource", resource(own)),
            ("operation", "CREATE".into()),
            ("userInfo", user),
            ("dryRun", Tree::Bool(false)),
            ("options", Tree::unknown("the options of the request")),
        ]);
        // A name that the server makes is there when policies are asked: `AdmissionToValidateObjectFunc`.
        request.set("name", self.name.as_deref().map_or_else(|| Tree::unknown(NAME), Tree::from));
        if !self.namespace.is_empty() {
            request.set("namespace", self.namespace.as_str().into());
        }
        request
    }
}
