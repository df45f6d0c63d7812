//! How long a question about one change takes where a cluster is in memory already. `cargo xtask bench` runs it with a
//! folder of files; it prints a line for each figure: what, milliseconds, and how many answers.

#![expect(clippy::disallowed_types, reason = "it measures, and is no analysis")]
#![expect(clippy::disallowed_methods, reason = "it reads what it measures")]
#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, fs, io};

use model::inventory::Inventory;
use paths::analysis::{Analysis, Question, usual_entries, usual_sinks};
use paths::edges::EDGES;
use paths::graph::Graph;
use paths::topology::Removed;
use paths::world::{Config, World};

/// So many changes are asked about, spread over all there are.
const ASKED: usize = 500;

fn say(what: &str, time: Duration, answers: usize) {
    println!("{what}\t{:.3}\t{answers}", time.as_secs_f64() * 1e3);
}

fn main() -> io::Result<()> {
    let folder = env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    files.sort();
    let mut inventory = Inventory::default();
    let start = Instant::now();
    for file in &files {
        manifests::load::load_bytes(file, &fs::read(file)?, &mut inventory, &|_, _, _| {});
    }
    say("load", start.elapsed(), inventory.resources.len());

    let start = Instant::now();
    let world = World::new(&inventory, &Config::of(&inventory, None));
    say("rights and network", start.elapsed(), world.inventory.resources.len());
    let start = Instant::now();
    let graph = Graph::new(&world, EDGES);
    say("the graph", start.elapsed(), graph.edges.len());

    let question = Question { entries: usual_entries(&world), sinks: usual_sinks(), ..Question::default() };
    let analysis = Analysis::new(&graph, &question);
    let before = analysis.reaching(&Removed::default());
    let changing: Vec<usize> =
        (0..graph.changes.len()).filter(|change| !graph.changes[*change].parts.is_empty()).collect();
    let step = (changing.len() / ASKED).max(1);
    let mut times = Vec::new();
    let mut cut = 0;
    for change in changing.into_iter().step_by(step) {
        let start = Instant::now();
        let mut removed = Removed::default();
        removed.apply(&graph.changes[change]);
        let after = analysis.reaching(&removed);
        times.push(start.elapsed());
        assert!(after.is_subset(&before), "what is taken away opens no way");
        cut += usize::from(after.len() < before.len());
    }
    times.sort_unstable();
    let nothing = Duration::ZERO;
    say("what if one change is made: median", *times.get(times.len() / 2).unwrap_or(&nothing), cut);
    say("what if one change is made: longest", *times.last().unwrap_or(&nothing), cut);
    Ok(())
}
