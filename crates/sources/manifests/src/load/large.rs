//! Large files and streams: read in pieces that are cut where a document or an item of a list ends, so that
//! memory stays small and all processors have work.
//!
//! Cuts are guesses that are checked: a piece that is not what it was taken for makes the whole document be
//! read at once, as far as its size allows.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;

use memchr::memmem;
use model::coverage::{SkipKind, Skipped};
use model::inventory::Part;

use super::document::{Braces, Position, Reader, count_lines};
use super::dump::WithoutLogs;
use super::items::{self, Next, Types};
use super::{Context, in_parallel};
use crate::walk::{Input, InputSource, describe, skip};

/// A document larger than this is not read.
pub(crate) const LARGEST_DOCUMENT: usize = 128 << 20;

/// How much is read at a time.
const WINDOW: usize = 4 << 20;

/// The size of the pieces that are given to the threads.
const PIECE: usize = 512 << 10;

/// Reads one large input.
pub(super) fn read(file: u32, input: &Input, context: &Context<'_>) -> Part {
    let mut part = Part::default();
    part.coverage.files = 1;
    let opened: io::Result<Box<dyn Read>> = match input.source {
        InputSource::Stdin => Ok(Box::new(io::stdin())),
        _ => File::open(&input.path).map(|file| Box::new(file) as Box<dyn Read>),
    };
    match opened {
        Ok(source) => {
            let reader = Reader { file, path: &input.path, context, braces: Braces::Template };
            let keeps = input.source == InputSource::Stdin;
            let source = Box::new(WithoutLogs::new(source));
            Stream::new(source, reader, context.threads, keeps).read(&mut part);
        }
        Err(error) => part.coverage.skipped.push(skip(&input.path, SkipKind::Unreadable, &describe(&error))),
    }
    part
}

/// Text that was read and not yet judged.
struct Stream<'a> {
    source: Box<WithoutLogs<Box<dyn Read>>>,
    reader: Reader<'a>,
    threads: usize,
    buffer: Vec<u8>,
    /// Where in the file the buffer begins.
    start: Position,
    ended: bool,
    /// Whether what is read is kept, because it cannot be read again.
    keeps: bool,
}

/// How the document at the beginning of the buffer goes on.
enum Shape {
    /// Not seen to be a list.
    Plain,
    /// `items:` and then items that begin with `- ` after this many spaces.
    YamlItems { indent: usize, at: usize },
    /// A JSON object with `items`, of these types unless they say so.
    JsonItems { at: usize, types: Types },
}

impl<'a> Stream<'a> {
    fn new(source: Box<WithoutLogs<Box<dyn Read>>>, reader: Reader<'a>, threads: usize, keeps: bool) -> Self {
        Self {
            source,
            reader,
            threads,
            buffer: Vec::new(),
            start: Position { line: 1, before: 0 },
            ended: false,
            keeps,
        }
    }

    fn read(mut self, part: &mut Part) {
        loop {
            self.fill(part, WINDOW);
            if self.buffer.is_empty() && self.ended {
                return self.reader.say_logs(self.source.logs, self.source.is_cut, part);
            }
            if self.ended && self.buffer.len() < WINDOW {
                self.judge_whole(self.buffer.len(), part);
                continue;
            }
            if let Some(end) = last_boundary(&self.buffer) {
                self.judge_documents(end, part);
                continue;
            }
            match shape(&self.buffer) {
                Shape::Plain => self.read_one_document(part),
                Shape::YamlItems { indent, at } => self.read_yaml_items(indent, at, part),
                Shape::JsonItems { at, types } => self.read_json_items(at, &types, part),
            }
        }
    }

    /// Reads until the buffer holds `wanted` bytes or the input ends.
    fn fill(&mut self, part: &mut Part, wanted: usize) {
        while !self.ended && self.buffer.len() < wanted {
            let held = self.buffer.len();
            let missing = wanted - held;
            match self.source.by_ref().take(missing as u64).read_to_end(&mut self.buffer) {
                Ok(0) => self.ended = true,
                Ok(read) => {
                    part.coverage.bytes += read as u64;
                    self.reader.context.progress.bytes.fetch_add(read as u64, std::sync::atomic::Ordering::Relaxed);
                    if self.keeps {
                        self.reader.context.keep(&self.buffer[held..]);
                    }
                }
                Err(error) => {
                    self.ended = true;
                    part.coverage.skipped.push(skip(self.reader.path, SkipKind::Unreadable, &describe(&error)));
                }
            }
        }
    }

    fn consume(&mut self, end: usize) {
        self.start = self.start.after(&self.buffer[..end]);
        self.buffer.drain(..end);
    }

    fn judge_whole(&mut self, end: usize, part: &mut Part) {
        self.reader.read_stream(&self.buffer[..end], self.start.line, part);
        self.consume(end);
    }

    /// Judges whole documents in parallel, cut into pieces at `---`.
    fn judge_documents(&mut self, end: usize, part: &mut Part) {
        let text = &self.buffer[..end];
        let mut pieces = Vec::new();
        let mut start = 0;
        while start < end {
            let wanted = (start + PIECE).min(end);
            let cut = if wanted == end { end } else { next_boundary(text, wanted).unwrap_or(end) };
            pieces.push(start..cut);
            start = cut;
        }
        let (reader, start) = (&self.reader, self.start);
        Pieces { text, start, threads: self.threads, ranges: pieces }.judge(part, &|text, at, part| {
            reader.read_stream(text, at.line, part);
            true
        });
        self.consume(end);
    }

    /// Reads on until the document ends, and judges it alone. One that is too large is passed over.
    fn read_one_document(&mut self, part: &mut Part) {
        let mut wanted = self.buffer.len();
        while !self.ended && wanted < LARGEST_DOCUMENT {
            wanted = (wanted * 2).min(LARGEST_DOCUMENT);
            self.fill(part, wanted);
            if let Some(end) = next_boundary(&self.buffer, 1) {
                return self.judge_whole(end, part);
            }
        }
        if self.ended {
            return self.judge_whole(self.buffer.len(), part);
        }
        part.coverage.documents += 1;
        part.coverage.skipped.push(Skipped {
            path: self.reader.path.to_path_buf(),
            line: Some(self.start.line),
            kind: SkipKind::TooLarge,
            reason: format!("a document of more than {} MiB: split it", LARGEST_DOCUMENT >> 20),
        });
        self.pass_over(part);
    }

    /// Drops text until the next document begins.
    fn pass_over(&mut self, part: &mut Part) {
        loop {
            if let Some(end) = next_boundary(&self.buffer, 1) {
                return self.consume(end);
            }
            // The mark may lie across the border of two windows.
            let kept = self.buffer.len().min(8);
            self.consume(self.buffer.len() - kept);
            if self.ended {
                return self.consume(self.buffer.len());
            }
            self.fill(part, WINDOW);
        }
    }

    fn read_yaml_items(&mut self, indent: usize, at: usize, part: &mut Part) {
        part.coverage.documents += 1;
        self.consume(at);
        let mark = format!("\n{}- ", " ".repeat(indent));
        loop {
            self.fill(part, WINDOW);
            let text = &self.buffer[..];
            let (end, last) = match end_of_items(text, indent) {
                Some(end) => (end, true),
                None if self.ended => (text.len(), true),
                None => match memmem::rfind(text, mark.as_bytes()) {
                    Some(cut) => (cut + 1, false),
                    None if text.len() >= LARGEST_DOCUMENT => return self.too_large_item(part),
                    None => {
                        self.fill(part, self.buffer.len() * 2);
                        continue;
                    }
                },
            };
            let pieces = cut_pieces(&text[..end], mark.as_bytes(), 1);
            let (reader, start) = (&self.reader, self.start);
            let right = Pieces { text, start, threads: self.threads, ranges: pieces }.judge(part, &|text, at, part| {
                std::str::from_utf8(text).is_ok_and(|text| reader.read_items(text, at, part))
            });
            if !right {
                self.say_not_items(part);
            }
            self.consume(end);
            if last {
                return self.skip_tail(part);
            }
        }
    }

    fn read_json_items(&mut self, at: usize, types: &Types, part: &mut Part) {
        part.coverage.documents += 1;
        self.consume(at);
        loop {
            self.fill(part, WINDOW);
            let run = Run::of(&self.buffer);
            if run.end == 0 && run.stops.is_none() {
                if !self.ended && self.buffer.len() < LARGEST_DOCUMENT {
                    self.fill(part, self.buffer.len() * 2);
                    continue;
                }
                if !self.ended {
                    return self.too_large_item(part);
                }
            }
            let (reader, text) = (&self.reader, &self.buffer[..run.end]);
            let right = Pieces { text, start: self.start, threads: self.threads, ranges: run.pieces }.judge(
                part,
                &|text, at, part| {
                    let (mut at, mut seen) = (at, 0);
                    while let Next::Item(Range { start, end }) = items::next(text, seen) {
                        let here = at.after(&text[seen..start]);
                        match std::str::from_utf8(&text[start..end]) {
                            Ok(item) => reader.read_json_item(item, here, types, part),
                            Err(_) => reader.not_an_item("is not valid UTF-8", here.line, part),
                        }
                        (at, seen) = (here.after(&text[start..end]), end);
                    }
                    true
                },
            );
            if !right {
                self.say_not_items(part);
            }
            self.consume(run.end);
            match run.stops {
                Some(Stop::Ends) => return self.skip_tail(part),
                // What is no item is neither read nor passed over without a word.
                Some(Stop::Breaks) => {
                    self.say_not_items(part);
                    return self.pass_over(part);
                }
                None if self.ended => {
                    if !self.buffer.trim_ascii().is_empty() {
                        self.say_not_items(part);
                    }
                    return self.consume(self.buffer.len());
                }
                None => {}
            }
        }
    }

    fn say_not_items(&self, part: &mut Part) {
        part.coverage.skipped.push(Skipped {
            path: self.reader.path.to_path_buf(),
            line: Some(self.start.line),
            kind: SkipKind::Syntax,
            reason: "a part of a large list that is not valid: nothing of this part was judged".to_owned(),
        });
    }

    fn too_large_item(&mut self, part: &mut Part) {
        part.coverage.skipped.push(Skipped {
            path: self.reader.path.to_path_buf(),
            line: Some(self.start.line),
            kind: SkipKind::TooLarge,
            reason: format!("an item of a list of more than {} MiB", LARGEST_DOCUMENT >> 20),
        });
        self.pass_over(part);
    }

    /// Drops what follows the items of a list: its kind and metadata.
    fn skip_tail(&mut self, part: &mut Part) {
        self.fill(part, WINDOW);
        let end = next_boundary(&self.buffer, 0).unwrap_or(self.buffer.len());
        if let Some(at) = second_items(&self.buffer[..end]) {
            let line = self.start.line + count_lines(&self.buffer[..at]);
            part.coverage.skipped.push(Skipped {
                path: self.reader.path.to_path_buf(),
                line: Some(line),
                kind: SkipKind::InvalidObject,
                reason: "`items` is set twice in a list of objects: what stands in the second was not judged"
                    .to_owned(),
            });
        }
        self.consume(end);
    }
}

/// Where `items` begin in what follows the items of a list.
fn second_items(tail: &[u8]) -> Option<usize> {
    let is_key =
        |at: &usize| tail[..*at].trim_ascii_end().last().is_none_or(|before| *before == b',' || tail[*at - 1] == b'\n');
    let yaml = memmem::find_iter(tail, b"items:").find(is_key);
    yaml.or_else(|| memmem::find_iter(tail, b"\"items\":").find(is_key))
}

/// Text that was cut into pieces.
struct Pieces<'a> {
    text: &'a [u8],
    /// Where in the file the text begins.
    start: Position,
    threads: usize,
    ranges: Vec<Range<usize>>,
}

/// Judges one piece that begins there. False if it was not what it was taken for.
type JudgePiece<'a> = &'a (dyn Fn(&[u8], Position, &mut Part) -> bool + Sync);

impl Pieces<'_> {
    /// Judges the pieces on all threads, and adds what they hold in order.
    /// False if one of them was not what it was taken for; then nothing is added.
    fn judge(&self, part: &mut Part, judge: JudgePiece<'_>) -> bool {
        let mut starts = Vec::with_capacity(self.ranges.len());
        let mut counted = (0, self.start);
        for range in &self.ranges {
            counted = (range.start, counted.1.after(&self.text[counted.0..range.start]));
            starts.push(counted.1);
        }
        let work = |at: usize, _: &mut Vec<u8>| {
            let mut part = Part::default();
            let right = judge(&self.text[self.ranges[at].clone()], starts[at], &mut part);
            (at, right, part)
        };
        let mut done = in_parallel(self.ranges.len(), self.threads, &work);
        done.sort_by_key(|(at, ..)| *at);
        if done.iter().any(|(_, right, _)| !right) {
            return false;
        }
        for (_, _, piece) in done {
            append(part, piece);
        }
        true
    }
}

fn append(part: &mut Part, other: Part) {
    let base = part.resources.len() as u32;
    let Part { resources, facts, verdicts, coverage } = other;
    part.resources.extend(resources);
    part.facts.append(facts, base);
    part.verdicts.append(verdicts, base);
    part.coverage.append(coverage);
}

/// The start of the last line that separates two documents, if there is one after the first byte.
fn last_boundary(text: &[u8]) -> Option<usize> {
    let mut end = text.len();
    loop {
        let at = memmem::rfind(&text[..end], b"\n---")?;
        if is_mark(text, at + 1) {
            return Some(at + 1);
        }
        end = at + 3;
    }
}

/// The start of the first line from `from` on that separates two documents.
fn next_boundary(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from.saturating_sub(1).min(text.len());
    loop {
        at += memmem::find(&text[at..], b"\n---")? + 1;
        if is_mark(text, at) {
            return Some(at);
        }
    }
}

/// Whether the `---` at `at` stands alone, as far as the text is known.
fn is_mark(text: &[u8], at: usize) -> bool {
    text.get(at + 3).is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
}

/// Recognises a list in the beginning of a document.
fn shape(text: &[u8]) -> Shape {
    let head = &text[..text.len().min(64 << 10)];
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let offset = text.len().min(64 << 10) - head.len();
    let first = head.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
    if head.get(first) == Some(&b'{') {
        return json_shape(head, offset);
    }
    let found =
        if head.starts_with(b"items:\n") { Some(0) } else { memmem::find(head, b"\nitems:\n").map(|at| at + 1) };
    let Some(items) = found else { return Shape::Plain };
    let at = items + b"items:\n".len();
    let indent = head[at..].iter().take_while(|&&byte| byte == b' ').count();
    // Only what kubectl prints before `items`: anything else may be a mapping that merely has such a key.
    let kubectl = head[first..items].split(|&byte| byte == b'\n').all(|line| {
        line.is_empty()
            || line[0] == b'#'
            || line == b"---"
            || [&b"apiVersion:"[..], b"kind:", b"metadata:", b"  resourceVersion:", b"  selfLink:"]
                .iter()
                .any(|key| line.starts_with(key))
    });
    if !kubectl || !head[at + indent..].starts_with(b"- ") || !says_kind(&head[at..], indent) {
        return Shape::Plain;
    }
    Shape::YamlItems { indent, at: at + offset }
}

/// Whether the first item says its kind. Where it does not, `kind` of the list does, and may stand after the items.
fn says_kind(items: &[u8], indent: usize) -> bool {
    let mut lines = items.split(|&byte| byte == b'\n').map(|line| line.get(indent..).unwrap_or_default());
    let first = lines.next().unwrap_or_default();
    let rest = lines.take_while(|line| line.starts_with(b"  ") || line.is_empty());
    [first].into_iter().chain(rest).any(|line| line.get(2..).is_some_and(|line| line.starts_with(b"kind:")))
}

fn json_shape(head: &[u8], offset: usize) -> Shape {
    items::head(head).map_or(Shape::Plain, |found| Shape::JsonItems { at: found.at + offset, types: found.types })
}

/// Items of a JSON list that are whole in a text.
struct Run {
    /// They, in pieces of about `PIECE` bytes.
    pieces: Vec<Range<usize>>,
    /// Where the last of them ends, or the list.
    end: usize,
    stops: Option<Stop>,
}

/// Why there are no more.
enum Stop {
    Ends,
    Breaks,
}

impl Run {
    fn of(text: &[u8]) -> Self {
        let mut run = Self { pieces: Vec::new(), end: 0, stops: None };
        let mut start = 0;
        loop {
            match items::next(text, run.end) {
                Next::Item(range) => run.end = range.end,
                Next::Open(_) => break,
                Next::End(end) => {
                    run.stops = Some(Stop::Ends);
                    if run.end > start {
                        run.pieces.push(start..run.end);
                    }
                    run.end = end;
                    return run;
                }
                Next::Other(_) => {
                    run.stops = Some(Stop::Breaks);
                    break;
                }
            }
            if run.end - start >= PIECE {
                run.pieces.push(start..run.end);
                start = run.end;
            }
        }
        if run.end > start {
            run.pieces.push(start..run.end);
        }
        run
    }
}

/// Where the items of a block sequence end: the first line that is neither indented further nor an item.
fn end_of_items(text: &[u8], indent: usize) -> Option<usize> {
    let mut line = 0;
    loop {
        let rest = &text[line..];
        let spaces = rest.iter().take(indent + 1).take_while(|&&byte| byte == b' ').count();
        let first = *rest.get(spaces)?;
        let inside = spaces > indent || matches!(first, b'\n' | b'\r' | b'#') || (spaces == indent && first == b'-');
        if !inside {
            return Some(line);
        }
        line += memchr::memchr(b'\n', rest)? + 1;
    }
}

/// Cuts `text` into pieces of about `PIECE` bytes, each ending `keep` bytes after the beginning of a `mark`.
fn cut_pieces(text: &[u8], mark: &[u8], keep: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let wanted = (start + PIECE).min(text.len());
        let cut = memmem::find(&text[wanted..], mark).map_or(text.len(), |found| wanted + found + keep);
        pieces.push(start..cut);
        start = cut;
    }
    pieces
}
