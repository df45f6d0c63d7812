//! Aliases and merge keys: the document as it is written becomes the one that is meant.
//!
//! How much may come from aliases is limited as kubectl limits it: by the share of the nodes that are copies.
//! Merging is as in kubectl too: entries in the order in which they are written, the last of a name wins, and
//! of several mappings under one merge key the first wins. So keys after `<<` override it, and keys before do not.

use std::collections::{HashMap, HashSet};

use model::document::{Kind, Node};

use super::{Written, scalars};
use crate::arena::Arena;
use crate::parse::{DEEPEST, SyntaxError};

const NOT_A_MAPPING: &str = "`<<` merges mappings: its value must be one, or a list of them";

/// A key and its value, as nodes of the document as it is written.
#[derive(Clone, Copy)]
struct Entry {
    key: u32,
    value: u32,
    /// It came by a merge key.
    merged: bool,
}

/// What remains to be written of a collection.
enum Rest<'e> {
    /// The nodes from `next` to `end`.
    Nodes { next: u32, end: u32 },
    /// Entries, from the given one; the value of that one if the key is written.
    Entries { entries: &'e [Entry], next: usize, value: bool },
}

struct Frame<'e> {
    rest: Rest<'e>,
    /// The collection that is complete when nothing remains.
    collection: Option<u32>,
    /// All of it comes from an alias.
    copied: bool,
    at_key: bool,
    is_mapping: bool,
}

/// Replaces aliases by what they stand for, and carries out merges.
pub(super) fn expand<'t>(written: &Written<'t>) -> Result<Arena<'t>, SyntaxError> {
    let mut budget = Budget::default();
    let merged = Merger { written, merged: HashMap::new(), keys: written.merge_keys.iter().copied().collect() };
    let merged = merged.merge_all(&mut budget)?;
    let mut arena = Arena::new(written.text);
    arena.document.owned.clone_from(&written.owned);
    Writer { written, merged: &merged, arena, budget, frames: Vec::new() }.write()
}

/// The share of nodes that may be copies. Source: `allowedAliasRatio` of `sigs.k8s.io/yaml`.
#[derive(Default)]
struct Budget {
    nodes: usize,
    copies: usize,
}

impl Budget {
    fn spend(&mut self, nodes: usize, copied: bool) -> bool {
        const LOW: usize = 400_000;
        const HIGH: usize = 4_000_000;
        self.nodes += nodes;
        if copied {
            self.copies += nodes;
        }
        let allowed = match self.nodes {
            ..=LOW => 0.99,
            HIGH.. => 0.10,
            nodes => 0.99 - 0.89 * ((nodes - LOW) as f64 / (HIGH - LOW) as f64),
        };
        self.copies <= 100 || self.nodes <= 1_000 || self.copies as f64 / self.nodes as f64 <= allowed
    }
}

fn excessive(node: Node) -> SyntaxError {
    SyntaxError::new(node.start as usize, "excessive aliasing: aliases of aliases make the document too large")
}

struct Merger<'w, 't> {
    written: &'w Written<'t>,
    /// The entries of the mappings that have merge keys.
    merged: HashMap<u32, Vec<Entry>>,
    keys: HashSet<u32>,
}

impl Merger<'_, '_> {
    /// Inner mappings are closed before outer ones, and anchors stand before their aliases: whatever is merged
    /// into a mapping is ready when its turn comes.
    fn merge_all(mut self, budget: &mut Budget) -> Result<HashMap<u32, Vec<Entry>>, SyntaxError> {
        for &mapping in &self.written.merging {
            let entries = self.merge(mapping, budget)?;
            self.merged.insert(mapping, entries);
        }
        Ok(self.merged)
    }

    fn merge(&self, mapping: u32, budget: &mut Budget) -> Result<Vec<Entry>, SyntaxError> {
        let mut into = Entries::default();
        for (key, value) in self.written.entries(mapping) {
            if !self.keys.contains(&key) {
                into.set(Entry { key, value, merged: false }, self.written);
                continue;
            }
            for source in self.sources(value)? {
                let entries = self.entries_of(source);
                if !budget.spend(entries.len() * 2, true) {
                    return Err(excessive(self.written.nodes[key as usize]));
                }
                entries.into_iter().for_each(|entry| into.set(Entry { merged: true, ..entry }, self.written));
            }
        }
        Ok(into.entries.into_iter().flatten().collect())
    }

    fn entries_of(&self, mapping: u32) -> Vec<Entry> {
        self.merged.get(&mapping).cloned().unwrap_or_else(|| {
            self.written.entries(mapping).map(|(key, value)| Entry { key, value, merged: true }).collect()
        })
    }

    /// The mappings that stand under a merge key, the one that wins last.
    fn sources(&self, value: u32) -> Result<Vec<u32>, SyntaxError> {
        let written = self.written;
        let mapping = |id: u32| {
            let target = written.target(id);
            if written.nodes[target as usize].kind == Kind::Mapping {
                return Ok(target);
            }
            Err(SyntaxError::new(written.nodes[id as usize].start as usize, NOT_A_MAPPING))
        };
        if written.nodes[value as usize].kind != Kind::Sequence {
            return mapping(value).map(|source| vec![source]);
        }
        let mut sources = written.children(value).map(mapping).collect::<Result<Vec<_>, _>>()?;
        sources.reverse();
        Ok(sources)
    }
}

/// Entries by name. A key that stands twice in the mapping itself stays twice: that is a finding.
#[derive(Default)]
struct Entries {
    entries: Vec<Option<Entry>>,
    by_name: HashMap<String, usize>,
}

impl Entries {
    fn set(&mut self, entry: Entry, written: &Written<'_>) {
        let name = scalars::text_of(&written.nodes[written.target(entry.key) as usize], written.text, &written.owned);
        if let Some(earlier) = self.by_name.insert(name.into_owned(), self.entries.len())
            && let Some(other) = self.entries[earlier]
            && (other.merged || entry.merged)
        {
            self.entries[earlier] = None;
        }
        self.entries.push(Some(entry));
    }
}

impl Written<'_> {
    /// The node that is meant: for an alias, what it stands for.
    fn target(&self, id: u32) -> u32 {
        self.aliases.get(&id).copied().unwrap_or(id)
    }

    fn after(&self, id: u32) -> u32 {
        let node = self.nodes[id as usize];
        if matches!(node.kind, Kind::Mapping | Kind::Sequence) { node.link } else { id + 1 }
    }

    fn children(&self, id: u32) -> impl Iterator<Item = u32> {
        let end = self.after(id);
        let mut next = id + 1;
        std::iter::from_fn(move || {
            let id = next;
            (id < end).then(|| {
                next = self.after(id);
                id
            })
        })
    }

    fn entries(&self, id: u32) -> impl Iterator<Item = (u32, u32)> {
        let mut children = self.children(id);
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }
}

struct Writer<'e, 't> {
    written: &'e Written<'t>,
    merged: &'e HashMap<u32, Vec<Entry>>,
    arena: Arena<'t>,
    budget: Budget,
    frames: Vec<Frame<'e>>,
}

impl<'t> Writer<'_, 't> {
    fn write(mut self) -> Result<Arena<'t>, SyntaxError> {
        self.write_node(0, false, false)?;
        while let Some(frame) = self.frames.last_mut() {
            let next = match &mut frame.rest {
                Rest::Nodes { next, end } => (*next < *end).then(|| {
                    let id = *next;
                    *next = self.written.after(id);
                    (id, false)
                }),
                Rest::Entries { entries, next, value } => entries.get(*next).map(|entry| {
                    *next += usize::from(*value);
                    *value = !*value;
                    (if *value { entry.key } else { entry.value }, entry.merged)
                }),
            };
            let Some((id, merged)) = next else {
                self.close();
                continue;
            };
            let is_key = frame.is_mapping && frame.at_key;
            frame.at_key = !frame.at_key;
            let copied = frame.copied || merged;
            self.write_node(id, copied, is_key)?;
        }
        Ok(self.arena)
    }

    fn close(&mut self) {
        if let Some(collection) = self.frames.pop().and_then(|frame| frame.collection) {
            let link = self.arena.next();
            self.arena.document.nodes[collection as usize].link = link;
        }
    }

    fn write_node(&mut self, id: u32, copied: bool, is_key: bool) -> Result<(), SyntaxError> {
        let target = self.written.target(id);
        let copied = copied || target != id;
        let place = self.written.nodes[id as usize];
        let mut node = self.written.nodes[target as usize];
        if !self.budget.spend(1, copied) {
            return Err(excessive(place));
        }
        let is_collection = matches!(node.kind, Kind::Mapping | Kind::Sequence);
        if is_key && target != id {
            if is_collection {
                return Err(SyntaxError::new(place.start as usize, "an alias of a list or mapping cannot be a key"));
            }
            node = scalars::key(node, self.written.text, &mut self.arena.document.owned)?;
        }
        let collection = self.arena.next();
        self.arena.push(node);
        if !is_collection {
            return Ok(());
        }
        if self.frames.len() >= DEEPEST {
            return Err(SyntaxError::too_deep(place.start as usize));
        }
        let rest = match self.merged.get(&target) {
            Some(entries) => Rest::Entries { entries, next: 0, value: false },
            None => Rest::Nodes { next: target + 1, end: node.link },
        };
        let is_mapping = node.kind == Kind::Mapping;
        self.frames.push(Frame { rest, collection: Some(collection), copied, at_key: true, is_mapping });
        Ok(())
    }
}
