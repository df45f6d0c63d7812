//! What changes objects, one file a transformation, in the order in which a kustomization applies them.

pub(crate) mod hash;
pub(crate) mod images;
pub(crate) mod labels;
pub(crate) mod name_references;
pub(crate) mod names;
pub(crate) mod namespace;
pub(crate) mod patches;
pub(crate) mod plugins;
pub(crate) mod replacements;
pub(crate) mod replicas;
pub(crate) mod variables;

use crate::context::{Context, Error};
use crate::field_spec::{self, FieldSpec, Walk};
use crate::node::Origin;
use crate::resource::Resource;

/// Follows field specs into an object; an error names the object.
pub(crate) fn follow_all<'s>(
    resource: &mut Resource,
    specs: impl IntoIterator<Item = &'s FieldSpec>,
    walk: &mut Walk<'_>,
    context: &Context<'_>,
) -> Result<(), Error> {
    for spec in specs {
        if let Err(message) = field_spec::follow(&mut resource.node, spec, walk) {
            let id = resource.id(&context.schema);
            return Err(context.error(resource.node.origin, format!("in {id}, {message}")));
        }
    }
    Ok(())
}

/// Turns a place and its trouble into an error.
pub(crate) fn at(context: &Context<'_>, field: &str) -> impl Fn((Origin, String)) -> Error {
    move |(origin, message)| {
        context.error(origin, if field.is_empty() { message } else { format!("`{field}`: {message}") })
    }
}
