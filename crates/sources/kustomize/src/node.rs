//! The tree that is built: a YAML node as kustomize sees it, and the place that set it.
//!
//! Whether a scalar is text or a number is decided late, from its text, its tag and whether it is quoted, because
//! kustomize changes one of them and keeps the others. What they mean together is in `resolve`.

use crate::resolve;

/// The place that set a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The index of the file; `NOWHERE` for what no file says.
    pub file: u32,
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// The field of a kustomization that decided, as its index in the list of values plus one; 0 if none did.
    pub value: u32,
}

/// No file.
pub(crate) const NOWHERE: u32 = u32::MAX;

impl Origin {
    pub(crate) const NONE: Self = Self { file: NOWHERE, start: 0, end: 0, value: 0 };
}

/// What a scalar claims to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    /// It claims nothing: its text decides.
    Unset,
    Null,
    Text,
    Bool,
    Int,
    Float,
    Time,
}

/// One node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub tag: Tag,
    /// A scalar that stands in quotes or in a block.
    pub quoted: bool,
    pub origin: Origin,
    pub data: Data,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data {
    Scalar(String),
    Mapping(Vec<Entry>),
    Sequence(Vec<Node>),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub key: String,
    pub key_origin: Origin,
    pub value: Node,
}

/// What kind of node it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Scalar,
    Mapping,
    Sequence,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Scalar => "a single value",
            Self::Mapping => "a mapping",
            Self::Sequence => "a list",
        }
    }
}

impl Node {
    pub(crate) fn new(data: Data, origin: Origin) -> Self {
        Self { tag: Tag::Unset, quoted: false, origin, data }
    }

    pub(crate) fn mapping(origin: Origin) -> Self {
        Self::new(Data::Mapping(Vec::new()), origin)
    }

    pub(crate) fn sequence(origin: Origin) -> Self {
        Self::new(Data::Sequence(Vec::new()), origin)
    }

    /// A scalar that claims nothing.
    pub(crate) fn scalar(text: impl Into<String>, origin: Origin) -> Self {
        Self::new(Data::Scalar(text.into()), origin)
    }

    /// A scalar that is text, whatever it looks like.
    pub(crate) fn text(text: impl Into<String>, origin: Origin) -> Self {
        Self { tag: Tag::Text, ..Self::scalar(text, origin) }
    }

    /// Text as kustomize puts it into a field that it makes anew: in quotes where YAML 1.1 would misread it.
    pub(crate) fn fresh_text(text: impl Into<String>, origin: Origin) -> Self {
        let mut node = Self::text(text, origin);
        node.quoted = node.as_written().contains('\n');
        node.quote_ambiguous();
        node
    }

    pub(crate) fn kind(&self) -> Kind {
        match self.data {
            Data::Scalar(_) => Kind::Scalar,
            Data::Mapping(_) => Kind::Mapping,
            Data::Sequence(_) => Kind::Sequence,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        self.tag == Tag::Null
    }

    pub(crate) fn is_empty(&self) -> bool {
        match &self.data {
            _ if self.is_null() => true,
            Data::Scalar(_) => false,
            Data::Mapping(entries) => entries.is_empty(),
            Data::Sequence(items) => items.is_empty(),
        }
    }

    pub(crate) fn is_empty_mapping(&self) -> bool {
        matches!(&self.data, Data::Mapping(entries) if entries.is_empty())
    }

    /// The text of a scalar as it is written; nothing for collections.
    pub(crate) fn as_written(&self) -> &str {
        match &self.data {
            Data::Scalar(text) => text,
            Data::Mapping(_) | Data::Sequence(_) => "",
        }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.data {
            Data::Mapping(entries) => entries,
            Data::Scalar(_) | Data::Sequence(_) => &[],
        }
    }

    pub(crate) fn entries_mut(&mut self) -> Option<&mut Vec<Entry>> {
        match &mut self.data {
            Data::Mapping(entries) => Some(entries),
            Data::Scalar(_) | Data::Sequence(_) => None,
        }
    }

    pub(crate) fn items(&self) -> &[Node] {
        match &self.data {
            Data::Sequence(items) => items,
            Data::Scalar(_) | Data::Mapping(_) => &[],
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries_mut()?.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value)
    }

    pub(crate) fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Removes a key.
    pub(crate) fn clear(&mut self, key: &str) -> Option<Node> {
        let entries = self.entries_mut()?;
        let at = entries.iter().position(|entry| entry.key == key)?;
        Some(entries.remove(at).value)
    }

    /// The value under `key`, which is made by `make` where it is not there.
    pub(crate) fn get_or_insert(&mut self, key: &str, make: impl FnOnce() -> Node) -> Option<&mut Node> {
        let entries = self.entries_mut()?;
        let at = match entries.iter().position(|entry| entry.key == key) {
            Some(at) => at,
            None => {
                let value = make();
                entries.push(Entry { key: key.to_owned(), key_origin: value.origin, value });
                entries.len() - 1
            }
        };
        Some(&mut entries[at].value)
    }

    /// Puts `value` under `key` as kustomize does: null removes, and what was there gives its quotes.
    pub(crate) fn set(&mut self, key: &str, mut value: Node) {
        if value.is_null() {
            self.clear(key);
            return;
        }
        value.quote_ambiguous();
        let Some(entries) = self.entries_mut() else { return };
        if let Some(entry) = entries.iter_mut().find(|entry| entry.key == key) {
            value.quoted = entry.value.quoted;
            entry.value = value;
            return;
        }
        entries.push(Entry { key: key.to_owned(), key_origin: value.origin, value });
    }

    /// Replaces a scalar by another as kustomize does: the quotes stay.
    pub(crate) fn set_scalar(&mut self, value: Node) {
        if value.is_null() {
            return;
        }
        *self = Node { quoted: self.quoted, ..value };
    }

    /// Text that YAML 1.1 would read as something else is quoted where it is new.
    pub(crate) fn quote_ambiguous(&mut self) {
        if !self.quoted && self.is_text_like() && resolve::is_ambiguous(self.as_written()) {
            self.quoted = true;
        }
    }

    /// A scalar that claims to be text, or claims nothing.
    pub(crate) fn is_text_like(&self) -> bool {
        self.kind() == Kind::Scalar && matches!(self.tag, Tag::Text | Tag::Unset)
    }

    /// Calls `visit` for this node and all in it.
    pub(crate) fn for_each_mut(&mut self, visit: &mut dyn FnMut(&mut Node)) {
        visit(self);
        match &mut self.data {
            Data::Scalar(_) => {}
            Data::Mapping(entries) => entries.iter_mut().for_each(|entry| entry.value.for_each_mut(visit)),
            Data::Sequence(items) => items.iter_mut().for_each(|item| item.for_each_mut(visit)),
        }
    }
}
