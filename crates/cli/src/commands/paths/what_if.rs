//! `plimsoll paths what-if`: which ways a change opens and closes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path as FilePath, PathBuf};

use ::paths::analysis::Analysis;
use ::paths::edges::EDGES;
use ::paths::graph::Graph;
use ::paths::world::World;
use cluster::features::Feature;
use fixes::unified::{self, Fate};
use manifests::walk::{self, Texts};
use model::inventory::{Change, Inventory, Resource, ResourceId};
use model::nearest::nearest;
use reports::paths::{ChangesInfo, PathInfo, Teller, Telling, Weight};

use super::output::{Answer, write};
use super::{NOTHING, config, looked_at, output, question, read, report, sort};
use crate::arguments::PathsWhatIfArguments;
use crate::exit::{Exit, UsageError};
use crate::inputs;

/// Runs the command.
pub(super) fn run(arguments: &PathsWhatIfArguments) -> anyhow::Result<Exit> {
    if arguments.apply.is_empty() && arguments.delete.is_empty() {
        let text = "nothing would change: name files with `--apply`, or objects with `--delete`";
        return Err(UsageError(text.to_owned()).into());
    }
    output::refuse_explorer(&arguments.input.output)?;
    let before = read(&arguments.paths, &arguments.input)?;
    let after = changed(&before, arguments)?;
    let (was, reached_before) = ways(&before, arguments)?;
    let (is, reached_after) = ways(&after, arguments)?;
    let known: BTreeSet<String> = was.iter().map(key).collect();
    let new: BTreeSet<String> = is.iter().map(key).collect();
    let changes = ChangesInfo {
        gained: is.into_iter().filter(|path| !known.contains(&key(path))).collect(),
        lost: was.into_iter().filter(|path| !new.contains(&key(path))).collect(),
        before: reached_before,
        after: reached_after,
    };
    let opens = !changes.gained.is_empty();
    let world = World::new(&after, &config(&after, &arguments.input));
    let graph = Graph::new(&world, []);
    let teller = Teller { world: &world, graph: &graph };
    let nothing = Analysis::new(&graph, &::paths::analysis::Question::default());
    let mut report = report(&teller, &nothing, &arguments.paths);
    report.reached = NOTHING;
    report.changes = Some(changes);
    write(&Answer { report: &report, telling: Telling::Short, asked: None }, &arguments.input.output)?;
    let found = if arguments.fail_on_new_paths && opens { Exit::Findings } else { Exit::Clean };
    Ok(found.max(looked_at(&before)).max(looked_at(&after)))
}

/// What tells ways apart: all that is passed, by name.
fn key(path: &PathInfo) -> String {
    path.steps.iter().fold(path.from.clone(), |key, step| key + "\n" + &step.edge + "\n" + &step.to)
}

fn ways(inventory: &Inventory, arguments: &PathsWhatIfArguments) -> anyhow::Result<(Vec<PathInfo>, Weight)> {
    let world = World::new(inventory, &config(inventory, &arguments.input));
    let graph = Graph::new(&world, EDGES);
    let question = question(&world, &graph, (&arguments.question.from, &arguments.question.to), &arguments.input)?;
    let analysis = Analysis::new(&graph, &question);
    let mut paths = analysis.paths();
    sort(&mut paths, &analysis);
    let teller = Teller { world: &world, graph: &graph };
    let reached = teller.reached(&analysis);
    Ok((paths.iter().map(|path| teller.path(path, &analysis)).collect(), reached))
}

/// The inventory after the change: the files are read once more, with what is applied and without what is deleted or what
/// others take the place of.
fn changed(before: &Inventory, arguments: &PathsWhatIfArguments) -> anyhow::Result<Inventory> {
    if arguments.input.place.snapshot.is_some() || arguments.input.place.as_cluster().is_asked_for() {
        let text = "`what-if` changes files: of a cluster, write its objects to a file first (`kubectl get … -o yaml`)";
        return Err(UsageError(text.to_owned()).into());
    }
    let (patches, objects): (Vec<PathBuf>, Vec<PathBuf>) =
        arguments.apply.iter().cloned().partition(|path| is_patch(path));
    let texts = patched(&patches)?;
    let applied = inputs::inventory(&objects, &arguments.input.input, &arguments.input.place, false, Feature::Paths);
    let applied = if objects.is_empty() { Inventory::default() } else { applied? };
    let mut gone: BTreeSet<String> = applied.resources.iter().flat_map(|resource| names(&applied, resource)).collect();
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
    let mut paths = arguments.paths.clone();
    paths.extend(objects);
    let mut after =
        inputs::inventory_with(&paths, &arguments.input.input, arguments.input.complete, Texts::new(texts))?;
    let is_applied = |file: &PathBuf| applied.files.contains(file);
    let applied: Vec<bool> = after.files.iter().map(is_applied).collect();
    let is_gone = |resource: &Resource| {
        let is_named = names(&after, resource).iter().any(|name| gone.contains(name));
        let is_emptied = || namespace(&after, resource).is_some_and(|namespace| emptied.contains(&namespace));
        !applied[resource.file as usize] && (is_named || is_emptied())
    };
    let numbered = (0..).map(ResourceId).zip(&after.resources);
    let removed = numbered.filter(|(_, resource)| is_gone(resource)).map(|(id, _)| Change::Remove(id)).collect();
    after.splice(removed);
    Ok(after)
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

/// What files say with these patches.
fn patched(patches: &[PathBuf]) -> Result<BTreeMap<PathBuf, String>, UsageError> {
    let mut texts: BTreeMap<PathBuf, String> = BTreeMap::new();
    for path in patches {
        let cannot = |why: &dyn std::fmt::Display| UsageError(format!("cannot apply `{}`: {why}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| cannot(&error))?;
        for difference in unified::read(&text).map_err(|error| cannot(&error))? {
            let file = walk::clean(&difference.path);
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
