//! `labels`, `commonLabels` and `commonAnnotations`.

use crate::context::{Context, Error};
use crate::field_spec::{self, Config, FieldSpec, Walk};
use crate::kustomization::{Labels, Setting2};
use crate::node::{Kind, Node, Tag};
use crate::resource::Resources;

use super::follow_all;

/// Sets every pair in the mappings that the field specs lead to.
pub(crate) fn apply(
    resources: &mut Resources,
    pairs: &[Setting2],
    specs: &[FieldSpec],
    context: &mut Context<'_>,
) -> Result<(), Error> {
    let values: Vec<(&str, Node)> = pairs
        .iter()
        .map(|(name, setting)| {
            let origin = context.value(setting.field.clone(), setting.origin);
            (name.as_str(), Node::text(setting.text.clone(), origin))
        })
        .collect();
    for resource in &mut resources.list {
        for (name, value) in &values {
            let mut set = |node: &mut Node| match node.kind() {
                Kind::Mapping => {
                    node.set(name, value.clone());
                    Ok(())
                }
                _ if node.is_null() => Ok(()),
                kind => Err(format!("a mapping is expected, and this is {}", kind.name())),
            };
            let origin = value.origin;
            let mut walk = Walk { make: Some(Kind::Mapping), tag: Tag::Unset, origin, set: &mut set };
            follow_all(resource, specs, &mut walk, context)?;
        }
    }
    Ok(())
}

/// The fields that an entry of `labels` sets.
pub(crate) fn specs(labels: &Labels, config: &Config) -> Result<Vec<FieldSpec>, field_spec::Conflict> {
    let mut specs = labels.specs.clone();
    field_spec::merge(&mut specs, &config.labels)?;
    if labels.include_selectors {
        field_spec::merge(&mut specs, &config.common_labels)?;
        return Ok(specs);
    }
    if labels.include_templates {
        field_spec::merge(&mut specs, &config.template_labels)?;
    }
    let own = FieldSpec { path: "metadata/labels".to_owned(), create: true, ..FieldSpec::default() };
    field_spec::merge(&mut specs, &[own])?;
    Ok(specs)
}
