//! Where rendered text comes from: for every byte of it the source that made it, and the values that decided.
//!
//! A renderer (Helm, Kustomize) fills it; who judges the text points at the sources instead of a text that exists
//! nowhere.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use crate::document::Span;

/// The index of a file in `Provenance::files`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A file that rendered text was made from.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// How it is shown: as the user named it, or relative to what the user named. For a file in an archive the path
    /// of the archive, `!/` and the path in it.
    pub path: PathBuf,
    /// What it says.
    pub text: Arc<str>,
    /// Whether it lies in the user's tree as it is here, so that it can be edited.
    pub editable: bool,
}

/// A place in a source: bytes of one of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceSpan {
    /// The file.
    pub file: SourceId,
    /// The bytes.
    pub span: Span,
}

/// A stretch of rendered text that one place made. It ends where the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The first byte, in the rendered text.
    pub start: u32,
    /// What made it: the text of a template, an action of it, a node of a base or of a patch.
    pub source: SourceSpan,
    /// Whether the bytes were copied from there as they are, so that the n-th byte here is the n-th byte there.
    pub verbatim: bool,
    /// The first and one past the last of the values that went into it, in `Provenance::values`.
    pub values: (u32, u32),
}

/// A value that went into rendered text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueOrigin {
    /// The path as one would write it for `--set`, such as `image.tag`; of a subchart as the parent would write it.
    pub path: String,
    /// Where the value is written: in a values file, on the command line (`None`), in a ConfigMap generator's file.
    pub source: Option<SourceSpan>,
}

/// A block that a condition left out of rendered text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The byte of the rendered text at which it would stand.
    pub at: u32,
    /// The block.
    pub source: SourceSpan,
    /// The first and one past the last of the values that decided, in `Provenance::values`.
    pub values: (u32, u32),
}

/// What made a rendered text.
#[derive(Clone, Debug, Default)]
pub struct Provenance {
    /// The sources.
    pub files: Vec<SourceFile>,
    /// The stretches, ordered by their first bytes; the first begins at 0.
    pub pieces: Vec<Piece>,
    /// The values of the pieces.
    pub values: Vec<ValueOrigin>,
    /// What conditions left out, in the order of the text.
    pub left_out: Vec<LeftOut>,
}

/// Rendered text, and what made it.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// The text: documents separated by `---`.
    pub text: String,
    /// What made it.
    pub provenance: Provenance,
}

impl Rendered {
    /// These bytes of it.
    pub fn part(&self, range: Range<usize>) -> Self {
        let own = &self.provenance;
        let (begin, end) = (range.start as u32, range.end as u32);
        let first = own.pieces.partition_point(|piece| piece.start <= begin).saturating_sub(1);
        let pieces = own.pieces[first..].iter().take_while(|piece| piece.start < end);
        let pieces = pieces.map(|piece| {
            let hidden = begin.saturating_sub(piece.start);
            let mut source = piece.source;
            if piece.verbatim {
                source.span.start += hidden;
            }
            Piece { start: piece.start + hidden - begin, source, ..*piece }
        });
        let is_inside = |block: &&LeftOut| begin <= block.at && block.at < end;
        let left_out = own.left_out.iter().filter(is_inside).map(|block| LeftOut { at: block.at - begin, ..*block });
        let provenance = Provenance {
            files: own.files.clone(),
            pieces: pieces.collect(),
            values: own.values.clone(),
            left_out: left_out.collect(),
        };
        Self { text: self.text.get(range).unwrap_or_default().to_owned(), provenance }
    }
}

impl Provenance {
    /// Of a text that is a copy of the file at `path`.
    pub fn of_copy(path: &std::path::Path, text: &str, editable: bool) -> Self {
        let file = SourceFile { path: path.to_path_buf(), text: Arc::from(text), editable };
        let span = Span { start: 0, end: text.len() as u32 };
        let source = SourceSpan { file: SourceId(0), span };
        Self {
            files: vec![file],
            pieces: vec![Piece { start: 0, source, verbatim: true, values: (0, 0) }],
            values: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// The stretch that the byte at `offset` of the rendered text is in.
    pub fn piece(&self, offset: u32) -> Option<&Piece> {
        let after = self.pieces.partition_point(|piece| piece.start <= offset);
        self.pieces.get(after.checked_sub(1)?)
    }

    /// What made the byte at `offset`: the byte itself where it was copied, else all of what made it.
    pub fn source(&self, offset: u32) -> Option<SourceSpan> {
        let piece = self.piece(offset)?;
        if !piece.verbatim {
            return Some(piece.source);
        }
        let start = piece.source.span.start + (offset - piece.start);
        Some(SourceSpan { span: Span { start, end: start + 1 }, ..piece.source })
    }

    /// The values that went into the byte at `offset`.
    pub fn values(&self, offset: u32) -> &[ValueOrigin] {
        let range = self.piece(offset).map_or(0..0, |piece| piece.values.0 as usize..piece.values.1 as usize);
        self.values.get(range).unwrap_or(&[])
    }
}
