//! The text of one document into a tree: JSON where it is JSON, the fast path for the YAML that people write,
//! and the general one for the rest.

use memchr::memchr3_iter;
use model::document::Document;

use crate::json;
use crate::{fast, general};

/// Collections in collections are read to this depth; the API server's objects stay far below it.
pub(crate) const DEEPEST: usize = 1_000;

const TOO_DEEP: &str = "lists and mappings are nested more than 1,000 levels deep: is a bracket never closed?";

/// Offsets are 32 bits wide, with room to spare.
const LARGEST: usize = 1 << 30;

/// Why a text is not a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// The byte at which the trouble was found.
    pub offset: u32,
    /// What is wrong and, where it is known, what to do.
    pub message: String,
    /// What the library that Kubernetes' tools read YAML with says of it, where that is known.
    pub library: Option<LibraryError>,
}

/// What go-yaml, a port of libyaml, says of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibraryError {
    /// Its words.
    pub problem: String,
    /// Who noticed it.
    pub stage: Stage,
    /// The line of the document on which it stood then, from 0.
    pub line: usize,
}

/// What part of the library notices an error: each tells another line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The reader of tokens: the line of the trouble, if it is not the first.
    Scanner,
    /// The reader of events: the line before that of the trouble, if there is one.
    Parser,
    /// What puts nodes together: no line.
    Composer,
}

impl LibraryError {
    /// The error as the library prints it, of a text that has so many lines before the document.
    pub fn text(&self, lines_before: usize) -> String {
        let at = lines_before + self.line;
        match self.stage {
            Stage::Scanner if at > 0 => format!("line {}: {}", at + 1, self.problem),
            Stage::Parser if at > 0 => format!("line {at}: {}", self.problem),
            Stage::Scanner | Stage::Parser | Stage::Composer => self.problem.clone(),
        }
    }
}

impl SyntaxError {
    pub(crate) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { offset: u32::try_from(offset).unwrap_or(u32::MAX), message: message.into(), library: None }
    }

    pub(crate) fn too_deep(offset: usize) -> Self {
        Self::new(offset, TOO_DEEP)
    }
}

/// Reads one document. The text may begin with a byte-order mark, directives and `---`, and end with `...`.
///
/// # Errors
/// The text is neither JSON nor YAML that kubectl would take, or it is hostile: too deep, too large, full of aliases.
pub fn parse_document(text: &str) -> Result<Document<'_>, SyntaxError> {
    if text.len() > LARGEST {
        return Err(SyntaxError::new(0, "a document of more than 1 GiB: split it"));
    }
    let as_json = match json::begins(text).then(|| json::parse(text)) {
        Some(Ok(document)) => return Ok(document),
        Some(Err(error)) if error.message == TOO_DEEP => return Err(error),
        Some(Err(error)) => Some(error),
        None => None,
    };
    let as_yaml = match check_characters(text) {
        Ok(()) => fast::parse(text).map_or_else(|| general::parse(text), Ok),
        Err(error) => Err(error),
    };
    // Of a text that is neither, the reader that came further knows better what is wrong.
    as_yaml.map_err(|error| as_json.filter(|json| json.offset > error.offset).unwrap_or(error))
}

/// Refuses what YAML 1.1 does not allow in a text, and what ends a line for some readers and not for others,
/// so that nothing can hide behind it.
fn check_characters(text: &str) -> Result<(), SyntaxError> {
    const PORTION: usize = 4096;
    let mut high = 0;
    for (number, portion) in text.as_bytes().chunks(PORTION).enumerate() {
        // Without branches, so that the compiler looks at many bytes at a time.
        let mut bad = false;
        for &b in portion {
            bad |= is_control(b);
            high |= b;
        }
        if bad {
            let at = number * PORTION + portion.iter().position(|&b| is_control(b)).unwrap_or(0);
            return Err(control_character(at, u32::from(text.as_bytes()[at])));
        }
    }
    if high >= 0x80 { check_wide_characters(text) } else { Ok(()) }
}

#[inline]
const fn is_control(b: u8) -> bool {
    ((b < b' ') & (b != b'\n') & (b != b'\t') & (b != b'\r')) | (b == 0x7F)
}

fn check_wide_characters(text: &str) -> Result<(), SyntaxError> {
    for at in memchr3_iter(0xC2, 0xE2, 0xEF, text.as_bytes()) {
        let Some(c) = text.get(at..).and_then(|text| text.chars().next()) else { continue };
        match c {
            '\u{85}' | '\u{2028}' | '\u{2029}' => {
                let message = format!(
                    "the character U+{:04X} ends a line for kubectl and not for other readers: remove it, or write \
                     it as an escape in double quotes",
                    c as u32
                );
                return Err(SyntaxError::new(at, message));
            }
            '\u{80}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}' => return Err(control_character(at, c as u32)),
            _ => {}
        }
    }
    Ok(())
}

fn control_character(at: usize, code: u32) -> SyntaxError {
    let message = format!(
        "the control character U+{code:04X} is not allowed in YAML: is this a binary file? In double quotes it can be \
         written as an escape"
    );
    SyntaxError::new(at, message)
}
