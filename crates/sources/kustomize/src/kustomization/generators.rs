//! `configMapGenerator`, `secretGenerator` and `generatorOptions`.

use super::{Setting, Setting2, setting, setting_map, settings};
use crate::context::Error;
use crate::fields::Fields;
use crate::node::Origin;
use crate::resource::Behavior;

/// What is generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GeneratorKind {
    ConfigMap,
    Secret,
}

/// One generator.
#[derive(Clone, Debug)]
pub(crate) struct GeneratorArguments {
    pub kind: GeneratorKind,
    pub origin: Origin,
    pub name: Option<Setting>,
    pub namespace: Option<Setting>,
    pub behavior: Behavior,
    pub secret_type: Option<Setting>,
    pub literals: Vec<Setting>,
    pub files: Vec<Setting>,
    pub environment_files: Vec<Setting>,
    pub options: GeneratorOptions,
}

/// Options of a generator.
#[derive(Clone, Debug, Default)]
pub(crate) struct GeneratorOptions {
    pub labels: Vec<Setting2>,
    pub annotations: Vec<Setting2>,
    pub disable_hash: bool,
    pub immutable: Option<Origin>,
}

pub(super) fn read_all(fields: &Fields<'_, '_>) -> Result<Vec<GeneratorArguments>, Error> {
    let global = match fields.mapping("generatorOptions")? {
        Some(fields) => read_options(&fields)?,
        None => GeneratorOptions::default(),
    };
    let mut all = Vec::new();
    let lists = [("configMapGenerator", GeneratorKind::ConfigMap), ("secretGenerator", GeneratorKind::Secret)];
    for (name, kind) in lists {
        for fields in fields.mappings(name)? {
            let mut arguments = read_generator(&fields, kind)?;
            arguments.options.merge(&global);
            all.push(arguments);
        }
    }
    Ok(all)
}

/// One generator, from a list of a kustomization or from a file of its own.
pub(crate) fn read_generator(fields: &Fields<'_, '_>, kind: GeneratorKind) -> Result<GeneratorArguments, Error> {
    let mut known = vec!["namespace", "name", "behavior", "literals", "files", "envs", "env", "options"];
    if kind == GeneratorKind::Secret {
        known.push("type");
    }
    fields.only(&known)?;
    let mut environment_files = settings(fields, "envs")?;
    environment_files.extend(setting(fields, "env")?);
    let behavior = match fields.text("behavior")?.unwrap_or_default().as_str() {
        "create" => Behavior::Create,
        "replace" => Behavior::Replace,
        "merge" => Behavior::Merge,
        _ => Behavior::Unspecified,
    };
    let options = match fields.mapping("options")? {
        Some(fields) => read_options(&fields)?,
        None => GeneratorOptions::default(),
    };
    Ok(GeneratorArguments {
        kind,
        origin: fields.node.origin,
        name: setting(fields, "name")?,
        namespace: setting(fields, "namespace")?,
        behavior,
        secret_type: if kind == GeneratorKind::Secret { setting(fields, "type")? } else { None },
        literals: settings(fields, "literals")?,
        files: settings(fields, "files")?,
        environment_files,
        options,
    })
}

fn read_options(fields: &Fields<'_, '_>) -> Result<GeneratorOptions, Error> {
    fields.only(&["labels", "annotations", "disableNameSuffixHash", "immutable"])?;
    let immutable = fields.is_true("immutable")?.then(|| fields.get("immutable").map(|node| node.origin)).flatten();
    Ok(GeneratorOptions {
        labels: setting_map(fields, "labels")?,
        annotations: setting_map(fields, "annotations")?,
        disable_hash: fields.is_true("disableNameSuffixHash")?,
        immutable,
    })
}

impl GeneratorOptions {
    /// Adds the options for all generators; its own win.
    fn merge(&mut self, global: &GeneratorOptions) {
        let add = |own: &mut Vec<Setting2>, more: &[Setting2]| {
            for pair in more {
                if !own.iter().any(|(name, _)| *name == pair.0) {
                    own.push(pair.clone());
                }
            }
            own.sort_by(|a, b| a.0.cmp(&b.0));
        };
        add(&mut self.labels, &global.labels);
        add(&mut self.annotations, &global.annotations);
        self.disable_hash |= global.disable_hash;
        self.immutable = self.immutable.or(global.immutable);
    }
}
