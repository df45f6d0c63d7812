//! `namePrefix` and `nameSuffix`.

use crate::context::{Context, Error};
use crate::field_spec::{FieldSpec, Walk};
use crate::kustomization::Setting;
use crate::node::{Kind, Node, Origin, Tag};
use crate::resource::{Gvk, Resources};

use super::follow_all;

/// Where the text is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Before,
    After,
}

/// Kinds whose names are not free.
fn is_skipped(gvk: &Gvk) -> bool {
    matches!(gvk.kind.as_str(), "CustomResourceDefinition" | "Namespace")
        || (gvk.kind == "APIService" && gvk.group == "apiregistration.k8s.io")
}

/// Adds the text to the names of all objects.
pub(crate) fn apply(
    resources: &mut Resources,
    text: &Setting,
    side: Side,
    specs: &[FieldSpec],
    context: &mut Context<'_>,
) -> Result<(), Error> {
    let value = context.value(text.field.clone(), text.origin).value;
    for resource in &mut resources.list {
        let gvk = resource.original_id(&context.schema).gvk;
        if is_skipped(&gvk) {
            continue;
        }
        for spec in specs.iter().filter(|spec| gvk.is_selected(&spec.gvk)) {
            if spec.path == "metadata/name" {
                let parts = if side == Side::Before { &mut resource.prefixes } else { &mut resource.suffixes };
                if !text.text.is_empty() {
                    parts.push(text.text.clone());
                    resource.remember_name(&context.schema);
                }
            }
            let mut set = |node: &mut Node| {
                let name = match side {
                    Side::Before => format!("{}{}", text.text, node.as_written()),
                    Side::After => format!("{}{}", node.as_written(), text.text),
                };
                // The name is still the one in the base; the prefix has a part in it.
                let origin = if node.origin == Origin::NONE { text.origin } else { node.origin };
                let mut named = Node::scalar(name, Origin { value, ..origin });
                named.quote_ambiguous();
                node.set_scalar(named);
                Ok(())
            };
            let mut walk = Walk { make: Some(Kind::Scalar), tag: Tag::Text, origin: text.origin, set: &mut set };
            follow_all(resource, std::slice::from_ref(spec), &mut walk, context)?;
        }
    }
    Ok(())
}
