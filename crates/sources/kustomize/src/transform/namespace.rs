//! `namespace`: for the objects that belong to one, and where other objects name it.

use crate::context::{Context, Error};
use crate::field_spec::{FieldSpec, Walk};
use crate::kustomization::Setting;
use crate::node::{Kind, Node, Origin, Tag};
use crate::resource::{Resource, Resources};

use super::follow_all;

/// Which subjects of role bindings are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subjects {
    /// Those named `default`.
    Default,
    /// All service accounts.
    ServiceAccounts,
    None,
}

/// How the namespace is set.
pub(crate) struct Namespace<'s> {
    pub text: &'s Setting,
    pub specs: &'s [FieldSpec],
    pub subjects: Subjects,
    /// Only where there is none.
    pub unset_only: bool,
}

/// Moves all objects into a namespace.
pub(crate) fn apply(resources: &mut Resources, how: &Namespace<'_>, context: &mut Context<'_>) -> Result<(), Error> {
    if how.text.text.is_empty() {
        return Ok(());
    }
    let origin = context.value(how.text.field.clone(), how.text.origin);
    for at in 0..resources.list.len() {
        let resource = &mut resources.list[at];
        if resource.is_gone() || resource.is_from_helm {
            continue;
        }
        resource.remember_name(&context.schema);
        move_one(resource, how, origin, context)?;
        let id = resources.list[at].id(&context.schema);
        let same = resources.list.iter().filter(|other| other.is(&id, &context.schema));
        if same.count() > 1 {
            let message = format!("`{}` moves two objects to one name: {id}", how.text.field);
            return Err(context.error(how.text.origin, message));
        }
    }
    Ok(())
}

fn move_one(resource: &mut Resource, how: &Namespace<'_>, origin: Origin, context: &Context<'_>) -> Result<(), Error> {
    let api_version = resource.api_version().to_owned();
    let is_binding = matches!(resource.kind(), "RoleBinding" | "ClusterRoleBinding");
    let is_cluster_scoped = context.schema.is_cluster_scoped(&api_version, resource.kind());
    let mut set = |node: &mut Node| set_namespace(node, how, origin);
    if !is_cluster_scoped {
        let own = FieldSpec { path: "metadata/namespace".to_owned(), create: true, ..FieldSpec::default() };
        let mut walk = Walk { make: Some(Kind::Scalar), tag: Tag::Unset, origin, set: &mut set };
        follow_all(resource, &[own], &mut walk, context)?;
    }
    if is_binding {
        move_subjects(resource, how, origin);
    }
    let specs = how
        .specs
        .iter()
        .filter(|spec| spec.path != "metadata/namespace")
        .filter(|spec| api_version == "v1" || spec.path != "metadata/name")
        .filter(|spec| {
            let is_subjects = spec.path == "subjects/namespace";
            !(is_binding && is_subjects && matches!(spec.gvk.kind.as_str(), "RoleBinding" | "ClusterRoleBinding"))
        });
    let mut walk = Walk { make: Some(Kind::Scalar), tag: Tag::Text, origin, set: &mut set };
    follow_all(resource, specs, &mut walk, context)
}

fn set_namespace(node: &mut Node, how: &Namespace<'_>, origin: Origin) -> Result<(), String> {
    if node.kind() != Kind::Scalar {
        return Err(format!("a namespace is a single value, and this is {}", node.kind().name()));
    }
    if how.unset_only && !node.is_null() && !node.as_written().is_empty() {
        return Ok(());
    }
    let mut value = Node::text(how.text.text.clone(), origin);
    value.quote_ambiguous();
    node.set_scalar(value);
    Ok(())
}

fn move_subjects(resource: &mut Resource, how: &Namespace<'_>, origin: Origin) {
    let Some(subjects) = resource.node.get_mut("subjects") else { return };
    let crate::node::Data::Sequence(subjects) = &mut subjects.data else { return };
    for subject in subjects {
        let is = |field: &str, text: &str| subject.get(field).is_some_and(|value| value.as_written() == text);
        let is_moved = match how.subjects {
            Subjects::Default => is("name", "default"),
            Subjects::ServiceAccounts => is("kind", "ServiceAccount"),
            Subjects::None => false,
        };
        if !is_moved {
            continue;
        }
        if let Some(namespace) = subject.get_or_insert("namespace", || Node::scalar("", origin)) {
            // A subject's namespace that is no single value stays, and the API server will say so.
            let _ = set_namespace(namespace, how, origin);
        }
    }
}
