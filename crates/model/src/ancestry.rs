//! Who stands above whom in an object. The arena of a document only looks down: to say where a value stands without
//! passing all its siblings, the way up is noted once for an object in which something is found.

use crate::document::{Kind, NodeId, Value};

/// The way up from every node of an object. Made again for each object, in the same memory.
#[derive(Debug, Default)]
pub(crate) struct Ancestry {
    root: NodeId,
    nodes: Vec<Above>,
    open: Vec<Open>,
}

/// What stands above a node.
#[derive(Clone, Copy, Debug)]
struct Above {
    parent: NodeId,
    /// For the value of a key the node of the key, for an item its index, and `KEY` for a key.
    under: u32,
    is_item: bool,
}

const KEY: u32 = u32::MAX;

/// A collection whose children are being counted.
#[derive(Debug)]
struct Open {
    node: NodeId,
    end: u32,
    kind: Kind,
    children: u32,
    last: u32,
}

/// Whether an object is another than the one that was looked at last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Looked {
    /// It is the same.
    Before,
    /// It is another: what was kept of the last one no longer holds.
    Anew,
}

/// One step from a collection to what is in it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// To the value of this key.
    Key(NodeId),
    /// To the item of this index.
    Index(u32),
}

impl Ancestry {
    /// Makes this the ancestry of what is in `root`, unless it is already. All roots are of one document.
    pub(crate) fn look_at(&mut self, root: Value<'_>) -> Looked {
        let size = root.size();
        if self.root == root.id() && self.nodes.len() == size {
            return Looked::Before;
        }
        self.root = root.id();
        self.nodes.clear();
        self.nodes.reserve(size);
        self.open.clear();
        let document = root.document();
        for id in root.id().0..root.id().0 + size as u32 {
            while self.open.last().is_some_and(|open| id >= open.end) {
                self.open.pop();
            }
            let above = self
                .open
                .last_mut()
                .map_or(Above { parent: root.id(), under: KEY, is_item: false }, |open| open.take(id));
            self.nodes.push(above);
            let value = document.value(NodeId(id));
            if !value.is_scalar() {
                let end = id + value.size() as u32;
                self.open.push(Open { node: NodeId(id), end, kind: value.kind(), children: 0, last: KEY });
            }
        }
        Looked::Anew
    }

    /// The collection in which `node` is, and the step from there, which a key has none of. `None` for the root and
    /// what is not in it.
    pub(crate) fn above(&self, node: NodeId) -> Option<(NodeId, Option<Step>)> {
        let above = self.nodes.get(node.0.checked_sub(self.root.0)? as usize)?;
        if node == self.root {
            return None;
        }
        let step = match (above.under, above.is_item) {
            (KEY, _) => None,
            (index, true) => Some(Step::Index(index)),
            (key, false) => Some(Step::Key(NodeId(key))),
        };
        Some((above.parent, step))
    }

    /// The key under which `value` stands, if it stands under one.
    pub(crate) fn key(&self, node: NodeId) -> Option<NodeId> {
        match self.above(node)? {
            (_, Some(Step::Key(key))) => Some(key),
            _ => None,
        }
    }
}

impl Open {
    fn take(&mut self, child: u32) -> Above {
        let (count, last) = (self.children, self.last);
        self.children += 1;
        self.last = child;
        let is_item = self.kind == Kind::Sequence;
        let under = match is_item {
            true => count,
            // Keys and values in turn.
            false if count % 2 == 1 => last,
            false => KEY,
        };
        Above { parent: self.node, under, is_item }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Document, Node, Resolution};

    fn node(kind: Kind, link: u32) -> Node {
        Node { start: 0, end: 0, link, kind, resolution: Resolution::ByStyle, escaped: false }
    }

    /// `{a: [b, {c: d}], e: f}`
    fn document() -> Document<'static> {
        let scalar = || node(Kind::Plain, 0);
        let nodes = vec![
            node(Kind::Mapping, 9),
            scalar(),
            node(Kind::Sequence, 7),
            scalar(),
            node(Kind::Mapping, 7),
            scalar(),
            scalar(),
            scalar(),
            scalar(),
        ];
        Document { text: "", nodes, owned: Vec::new(), duplicates: Vec::new() }
    }

    #[test]
    fn every_node_knows_what_is_above_it() {
        let document = document();
        let mut ancestry = Ancestry::default();
        ancestry.look_at(document.root());
        let above = |id| match ancestry.above(NodeId(id)) {
            None => "root".to_owned(),
            Some((NodeId(parent), None)) => format!("{parent} key"),
            Some((NodeId(parent), Some(Step::Key(NodeId(key))))) => format!("{parent} under {key}"),
            Some((NodeId(parent), Some(Step::Index(index)))) => format!("{parent} [{index}]"),
        };
        let expected =
            ["root", "0 key", "0 under 1", "2 [0]", "2 [1]", "4 key", "4 under 5", "0 key", "0 under 7", "root"];
        assert_eq!((0..10).map(above).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn another_object_of_the_document_is_another_root() {
        let document = document();
        let mut ancestry = Ancestry::default();
        ancestry.look_at(document.root());
        ancestry.look_at(document.value(NodeId(4)));
        assert!(ancestry.above(NodeId(4)).is_none() && ancestry.above(NodeId(2)).is_none());
        assert_eq!(ancestry.key(NodeId(6)), Some(NodeId(5)));
    }
}
