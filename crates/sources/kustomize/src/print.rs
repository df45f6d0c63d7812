//! Objects as text: the YAML that `kustomize build` prints, byte for byte, with the origin of every value.
//!
//! kustomize writes through `sigs.k8s.io/yaml`: keys in its order, values by their type, and lines folded after column
//! 80. Comments and styles of the input do not reach the output.

mod emitter;
mod key_order;
mod scalar;

use model::document::Span;
use model::provenance::{Piece, SourceId, SourceSpan};

use crate::node::{Data, Entry, NOWHERE, Node, Origin};
use crate::number;
use crate::resolve::{self, Json, Misfit};
use emitter::{Emitter, Role, Style};

pub(crate) use scalar::is_plain_in_block;

/// Prints objects one after another.
pub(crate) struct Printer {
    pub text: String,
    pub pieces: Vec<Piece>,
}

impl Printer {
    pub(crate) fn new() -> Self {
        Self { text: String::new(), pieces: Vec::new() }
    }

    /// Prints one object; `Misfit` if a value's tag does not fit its text.
    pub(crate) fn object(&mut self, node: &Node) -> Result<(), Misfit> {
        if !self.text.is_empty() {
            self.text.push_str("---\n");
        }
        let mut emitter = Emitter::new(std::mem::take(&mut self.text));
        let result = self.node(node, Place { in_mapping: false, parent: node.origin }, &mut emitter);
        self.text = emitter.finish();
        result
    }

    fn mark(&mut self, origin: Origin, fallback: Origin, emitter: &Emitter) {
        let origin = if origin.file == NOWHERE {
            Origin { value: origin.value.max(fallback.value), ..fallback }
        } else {
            origin
        };
        if origin.file == NOWHERE {
            return;
        }
        let Ok(start) = u32::try_from(emitter.length()) else { return };
        let start = if self.pieces.is_empty() { 0 } else { start };
        let source = SourceSpan { file: SourceId(origin.file), span: Span { start: origin.start, end: origin.end } };
        let values = if origin.value == 0 { (0, 0) } else { (origin.value - 1, origin.value) };
        let piece = Piece { start, source, verbatim: false, values };
        match self.pieces.last_mut() {
            Some(last) if last.start == start => *last = piece,
            Some(last) if last.source == piece.source && last.values == piece.values => {}
            _ => self.pieces.push(piece),
        }
    }

    fn node(&mut self, node: &Node, place: Place, emitter: &mut Emitter) -> Result<(), Misfit> {
        match &node.data {
            Data::Mapping(entries) if entries.is_empty() => {
                self.mark(node.origin, place.parent, emitter);
                emitter.empty("{}");
            }
            Data::Sequence(items) if items.is_empty() => {
                self.mark(node.origin, place.parent, emitter);
                emitter.empty("[]");
            }
            Data::Mapping(entries) => self.entries(entries, node.origin, emitter)?,
            Data::Sequence(items) => {
                emitter.open_sequence(place.in_mapping);
                for item in items {
                    emitter.item();
                    self.node(item, Place { in_mapping: false, parent: node.origin }, emitter)?;
                }
                emitter.close();
            }
            Data::Scalar(_) => {
                self.mark(node.origin, place.parent, emitter);
                print_scalar(node, emitter)?;
            }
        }
        Ok(())
    }

    fn entries(&mut self, entries: &[Entry], parent: Origin, emitter: &mut Emitter) -> Result<(), Misfit> {
        let mut ordered: Vec<&Entry> = entries.iter().collect();
        ordered.sort_by(|a, b| key_order::compare(&a.key, &b.key));
        emitter.open_mapping();
        for entry in ordered {
            emitter.before_key();
            self.mark(entry.key_origin, parent, emitter);
            let style = Style::of_text(&entry.key);
            let is_simple = emitter.key(&entry.key, style);
            emitter.colon(is_simple);
            self.node(&entry.value, Place { in_mapping: true, parent: entry.key_origin }, emitter)?;
        }
        emitter.close();
        Ok(())
    }
}

/// Where a node stands.
#[derive(Clone, Copy)]
struct Place {
    in_mapping: bool,
    parent: Origin,
}

fn print_scalar(node: &Node, emitter: &mut Emitter) -> Result<(), Misfit> {
    match resolve::value_of(node)? {
        Json::Null => emitter.scalar("null", Style::Plain, Role::Value),
        Json::Bool(value) => emitter.scalar(if value { "true" } else { "false" }, Style::Plain, Role::Value),
        Json::Int(value) => emitter.scalar(&value.to_string(), Style::Plain, Role::Value),
        Json::Float(value) if value.is_finite() => emitter.scalar(&float(value), Style::Plain, Role::Value),
        Json::Float(_) => return Err(Misfit),
        Json::Text(text) if text.contains(is_control) => return Err(Misfit),
        // On its way through JSON, kustomize folds this line break.
        Json::Text(text) if text.contains('\u{85}') => {
            let text = text.replace('\u{85}', " ");
            emitter.scalar(&text, Style::of_text(&text), Role::Value);
        }
        Json::Text(text) => emitter.scalar(&text, Style::of_text(&text), Role::Value),
    }
    Ok(())
}

/// What kustomize's output cannot hold.
fn is_control(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
}

/// A number on its way through JSON, where those without a fraction become whole.
fn float(value: f64) -> String {
    let json = number::format_json(value);
    match number::parse_int(&json) {
        Some(whole) => whole.to_string(),
        None => number::format_yaml(value),
    }
}
