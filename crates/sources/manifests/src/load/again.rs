//! Reads files a second time, for what can only be judged when all objects are known.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use model::coverage::SkipKind;
use model::inventory::{Inventory, Part, ResourceId, Verdicts};

use super::{Context, Judge, KEPT_OF_STDIN, Progress, document, in_parallel, large, read_small};
use crate::walk::{Config, Input, InputSource, skip};

/// How standard input is called among the files of an inventory.
const STDIN: &str = "<stdin>";

/// Reads `files`, which are indices into the files of the inventory, and adds what `judge` finds. A file that cannot
/// be read again, or is no longer what it was, is in the coverage.
pub fn again(files: &BTreeSet<u32>, inventory: &mut Inventory, stdin: &[u8], config: &Config, judge: Judge<'_>) {
    if files.is_empty() {
        return;
    }
    let files: Vec<u32> = files.iter().copied().collect();
    let symbols = Arc::clone(&inventory.symbols);
    let progress = Progress::default();
    let threads = super::threads(config.threads);
    let texts = config.texts.clone();
    let context = Context { symbols: &symbols, judge, progress: &progress, threads, texts, stdin: Mutex::default() };
    let work = |at: usize, buffer: &mut Vec<u8>| {
        let file = files[at];
        (file, read(file, &inventory.files[file as usize], stdin, buffer, &context))
    };
    let mut parts = in_parallel(files.len(), threads, &work);
    parts.sort_unstable_by_key(|(file, _)| *file);
    for (file, part) in parts {
        let part = match part {
            Read::Part(part) => Some(*part),
            Read::Large => Some(large::read(file, &input(&inventory.files[file as usize]), &context)),
            Read::Gone => None,
        };
        let first = inventory.resources.partition_point(|resource| resource.file < file);
        let end = inventory.resources.partition_point(|resource| resource.file <= file);
        let part = part.map(|part| without(part, file, &inventory.folded));
        match part.filter(|part| part.resources == inventory.resources[first..end]) {
            Some(part) => {
                let Verdicts { occurrences, judged } = part.verdicts;
                inventory.occurrences.extend(occurrences.into_iter().map(|occurrence| occurrence.moved(first as u32)));
                inventory.judged.append(judged, first as u32);
            }
            None => {
                let reason =
                    "it cannot be read a second time: its custom resources were not held against their schemas";
                let path = &inventory.files[file as usize];
                inventory.coverage.skipped.push(skip(path, SkipKind::Unreadable, reason));
            }
        }
    }
    inventory.coverage.skipped.sort();
    inventory.coverage.skipped.dedup();
}

/// The part without the objects that count for their owners.
fn without(mut part: Part, file: u32, folded: &[(u32, u32)]) -> Part {
    let from = folded.partition_point(|(of, _)| *of < file);
    let folded = &folded[from..folded.partition_point(|(of, _)| *of <= file)];
    if folded.is_empty() {
        return part;
    }
    let is_gone = |number: u32| folded.binary_search(&(file, number)).is_ok();
    let moved = |id: ResourceId| {
        let before = folded.partition_point(|(_, gone)| *gone < id.0);
        (!is_gone(id.0)).then(|| ResourceId(id.0 - u32::try_from(before).unwrap_or(0)))
    };
    let mut next = 0;
    part.resources.retain(|_| {
        next += 1;
        !is_gone(next - 1)
    });
    let Verdicts { occurrences, judged } = &mut part.verdicts;
    occurrences.retain_mut(|found| moved(found.resource).map(|number| found.resource = number).is_some());
    judged.resources.retain_mut(|(_, resource)| moved(*resource).map(|number| *resource = number).is_some());
    part
}

enum Read {
    Part(Box<Part>),
    /// It is for all threads together.
    Large,
    /// What a pipe gave is gone.
    Gone,
}

fn read(file: u32, path: &Path, stdin: &[u8], buffer: &mut Vec<u8>, context: &Context<'_>) -> Read {
    if path == Path::new(STDIN) && !stdin.is_empty() {
        if stdin.len() == KEPT_OF_STDIN {
            return Read::Gone;
        }
        let mut part = Part::default();
        document::Reader { file, path, context, braces: document::Braces::Template }.read_stream(stdin, 1, &mut part);
        return Read::Part(Box::new(part));
    }
    if !path.is_file() {
        return Read::Gone;
    }
    read_small(file, &input(path), buffer, context).map_or(Read::Large, |part| Read::Part(Box::new(part)))
}

fn input(path: &Path) -> Input {
    Input { path: path.to_path_buf(), named: 0, source: InputSource::Named }
}
