//! The lines of the user's files, read again when they are shown, with every secret masked.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use fixes::mask::mask;
use model::document::Span;
use model::inventory::Results;
use model::origin::{Origins, masked};
use reports::text::Sources;

use crate::judging::Shown;

/// Files above this size are not read again: their findings are shown without a frame.
const LARGEST: u64 = 64 << 20;

/// How many files are kept.
const KEPT: usize = 8;

/// Reads the files of a scan again.
pub(crate) struct SourceLines<'a> {
    files: &'a [PathBuf],
    stdin: &'a [u8],
    origins: &'a Origins,
    cache: RefCell<BTreeMap<u32, Option<Vec<String>>>>,
}

impl<'a> SourceLines<'a> {
    /// The files of a scan, and what they are read from.
    pub(crate) fn new(results: &'a Results, shown: &'a Shown) -> Self {
        let files = if shown.on_disk.is_empty() { &results.files } else { &shown.on_disk };
        Self { files, stdin: &shown.stdin, origins: &results.origins, cache: RefCell::new(BTreeMap::new()) }
    }

    fn read(&self, file: u32) -> Option<Vec<String>> {
        if let Some(source) = self.origins.source(file) {
            return Some(self.of_source(file, &source.text));
        }
        let path = self.files.get(file as usize)?;
        let bytes = if path.as_os_str() == "<stdin>" {
            self.stdin.to_vec()
        } else {
            if !path.is_file() {
                return None;
            }
            let mut bytes = Vec::new();
            File::open(path).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
            bytes
        };
        let text = String::from_utf8_lossy(&bytes);
        Some(mask(&text).lines().map(str::to_owned).collect())
    }
}

impl SourceLines<'_> {
    /// The lines of a file that something was rendered from: a template is no YAML, and its secrets are those of what
    /// came of it.
    fn of_source(&self, file: u32, text: &str) -> Vec<String> {
        let mut spans = self.origins.secrets(file);
        if let Some(own) = secret_spans(text) {
            spans.extend(own);
        }
        spans.sort_unstable();
        let mut start = 0;
        let mut lines = Vec::new();
        for line in text.split_inclusive('\n') {
            lines.push(masked(line.trim_end_matches(['\n', '\r']), start, &spans));
            start += line.len() as u32;
        }
        lines
    }
}

/// The secrets of a text, if all of it is YAML.
fn secret_spans(text: &str) -> Option<Vec<Span>> {
    let mut spans = Vec::new();
    for range in yaml::separate::documents(text) {
        let start = range.start as u32;
        let document = yaml::parse_document(&text[range]).ok()?;
        let own = controls::secret::mask::secret_spans(&document).into_iter();
        spans.extend(own.map(|span| Span { start: span.start + start, end: span.end + start }));
    }
    Some(spans)
}

impl Sources for SourceLines<'_> {
    fn lines(&self, file: u32, first: u32, last: u32) -> Option<Vec<String>> {
        let mut cache = self.cache.borrow_mut();
        if !cache.contains_key(&file) {
            if cache.len() >= KEPT {
                cache.pop_first();
            }
            cache.insert(file, self.read(file));
        }
        let lines = cache.get(&file)?.as_ref()?;
        let first = (first as usize).checked_sub(1)?;
        let last = (last as usize).min(lines.len());
        (first < last).then(|| lines[first..last].to_vec())
    }
}
