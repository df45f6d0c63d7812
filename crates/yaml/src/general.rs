//! All of YAML that kubectl takes, by way of the events of `granit-parser`.
//!
//! Aliases become copies of what they stand for, and merge keys the entries that they bring in. The copies keep
//! the places of the originals: that is where somebody has to edit. What kubectl refuses is refused.

mod expand;
mod message;
mod scalars;

use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle, options};
use model::document::{Document, Kind, Node, Resolution};

use crate::arena::{Arena, scalar};
use crate::parse::{DEEPEST, SyntaxError};

/// A document as it is written: aliases and merge keys are still there.
struct Written<'t> {
    text: &'t str,
    nodes: Vec<Node>,
    owned: Vec<String>,
    /// Aliases and the nodes that they stand for.
    aliases: HashMap<u32, u32>,
    /// Mappings that have a merge key.
    merging: Vec<u32>,
    /// Merge keys.
    merge_keys: Vec<u32>,
}

/// Reads one document.
///
/// # Errors
/// The text is not YAML, or YAML that kubectl refuses.
pub fn parse(text: &str) -> Result<Document<'_>, SyntaxError> {
    let written = Builder::new(text).read()?;
    let arena = if written.aliases.is_empty() && written.merging.is_empty() {
        let mut arena = Arena::new(text);
        arena.document.nodes = written.nodes;
        arena.document.owned = written.owned;
        arena
    } else {
        expand::expand(&written)?
    };
    Ok(find_duplicates(arena))
}

/// One walk over all nodes. Copies that aliases made say the same once more; it is reported once.
fn find_duplicates(mut arena: Arena<'_>) -> Document<'_> {
    struct Open {
        is_mapping: bool,
        end: u32,
        keys: u32,
        at_key: bool,
    }
    let mut open: Vec<Open> = Vec::new();
    for id in 0..arena.next() {
        while open.last().is_some_and(|top| top.end <= id) {
            if let Some(closed) = open.pop() {
                arena.close_mapping(closed.keys);
            }
        }
        if let Some(top) = open.last_mut().filter(|top| top.is_mapping) {
            let is_key = top.at_key;
            top.at_key = !top.at_key;
            if is_key {
                arena.hold_decoded_key(id);
            }
        }
        let node = arena.document.nodes[id as usize];
        if matches!(node.kind, Kind::Mapping | Kind::Sequence) {
            let is_mapping = node.kind == Kind::Mapping;
            open.push(Open { is_mapping, end: node.link, keys: arena.held_keys(), at_key: true });
        }
    }
    while let Some(closed) = open.pop() {
        arena.close_mapping(closed.keys);
    }
    let mut document = arena.finish();
    let mut seen = std::collections::HashSet::new();
    let nodes = &document.nodes;
    document.duplicates.retain(|duplicate| {
        let start = |id: model::document::NodeId| nodes[id.0 as usize].start;
        seen.insert((start(duplicate.first), start(duplicate.second)))
    });
    document
}

struct Open {
    node: u32,
    is_mapping: bool,
    in_flow: bool,
    /// The next child of a mapping is a key.
    at_key: bool,
    merges: bool,
}

struct Builder<'t> {
    written: Written<'t>,
    open: Vec<Open>,
    /// The nodes of the anchors by their numbers.
    anchors: HashMap<usize, u32>,
    /// One past the last byte that is part of a node.
    end: usize,
    documents: usize,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Self {
        let nodes = Vec::with_capacity(text.len() / 16 + 4);
        let (aliases, merging, merge_keys) = (HashMap::new(), Vec::new(), Vec::new());
        let written = Written { text, nodes, owned: Vec::new(), aliases, merging, merge_keys };
        Self { written, open: Vec::new(), anchors: HashMap::new(), end: 0, documents: 0 }
    }

    fn read(mut self) -> Result<Written<'t>, SyntaxError> {
        let options = options! {
            emit_comments: false,
            emit_anchor_events: true,
            bom_inside_document_as_content: true,
            flow_nesting_limit: DEEPEST,
            block_nesting_limit: DEEPEST,
        };
        for event in Parser::new_from_str_with_options(self.written.text, options) {
            let (event, span) = event.map_err(|error| message::of(&error, self.written.text))?;
            self.take(event, &span)?;
        }
        let nothing = scalar(Kind::Plain, self.written.text.len(), self.written.text.len());
        match self.written.nodes.first_mut() {
            None => self.written.nodes.push(nothing),
            // A document without content has its value at its end, with or without marks.
            Some(root) if root.kind == Kind::Plain && root.start == root.end => {
                (root.start, root.end) = (nothing.start, nothing.end);
            }
            Some(_) => {}
        }
        Ok(self.written)
    }

    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), SyntaxError> {
        let range = span.byte_range().unwrap_or(self.end..self.end);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    let message = "a second document begins here: the mark `---` has to stand at the start of a line";
                    return Err(SyntaxError::new(range.start, message));
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let written = scalars::Scalar { text, style, tag: tag.as_deref(), range };
                let node = self.scalar(written)?;
                self.end = self.end.max(node.end as usize);
                self.add(node, anchor)?;
            }
            Event::Anchor(..) => check_name(self.written.text, range)?,
            Event::Alias(anchor) => {
                check_name(self.written.text, range.clone())?;
                self.alias(anchor, range)?;
            }
            Event::SequenceStart(style, anchor, _) => self.open(Kind::Sequence, style, anchor, range)?,
            Event::MappingStart(style, anchor, _) => self.open(Kind::Mapping, style, anchor, range)?,
            Event::SequenceEnd | Event::MappingEnd => self.close(range),
            _ => {}
        }
        Ok(())
    }

    fn open(
        &mut self,
        kind: Kind,
        style: StructureStyle,
        anchor: usize,
        range: Range<usize>,
    ) -> Result<(), SyntaxError> {
        if self.open.last().is_some_and(|top| top.is_mapping && top.at_key) {
            let message = "a list or mapping as a key: kubectl takes only text here. If this is a template, render it \
                           first; if it is text, put it in quotes";
            return Err(SyntaxError::new(range.start, message));
        }
        if self.open.len() >= DEEPEST {
            return Err(SyntaxError::too_deep(range.start));
        }
        let node = self.written.nodes.len() as u32;
        // The parser lets a list that is not indented begin after its first dash.
        let is_value = kind == Kind::Sequence && self.open.last().is_some_and(|top| top.is_mapping);
        let dash = is_value.then(|| scalars::dash(self.written.text.as_bytes(), self.end, range.start));
        let start = dash.flatten().unwrap_or(range.start);
        let end = range.end.max(start) - (range.start - start);
        self.add(scalar(kind, start, end), anchor)?;
        self.end = self.end.max(end);
        let in_flow = style == StructureStyle::Flow || self.open.last().is_some_and(|top| top.in_flow);
        self.open.push(Open { node, is_mapping: kind == Kind::Mapping, in_flow, at_key: true, merges: false });
        Ok(())
    }

    fn close(&mut self, range: Range<usize>) {
        let Some(closed) = self.open.pop() else { return };
        // The end of a flow collection is its bracket; a block collection ends with its last node.
        if !range.is_empty() {
            self.end = self.end.max(range.end);
        }
        let link = self.written.nodes.len() as u32;
        let node = &mut self.written.nodes[closed.node as usize];
        node.link = link;
        node.end = self.end as u32;
        if closed.merges {
            self.written.merging.push(closed.node);
        }
    }

    fn alias(&mut self, anchor: usize, range: Range<usize>) -> Result<(), SyntaxError> {
        let Some(&target) = self.anchors.get(&anchor) else {
            return Err(SyntaxError::new(range.start, "an alias of an anchor that is not there"));
        };
        if self.open.iter().any(|open| open.node == target) {
            return Err(SyntaxError::new(range.start, "an alias inside of what it stands for: it would never end"));
        }
        self.written.aliases.insert(self.written.nodes.len() as u32, target);
        self.end = self.end.max(range.end);
        self.add(scalar(Kind::Owned, range.start, range.end), 0)
    }

    /// Appends a node and gives it its part in the collection that it is in.
    fn add(&mut self, mut node: Node, anchor: usize) -> Result<(), SyntaxError> {
        let id = self.written.nodes.len() as u32;
        if let Some(top) = self.open.last_mut().filter(|top| top.is_mapping) {
            let is_key = top.at_key;
            top.at_key = !top.at_key;
            if is_key && !self.written.aliases.contains_key(&id) {
                if scalars::is_merge_key(&node, self.written.text, &self.written.owned) {
                    top.merges = true;
                    self.written.merge_keys.push(id);
                } else {
                    scalars::check_colon(&node, self.written.text)?;
                    node = scalars::key(node, self.written.text, &mut self.written.owned)?;
                }
            }
        }
        if anchor > 0 {
            self.anchors.insert(anchor, id);
        }
        self.written.nodes.push(node);
        Ok(())
    }

    fn scalar(&mut self, written: scalars::Scalar<'_>) -> Result<Node, SyntaxError> {
        let in_flow = self.open.last().is_some_and(|top| top.in_flow);
        if in_flow && written.style == ScalarStyle::Plain && written.text.starts_with('?') {
            let message =
                "text that begins with `?` between brackets: kubectl takes what follows for a key; put it in quotes";
            return Err(SyntaxError::new(written.range.start, message));
        }
        let after_key = self.open.last().is_some_and(|top| top.is_mapping && !top.at_key);
        scalars::node(
            written,
            scalars::Place { text: self.written.text, end: self.end, after_key },
            &mut self.written.owned,
        )
    }
}

/// Refuses names of anchors that end earlier for kubectl.
fn check_name(text: &str, range: Range<usize>) -> Result<(), SyntaxError> {
    let name = text.get(range.start + 1..range.end).unwrap_or("");
    let other = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
    other.map_or(Ok(()), |at| {
        let message = "the name of an anchor has only letters, digits, `-` and `_` for kubectl";
        Err(SyntaxError::new(range.start + 1 + at, message))
    })
}

/// What an owned scalar is: its text, and where it stands.
fn owned(text: String, range: Range<usize>, resolution: Resolution, texts: &mut Vec<String>) -> Node {
    let link = texts.len() as u32;
    texts.push(text);
    Node { link, resolution, ..scalar(Kind::Owned, range.start, range.end) }
}
