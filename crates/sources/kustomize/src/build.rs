//! A build from its entry to its text.

use std::collections::VecDeque;
use std::ops::Range;
use std::path::{Path, PathBuf};

use foldhash::HashSet;
use model::provenance::{Piece, Provenance, Rendered};

use crate::context::{Context, Error, Problem};
use crate::files::{Files, Location};
use crate::kustomization::{self, HelmChart, Kustomization};
use crate::node::{Node, Origin};
use crate::order::{self, Order};
use crate::print::Printer;
use crate::resource::{self, Resource};
use crate::target::{self, Accumulator, Way};
use crate::transform::{hash, name_references, variables};

/// Which files a kustomization may name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoadRestrictor {
    /// Those in and below its own folder.
    #[default]
    RootOnly,
    /// All.
    None,
}

/// Renders a chart, or says why it cannot.
pub type RenderChart<'a> = &'a dyn Fn(&HelmChart) -> Result<Rendered, String>;

/// How to build.
#[derive(Clone, Copy, Default)]
pub struct Options<'a> {
    /// `--load-restrictor`.
    pub load_restrictor: LoadRestrictor,
    /// What renders charts; without it they are problems.
    pub helm: Option<RenderChart<'a>>,
}

/// An object of the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltObject {
    /// Its API version.
    pub api_version: String,
    /// Its kind.
    pub kind: String,
    /// Its namespace; empty if it names none.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its text in the text of the build, without `---`.
    pub text: Range<usize>,
}

/// What a kustomization builds.
pub struct Build {
    /// The whole output, as `kustomize build` prints it, and what made every value of it.
    pub rendered: Rendered,
    /// Its objects, in their order.
    pub objects: Vec<BuiltObject>,
    /// The files that were read, as `Files::locate` gave them: kustomizations, resources, patches, and all else.
    pub uses: Vec<PathBuf>,
    /// What was left out.
    pub problems: Vec<Problem>,
}

impl std::fmt::Debug for Build {
    /// Without the text, which may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { rendered: _, objects, uses, problems } = self;
        f.debug_struct("Build").field("objects", objects).field("uses", uses).field("problems", problems).finish()
    }
}

impl Build {
    /// One object as a text of its own. `None` if there are not so many.
    pub fn object(&self, at: usize) -> Option<Rendered> {
        let range = self.objects.get(at)?.text.clone();
        let whole = &self.rendered.provenance;
        let first = whole.pieces.partition_point(|piece| (piece.start as usize) <= range.start).saturating_sub(1);
        let inside = whole.pieces.iter().skip(first).take_while(|piece| (piece.start as usize) < range.end);
        let pieces = inside.map(|piece| {
            let start = (piece.start as usize).saturating_sub(range.start) as u32;
            Piece { start, ..*piece }
        });
        let provenance = Provenance {
            files: whole.files.clone(),
            pieces: pieces.collect(),
            values: whole.values.clone(),
            left_out: Vec::new(),
        };
        Some(Rendered { text: self.rendered.text.get(range)?.to_owned(), provenance })
    }
}

/// Builds the kustomization in a folder. `entry` is the folder, or the kustomization file in it.
///
/// # Errors
/// There is no kustomization, or `kustomize build` would refuse it.
pub fn build(entry: &Path, files: &dyn Files, options: &Options<'_>) -> Result<Build, Error> {
    let mut context = Context::new(files, options);
    let folder = match files.locate(entry) {
        Ok(Location::Folder(folder)) => folder,
        Ok(Location::File(file)) => file.parent().unwrap_or(Path::new("")).to_path_buf(),
        Err(error) => return Err(Error::new(entry, error.to_string())),
    };
    let kustomization = kustomization::load(&folder, &mut context)?;
    context.keeps_origins = !kustomization.build_metadata.is_empty();
    target::use_schema(&kustomization, &mut context)?;
    let way = Way { folders: vec![folder], origin: PathBuf::new(), namespace: None };
    let mut all = target::accumulate(&kustomization, &way, Accumulator::default(), &mut context)?;
    finish(&mut all, &mut context)?;
    let order = kustomization.order.clone().unwrap_or(Order::Legacy(None));
    order::sort(&mut all.resources.list, &order, &context.schema);
    write_metadata(&mut all.resources.list, &kustomization);
    print(all.resources.list, context)
}

/// What comes last, once for the whole build.
fn finish(all: &mut Accumulator, context: &mut Context<'_>) -> Result<(), Error> {
    hash::apply(&mut all.resources, context)?;
    name_references::apply(&mut all.resources, &all.config.name_reference, context)?;
    let mut known = all.variables.clone();
    known.sort_by(|a, b| a.name.cmp(&b.name));
    variables::resolve(&mut all.resources, &known, &all.config.var_reference, context)?;
    all.resources.list.retain(|resource| {
        let annotations = resource.texts("annotations");
        let local = annotations.iter().find(|(name, _)| *name == "config.kubernetes.io/local-config");
        local.is_none_or(|(_, value)| *value == "false")
    });
    Ok(())
}

/// The version that `managedByLabel` names.
const VERSION: &str = "v5.8.1";

fn write_metadata(list: &mut [Resource], kustomization: &Kustomization) {
    let asks = |name: &str| kustomization.build_metadata.iter().any(|option| option == name);
    for resource in list.iter_mut() {
        if asks("managedByLabel") {
            let metadata = resource.node.get_or_insert("metadata", || Node::mapping(Origin::NONE));
            let labels = metadata.and_then(|metadata| metadata.get_or_insert("labels", || Node::mapping(Origin::NONE)));
            if let Some(labels) = labels {
                let text = format!("kustomize-{VERSION}");
                labels.set("app.kubernetes.io/managed-by", Node::text(text, Origin::NONE));
            }
        }
        resource.tidy_annotations();
        let mut notes = Vec::new();
        if let Some(provenance) = resource.provenance.as_ref().filter(|_| asks("originAnnotations")) {
            notes.push(("config.kubernetes.io/origin", yaml_of(provenance)));
        }
        if asks("transformerAnnotations") && !resource.transformations.is_empty() {
            let items: String =
                resource.transformations.iter().map(|provenance| yaml_item(&yaml_of(provenance))).collect();
            notes.push(("alpha.config.kubernetes.io/transformations", items));
        }
        let origin = resource.node.origin;
        for (name, text) in notes {
            let metadata = resource.node.get_or_insert("metadata", || Node::mapping(origin));
            let annotations = metadata.and_then(|node| node.get_or_insert("annotations", || Node::mapping(origin)));
            if let Some(annotations) = annotations.filter(|node| resource::is_mapping(node)) {
                annotations.set(name, Node::text(text, origin));
            }
        }
    }
}

/// The text that kustomize puts into an annotation.
fn yaml_of(provenance: &resource::Provenance) -> String {
    let mut text = String::new();
    for (name, value) in [("path", &provenance.path), ("configuredIn", &provenance.configured_in)] {
        if !value.is_empty() {
            text.push_str(&format!("{name}: {value}\n"));
        }
    }
    if let Some((api_version, kind, name, namespace)) = &provenance.configured_by {
        text.push_str("configuredBy:\n");
        for (field, value) in [("apiVersion", api_version), ("kind", kind), ("name", name), ("namespace", namespace)] {
            if !value.is_empty() {
                text.push_str(&format!("  {field}: {value}\n"));
            }
        }
    }
    text
}

fn yaml_item(text: &str) -> String {
    let lines = text.lines().enumerate();
    lines.map(|(at, line)| if at == 0 { format!("- {line}\n") } else { format!("  {line}\n") }).collect()
}

fn print(list: Vec<Resource>, context: Context<'_>) -> Result<Build, Error> {
    let mut printer = Printer::new();
    let mut objects = Vec::with_capacity(list.len());
    for resource in &list {
        let separator = if printer.text.is_empty() { 0 } else { "---\n".len() };
        let start = printer.text.len() + separator;
        if printer.object(&resource.node).is_err() {
            let message = format!(
                "{} `{}` has a value that does not fit its type, such as text where a number was replaced",
                resource.kind(),
                resource.name()
            );
            return Err(context.error(resource.node.origin, message));
        }
        objects.push(BuiltObject {
            api_version: resource.api_version().to_owned(),
            kind: resource.kind().to_owned(),
            namespace: resource.namespace().to_owned(),
            name: resource.name().to_owned(),
            text: start..printer.text.len(),
        });
    }
    let Context { sources, values, problems, uses, .. } = context;
    let provenance = Provenance { files: sources, pieces: printer.pieces, values, left_out: Vec::new() };
    Ok(Build { rendered: Rendered { text: printer.text, provenance }, objects, uses, problems })
}

/// The folders in and below `folder` that have a kustomization which no other one there uses, in the order of their
/// paths. Components are no entries.
///
/// # Errors
/// `folder` is not there. Kustomizations that cannot be read are entries, so that building them says why.
pub fn entry_points(folder: &Path, files: &dyn Files) -> Result<Vec<PathBuf>, Error> {
    let root = match files.locate(folder) {
        Ok(Location::Folder(root)) => root,
        Ok(Location::File(file)) => file.parent().unwrap_or(Path::new("")).to_path_buf(),
        Err(error) => return Err(Error::new(folder, error.to_string())),
    };
    let options = Options::default();
    let mut context = Context::new(files, &options);
    let mut queue = VecDeque::from([root]);
    let mut found: Vec<PathBuf> = Vec::new();
    let mut used: HashSet<PathBuf> = HashSet::default();
    while let Some(folder) = queue.pop_front() {
        let hidden = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        for location in files.list(&folder) {
            match location {
                Location::Folder(below) if !hidden(&below) => queue.push_back(below),
                Location::Folder(_) | Location::File(_) => {}
            }
        }
        if matches!(kustomization::find(&folder, &context), Ok(None)) {
            continue;
        }
        let Ok(read) = kustomization::load(&folder, &mut context) else {
            found.push(folder);
            continue;
        };
        let lists = [&read.resources, &read.components];
        for named in lists.into_iter().flatten().chain(read.transformers.iter().map(|(setting, _)| setting)) {
            if let Ok(Location::Folder(below)) = files.locate(&folder.join(&named.text)) {
                used.insert(below);
            }
        }
        if !read.is_component {
            found.push(folder);
        }
    }
    found.retain(|folder| !used.contains(folder));
    found.sort();
    Ok(found)
}
