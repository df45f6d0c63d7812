//! Reads files that users write for Plimsoll itself: what is not known, not of its kind or said twice is an error with
//! its place.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use model::document::{Document, Value};
use model::nearest::nearest;
use model::place::LineIndex;

use crate::exit::UsageError;

/// Nobody writes more than that by hand.
const LARGEST: u64 = 4 << 20;

/// A file that somebody wrote.
pub(crate) struct StrictFile {
    path: PathBuf,
    text: String,
}

impl StrictFile {
    /// Loads the file from disk.
    ///
    /// # Errors
    /// It cannot be read, is no text, or is too large.
    pub(crate) fn load(path: &Path) -> Result<Self, UsageError> {
        let name = path.display();
        let length = std::fs::metadata(path).map_err(|error| UsageError(format!("cannot read `{name}`: {error}")))?;
        if !length.is_file() || length.len() > LARGEST {
            return Err(UsageError(format!("cannot read `{name}`: it is no file of at most 4 MiB")));
        }
        let bytes = std::fs::read(path).map_err(|error| UsageError(format!("cannot read `{name}`: {error}")))?;
        let text =
            String::from_utf8(bytes).map_err(|_| UsageError(format!("cannot read `{name}`: it is not UTF-8")))?;
        Ok(Self { path: path.to_path_buf(), text })
    }

    /// Parses the one document of the file.
    ///
    /// # Errors
    /// There is none or more than one, it is not YAML, or a key stands twice.
    pub(crate) fn parse(&self) -> Result<StrictDocument<'_>, UsageError> {
        let name = self.path.display();
        let mut ranges = manifests::separate::documents(&self.text);
        let (Some(range), None) = (ranges.next(), ranges.next()) else {
            return Err(UsageError(format!("`{name}` is not one document")));
        };
        let first_line = 1 + self.text[..range.start].matches('\n').count() as u32;
        let (text, lines) = (&self.text[range], LineIndex::new(first_line));
        let parsed = manifests::parse_document(text).map_err(|error| {
            let (line, column) = lines.position(text, error.offset);
            UsageError(format!("`{name}` line {line}, column {column} is not valid YAML: {}", error.message))
        })?;
        let document = StrictDocument { path: &self.path, lines, parsed };
        match document.parsed.duplicates.first() {
            Some(twice) => Err(document.error(document.parsed.value(twice.second), "this key stands twice")),
            None => Ok(document),
        }
    }
}

/// A parsed document, and where it came from.
pub(crate) struct StrictDocument<'t> {
    path: &'t Path,
    lines: LineIndex,
    parsed: Document<'t>,
}

impl StrictDocument<'_> {
    /// The root.
    pub(crate) fn root(&self) -> Value<'_> {
        self.parsed.root()
    }

    /// An error about a value.
    pub(crate) fn error(&self, value: Value<'_>, text: &str) -> UsageError {
        let (line, column) = self.lines.position(self.parsed.text, value.span().start);
        UsageError(format!("`{}` line {line}, column {column}: {text}", self.path.display()))
    }

    /// An error about a name that is none of `known`.
    pub(crate) fn unknown<'c>(
        &self,
        value: Value<'_>,
        what: &str,
        known: impl Iterator<Item = &'c str>,
        otherwise: &str,
    ) -> UsageError {
        let name = value.text();
        let hint = nearest(&name, known).map_or(otherwise.to_owned(), |near| format!("did you mean `{near}`?"));
        self.error(value, &format!("there is no {what} `{name}`: {hint}"))
    }

    /// Holds a mapping to its keys.
    ///
    /// # Errors
    /// It is no mapping, or has another key.
    pub(crate) fn check_keys(&self, mapping: Value<'_>, known: &[&str]) -> Result<(), UsageError> {
        if !mapping.is_mapping() {
            return Err(self.error(mapping, &format!("this is no mapping with {}", listed(known))));
        }
        match mapping.entries().find(|(key, _)| !known.iter().any(|known| key.is_key(known))) {
            Some((key, _)) => {
                Err(self.unknown(key, "key", known.iter().copied(), &format!("there are {}", listed(known))))
            }
            None => Ok(()),
        }
    }

    /// The words under `key`, which has to be there and hold some.
    ///
    /// # Errors
    /// It is not there, is empty, or is no scalar.
    pub(crate) fn text(&self, mapping: Value<'_>, key: &str) -> Result<String, UsageError> {
        let Some(value) = mapping.get(key) else {
            return Err(self.error(mapping, &format!("`{key}` is missing")));
        };
        let text = value.text();
        if !value.is_scalar() || text.trim().is_empty() {
            return Err(self.error(value, &format!("`{key}` is no text")));
        }
        Ok(text.trim().to_owned())
    }

    /// The items under `key`; none if it is not there.
    ///
    /// # Errors
    /// It is no list.
    pub(crate) fn items<'d>(&self, mapping: Value<'d>, key: &str) -> Result<Vec<Value<'d>>, UsageError> {
        match mapping.get(key) {
            None => Ok(Vec::new()),
            Some(value) if value.is_sequence() => Ok(value.items().collect()),
            Some(value) => Err(self.error(value, &format!("`{key}` is no list"))),
        }
    }

    /// Holds ids to being different.
    ///
    /// # Errors
    /// This one was there before.
    pub(crate) fn check_new(&self, seen: &mut BTreeSet<String>, id: &str, at: Value<'_>) -> Result<(), UsageError> {
        if seen.insert(id.to_owned()) { Ok(()) } else { Err(self.error(at, &format!("`{id}` stands twice"))) }
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
