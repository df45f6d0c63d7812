//! What was rendered, with its provenance in the form that others read.

use std::sync::Arc;

use model::provenance::{self, Provenance, Rendered, SourceFile, SourceId, SourceSpan, ValueOrigin};

use super::machine::Machine;
use crate::render::Tracing;
use crate::text::{Builder, Taint};

impl Machine {
    /// The text with its provenance.
    pub(super) fn rendered(&self, out: Builder) -> Rendered {
        let (text, pieces, left_out) = out.into_parts();
        let text = match crate::text::has_bytes(&text) {
            true => String::from_utf8_lossy(&crate::text::bytes(&text)).into_owned(),
            false => text,
        };
        if self.tracing == Tracing::Off {
            return Rendered { text, provenance: Provenance::default() };
        }
        let mut provenance = Provenance::default();
        let mut files = Files { all: &mut provenance.files, templates: vec![None; self.files.len()] };
        let mut known: Vec<(Taint, (u32, u32))> = Vec::new();
        let all = &mut provenance.values;
        let mut values_of = |taint: Taint, files: &mut Files<'_>| match known.iter().find(|(known, _)| *known == taint)
        {
            Some((_, values)) => *values,
            None => {
                let start = all.len() as u32;
                for (path, place) in self.trace.values(taint) {
                    let source = place.map(|place| SourceSpan { file: files.of(&place.file), span: place.span });
                    all.push(ValueOrigin { path: path.to_owned(), source });
                }
                let values = (start, all.len() as u32);
                known.push((taint, values));
                values
            }
        };
        for piece in pieces {
            let values = values_of(piece.taint, &mut files);
            let Some(file) = self.files.get(piece.origin.file as usize) else { continue };
            let file = files.template(piece.origin.file as usize, file);
            let source = SourceSpan { file, span: piece.origin.span };
            provenance.pieces.push(provenance::Piece {
                start: piece.start,
                source,
                verbatim: piece.origin.verbatim,
                values,
            });
        }
        for block in left_out {
            let values = values_of(block.taint, &mut files);
            let Some(file) = self.files.get(block.origin.file as usize) else { continue };
            let file = files.template(block.origin.file as usize, file);
            let source = SourceSpan { file, span: block.origin.span };
            provenance.left_out.push(provenance::LeftOut { at: block.at, source, values });
        }
        Rendered { text, provenance }
    }
}

/// The files of one text: only those that it was made from.
struct Files<'p> {
    all: &'p mut Vec<SourceFile>,
    templates: Vec<Option<SourceId>>,
}

impl Files<'_> {
    fn template(&mut self, index: usize, file: &Arc<SourceFile>) -> SourceId {
        if let Some(id) = self.templates[index] {
            return id;
        }
        let id = self.of(file);
        self.templates[index] = Some(id);
        id
    }

    fn of(&mut self, file: &Arc<SourceFile>) -> SourceId {
        let same = |known: &SourceFile| Arc::ptr_eq(&known.text, &file.text) && known.path == file.path;
        let index = self.all.iter().position(same).unwrap_or_else(|| {
            self.all.push(SourceFile::clone(file));
            self.all.len() - 1
        });
        SourceId(index as u32)
    }
}
