//! `replicas`: the counts of objects by their names.

use crate::context::{Context, Error};
use crate::field_spec::{FieldSpec, Walk};
use crate::kustomization::Replicas;
use crate::node::{Kind, Node, Tag};
use crate::resource::Resources;

use super::follow_all;

/// Sets the count of the objects that are or were called so. Returns whether there was one.
pub(crate) fn apply(
    resources: &mut Resources,
    replicas: &Replicas,
    specs: &[FieldSpec],
    context: &mut Context<'_>,
) -> Result<bool, Error> {
    let origin = context.value(replicas.field.clone(), replicas.origin);
    let mut is_found = false;
    for spec in specs {
        let found =
            resources.with_any_id(&context.schema, &|id| id.name == replicas.name && id.gvk.is_selected(&spec.gvk));
        for at in found {
            is_found = true;
            let mut set = |node: &mut Node| match node.kind() {
                Kind::Scalar => {
                    node.set_scalar(Node { tag: Tag::Int, ..Node::scalar(replicas.count.to_string(), origin) });
                    Ok(())
                }
                kind => Err(format!("a count is a single value, and this is {}", kind.name())),
            };
            let mut walk = Walk { make: Some(Kind::Scalar), tag: Tag::Int, origin, set: &mut set };
            follow_all(&mut resources.list[at], std::slice::from_ref(spec), &mut walk, context)?;
        }
    }
    Ok(is_found)
}
