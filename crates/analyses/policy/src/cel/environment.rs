//! What an expression may name: variables with their types, and the libraries that a version of Kubernetes has.

use super::Type;

/// The newest minor version of Kubernetes whose libraries are known.
const NEWEST: u32 = 37;

/// What an expression may name.
#[derive(Debug, Clone)]
pub struct Environment {
    minor: u32,
    names: Vec<(String, Type)>,
    composed: Option<Vec<(String, Type)>>,
}

impl Default for Environment {
    fn default() -> Self {
        Environment { minor: NEWEST, names: Vec::new(), composed: None }
    }
}

impl Environment {
    /// The libraries of Kubernetes 1.`minor`, and no variables.
    pub fn of_minor(minor: u32) -> Environment {
        Environment { minor, ..Environment::default() }
    }

    /// What validations of an admission policy may name (`object`, `oldObject`, `request`, `namespaceObject`), without
    /// `params`, `authorizer` and `variables`.
    pub fn admission(minor: u32) -> Environment {
        let mut environment = Environment::of_minor(minor);
        environment.declare("object", Type::Dyn);
        environment.declare("oldObject", Type::Dyn);
        environment.declare("namespaceObject", namespace_type());
        environment.declare("request", request_type());
        environment
    }

    /// Declares a variable.
    pub fn declare(&mut self, name: &str, kind: Type) {
        self.names.retain(|(own, _)| own != name);
        self.names.push((name.to_owned(), kind));
    }

    /// Declares `params`.
    pub fn declare_params(&mut self) {
        self.declare("params", Type::Dyn);
    }

    /// Declares `authorizer` and `authorizer.requestResource`.
    pub fn declare_authorizer(&mut self) {
        self.declare("authorizer", Type::Opaque("kubernetes.authorization.Authorizer"));
        self.declare("authorizer.requestResource", Type::Opaque("kubernetes.authorization.ResourceCheck"));
    }

    /// Declares `variables.NAME`, of the type that its program has. `Variables::get` is asked for `variables.NAME`.
    pub fn declare_composed(&mut self, name: &str, kind: Type) {
        let composed = self.composed.get_or_insert_default();
        composed.retain(|(own, _)| own != name);
        composed.push((name.to_owned(), kind));
    }

    /// Declares `variables`, of which none is known yet.
    pub fn declare_variables(&mut self) {
        self.composed.get_or_insert_default();
    }

    pub(super) fn minor(&self) -> u32 {
        self.minor
    }

    pub(super) fn variable(&self, name: &str) -> Option<&Type> {
        self.names.iter().find(|(own, _)| own == name).map(|(_, kind)| kind)
    }

    pub(super) fn composed(&self) -> Option<&[(String, Type)]> {
        self.composed.as_deref()
    }
}

/// `BuildRequestType`.
fn request_type() -> Type {
    let texts = || Type::list(Type::String);
    let kind = Type::object(
        "kubernetes.GroupVersionKind",
        vec![("group", Type::String), ("version", Type::String), ("kind", Type::String)],
    );
    let resource = Type::object(
        "kubernetes.GroupVersionResource",
        vec![("group", Type::String), ("version", Type::String), ("resource", Type::String)],
    );
    let user = Type::object(
        "kubernetes.UserInfo",
        vec![
            ("username", Type::String),
            ("uid", Type::String),
            ("groups", texts()),
            ("extra", Type::map(Type::String, texts())),
        ],
    );
    Type::object(
        "kubernetes.AdmissionRequest",
        vec![
            ("kind", kind.clone()),
            ("resource", resource.clone()),
            ("subResource", Type::String),
            ("requestKind", kind),
            ("requestResource", resource),
            ("requestSubResource", Type::String),
            ("name", Type::String),
            ("namespace", Type::String),
            ("operation", Type::String),
            ("userInfo", user),
            ("dryRun", Type::Bool),
            ("options", Type::Dyn),
        ],
    )
}

/// `BuildNamespaceType`.
fn namespace_type() -> Type {
    let texts = || Type::map(Type::String, Type::String);
    let condition = Type::object(
        "kubernetes.NamespaceCondition",
        vec![
            ("status", Type::String),
            ("type", Type::String),
            ("lastTransitionTime", Type::Timestamp),
            ("message", Type::String),
            ("reason", Type::String),
        ],
    );
    let status = Type::object(
        "kubernetes.NamespaceStatus",
        vec![("conditions", Type::list(condition)), ("phase", Type::String)],
    );
    let metadata = Type::object(
        "kubernetes.NamespaceMetadata",
        vec![
            ("name", Type::String),
            ("generateName", Type::String),
            ("namespace", Type::String),
            ("labels", texts()),
            ("annotations", texts()),
            ("UID", Type::String),
            ("creationTimestamp", Type::Timestamp),
            ("deletionGracePeriodSeconds", Type::Int),
            ("deletionTimestamp", Type::Timestamp),
            ("generation", Type::Int),
            ("resourceVersion", Type::String),
            ("finalizers", Type::list(Type::String)),
        ],
    );
    let spec = Type::object("kubernetes.NamespaceSpec", vec![("finalizers", Type::list(Type::String))]);
    Type::object("kubernetes.Namespace", vec![("metadata", metadata), ("spec", spec), ("status", status)])
}
