//! Rendered text into an inventory: documents that say in a comment or otherwise where they come from.

use std::path::Path;
use std::sync::{Arc, Mutex};

use model::inventory::{Inventory, Observed, Part, Verdicts};
use model::symbols::Symbols;
use yaml::separate;

use crate::walk::Texts;

use super::document::{Braces, Reader, count_lines};
use super::{Context, Judge, Progress};

/// Says which file a byte of a rendered text comes from.
pub type SourceOf<'a> = &'a dyn Fn(u32) -> &'a Path;

/// Reads `text` into `inventory` as its only file, which is called `name`, on this thread. Objects are judged as those of the
/// file that they come from. Lines, also those of what was not judged, are lines of the text.
pub fn load_rendered(name: &Path, text: &str, source_of: SourceOf<'_>, inventory: &mut Inventory, judge: Judge<'_>) {
    let file = u32::try_from(inventory.files.len()).expect("fewer than four thousand million files");
    let part = read(file, text, source_of, inventory, judge, Lines::OfText);
    inventory.files.push(name.to_path_buf());
    inventory.append(part);
}

/// The same for who asks for the objects and their sources alone: nothing of them has a line, all places have their field
/// alone. The lines of the objects in the text come beside it.
pub fn load_rendered_fields(name: &Path, text: &str, source_of: SourceOf<'_>, inventory: &mut Inventory) -> Vec<u32> {
    let nothing = |_: Observed<'_>, _: &Symbols, _: &mut Verdicts| {};
    let lines = read(0, text, source_of, inventory, &nothing, Lines::OfText);
    let lines = lines.resources.iter().map(|resource| resource.line).collect();
    let file = u32::try_from(inventory.files.len()).expect("fewer than four thousand million files");
    let part = read(file, text, source_of, inventory, &nothing, Lines::None);
    inventory.files.push(name.to_path_buf());
    inventory.append(part);
    lines
}

/// Whether places have lines.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    /// Those of the text.
    OfText,
    /// They have none.
    None,
}

/// Reads the text of the inventory's only file a second time, and adds what `judge` finds.
pub fn rendered_again(text: &str, source_of: SourceOf<'_>, inventory: &mut Inventory, judge: Judge<'_>) {
    let part = read(0, text, source_of, inventory, judge, Lines::OfText);
    inventory.occurrences.extend(part.verdicts.occurrences);
    inventory.judged.append(part.verdicts.judged, 0);
}

fn read(file: u32, text: &str, source_of: SourceOf<'_>, inventory: &Inventory, judge: Judge<'_>, lines: Lines) -> Part {
    let symbols = Arc::clone(&inventory.symbols);
    let progress = Progress::default();
    let texts = Texts::default();
    let context = Context { symbols: &symbols, judge, progress: &progress, threads: 1, texts, stdin: Mutex::default() };
    let mut part = Part::default();
    let mut counted = (0, 1);
    for range in separate::documents(text) {
        counted.1 += count_lines(&text[counted.0..range.start]);
        counted.0 = range.start;
        let path = source_of(content_start(text, range.start) as u32);
        let reader = Reader { file, path, context: &context, braces: Braces::Text };
        let first_line = if lines == Lines::None { 0 } else { counted.1 };
        reader.read_stream(&text.as_bytes()[range], first_line, &mut part);
    }
    part
}

/// Where the first line from `start` on begins that is neither empty, a comment nor a mark between documents.
fn content_start(text: &str, start: usize) -> usize {
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        let content = line.trim_start();
        if !content.is_empty() && !content.starts_with('#') && !content.starts_with("---") {
            return at + (line.len() - content.len());
        }
        at += line.len();
    }
    start
}
