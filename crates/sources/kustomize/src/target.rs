//! One kustomization: what it gathers, generates and changes, and the kustomizations below it.

mod crds;
mod helm;
mod steps;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::context::{Context, Error};
use crate::field_spec::{Config, Conflict};
use crate::files::{Location, Unreadable};
use crate::generate;
use crate::kustomization::{self, Kustomization, Setting, Variable};
use crate::node::{Node, Origin};
use crate::read::{self, Dialect};
use crate::resource::{Provenance, Resource, Resources};
use crate::schema::Schema;
use crate::transform::{self, plugins};

pub(crate) use helm::inflate;
pub(crate) use steps::{documents, load_replacements};

/// Kustomizations in kustomizations.
const DEEPEST: usize = 100;
/// A build that makes more objects than this is hostile.
const MOST_OBJECTS: usize = 200_000;

/// What has been gathered so far.
#[derive(Default)]
pub(crate) struct Accumulator {
    pub resources: Resources,
    pub config: Arc<Config>,
    pub variables: Vec<Variable>,
}

/// How a kustomization was reached.
#[derive(Clone)]
pub(crate) struct Way {
    /// The folders of the kustomizations that led here, this one last.
    pub folders: Vec<PathBuf>,
    /// The path from the entry, as `buildMetadata` writes it.
    pub origin: PathBuf,
    /// The namespace that charts get from the kustomizations above.
    pub namespace: Option<String>,
}

/// A file that a kustomization names, located and read.
///
/// # Errors
/// It is not there, or not in or below the folder of the kustomization.
pub(crate) fn load(folder: &Path, named: &Setting, context: &mut Context<'_>) -> Result<(PathBuf, Vec<u8>), Error> {
    let fail = |context: &Context<'_>, why: String| {
        context.error(named.origin, format!("`{}` names `{}`: {why}", named.field, named.text))
    };
    let path = match context.files.locate(&folder.join(&named.text)) {
        Ok(Location::File(path)) => path,
        Ok(Location::Folder(_)) => return Err(fail(context, "it is a folder, and a file is expected".to_owned())),
        Err(error) => return Err(fail(context, error.to_string())),
    };
    if context.options.load_restrictor == crate::build::LoadRestrictor::RootOnly && !path.starts_with(folder) {
        let shown = context.files.shown(folder);
        let why = format!("it is not in or below `{}`, the folder of the kustomization", shown.display());
        return Err(
            fail(context, why).hint("move the file, or make a kustomization where it lies and name that folder")
        );
    }
    let bytes = context.read(&path).map_err(|error| fail(context, error.to_string()))?;
    Ok((path, bytes))
}

/// Whether a path that is not on disk names something on the network.
fn is_remote(path: &str) -> bool {
    path.contains("://")
        || ["git@", "git::", "github.com/", "github.com:", "gh:", "file://"].iter().any(|start| path.starts_with(start))
        || path.contains(".git?")
        || path.contains("?ref=")
        || path.ends_with(".git")
        || path.split_once('@').is_some_and(|(user, rest)| !user.contains('/') && rest.contains(':'))
}

/// Builds a kustomization and all below it into an accumulator; of a component, into the one of its parent.
pub(crate) fn accumulate(
    kustomization: &Kustomization,
    way: &Way,
    mut all: Accumulator,
    context: &mut Context<'_>,
) -> Result<Accumulator, Error> {
    for resource in &kustomization.resources {
        add_resource(kustomization, resource, way, &mut all, context)?;
    }
    let conflict = |context: &Context<'_>, Conflict(path): Conflict| {
        let shown = context.files.shown(&kustomization.file);
        Error::new(&shown, format!("two configurations for the field `{path}` differ in `create`"))
    };
    let mut config = Arc::clone(Config::usual());
    if !kustomization.configurations.is_empty() {
        config = Arc::new(Config::built_in().clone());
    }
    for named in &kustomization.configurations {
        let (path, bytes) = load(&kustomization.folder, named, context)?;
        for document in context.parse_file(&path, &bytes, Dialect::Kubectl)? {
            let more = Config::read(&document, context)?;
            Arc::make_mut(&mut config).merge(&more).map_err(|error| conflict(context, error))?;
        }
    }
    Config::merge_shared(&mut all.config, &config).map_err(|error| conflict(context, error))?;
    for named in &kustomization.crds {
        let more = crds::load(&kustomization.folder, named, context)?;
        Arc::make_mut(&mut all.config).merge(&more).map_err(|error| conflict(context, error))?;
    }
    generate_all(kustomization, way, &mut all, context)?;
    for component in &kustomization.components {
        all = add_component(kustomization, component, way, all, context)?;
    }
    steps::run(kustomization, way, &mut all, context)?;
    validate(kustomization, way, &mut all, context)?;
    transform::variables::collect(&mut all.resources, &mut all.variables, &kustomization.variables, context)?;
    Ok(all)
}

fn too_many(all: &Accumulator, named: &Setting, context: &Context<'_>) -> Result<(), Error> {
    if all.resources.list.len() <= MOST_OBJECTS {
        return Ok(());
    }
    Err(context.error(named.origin, format!("the build makes more than {MOST_OBJECTS} objects")))
}

/// A file of objects, or the folder of another kustomization.
pub(crate) fn add_resource(
    parent: &Kustomization,
    named: &Setting,
    way: &Way,
    all: &mut Accumulator,
    context: &mut Context<'_>,
) -> Result<(), Error> {
    match context.files.locate(&parent.folder.join(&named.text)) {
        Ok(Location::Folder(folder)) if !named.text.is_empty() => {
            let below = accumulate_folder(parent, folder, named, way, None, context)?;
            for resource in below.resources.list {
                add(all, resource, named, context)?;
            }
            Config::merge_shared(&mut all.config, &below.config).map_err(|Conflict(path)| {
                context.error(named.origin, format!("two configurations for the field `{path}` differ in `create`"))
            })?;
            for variable in below.variables {
                transform::variables::add(&mut all.variables, variable, context)?;
            }
            too_many(all, named, context)
        }
        Ok(_) => {
            let (path, bytes) = load(&parent.folder, named, context)?;
            let origin = context
                .keeps_origins
                .then(|| Provenance { path: joined(&way.origin, &named.text), ..Provenance::default() });
            let documents = context.parse_file(&path, &bytes, Dialect::Tree)?;
            for mut resource in objects(documents, context)? {
                resource.provenance.clone_from(&origin);
                add(all, resource, named, context)?;
            }
            too_many(all, named, context)
        }
        Err(_) if is_remote(&named.text) => {
            let folder = context.files.shown(&parent.folder);
            let command = format!("kustomize localize {}", folder.display());
            let message = format!("`{}` is not fetched: it lies on the network", named.text);
            context.leave_out(named.origin, named.field.clone(), message, Some(command));
            Ok(())
        }
        Err(error) => {
            let message = format!("`{}` names `{}`: {error}", named.field, named.text);
            let error = context.error(named.origin, message);
            Err(if named.text.is_empty() { error.hint("remove the empty entry") } else { error })
        }
    }
}

fn add(all: &mut Accumulator, resource: Resource, named: &Setting, context: &Context<'_>) -> Result<(), Error> {
    all.resources.add(resource, &context.schema).map_err(|(origin, message)| {
        context.error(origin, format!("{message}; it comes with `{}` of `{}`", named.text, named.field))
    })
}

/// A path below the path of a kustomization, without `.` and `..`.
pub(crate) fn joined(path: &Path, below: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in path.join(below).components() {
        match part {
            std::path::Component::ParentDir if parts.last().is_some_and(|last| last != "..") => {
                parts.pop();
            }
            std::path::Component::ParentDir => parts.push("..".to_owned()),
            std::path::Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            _ => {}
        }
    }
    parts.join("/")
}

/// The objects of documents. Lists are taken apart.
pub(crate) fn objects(documents: Vec<Node>, context: &Context<'_>) -> Result<Vec<Resource>, Error> {
    let nodes = read::without_lists(documents).map_err(|(origin, message)| context.error(origin, message))?;
    Ok(nodes.into_iter().map(Resource::new).collect())
}

fn add_component(
    parent: &Kustomization,
    named: &Setting,
    way: &Way,
    all: Accumulator,
    context: &mut Context<'_>,
) -> Result<Accumulator, Error> {
    let error: Unreadable = match context.files.locate(&parent.folder.join(&named.text)) {
        Ok(Location::Folder(folder)) => return accumulate_folder(parent, folder, named, way, Some(all), context),
        Ok(Location::File(_)) => Unreadable::System("it is a file, and a component is a folder".to_owned()),
        Err(_) if is_remote(&named.text) => {
            let folder = context.files.shown(&parent.folder);
            let command = format!("kustomize localize {}", folder.display());
            let message = format!("the component `{}` is not fetched: it lies on the network", named.text);
            context.leave_out(named.origin, named.field.clone(), message, Some(command));
            return Ok(all);
        }
        Err(error) => error,
    };
    Err(context.error(named.origin, format!("`{}` names `{}`: {error}", named.field, named.text)))
}

/// Builds the kustomization of a folder. `component` is what a component is added to.
fn accumulate_folder(
    parent: &Kustomization,
    folder: PathBuf,
    named: &Setting,
    way: &Way,
    component: Option<Accumulator>,
    context: &mut Context<'_>,
) -> Result<Accumulator, Error> {
    if let Some(at) = way.folders.iter().position(|visited| visited.starts_with(&folder)) {
        let circle = way.folders[at..].iter().chain([&folder]);
        let shown: Vec<String> = circle.map(|folder| format!("`{}`", context.files.shown(folder).display())).collect();
        let message = if way.folders[at] == folder {
            format!("kustomizations name each other in a circle: {}", shown.join(" → "))
        } else {
            format!("`{}` is above a folder that is being built: {}", named.text, shown.join(" → "))
        };
        return Err(context.error(named.origin, message));
    }
    if way.folders.len() >= DEEPEST {
        return Err(context.error(named.origin, format!("kustomizations are more than {DEEPEST} levels deep")));
    }
    let below = kustomization::load(&folder, context)?;
    if below.is_component != component.is_some() {
        let message = match below.is_component {
            true => format!("`{}` is a component, and belongs under `components`", named.text),
            false => format!("`{}` is no component, and belongs under `resources`", named.text),
        };
        return Err(context.error(named.origin, message));
    }
    use_schema(&below, context)?;
    let mut folders = way.folders.clone();
    folders.push(folder);
    let namespace = match &parent.namespace {
        Some(namespace) => Some(namespace.text.clone()),
        None => way.namespace.clone(),
    };
    let way = Way { folders, origin: PathBuf::from(joined(&way.origin, &named.text)), namespace };
    accumulate(&below, &way, component.unwrap_or_default(), context)
}

/// The schema that `openapi.path` names; the first one of a build counts.
pub(crate) fn use_schema(kustomization: &Kustomization, context: &mut Context<'_>) -> Result<(), Error> {
    let Some(named) = &kustomization.open_api else { return Ok(()) };
    let (path, bytes) = load(&kustomization.folder, named, context)?;
    if context.schema.is_custom() {
        return Ok(());
    }
    if let Some(document) = context.parse_file(&path, &bytes, Dialect::Tree)?.first() {
        context.schema = Schema::from_open_api(document);
    }
    Ok(())
}

fn generate_all(
    kustomization: &Kustomization,
    way: &Way,
    all: &mut Accumulator,
    context: &mut Context<'_>,
) -> Result<(), Error> {
    for arguments in &kustomization.generated {
        let mut resource = generate::generate(arguments, &kustomization.folder, context)?;
        let kind = match arguments.kind {
            kustomization::GeneratorKind::ConfigMap => "ConfigMapGenerator",
            kustomization::GeneratorKind::Secret => "SecretGenerator",
        };
        resource.provenance = context.keeps_origins.then(|| built_in(kustomization, way, kind));
        generate::absorb(&mut all.resources, resource, context)?;
    }
    for chart in &kustomization.charts {
        let resources = inflate(chart, kustomization, way, context)?;
        for mut resource in resources {
            resource.provenance =
                context.keeps_origins.then(|| built_in(kustomization, way, "HelmChartInflationGenerator"));
            generate::absorb(&mut all.resources, resource, context)?;
        }
    }
    for generator in plugins::load(kustomization, &kustomization.generators, way, context)? {
        for mut resource in plugins::generate(&generator, kustomization, way, context)? {
            if resource.provenance.is_none() && context.keeps_origins {
                resource.provenance = Some(plugins::provenance(&generator));
            }
            generate::absorb(&mut all.resources, resource, context)?;
        }
    }
    Ok(())
}

/// What `buildMetadata` writes for a field of a kustomization.
pub(crate) fn built_in(kustomization: &Kustomization, way: &Way, kind: &str) -> Provenance {
    let name = kustomization.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Provenance {
        path: String::new(),
        configured_in: joined(&way.origin, &name),
        configured_by: Some(("builtin".to_owned(), kind.to_owned(), String::new(), String::new())),
    }
}

fn validate(
    kustomization: &Kustomization,
    way: &Way,
    all: &mut Accumulator,
    context: &mut Context<'_>,
) -> Result<(), Error> {
    for validator in plugins::load(kustomization, &kustomization.validators, way, context)? {
        let mut copy = all.resources.clone();
        plugins::transform(&validator, &mut copy, kustomization, context)?;
        let is_changed = copy.list.len() != all.resources.list.len()
            || copy.list.iter().zip(&all.resources.list).any(|(a, b)| a.node != b.node);
        if is_changed {
            return Err(context.error(validator.node.origin, "a validator may not change objects"));
        }
    }
    Ok(())
}

/// Where a setting that nobody wrote stands.
pub(crate) fn nowhere(text: &str, field: &str) -> Setting {
    Setting { text: text.to_owned(), origin: Origin::NONE, field: field.to_owned() }
}
