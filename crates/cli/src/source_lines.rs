//! The lines of the user's files, read again when they are shown, with every secret masked.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use fixes::mask::mask;
use reports::text::Sources;

/// Files above this size are not read again: their findings are shown without a frame.
const LARGEST: u64 = 64 << 20;

/// How many files are kept.
const KEPT: usize = 8;

/// Reads the files of a scan again.
pub(crate) struct SourceLines<'a> {
    files: &'a [PathBuf],
    stdin: Vec<u8>,
    cache: RefCell<BTreeMap<u32, Option<Vec<String>>>>,
}

impl<'a> SourceLines<'a> {
    /// The files of a scan, and what came from standard input.
    pub(crate) fn new(files: &'a [PathBuf], stdin: Vec<u8>) -> Self {
        Self { files, stdin, cache: RefCell::new(BTreeMap::new()) }
    }

    fn read(&self, file: u32) -> Option<Vec<String>> {
        let path = self.files.get(file as usize)?;
        let bytes = if path.as_os_str() == "<stdin>" {
            self.stdin.clone()
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
