//! Reading: pages go to whoever takes them as they come; nothing of the file is believed before it is checked.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};
use std::thread;

use flate2::bufread::MultiGzDecoder;
use serde::Deserialize;

use super::{Header, Line, ListTrouble, PageLine, VERSION};
use crate::owners::{Decision, Drift};

/// The longest line: etcd takes no object of this size.
const LONGEST: u64 = 16 << 20;

/// The most objects of a page, and of all pages.
const PAGE: usize = 1 << 16;
const MOST: u64 = 50_000_000;

/// Why a snapshot cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("cannot read the snapshot: {0}")]
    Read(io::Error),
    /// It ends too early.
    #[error("the snapshot is cut: it ends before its last line; take it again")]
    Cut,
    /// It is damaged, or something else.
    #[error("this is no snapshot, or it is damaged: {0}")]
    Invalid(String),
    /// A newer program wrote it.
    #[error("the snapshot has form {0}, and this program knows {VERSION}: use a newer Plimsoll")]
    Newer(u32),
}

/// A page of a snapshot.
pub struct SnapshotPage {
    /// The number of the list.
    pub list: usize,
    /// The number of the page among all pages of the file.
    pub page: u32,
    /// The objects, one line of JSON each.
    pub objects: Vec<String>,
    /// What is done with each.
    pub decisions: Vec<Decision>,
}

/// What takes pages, from several threads and in any order.
pub trait Taker: Sync {
    /// The header was read.
    ///
    /// # Errors
    /// What it says is not what was asked for.
    fn header(&self, header: &Header) -> Result<(), ReadError>;
    /// A page was read.
    fn page(&self, page: SnapshotPage);
    /// All pages of definitions have been taken: nothing of another kind has.
    fn end_of_definitions(&self);
    /// The pages of a list before this one are void.
    fn restart(&self, list: usize, page: u32);
}

/// Whether there is a snapshot at `path`, whole or not: a file that begins as one. What is no file is not opened.
pub fn is_one(path: &Path) -> bool {
    const BEGINNING: &[u8] = b"{\"plimsollSnapshot\":";
    let file = path.is_file().then(|| File::open(path).ok()).flatten();
    let mut beginning = [0; BEGINNING.len()];
    file.is_some_and(|file| {
        let read = MultiGzDecoder::new(BufReader::new(file)).read_exact(&mut beginning);
        read.is_ok() && beginning == BEGINNING
    })
}

/// Reads the snapshot at `path` on `threads` threads beside this one. Returns what it says that could not be seen.
///
/// # Errors
/// A file that is no snapshot, is cut, or was written by a newer program.
pub fn read(path: &Path, threads: usize, taker: &dyn Taker) -> Result<(Header, Vec<ListTrouble>), ReadError> {
    let file = File::open(path).map_err(ReadError::Read)?;
    let mut lines =
        Lines { from: BufReader::with_capacity(1 << 16, MultiGzDecoder::new(BufReader::new(file))), pages: 0 };
    let first = lines.next()?.ok_or(ReadError::Cut)?;
    let version: Versioned =
        serde_json::from_str(&first).map_err(|_| ReadError::Invalid("its first line is no header".to_owned()))?;
    if version.plimsoll_snapshot > VERSION {
        return Err(ReadError::Newer(version.plimsoll_snapshot));
    }
    let header: Header = parse(&first)?;
    taker.header(&header)?;
    let lists = header.lists();
    let definitions = lists.iter().take_while(|list| list.phase == crate::lists::Phase::Definitions).count();
    let troubles = pages(&mut lines, lists.len(), definitions, threads, taker)?;
    Ok((header, troubles))
}

#[derive(Deserialize)]
struct Versioned {
    #[serde(rename = "plimsollSnapshot")]
    plimsoll_snapshot: u32,
}

fn parse<T: for<'a> Deserialize<'a>>(line: &str) -> Result<T, ReadError> {
    serde_json::from_str(line).map_err(|error| ReadError::Invalid(error.to_string()))
}

fn pages(
    lines: &mut Lines<impl BufRead>,
    lists: usize,
    definitions: usize,
    threads: usize,
    taker: &dyn Taker,
) -> Result<Vec<ListTrouble>, ReadError> {
    let mut objects = 0;
    let restart = |list, page| taker.restart(list, page);
    // Definitions are few, and everything else waits for them.
    let mut line: Line = loop {
        let line: Line = parse(&lines.next()?.ok_or(ReadError::Cut)?)?;
        match line {
            Line::Page(page) if page.list < definitions => taker.page(lines.page(page, lists, &mut objects)?),
            Line::Restart(list) if list < definitions => restart(list, lines.pages),
            other => break other,
        }
    };
    taker.end_of_definitions();
    let (sender, receiver) = sync_channel::<SnapshotPage>(threads * 2);
    let receiver = Mutex::new(receiver);
    thread::scope(|scope| {
        // Owned by the scope: an error here ends the threads.
        let sender = sender;
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(page) = next else { break };
                    taker.page(page);
                }
            });
        }
        loop {
            match line {
                Line::Page(page) if page.list < definitions => {
                    return Err(ReadError::Invalid("definitions stand behind what they define".to_owned()));
                }
                Line::Page(page) => {
                    let page = lines.page(page, lists, &mut objects)?;
                    if sender.send(page).is_err() {
                        return Err(ReadError::Invalid("a page could not be judged".to_owned()));
                    }
                }
                Line::Restart(list) => restart(list, lines.pages),
                Line::End(end) => {
                    if end.objects != objects {
                        let text = format!("it has {objects} objects, and says that it has {}", end.objects);
                        return Err(ReadError::Invalid(text));
                    }
                    if end.troubles.iter().any(|trouble| trouble.list >= lists) {
                        return Err(ReadError::Invalid("it speaks of a list that it does not have".to_owned()));
                    }
                    if lines.next()?.is_some() {
                        return Err(ReadError::Invalid("there is more behind its last line".to_owned()));
                    }
                    return Ok(end.troubles);
                }
            }
            line = parse(&lines.next()?.ok_or(ReadError::Cut)?)?;
        }
    })
}

struct Lines<R> {
    from: R,
    /// Pages so far.
    pages: u32,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<Option<String>, ReadError> {
        let mut bytes = Vec::new();
        let read = self.from.by_ref().take(LONGEST).read_until(b'\n', &mut bytes);
        match read {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(ReadError::Cut),
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => {
                return Err(ReadError::Invalid("it is not compressed as a snapshot is".to_owned()));
            }
            Err(error) => return Err(ReadError::Read(error)),
        }
        if bytes.pop() != Some(b'\n') {
            let text = format!("a line of more than {} MiB, or one without an end", LONGEST >> 20);
            return Err(if bytes.len() as u64 + 1 == LONGEST { ReadError::Invalid(text) } else { ReadError::Cut });
        }
        String::from_utf8(bytes).map(Some).map_err(|_| ReadError::Invalid("it is not UTF-8".to_owned()))
    }

    fn page(&mut self, page: PageLine, lists: usize, objects: &mut u64) -> Result<SnapshotPage, ReadError> {
        let PageLine { list, page: _, decisions, drifts } = page;
        *objects += decisions.len() as u64;
        if list >= lists || decisions.len() > PAGE || *objects > MOST {
            return Err(ReadError::Invalid(
                "a page of a list that it does not have, or one that is too large".to_owned(),
            ));
        }
        let mut drifts = drifts.into_iter();
        let decide = |letter| match letter {
            'j' => Some(Decision::Judge),
            'e' => Some(Decision::Evidence),
            'd' => drifts.next().map(|(kind, name, what)| Decision::Drifted(Drift { owner: (kind, name), what })),
            _ => None,
        };
        let decided: Option<Vec<Decision>> = decisions.chars().map(decide).collect();
        let decisions =
            decided.ok_or_else(|| ReadError::Invalid("what is done with an object is not known".to_owned()))?;
        let mut all = Vec::with_capacity(decisions.len());
        for _ in 0..decisions.len() {
            all.push(self.next()?.ok_or(ReadError::Cut)?);
        }
        self.pages += 1;
        Ok(SnapshotPage { list, page: self.pages, objects: all, decisions })
    }
}
