//! `plimsoll paths what-if`: which ways a change opens and closes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path as FilePath, PathBuf};

use ::paths::analysis::{Analysis, Question};
use ::paths::difference::{Novelty, Opened, Side, opened};
use ::paths::edges::EDGES;
use ::paths::graph::Graph;
use ::paths::world::World;
use anyhow::Context as _;
use cluster::features::Feature;
use fixes::unified::{self, Fate};
use manifests::walk::{self, Texts};
use model::inventory::{Change, Inventory, Resource, ResourceId};
use model::nearest::nearest;
use reports::paths::{ChangesInfo, News, PathInfo, Teller, Telling};

use super::output::{Answer, write};
use super::{NOTHING, config, looked_at, order, output, question, read, report};
use crate::arguments::{PathsInput, PathsWhatIfArguments};
use crate::exit::{Exit, UsageError};
use crate::inputs;

/// Runs the command.
pub(super) fn run(arguments: &PathsWhatIfArguments) -> anyhow::Result<Exit> {
    if arguments.apply.is_empty() && arguments.delete.is_empty() {
        let text = "nothing would change: name files with `--apply`, or objects with `--delete`";
        return Err(UsageError(text.to_owned()).into());
    }
    output::refuse_explorer(&arguments.input.output)?;
    let streamed = Streamed::read(arguments)?;
    let before = streamed.with(&arguments.paths, |paths| match paths {
        [] => Ok(Inventory { complete: arguments.input.complete, ..Inventory::default() }),
        paths => read(paths, &arguments.input),
    })?;
    let after = changed(&before, arguments, &streamed)?;
    let asked_before = Asked::new(&before, arguments);
    let asked_after = Asked::new(&after, arguments);
    // A name may be that of something that only one of them has.
    let (was, is) = match (asked_before.question(arguments), asked_after.question(arguments)) {
        (Err(error), Err(_)) => return Err(error.into()),
        (was, is) => (was.unwrap_or_default(), is.unwrap_or_default()),
    };
    let (was, is) = (Analysis::new(&asked_before.graph, &was), Analysis::new(&asked_after.graph, &is));
    let sides =
        (Side { world: &asked_before.world, analysis: &was }, Side { world: &asked_after.world, analysis: &is });
    let (teller_before, teller_after) = (asked_before.teller(), asked_after.teller());
    let changes = ChangesInfo {
        gained: told(&teller_after, &is, opened(sides.0, sides.1)),
        lost: told(&teller_before, &was, opened(sides.1, sides.0)),
        before: teller_before.reached(&was),
        after: teller_after.reached(&is),
    };
    let opens = !changes.gained.is_empty();
    let nothing = Analysis::new(&asked_after.graph, &Question::default());
    let mut report = report(&teller_after, &nothing, &arguments.paths);
    report.reached = NOTHING;
    report.changes = Some(changes);
    write(&Answer { report: &report, telling: Telling::Short, asked: None }, &arguments.input.output)?;
    let found = if arguments.fail_on_new_paths && opens { Exit::Findings } else { Exit::Clean };
    Ok(found.max(looked_at(&before)).max(looked_at(&after)))
}

/// A graph, and what names its things.
struct Asked<'a> {
    world: World<'a>,
    graph: Graph,
    input: &'a PathsInput,
}

impl<'a> Asked<'a> {
    fn new(inventory: &'a Inventory, arguments: &'a PathsWhatIfArguments) -> Self {
        let world = World::new(inventory, &config(inventory, &arguments.input));
        let graph = Graph::new(&world, EDGES);
        Self { world, graph, input: &arguments.input }
    }

    fn question(&self, arguments: &PathsWhatIfArguments) -> Result<Question<'static>, UsageError> {
        question(&self.world, &self.graph, (&arguments.question.from, &arguments.question.to), self.input)
    }

    fn teller(&self) -> Teller<'_> {
        Teller { world: &self.world, graph: &self.graph }
    }
}

/// What is news comes first; of that what begins outside.
fn told(teller: &Teller<'_>, analysis: &Analysis<'_>, mut opened: Vec<Opened>) -> Vec<PathInfo> {
    opened.sort_by_key(|opened| (opened.novelty, order(&opened.path, analysis)));
    let told = opened.iter().map(|opened| {
        let news = match opened.novelty {
            Novelty::New => News::Only,
            Novelty::Certain => News::Certain,
            Novelty::Another => News::Another,
        };
        PathInfo { news: Some(news), ..teller.path(&opened.path, analysis) }
    });
    told.collect()
}

/// What stands on standard input, which can be read once, though it is looked at twice.
struct Streamed(Option<Vec<u8>>);

impl Streamed {
    fn read(arguments: &PathsWhatIfArguments) -> anyhow::Result<Self> {
        let streamed = |paths: &[PathBuf]| paths.iter().filter(|path| path.as_os_str() == STDIN).count();
        match streamed(&arguments.paths) + streamed(&arguments.apply) {
            0 => Ok(Self(None)),
            1 => {
                let mut bytes = Vec::new();
                io::stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
                Ok(Self(Some(bytes)))
            }
            _ => {
                let text = "standard input is read once: `-` is what there is, or what is applied, and not both";
                Err(UsageError(text.to_owned()).into())
            }
        }
    }

    /// What `read` makes of the paths that are files, and standard input if it is one of them.
    fn with(
        &self,
        paths: &[PathBuf],
        read: impl FnOnce(&[PathBuf]) -> anyhow::Result<Inventory>,
    ) -> anyhow::Result<Inventory> {
        let files: Vec<PathBuf> = paths.iter().filter(|path| path.as_os_str() != STDIN).cloned().collect();
        let mut inventory = read(&files)?;
        if let Some(bytes) = self.0.as_ref().filter(|_| files.len() < paths.len()) {
            manifests::load::load_bytes(FilePath::new(STREAMED), bytes, &mut inventory, &|_, _, _| {});
        }
        Ok(inventory)
    }
}

/// How standard input is named as a file, and in findings.
const STDIN: &str = "-";
const STREAMED: &str = "<stdin>";

/// The inventory after the change: the files are read once more, with what is applied and without what is deleted or what
/// others take the place of.
fn changed(before: &Inventory, arguments: &PathsWhatIfArguments, streamed: &Streamed) -> anyhow::Result<Inventory> {
    if arguments.input.place.snapshot.is_some() || arguments.input.place.as_cluster().is_asked_for() {
        let text = "`what-if` changes files: of a cluster, write its objects to a file first (`kubectl get … -o yaml`)";
        return Err(UsageError(text.to_owned()).into());
    }
    let (patches, objects): (Vec<PathBuf>, Vec<PathBuf>) =
        arguments.apply.iter().cloned().partition(|path| is_patch(path));
    let texts = patched(&patches, &before.files)?;
    let applied = streamed.with(&objects, |objects| match objects {
        [] => Ok(Inventory::default()),
        objects => inputs::inventory(objects, &arguments.input.input, &arguments.input.place, false, Feature::Paths),
    })?;
    let mut gone: BTreeSet<String> = BTreeSet::new();
    let own = before.resources.iter().flat_map(|resource| names(before, resource));
    let known: BTreeSet<String> =
        own.chain(before.resources.iter().filter_map(|resource| namespace(before, resource))).collect();
    let mut emptied = BTreeSet::new();
    for deleted in arguments.delete.iter().map(|deleted| deleted.to_lowercase()) {
        if !known.contains(&deleted) {
            let near = nearest(&deleted, known.iter().map(String::as_str));
            let near = near.map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
            let text = format!("there is no object `{deleted}` (`Kind/namespace/name` or `Kind/name`){near}");
            return Err(UsageError(text).into());
        }
        // With a namespace all that is in it is deleted.
        emptied.extend(deleted.starts_with("namespace/").then(|| deleted.clone()));
        gone.insert(deleted);
    }
    let in_group = |inventory: &Inventory, resource: &Resource| {
        let group = group(inventory, resource);
        names(inventory, resource).into_iter().map(move |name| (group.clone(), name)).collect::<Vec<_>>()
    };
    let replaced: BTreeSet<(String, String)> =
        applied.resources.iter().flat_map(|resource| in_group(&applied, resource)).collect();
    let is_replaced = |inventory: &Inventory, resource: &Resource| {
        in_group(inventory, resource).iter().any(|name| replaced.contains(name))
    };
    let there: BTreeSet<(String, String)> =
        before.resources.iter().flat_map(|resource| in_group(before, resource)).collect();
    let takes_a_place = |resource: &Resource| in_group(&applied, resource).iter().any(|name| there.contains(name));
    whole(&applied, &takes_a_place)?;
    let mut paths = arguments.paths.clone();
    paths.extend(objects);
    let mut after = streamed.with(&paths, |paths| {
        inputs::inventory_with(paths, &arguments.input.input, arguments.input.complete, Texts::new(texts))
    })?;
    let is_applied = |file: &PathBuf| applied.files.contains(file);
    let applied: Vec<bool> = after.files.iter().map(is_applied).collect();
    let is_gone = |resource: &Resource| {
        let is_named = names(&after, resource).iter().any(|name| gone.contains(name));
        let is_emptied = || namespace(&after, resource).is_some_and(|namespace| emptied.contains(&namespace));
        !applied[resource.file as usize] && (is_named || is_replaced(&after, resource) || is_emptied())
    };
    let numbered = (0..).map(ResourceId).zip(&after.resources);
    let removed = numbered.filter(|(_, resource)| is_gone(resource)).map(|(id, _)| Change::Remove(id)).collect();
    after.splice(removed);
    Ok(after)
}

/// What takes the place of an object is one: a piece of it, as overlays and `kubectl patch` take them, says nothing of the
/// rest, and the object would seem to lose all that it leaves out.
fn whole(applied: &Inventory, takes_a_place: &dyn Fn(&Resource) -> bool) -> Result<(), UsageError> {
    let workloads = applied.facts.workloads.iter().filter(|fact| fact.images.is_empty());
    let workloads = workloads.map(|fact| (fact.resource, "no container has an image"));
    let bindings = applied.facts.bindings.iter().filter(|fact| applied.symbols.text(fact.role).is_empty());
    let bindings = bindings.map(|fact| (fact.resource, "it has no `roleRef`"));
    for (id, lacks) in workloads.chain(bindings) {
        let resource = applied.resource(id);
        if takes_a_place(resource) {
            let file = applied.files.get(resource.file as usize).map(|file| file.display().to_string());
            let name = names(applied, resource).pop().unwrap_or_default();
            let text = format!(
                "`{}` line {} has a piece of `{name}` and not the object, since {lacks}: apply the whole object, or a \
                 patch of its file (`.patch`, `.diff`)",
                file.unwrap_or_default(),
                resource.line
            );
            return Err(UsageError(text));
        }
    }
    Ok(())
}

/// The API group: what has one name in two groups is two objects.
fn group(inventory: &Inventory, resource: &Resource) -> String {
    let version = inventory.symbols.text(resource.api_version);
    version.split_once('/').map_or_else(String::new, |(group, _)| group.to_lowercase())
}

/// What an object is called: in `default` with and without the namespace.
fn names(inventory: &Inventory, resource: &Resource) -> Vec<String> {
    let text = |symbol| inventory.symbols.text(symbol);
    let (kind, name) = (text(resource.kind), text(resource.name));
    let all = match namespace(inventory, resource).as_deref().and_then(|namespace| namespace.strip_prefix("namespace/"))
    {
        None => vec![format!("{kind}/{name}")],
        Some("default") => vec![format!("{kind}/{name}"), format!("{kind}/default/{name}")],
        Some(namespace) => vec![format!("{kind}/{namespace}/{name}")],
    };
    all.into_iter().map(|name| name.to_lowercase()).collect()
}

/// The namespace that an object is in; none for what is of the whole cluster.
fn namespace(inventory: &Inventory, resource: &Resource) -> Option<String> {
    let text = |symbol| inventory.symbols.text(symbol).to_lowercase();
    let written = text(resource.namespace);
    let is_known = || rbac::resources::meant(&text(resource.kind)).is_some_and(|meant| meant.namespaced);
    let namespace = if written.is_empty() { is_known().then(|| "default".to_owned())? } else { written };
    Some(format!("namespace/{namespace}"))
}

fn is_patch(path: &FilePath) -> bool {
    path.extension().is_some_and(|extension| extension == "patch" || extension == "diff")
}

/// The folder that a patch is of: this one, or else the one in which files that were read are called as it calls them.
fn folder_of(patch: &[unified::FileDifference], files: &[PathBuf]) -> PathBuf {
    let changed: Vec<PathBuf> = patch
        .iter()
        .filter(|difference| difference.fate != Fate::New)
        .map(|difference| walk::clean(&difference.path))
        .collect();
    let has_all = |folder: &&FilePath| changed.iter().all(|file| folder.join(file).exists());
    let above = |file: &'_ PathBuf| {
        let first = changed.first().filter(|first| file.ends_with(first))?;
        file.ancestors().nth(first.components().count()).map(FilePath::to_path_buf)
    };
    let folders: Vec<PathBuf> = files.iter().filter_map(above).collect();
    let here = FilePath::new("");
    std::iter::once(here).chain(folders.iter().map(PathBuf::as_path)).find(has_all).unwrap_or(here).to_path_buf()
}

/// What files say with these patches.
fn patched(patches: &[PathBuf], files: &[PathBuf]) -> Result<BTreeMap<PathBuf, String>, UsageError> {
    let mut texts: BTreeMap<PathBuf, String> = BTreeMap::new();
    for path in patches {
        let cannot = |why: &dyn std::fmt::Display| UsageError(format!("cannot apply `{}`: {why}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| cannot(&error))?;
        let patch = unified::read(&text).map_err(|error| cannot(&error))?;
        let folder = folder_of(&patch, files);
        for difference in patch {
            let file = walk::clean(&folder.join(&difference.path));
            let of_file = |why: &dyn std::fmt::Display| cannot(&format!("`{}`: {why}", file.display()));
            let known = texts.get(&file).cloned().map_or_else(|| fs::read_to_string(&file), Ok);
            let old = match (difference.fate, known) {
                (Fate::New, Ok(_)) => return Err(of_file(&"it is there already")),
                (Fate::New, Err(_)) => String::new(),
                (Fate::Changed | Fate::Gone, known) => known.map_err(|error| of_file(&error))?,
            };
            let new = difference.apply(&old).map_err(|error| of_file(&error))?;
            texts.insert(file, new);
        }
    }
    Ok(texts)
}
