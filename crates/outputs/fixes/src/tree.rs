//! What a document means, apart from how it is written: what changes are held against.

use model::document::Value;
use model::scalar::{Scalar, resolve_plain};

use crate::field::Step;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// Nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number, as it is written.
    Number(String),
    /// Text.
    Text(String),
    /// A list.
    Sequence(Vec<Tree>),
    /// Keys and values in the order in which they are written. A key may stand twice.
    Mapping(Vec<(String, Tree)>),
}

impl Tree {
    /// The meaning of `value`.
    pub fn of(value: Value<'_>) -> Self {
        if value.is_mapping() {
            return Self::Mapping(
                value.entries().map(|(key, value)| (key.text().into_owned(), Self::of(value))).collect(),
            );
        }
        if value.is_sequence() {
            return Self::Sequence(value.items().map(Self::of).collect());
        }
        match value.scalar() {
            Scalar::Null | Scalar::Collection => Self::Null,
            Scalar::Bool(value) => Self::Bool(value),
            Scalar::Int(_) | Scalar::Float(_) => Self::Number(value.text().into_owned()),
            Scalar::String(text) => Self::Text(text.into_owned()),
        }
    }

    /// The meaning of a text of YAML; `None` if it is none.
    pub fn read(text: &str) -> Option<Self> {
        yaml::parse_document(text).ok().map(|document| Self::of(document.root()))
    }

    /// Whether this is neither a list nor a mapping.
    pub fn is_scalar(&self) -> bool {
        !matches!(self, Self::Sequence(_) | Self::Mapping(_))
    }

    /// The value under the last entry of that key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Mapping(entries) = self else { return None };
        entries.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The value at the end of `steps`.
    pub fn find(&mut self, steps: &[Step]) -> Option<&mut Self> {
        steps.iter().try_fold(self, |tree, step| match (tree, step) {
            (Self::Mapping(entries), Step::Key(key)) => {
                entries.iter_mut().rev().find(|(name, _)| name == key).map(|(_, value)| value)
            }
            (Self::Sequence(items), Step::Index(index)) => items.get_mut(*index),
            _ => None,
        })
    }

    /// Takes out what is at the end of `steps`.
    pub fn remove(&mut self, steps: &[Step]) -> Option<()> {
        let (last, parents) = steps.split_last()?;
        match (self.find(parents)?, last) {
            (Self::Mapping(entries), Step::Key(key)) => {
                let at = entries.iter().rposition(|(name, _)| name == key)?;
                entries.remove(at);
            }
            (Self::Sequence(items), Step::Index(index)) if *index < items.len() => {
                items.remove(*index);
            }
            _ => return None,
        }
        Some(())
    }

    /// Writes the entries of `added` in: what is missing is added, mappings are gone into, lists get the items that
    /// they lack. False where something else stands already; then nothing is to be made of this tree.
    #[must_use]
    pub fn merge(&mut self, added: &Self) -> bool {
        match (&mut *self, added) {
            (Self::Null, _) => {
                *self = added.clone();
                true
            }
            (Self::Mapping(entries), Self::Mapping(new)) => {
                new.iter().all(|(key, value)| match entries.iter_mut().rev().find(|(name, _)| name == key) {
                    Some((_, known)) => known.merge(value),
                    None => {
                        entries.push((key.clone(), value.clone()));
                        true
                    }
                })
            }
            (Self::Sequence(items), Self::Sequence(new)) => {
                let lacking: Vec<Self> = lacking(items, new).into_iter().cloned().collect();
                let merged = new.iter().all(|item| match named(items, item) {
                    Some(at) => items[at].merge(item),
                    None => true,
                });
                items.extend(lacking);
                merged
            }
            (known, new) => known == new,
        }
    }

    /// The same with the entries of every mapping in the order of their keys: in which order they are written means
    /// nothing. The values of a key that stands twice keep theirs.
    pub fn sorted(self) -> Self {
        match self {
            Self::Sequence(items) => Self::Sequence(items.into_iter().map(Self::sorted).collect()),
            Self::Mapping(entries) => {
                let mut entries: Vec<(String, Self)> =
                    entries.into_iter().map(|(key, value)| (key, value.sorted())).collect();
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                Self::Mapping(entries)
            }
            scalar => scalar,
        }
    }

    /// The same as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Number(text) => match resolve_plain(text.as_str().into()) {
                Scalar::Int(value) => value.into(),
                Scalar::Float(value) => value.into(),
                _ => text.as_str().into(),
            },
            Self::Text(text) => text.as_str().into(),
            Self::Sequence(items) => items.iter().map(Self::to_json).collect(),
            Self::Mapping(entries) => entries
                .iter()
                .map(|(key, value)| (key.clone(), value.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }
}

/// The items of `new` that `items` does not have. A list that drops all capabilities lacks no single one.
pub(crate) fn lacking<'t>(items: &[Tree], new: &'t [Tree]) -> Vec<&'t Tree> {
    let all = Tree::Text("ALL".to_owned());
    if items.contains(&all) {
        return Vec::new();
    }
    new.iter().filter(|item| !items.contains(item) && named(items, item).is_none()).collect()
}

/// The number of the item that has the name of this one, as containers and volumes do.
pub(crate) fn named(items: &[Tree], item: &Tree) -> Option<usize> {
    let name = item.get("name").filter(|name| matches!(name, Tree::Text(_)))?;
    items.iter().position(|known| known.get("name") == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(tree: &str, added: &str) -> Option<Tree> {
        let mut tree = Tree::read(tree).unwrap();
        tree.merge(&Tree::read(added).unwrap()).then(|| tree.sorted())
    }

    #[test]
    fn merging_adds_what_is_missing_and_changes_nothing() {
        let expected = |text: &str| Some(Tree::read(text).unwrap().sorted());
        assert_eq!(merged("a: {b: 1}", "a: {c: 2}\nd: 3"), expected("a: {b: 1, c: 2}\nd: 3"));
        assert_eq!(merged("a:", "a: {c: 2}"), expected("a: {c: 2}"));
        assert_eq!(merged("drop: [A]", "drop: [B, A]"), expected("drop: [A, B]"));
        assert_eq!(merged("drop: [ALL]", "drop: [NET_RAW]"), expected("drop: [ALL]"));
        assert_eq!(merged("a: 1", "a: 2"), None);
        assert_eq!(merged("a: [{name: x, b: 1}]", "a: [{name: x, c: 2}]"), expected("a: [{name: x, b: 1, c: 2}]"));
    }
}
