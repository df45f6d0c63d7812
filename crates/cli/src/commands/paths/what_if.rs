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
use model::inventory::{Inventory, Resource};
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

/// The inventory after the change: the files are read once more, without the documents of objects that are deleted or that
/// others take the place of.
fn changed(before: &Inventory, arguments: &PathsWhatIfArguments) -> anyhow::Result<Inventory> {
    if arguments.input.place.snapshot.is_some() || arguments.input.place.as_cluster().is_asked_for() {
        let text = "`what-if` changes files: of a cluster, write its objects to a file first (`kubectl get … -o yaml`)";
        return Err(UsageError(text.to_owned()).into());
    }
    let (patches, objects): (Vec<PathBuf>, Vec<PathBuf>) =
        arguments.apply.iter().cloned().partition(|path| is_patch(path));
    let mut texts = patched(&patches)?;
    let applied = inputs::inventory(&objects, &arguments.input.input, &arguments.input.place, false, Feature::Paths);
    let applied = if objects.is_empty() { Inventory::default() } else { applied? };
    let name = |inventory: &Inventory, resource: &Resource| {
        let text = |symbol| inventory.symbols.text(symbol);
        let namespace = text(resource.namespace);
        let namespace = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
        format!("{}/{namespace}{}", text(resource.kind), text(resource.name)).to_lowercase()
    };
    let mut gone: BTreeSet<String> = applied.resources.iter().map(|resource| name(&applied, resource)).collect();
    let known: BTreeSet<String> = before.resources.iter().map(|resource| name(before, resource)).collect();
    for deleted in arguments.delete.iter().map(|deleted| deleted.to_lowercase()) {
        if !known.contains(&deleted) {
            let text = format!("there is no object `{deleted}` (`Kind/namespace/name` or `Kind/name`)");
            return Err(UsageError(text).into());
        }
        gone.insert(deleted);
    }
    let mut lines: BTreeMap<PathBuf, Vec<u32>> = BTreeMap::new();
    for resource in before.resources.iter().filter(|resource| gone.contains(&name(before, resource))) {
        let path = before.files[resource.file as usize].clone();
        lines.entry(path).or_default().push(resource.line);
    }
    for (path, lines) in &lines {
        if texts.contains_key(path) {
            let text = format!(
                "`{}` has an object that would be deleted, and a patch changes it: do one of both",
                path.display()
            );
            return Err(UsageError(text).into());
        }
        texts.insert(path.clone(), without(path, lines, before)?);
    }
    let mut paths = arguments.paths.clone();
    paths.extend(objects);
    let texts = Texts::new(texts);
    inputs::inventory_with(&paths, &arguments.input.input, arguments.input.complete, texts)
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

/// The text of a file without the documents that begin on these lines.
fn without(path: &FilePath, lines: &[u32], inventory: &Inventory) -> anyhow::Result<String> {
    let cannot = |why: &str| {
        let text = format!("cannot take an object out of `{}`: {why}", path.display());
        anyhow::Error::from(UsageError(text))
    };
    let text = fs::read_to_string(path).map_err(|error| cannot(&error.to_string()))?;
    let line_of = |offset: usize| 1 + text[..offset].matches('\n').count() as u32;
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for range in yaml::separate::documents(&text) {
        let (first, last) = (line_of(range.start), line_of(range.end));
        let is_in = |line: &u32| (first..=last).contains(line) && !(*line == last && range.end < text.len());
        if !lines.iter().any(is_in) {
            continue;
        }
        let of_file = |resource: &&Resource| inventory.files[resource.file as usize] == *path;
        let objects = inventory.resources.iter().filter(of_file).filter(|resource| is_in(&resource.line));
        if objects.count() > 1 {
            return Err(cannot("it is in a list; write it as a document of its own"));
        }
        out.push_str(&text[at..range.start]);
        out.extend(std::iter::repeat_n('\n', text[range.clone()].matches('\n').count()));
        at = range.end;
    }
    out.push_str(&text[at..]);
    Ok(out)
}
