//! One parsed document: a tree of spans over its text.
//!
//! The tree is an arena in document order (a node is followed by its children), so that building it only
//! appends and skipping a subtree is one jump. Scalars are kept as spans and decoded when somebody asks.
//! Who builds it is the business of the sources; what the values mean to Kubernetes is in `scalar`.

use std::borrow::Cow;

use crate::scalar::{self, Scalar};

/// A range of bytes, relative to the start of the document's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// The index of a node in its document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// What a node is, and for a scalar how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Keys and values in turn.
    Mapping,
    /// Items.
    Sequence,
    /// An unquoted scalar on one line. An empty span is a value that is not there (`key:`): null.
    Plain,
    /// `'…'`; the span includes the quotes.
    SingleQuoted,
    /// `"…"`, in YAML or JSON; the span includes the quotes.
    DoubleQuoted,
    /// `|`; the span runs from the indicator to the end of the content.
    Literal,
    /// `>`; the span runs from the indicator to the end of the content.
    Folded,
    /// A scalar whose text was worked out by the parser (tags, aliases, several lines): see `Document::owned`.
    Owned,
}

/// How the text of a scalar becomes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Resolution {
    /// By the rules for unquoted scalars if `Kind::Plain`, as a string otherwise.
    ByStyle,
    /// As if it were unquoted: an owned scalar that was written without quotes, or `!!int` and the like.
    Plain,
    /// A string, whatever it looks like (`!!str`).
    Text,
}

/// One node of the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// The first byte of the node.
    pub start: u32,
    /// One past its last byte.
    pub end: u32,
    /// For a collection the index of the node after its subtree; for `Kind::Owned` the index of its text.
    pub link: u32,
    /// What it is.
    pub kind: Kind,
    /// How a scalar is resolved.
    pub resolution: Resolution,
    /// A quoted scalar has escapes or line breaks, so that its text is not what stands between the quotes.
    pub escaped: bool,
}

/// A key that stands twice in one mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DuplicateKey {
    /// The key that stood first.
    pub first: NodeId,
    /// The later one, which wins.
    pub second: NodeId,
}

/// A parsed document. Node 0 is its root.
#[derive(Debug, Default)]
pub struct Document<'t> {
    /// The text that the spans point into.
    pub text: &'t str,
    /// The nodes in document order. Never empty after parsing.
    pub nodes: Vec<Node>,
    /// Texts of `Kind::Owned` scalars.
    pub owned: Vec<String>,
    /// Keys that stand twice in one mapping, in document order.
    pub duplicates: Vec<DuplicateKey>,
}

/// A place in a document: the node and the document it is in. Small, copied freely.
#[derive(Clone, Copy)]
pub struct Value<'d> {
    document: &'d Document<'d>,
    id: NodeId,
}

impl<'t> Document<'t> {
    /// The root node.
    pub fn root(&self) -> Value<'_> {
        self.value(NodeId(0))
    }

    /// The node `id` as a place.
    pub fn value(&self, id: NodeId) -> Value<'_> {
        Value { document: self, id }
    }

    #[inline]
    fn node(&self, id: NodeId) -> Node {
        self.nodes[id.0 as usize]
    }

    /// Whether `key` stands at that byte of the text.
    #[inline]
    fn is_at(&self, start: u32, key: &str) -> bool {
        let (text, key, start) = (self.text.as_bytes(), key.as_bytes(), start as usize);
        // Keys of one length seldom begin with one letter: most are told apart without a call.
        text.get(start) == key.first() && text.get(start..start + key.len()) == Some(key)
    }

    /// The node that follows `id` and all that is in it.
    #[inline]
    fn after(&self, id: NodeId) -> NodeId {
        let node = self.node(id);
        match node.kind {
            Kind::Mapping | Kind::Sequence => NodeId(node.link),
            _ => NodeId(id.0 + 1),
        }
    }
}

impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.scalar())
    }
}

impl<'d> Value<'d> {
    /// The document that this is a place in.
    pub fn document(self) -> &'d Document<'d> {
        self.document
    }

    /// The index of the node.
    pub fn id(self) -> NodeId {
        self.id
    }

    /// What the node is.
    pub fn kind(self) -> Kind {
        self.document.node(self.id).kind
    }

    /// The bytes of the node in the document's text.
    pub fn span(self) -> Span {
        let node = self.document.node(self.id);
        Span { start: node.start, end: node.end }
    }

    /// The node as it is written.
    pub fn source(self) -> &'d str {
        let Span { start, end } = self.span();
        self.document.text.get(start as usize..end as usize).unwrap_or("")
    }

    /// True for `{}`, block mappings, and nothing else.
    pub fn is_mapping(self) -> bool {
        self.kind() == Kind::Mapping
    }

    /// True for a sequence.
    pub fn is_sequence(self) -> bool {
        self.kind() == Kind::Sequence
    }

    /// True for what is neither a mapping nor a sequence.
    pub fn is_scalar(self) -> bool {
        !self.is_mapping() && !self.is_sequence()
    }

    /// True for `null`, `~` and a value that is not there.
    pub fn is_null(self) -> bool {
        let node = self.document.node(self.id);
        match (node.kind, node.resolution) {
            (Kind::Mapping | Kind::Sequence, _) => false,
            // No null is longer than this.
            (Kind::Plain, _) if node.end - node.start > 4 => false,
            (Kind::Plain, _) | (_, Resolution::Plain) => matches!(self.scalar(), Scalar::Null),
            _ => false,
        }
    }

    /// The value as Kubernetes' tools read it; collections are `Scalar::Collection`.
    pub fn scalar(self) -> Scalar<'d> {
        let node = self.document.node(self.id);
        match (node.kind, node.resolution) {
            (Kind::Mapping | Kind::Sequence, _) => Scalar::Collection,
            (Kind::Plain, Resolution::ByStyle) | (_, Resolution::Plain) => scalar::resolve_plain(self.text()),
            _ => Scalar::String(self.text()),
        }
    }

    /// The text of a scalar after quotes, escapes and folding; for collections the empty text.
    pub fn text(self) -> Cow<'d, str> {
        let node = self.document.node(self.id);
        let source = self.source();
        match node.kind {
            Kind::Mapping | Kind::Sequence => Cow::Borrowed(""),
            Kind::Plain => Cow::Borrowed(source),
            Kind::Owned => Cow::Borrowed(self.document.owned[node.link as usize].as_str()),
            Kind::SingleQuoted | Kind::DoubleQuoted if !node.escaped => {
                Cow::Borrowed(source.get(1..source.len().saturating_sub(1)).unwrap_or(""))
            }
            Kind::SingleQuoted => Cow::Owned(scalar::unquote_single(source)),
            Kind::DoubleQuoted => Cow::Owned(scalar::unquote_double(source)),
            Kind::Literal | Kind::Folded => scalar::block_text(source),
        }
    }

    /// Whether the value is a string. Unlike `as_str` it decodes nothing.
    pub fn is_text(self) -> bool {
        let node = self.document.node(self.id);
        match (node.kind, node.resolution) {
            (Kind::Mapping | Kind::Sequence, _) => false,
            (Kind::Plain, Resolution::ByStyle) | (_, Resolution::Plain) => matches!(self.scalar(), Scalar::String(_)),
            _ => true,
        }
    }

    /// The text if the value is a string; `None` for numbers, booleans, null and collections.
    pub fn as_str(self) -> Option<Cow<'d, str>> {
        match self.scalar() {
            Scalar::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth of a boolean. A string that spells one (`"true"`) is what its author meant and is read so:
    /// that the API server refuses it is the finding of `schema-invalid`.
    pub fn as_bool(self) -> Option<bool> {
        match self.scalar() {
            Scalar::Bool(value) => Some(value),
            Scalar::String(text) => match text.trim() {
                "true" | "True" | "TRUE" => Some(true),
                "false" | "False" | "FALSE" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// A whole number, also one that stands in quotes (`"0"`) or is written as a float without a fraction.
    pub fn as_int(self) -> Option<i64> {
        match self.scalar() {
            Scalar::Int(value) => Some(value),
            Scalar::Float(value) if value.fract() == 0.0 && value.abs() < 9.0e18 => Some(value as i64),
            Scalar::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// The value under `key`; the last one if the key stands twice. `None` if it is null, as the API has it.
    pub fn get(self, key: &str) -> Option<Value<'d>> {
        // Checks ask for fields more often than for anything else: no node is copied, and lengths are compared first.
        let document = self.document;
        let nodes = document.nodes.as_slice();
        let own = &nodes[self.id.0 as usize];
        if own.kind != Kind::Mapping {
            return None;
        }
        let (mut at, end) = (self.id.0 + 1, own.link);
        let mut found = None;
        while at < end {
            let name = &nodes[at as usize];
            let value = if matches!(name.kind, Kind::Mapping | Kind::Sequence) { name.link } else { at + 1 };
            let is_same = match name.kind {
                Kind::Plain => (name.end - name.start) as usize == key.len() && document.is_at(name.start, key),
                _ => Value { document, id: NodeId(at) }.is_key(key),
            };
            if is_same {
                found = Some(Value { document, id: NodeId(value) });
            }
            let node = &nodes[value as usize];
            at = if matches!(node.kind, Kind::Mapping | Kind::Sequence) { node.link } else { value + 1 };
        }
        found.filter(|value| !value.is_null())
    }

    /// The value that `keys` lead to through mappings.
    pub fn at(self, keys: &[&str]) -> Option<Value<'d>> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// Whether this key is written `key`.
    #[inline]
    pub fn is_key(self, key: &str) -> bool {
        let node = self.document.node(self.id);
        let (start, end) = match node.kind {
            Kind::Plain => (node.start, node.end),
            Kind::SingleQuoted | Kind::DoubleQuoted if !node.escaped => (node.start + 1, node.end.saturating_sub(1)),
            Kind::Mapping | Kind::Sequence => return false,
            _ => return self.text() == key,
        };
        end.saturating_sub(start) as usize == key.len() && (key.is_empty() || self.document.is_at(start, key))
    }

    /// Keys and values of a mapping, in the order in which they are written; nothing for anything else.
    pub fn entries(self) -> impl Iterator<Item = (Value<'d>, Value<'d>)> + use<'d> {
        let mut children = self.children(Kind::Mapping);
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }

    /// The items of a sequence; nothing for anything else.
    pub fn items(self) -> impl Iterator<Item = Value<'d>> + use<'d> {
        self.children(Kind::Sequence)
    }

    fn children(self, kind: Kind) -> impl Iterator<Item = Value<'d>> + use<'d> {
        let document = self.document;
        let node = document.node(self.id);
        let end = if node.kind == kind { node.link } else { 0 };
        let mut next = NodeId(self.id.0 + 1);
        std::iter::from_fn(move || {
            if next.0 >= end {
                return None;
            }
            let id = next;
            next = document.after(id);
            Some(Value { document, id })
        })
    }

    /// How many nodes this is, with all that is in it.
    pub fn size(self) -> usize {
        (self.document.after(self.id).0 - self.id.0) as usize
    }

    /// The node and all that is in it, in the order of the text.
    pub fn nodes(self) -> impl Iterator<Item = Value<'d>> {
        let document = self.document;
        (self.id.0..document.after(self.id).0).map(move |id| Value { document, id: NodeId(id) })
    }

    /// Whether `other` is this node or in it.
    pub fn contains(self, other: Value<'_>) -> bool {
        (self.id.0..self.document.after(self.id).0).contains(&other.id.0)
    }

    /// The field path from `root` to here, as kubectl and JSONPath write it:
    /// `spec.containers[0].image`, `metadata.annotations["example.com/a"]`. Empty for the root itself.
    pub fn path_from(self, root: Value<'d>, path: &mut String) {
        self.walk_to(root, &mut |step| match step {
            Step::Index(index) => push_index(index, path),
            Step::Key(key) => push_key(&key.text(), path),
        });
    }

    fn walk_to(self, root: Value<'d>, on_step: &mut dyn FnMut(Step<'d>)) {
        let mut at = root;
        while at.id != self.id {
            let step = match at.kind() {
                Kind::Mapping => {
                    at.entries().find(|(_, value)| value.contains(self)).map(|(key, value)| (Step::Key(key), value))
                }
                Kind::Sequence => at
                    .items()
                    .enumerate()
                    .find(|(_, item)| item.contains(self))
                    .map(|(index, item)| (Step::Index(index), item)),
                _ => None,
            };
            let Some((step, next)) = step else { return };
            on_step(step);
            at = next;
        }
    }
}

enum Step<'d> {
    Key(Value<'d>),
    Index(usize),
}

/// Appends one key to a field path: `.key`, or `["key"]` where the key is not a plain word.
pub fn push_key(key: &str, path: &mut String) {
    let plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if plain {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key);
        return;
    }
    path.push_str("[\"");
    for c in key.chars() {
        match c {
            '"' | '\\' => {
                path.push('\\');
                path.push(c);
            }
            _ => path.push(c),
        }
    }
    path.push_str("\"]");
}

/// Appends the index of an item to a field path: `[0]`.
pub fn push_index(index: usize, path: &mut String) {
    path.push('[');
    path.push_str(itoa(index, &mut [0; 20]));
    path.push(']');
}

fn itoa(mut number: usize, buffer: &mut [u8; 20]) -> &str {
    let mut at = buffer.len();
    loop {
        at -= 1;
        buffer[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    std::str::from_utf8(&buffer[at..]).expect("digits are UTF-8")
}
