//! What one build carries along: the files it has read, what it could not see, and errors with their places.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use foldhash::HashMap;
use model::document::Span;
use model::provenance::{SourceFile, SourceId, SourceSpan, ValueOrigin};

use crate::build::Options;
use crate::files::{Files, Unreadable};
use crate::node::{NOWHERE, Node, Origin};
use crate::read::{self, Dialect};
use crate::schema::Schema;

/// Why a kustomization cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {message}", path.display(), line.map(|line| format!(" line {line}")).unwrap_or_default())]
pub struct Error {
    /// The file or folder in which the trouble is, as it is shown to the user.
    pub path: PathBuf,
    /// The line, from 1, where it is known.
    pub line: Option<u32>,
    /// What is wrong, and why.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Error {
    pub(crate) fn new(path: &Path, message: impl Into<String>) -> Self {
        Self { path: path.to_path_buf(), line: None, message: message.into(), hint: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Something that was left out of a build; the rest is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file that asks for it, as it is shown to the user.
    pub path: PathBuf,
    /// Where in that file.
    pub span: Span,
    /// The field, such as `resources[0]`.
    pub field: String,
    /// What was left out, and why.
    pub message: String,
    /// The command that would fetch it, where there is one.
    pub command: Option<String>,
}

/// Files are not followed beyond this many; a build that needs more is hostile.
const MOST_FILES: usize = 20_000;
/// All files of a build together.
const LARGEST_BUILD: usize = 256 << 20;

/// What one build carries along.
pub(crate) struct Context<'a> {
    pub files: &'a dyn Files,
    pub options: &'a Options<'a>,
    pub sources: Vec<SourceFile>,
    known: HashMap<PathBuf, u32>,
    size: usize,
    pub values: Vec<ValueOrigin>,
    pub problems: Vec<Problem>,
    pub uses: Vec<PathBuf>,
    pub schema: Schema,
    /// The entry asks for `buildMetadata`: origins and transformers are written down.
    pub keeps_origins: bool,
}

impl<'a> Context<'a> {
    pub(crate) fn new(files: &'a dyn Files, options: &'a Options<'a>) -> Self {
        Self {
            files,
            options,
            sources: Vec::new(),
            known: HashMap::default(),
            size: 0,
            values: Vec::new(),
            problems: Vec::new(),
            uses: Vec::new(),
            schema: Schema::default(),
            keeps_origins: false,
        }
    }

    /// Reads a file at a located path; it counts as used.
    pub(crate) fn read(&mut self, path: &Path) -> Result<Vec<u8>, Unreadable> {
        let bytes = self.files.read(path)?;
        self.size += bytes.len();
        if self.size > LARGEST_BUILD || self.uses.len() > MOST_FILES {
            return Err(Unreadable::TooLarge);
        }
        if !self.uses.iter().rev().take(64).any(|used| used == path) {
            self.uses.push(path.to_path_buf());
        }
        Ok(bytes)
    }

    /// The file as a source of the output.
    pub(crate) fn source(&mut self, path: &Path, text: &str) -> u32 {
        if let Some(&id) = self.known.get(path) {
            return id;
        }
        let id = self.sources.len() as u32;
        self.sources.push(SourceFile { path: self.files.shown(path), text: Arc::from(text), editable: true });
        self.known.insert(path.to_path_buf(), id);
        id
    }

    /// A place in a source as a value that decides, such as `images[0].newTag`.
    pub(crate) fn value(&mut self, path: impl Into<String>, origin: Origin) -> Origin {
        let source = (origin.file != NOWHERE)
            .then_some(SourceSpan { file: SourceId(origin.file), span: Span { start: origin.start, end: origin.end } });
        let value = ValueOrigin { path: path.into(), source };
        if let Some(at) = self.values.iter().rposition(|known| *known == value) {
            return Origin { value: at as u32 + 1, ..origin };
        }
        self.values.push(value);
        Origin { value: self.values.len() as u32, ..origin }
    }

    /// An error at a place.
    pub(crate) fn error(&self, origin: Origin, message: impl Into<String>) -> Error {
        let Some(source) = self.sources.get(origin.file as usize) else {
            return Error::new(Path::new("kustomization.yaml"), message);
        };
        let before = source.text.as_bytes().get(..origin.start as usize).unwrap_or_default();
        let line = memchr_count(before) + 1;
        Error { line: Some(line), ..Error::new(&source.path, message) }
    }

    /// Something is left out.
    pub(crate) fn leave_out(
        &mut self,
        origin: Origin,
        field: impl Into<String>,
        message: impl Into<String>,
        command: Option<String>,
    ) {
        let path = self.sources.get(origin.file as usize).map(|source| source.path.clone()).unwrap_or_default();
        let span = Span { start: origin.start, end: origin.end };
        self.problems.push(Problem { path, span, field: field.into(), message: message.into(), command });
    }

    /// The documents of a file.
    pub(crate) fn parse_file(&mut self, path: &Path, bytes: &[u8], dialect: Dialect) -> Result<Vec<Node>, Error> {
        let shown = self.files.shown(path);
        let text = std::str::from_utf8(bytes)
            .map_err(|error| Error::new(&shown, format!("byte {} is not UTF-8 text", error.valid_up_to())))?;
        let file = self.source(path, text);
        read::documents(text, Origin { file, ..Origin::NONE }, dialect).map_err(|trouble| {
            let origin = Origin { file, start: trouble.offset, end: trouble.offset, value: 0 };
            self.error(origin, format!("it is not valid YAML: {}", trouble.message))
        })
    }

    /// The documents of a text that stands in a scalar of a file: all of them have the place of that scalar, or their
    /// own where the scalar is a block.
    pub(crate) fn parse_inline(&self, scalar: &Node, dialect: Dialect) -> Result<Vec<Node>, read::Trouble> {
        let text = scalar.as_written();
        let mut documents = read::documents(text, Origin::NONE, dialect)?;
        let source = self.sources.get(scalar.origin.file as usize).map(|source| source.text.clone());
        let block = source.as_deref().and_then(|source| read::BlockLines::new(source, scalar.origin, text));
        for document in &mut documents {
            read::place(document, scalar.origin, block.as_ref());
        }
        Ok(documents)
    }
}

fn memchr_count(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|&&b| b == b'\n').count() as u32
}
