//! Several rendered texts into one, with one list of files.

use std::collections::HashMap;
use std::path::PathBuf;

use model::document::Span;
use model::provenance::{LeftOut, Piece, Provenance, Rendered, SourceId, SourceSpan, ValueOrigin};

/// A chart makes no more text than this.
const LARGEST: usize = 256 << 20;

/// Puts texts together, documents apart from each other.
#[derive(Default)]
pub(super) struct Joined {
    all: Rendered,
    files: HashMap<PathBuf, SourceId>,
}

/// There is more text than anybody reads.
pub(super) struct TooLarge;

impl Joined {
    /// Adds a text.
    pub(super) fn add(&mut self, part: &Rendered) -> Result<(), TooLarge> {
        if self.all.text.len() + part.text.len() > LARGEST {
            return Err(TooLarge);
        }
        let numbers: Vec<SourceId> = part.provenance.files.iter().map(|file| self.file(file)).collect();
        let of = |source: SourceSpan| SourceSpan { file: numbers[source.file.0 as usize], ..source };
        let Rendered { text, provenance: Provenance { pieces, values, left_out, .. } } = &mut self.all;
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        // What separates documents is of nobody; it is pointed at as the beginning of what follows.
        let first = part.provenance.pieces.first().map(|piece| of(piece.source));
        let source = first.map(|source| SourceSpan { span: Span { start: 0, end: 0 }, ..source });
        if !part.text.trim_start_matches('\n').starts_with("---") {
            let start = text.len() as u32;
            pieces.extend(source.map(|source| Piece { start, source, verbatim: false, values: (0, 0) }));
            text.push_str("---\n");
        }
        let (at, first_value) = (text.len() as u32, values.len() as u32);
        values.extend(part.provenance.values.iter().map(|value| {
            let ValueOrigin { path, source } = value;
            ValueOrigin { path: path.clone(), source: source.map(of) }
        }));
        pieces.extend(part.provenance.pieces.iter().map(|piece| Piece {
            start: piece.start + at,
            source: of(piece.source),
            verbatim: piece.verbatim,
            values: (piece.values.0 + first_value, piece.values.1 + first_value),
        }));
        left_out.extend(part.provenance.left_out.iter().map(|block| LeftOut {
            at: block.at + at,
            source: of(block.source),
            values: (block.values.0 + first_value, block.values.1 + first_value),
        }));
        text.push_str(&part.text);
        Ok(())
    }

    fn file(&mut self, file: &model::provenance::SourceFile) -> SourceId {
        let files = &mut self.all.provenance.files;
        *self.files.entry(file.path.clone()).or_insert_with(|| {
            files.push(file.clone());
            SourceId(files.len() as u32 - 1)
        })
    }

    /// The whole.
    pub(super) fn into_rendered(self) -> Rendered {
        self.all
    }
}
