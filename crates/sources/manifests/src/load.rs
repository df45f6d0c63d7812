//! Inputs into an inventory: files are read on all processors, judged object by object while their text is
//! there, and put together in order.
//!
//! Trouble with one document costs that document. What could not be read is in the coverage.

mod again;
mod document;
mod dump;
mod items;
mod large;
mod near_miss;
mod rendered;

pub use again::again;
pub use rendered::{SourceOf, load_rendered, load_rendered_fields, rendered_again};

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use model::coverage::{SkipKind, Skipped};
use model::inventory::{Inventory, Observed, Part, Verdicts};
use model::symbols::Symbols;

use self::document::Braces;
use crate::walk::{Config, Input, InputSource, Inputs, Made, Texts, describe, skip};

/// What is done with every object while its document is there.
pub type Judge<'a> = &'a (dyn Fn(Observed<'_>, &Symbols, &mut Verdicts) + Sync);

/// How far a load has come. Read by who shows progress.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes read so far.
    pub bytes: AtomicU64,
    /// Files read so far.
    pub files: AtomicU64,
    /// Files to read.
    pub all_files: AtomicU64,
}

/// Files above this size are read in pieces, by all threads together.
const LARGE: u64 = 8 << 20;

/// What reading needs at every depth.
pub(crate) struct Context<'a> {
    pub(crate) symbols: &'a Symbols,
    pub(crate) judge: Judge<'a>,
    pub(crate) progress: &'a Progress,
    pub(crate) threads: usize,
    /// What files are to say, instead of what they say on disk.
    pub(crate) texts: Texts,
    /// What came from standard input, as far as it is kept.
    pub(crate) stdin: Mutex<Vec<u8>>,
}

/// As much of standard input is kept for showing its lines.
const KEPT_OF_STDIN: usize = 16 << 20;

impl Context<'_> {
    fn keep(&self, bytes: &[u8]) {
        let mut kept = self.stdin.lock().unwrap_or_else(PoisonError::into_inner);
        let room = KEPT_OF_STDIN.saturating_sub(kept.len()).min(bytes.len());
        kept.extend_from_slice(&bytes[..room]);
    }
}

/// Reads all inputs into `inventory`. `judge` is called for every object, on several threads.
/// Returns the beginning of standard input, if that was read, so that its lines can be shown.
pub fn load(
    config: &Config,
    found: Inputs,
    inventory: &mut Inventory,
    judge: Judge<'_>,
    progress: &Progress,
) -> Vec<u8> {
    let Inputs { inputs, skipped, covered, notes } = found;
    progress.all_files.store(inputs.len() as u64, Ordering::Relaxed);
    let threads = threads(config.threads);
    let symbols = Arc::clone(&inventory.symbols);
    let texts = config.texts.clone();
    let context = Context { symbols: &symbols, judge, progress, threads, texts, stdin: Mutex::default() };
    let judged: Vec<AtomicBool> =
        (0..config.paths.len()).map(|named| AtomicBool::new(covered.contains(&named))).collect();
    for (_, part) in read_all(&inputs, &context, &judged) {
        inventory.append(part);
    }
    let stdin = context.stdin.into_inner().unwrap_or_else(PoisonError::into_inner);
    inventory.files = inputs.into_iter().map(|input| input.path).collect();
    if config.made == Made::Folded {
        inventory.fold();
    }
    inventory.coverage.skipped.extend(skipped);
    inventory.coverage.notes.extend(notes);
    for (path, judged) in config.paths.iter().zip(judged) {
        let said = inventory.coverage.skipped.iter().any(|skipped| skipped.path.starts_with(path));
        if !judged.into_inner() && !said && !config.allow_empty {
            let reason = "there is no Kubernetes object in it";
            inventory.coverage.skipped.push(skip(path, SkipKind::NothingToJudge, reason));
        }
    }
    inventory.coverage.skipped.sort();
    stdin
}

/// As many threads as there are processors, if none are asked for.
pub fn threads(asked: usize) -> usize {
    if asked == 0 { thread::available_parallelism().map_or(1, usize::from) } else { asked }
}

/// What neighbouring files hold, with the number of the first: a part for each file would be a large part of memory.
type Segment = (usize, Part);

/// The parts of all inputs, in the order of the inputs. Notes which of the named paths hold anything to judge or to
/// speak of.
fn read_all(inputs: &[Input], context: &Context<'_>, judged: &[AtomicBool]) -> Vec<Segment> {
    let streamed = |number: &usize| {
        let input = &inputs[*number];
        input.source == InputSource::Stdin || !is_plain(input)
    };
    let (mut large, small): (Vec<usize>, Vec<usize>) = (0..inputs.len()).partition(streamed);
    let note = |number: usize, part: &Part| {
        if !part.resources.is_empty() || !part.coverage.skipped.is_empty() {
            judged[inputs[number].named].store(true, Ordering::Relaxed);
        }
        context.progress.files.fetch_add(1, Ordering::Relaxed);
    };
    let size = (small.len() / (context.threads.max(1) * 16)).clamp(1, LONGEST_SEGMENT);
    let portions: Vec<&[usize]> = small.chunks(size).collect();
    let work = |at: usize, buffer: &mut Vec<u8>| {
        let mut segments: Vec<Segment> = Vec::new();
        let (mut left, mut next) = (Vec::new(), None);
        for &number in portions[at] {
            let Some(part) = read_small(number as u32, &inputs[number], buffer, context) else {
                left.push(number);
                continue;
            };
            note(number, &part);
            // What stands between two files in the order of the input keeps their parts apart.
            match segments.last_mut().filter(|_| next == Some(number)) {
                Some((_, segment)) => segment.append(part),
                None => segments.push((number, part)),
            }
            next = Some(number + 1);
        }
        (segments, left)
    };
    let mut all: Vec<Segment> = Vec::new();
    for (segments, left) in in_parallel(portions.len(), context.threads, &work) {
        all.extend(segments);
        large.extend(left);
    }
    for number in large {
        let part = large::read(number as u32, &inputs[number], context);
        note(number, &part);
        all.push((number, part));
    }
    all.sort_unstable_by_key(|(number, _)| *number);
    all
}

/// The most files of a segment.
const LONGEST_SEGMENT: usize = 32;

/// Named pipes have no size: they are read as a stream.
fn is_plain(input: &Input) -> bool {
    input.source != InputSource::Named || input.path.is_file()
}

/// Runs `work` for every number below `count` on `threads` threads; what it returns comes in no order.
pub fn in_parallel<T: Send>(count: usize, threads: usize, work: &(dyn Fn(usize, &mut Vec<u8>) -> T + Sync)) -> Vec<T> {
    // Work is handed out in small portions: few enough to share it evenly, many enough to seldom meet.
    let portion = (count / (threads.max(1) * 16)).clamp(1, 8);
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(count));
    let run = || {
        let mut buffer = Vec::new();
        let mut results = Vec::new();
        loop {
            let start = next.fetch_add(portion, Ordering::Relaxed);
            if start >= count {
                break;
            }
            results.extend((start..count.min(start + portion)).map(|at| work(at, &mut buffer)));
        }
        done.lock().unwrap_or_else(PoisonError::into_inner).extend(results);
    };
    if threads <= 1 || count <= 1 {
        run();
    } else {
        thread::scope(|scope| {
            for _ in 1..threads.min(count) {
                scope.spawn(run);
            }
            run();
        });
    }
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Reads a file at once. `None` if it is large: then it is for all threads together.
fn read_small(file: u32, input: &Input, buffer: &mut Vec<u8>, context: &Context<'_>) -> Option<Part> {
    let mut part = Part::default();
    part.coverage.files = 1;
    if input.source == InputSource::Template {
        part.coverage.skipped.push(needs_rendering(&input.path, None));
        return Some(part);
    }
    if input.source == InputSource::Archive {
        // It needs unpacking, and may hold anything.
        part.coverage.files = 0;
        return Some(part);
    }
    if input.source == InputSource::Patch {
        let reason = "a patch that a kustomization applies: it needs rendering before it can be judged";
        part.coverage.skipped.push(skip(&input.path, SkipKind::NeedsRendering, reason));
        return Some(part);
    }
    let instead = context.texts.get(&input.path).map(String::as_bytes);
    let size = instead.map_or_else(|| read_file(&input.path, buffer), |text| Ok(Size::Small(text.len())));
    let length = match size {
        Ok(Size::Large) => return None,
        Ok(Size::Small(length)) => length,
        Err(error) => {
            part.coverage.skipped.push(skip(&input.path, SkipKind::Unreadable, &describe(&error)));
            return Some(part);
        }
    };
    part.coverage.bytes = length as u64;
    context.progress.bytes.fetch_add(length as u64, Ordering::Relaxed);
    let reader = document::Reader { file, path: &input.path, context, braces: Braces::Template };
    let text = instead.unwrap_or_else(|| &buffer[..length]);
    if dump::has_logs(text) {
        reader.read_dump(text, &mut part);
    } else {
        reader.read_stream(text, 1, &mut part);
    }
    Some(part)
}

enum Size {
    /// So many bytes are in the buffer.
    Small(usize),
    /// Nothing was read.
    Large,
}

/// Reads a whole file to the beginning of `buffer`, which keeps its length from file to file, so that it is filled
/// once: a tree has many small files, and each call of the system costs as much as reading some kilobytes.
fn read_file(path: &Path, buffer: &mut Vec<u8>) -> io::Result<Size> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    if size > LARGE {
        return Ok(Size::Large);
    }
    let expected = usize::try_from(size).unwrap_or(0);
    let mut length = 0;
    loop {
        if buffer.len() < (expected + 1).max(length + 1) {
            buffer.resize((expected + 1).max(length * 2).next_power_of_two().max(1 << 14), 0);
        }
        match file.read(&mut buffer[length..]) {
            Ok(0) => return Ok(Size::Small(length)),
            // The end was in reach and the file has the size that it was said to have.
            Ok(read) if length == 0 && read == expected => return Ok(Size::Small(read)),
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        // It grows while it is read; the limit of a document holds all the same.
        if length > large::LARGEST_DOCUMENT {
            return Ok(Size::Small(large::LARGEST_DOCUMENT));
        }
    }
}

pub(crate) fn needs_rendering(path: &Path, line: Option<u32>) -> Skipped {
    let reason = "a template: it needs rendering before it can be judged".to_owned();
    Skipped { path: path.to_path_buf(), line, kind: SkipKind::NeedsRendering, reason }
}

/// Reads `bytes` into `inventory` as if they were a file called `name`, on this thread.
pub fn load_bytes(name: &Path, bytes: &[u8], inventory: &mut Inventory, judge: Judge<'_>) {
    let symbols = Arc::clone(&inventory.symbols);
    let progress = Progress::default();
    let texts = Texts::default();
    let context = Context { symbols: &symbols, judge, progress: &progress, threads: 1, texts, stdin: Mutex::default() };
    let file = u32::try_from(inventory.files.len()).expect("fewer than four thousand million files");
    let mut part = Part::default();
    part.coverage.files = 1;
    part.coverage.bytes = bytes.len() as u64;
    document::Reader { file, path: name, context: &context, braces: Braces::Template }.read_stream(bytes, 1, &mut part);
    inventory.files.push(name.to_path_buf());
    inventory.append(part);
}
