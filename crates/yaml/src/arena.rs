//! What all readers build: the nodes of a document, and the keys that stand twice in one mapping.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use model::document::{Document, DuplicateKey, Kind, Node, NodeId, Resolution};

/// Up to this many keys are compared with each other.
const FEW: usize = 12;

/// A document that is being built.
pub(crate) struct Arena<'t> {
    pub(crate) document: Document<'t>,
    /// The keys of the open mappings, outermost first.
    keys: Vec<Key>,
    hasher: RandomState,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    hash: u64,
    node: u32,
}

impl<'t> Arena<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let nodes = Vec::with_capacity(text.len() / 16 + 4);
        let document = Document { text, nodes, owned: Vec::new(), duplicates: Vec::new() };
        Self { document, keys: Vec::with_capacity(32), hasher: RandomState::default() }
    }

    /// The index of the next node.
    #[inline]
    pub(crate) fn next(&self) -> u32 {
        self.document.nodes.len() as u32
    }

    #[inline]
    pub(crate) fn push(&mut self, node: Node) {
        self.document.nodes.push(node);
    }

    /// A scalar at the place of `node` with a text of its own.
    pub(crate) fn push_owned(&mut self, text: String, resolution: Resolution, node: Node) {
        let link = self.document.owned.len() as u32;
        self.document.owned.push(text);
        self.push(Node { link, kind: Kind::Owned, resolution, escaped: false, ..node });
    }

    /// The number of keys that are held; to be handed to `close_mapping`.
    #[inline]
    pub(crate) fn held_keys(&self) -> u32 {
        self.keys.len() as u32
    }

    /// Remembers node `node` as a key of the innermost mapping; `text` is what it says.
    #[inline]
    pub(crate) fn hold_key(&mut self, node: u32, text: &[u8]) {
        self.keys.push(Key { hash: self.hasher.hash_one(text), node });
    }

    /// Remembers node `node`, a scalar that has to be decoded, as a key of the innermost mapping.
    pub(crate) fn hold_decoded_key(&mut self, node: u32) {
        let hash = self.hasher.hash_one(self.document.value(NodeId(node)).text().as_bytes());
        self.keys.push(Key { hash, node });
    }

    /// Looks for keys that stand twice among those held since `start`, and forgets them.
    #[inline]
    pub(crate) fn close_mapping(&mut self, start: u32) {
        let start = start as usize;
        let keys = &self.keys[start..];
        if keys.len() <= FEW {
            let twice = |(number, key): (usize, &Key)| keys[..number].iter().any(|other| other.hash == key.hash);
            if keys.iter().enumerate().any(twice) {
                self.find_duplicates(start);
            }
        } else {
            self.find_duplicates(start);
        }
        self.keys.truncate(start);
    }

    #[inline(never)]
    fn find_duplicates(&mut self, start: usize) {
        let keys = &mut self.keys[start..];
        keys.sort_unstable();
        for same in keys.chunk_by(|a, b| a.hash == b.hash).filter(|same| same.len() > 1) {
            // Two texts of one hash are next to impossible; more of them than two are for someone who knows the seed.
            let mut firsts: Vec<u32> = Vec::new();
            for key in same {
                let text = self.document.value(NodeId(key.node)).text();
                match firsts.iter().find(|&&first| self.document.value(NodeId(first)).text() == text) {
                    Some(&first) => {
                        self.document.duplicates.push(DuplicateKey { first: NodeId(first), second: NodeId(key.node) });
                    }
                    None => firsts.push(key.node),
                }
            }
        }
    }

    pub(crate) fn finish(mut self) -> Document<'t> {
        self.document.duplicates.sort_unstable_by_key(|duplicate| duplicate.second);
        self.document
    }
}

/// A scalar without a text of its own.
#[inline]
pub(crate) fn scalar(kind: Kind, start: usize, end: usize) -> Node {
    let (start, end) = (start as u32, end as u32);
    Node { start, end, link: 0, kind, resolution: Resolution::ByStyle, escaped: false }
}
