//! An object as a tree that can be changed, before it becomes a value of expressions.

use std::sync::Arc;

use model::document;
use model::scalar::Scalar;

use crate::cel::{Key, Map, Value};

/// What is deeper than this is not looked at: the API server refuses it long before.
const DEEPEST: usize = 200;

/// A tree of JSON, with parts that are not known.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// Nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another number.
    Double(f64),
    /// A text.
    Text(Arc<str>),
    /// Items.
    List(Vec<Tree>),
    /// Fields in their order, and what it depends on whether there are more.
    Map(Vec<(Arc<str>, Tree)>, Option<Arc<str>>),
    /// Not known, and what it depends on.
    Unknown(Arc<str>),
}

impl From<&str> for Tree {
    fn from(text: &str) -> Tree {
        Tree::Text(Arc::from(text))
    }
}

impl Tree {
    /// The tree of a document's value.
    pub fn of(value: document::Value<'_>) -> Tree {
        Tree::within(value, DEEPEST)
    }

    fn within(value: document::Value<'_>, depth: usize) -> Tree {
        let Some(depth) = depth.checked_sub(1) else { return Tree::unknown("what is nested too deeply") };
        if value.is_mapping() {
            let mut map = Tree::map();
            for (key, child) in value.entries() {
                map.set(&key.text(), Tree::within(child, depth));
            }
            return map;
        }
        if value.is_sequence() {
            return Tree::List(value.items().map(|item| Tree::within(item, depth)).collect());
        }
        match value.scalar() {
            Scalar::Null | Scalar::Collection => Tree::Null,
            Scalar::Bool(value) => Tree::Bool(value),
            Scalar::Int(value) => Tree::Int(value),
            Scalar::Float(value) => Tree::Double(value),
            Scalar::String(text) => Tree::from(&*text),
        }
    }

    /// A map without fields.
    pub fn map() -> Tree {
        Tree::Map(Vec::new(), None)
    }

    /// A map of fields.
    pub(super) fn fields<const N: usize>(fields: [(&str, Tree); N]) -> Tree {
        Tree::Map(fields.into_iter().map(|(name, value)| (Arc::from(name), value)).collect(), None)
    }

    /// What is not known.
    pub(super) fn unknown(on: &str) -> Tree {
        Tree::Unknown(Arc::from(on))
    }

    /// The value of a field, unless it is null.
    pub fn get(&self, name: &str) -> Option<&Tree> {
        let Tree::Map(fields, _) = self else { return None };
        fields.iter().find(|(own, _)| &**own == name).map(|(_, value)| value).filter(|value| **value != Tree::Null)
    }

    /// The value that fields lead to.
    pub fn at(&self, names: &[&str]) -> Option<&Tree> {
        names.iter().try_fold(self, |tree, name| tree.get(name))
    }

    /// The text at the end of fields, or the empty one.
    pub fn text_at(&self, names: &[&str]) -> &str {
        self.at(names).and_then(Tree::text).unwrap_or_default()
    }

    /// The text that it is.
    pub fn text(&self) -> Option<&str> {
        if let Tree::Text(text) = self { Some(text) } else { None }
    }

    /// Whether it is true.
    pub(super) fn is_true(&self) -> bool {
        *self == Tree::Bool(true)
    }

    /// The items, if it is a list.
    pub fn items(&self) -> &[Tree] {
        if let Tree::List(items) = self { items } else { &[] }
    }

    /// The items of a field.
    pub(super) fn items_of(&self, name: &str) -> &[Tree] {
        self.get(name).map(Tree::items).unwrap_or_default()
    }

    /// The fields, if it is a map.
    pub fn entries(&self) -> &[(Arc<str>, Tree)] {
        if let Tree::Map(fields, _) = self { fields } else { &[] }
    }

    /// Sets a field of a map.
    pub(super) fn set(&mut self, name: &str, value: Tree) {
        let Tree::Map(fields, _) = self else { return };
        match fields.iter_mut().find(|(own, _)| &**own == name) {
            Some((_, old)) => *old = value,
            None => fields.push((Arc::from(name), value)),
        }
    }

    /// Sets a field of a map that is not there.
    pub(super) fn default(&mut self, name: &str, value: Tree) {
        if matches!(self, Tree::Map(..)) && self.get(name).is_none() {
            self.set(name, value);
        }
    }

    /// Writes a field that an item of a list leaves to the list.
    pub fn complete(&mut self, name: &str, text: &str) {
        self.default(name, text.into());
    }

    /// Takes a field out.
    pub(super) fn remove(&mut self, name: &str) {
        if let Tree::Map(fields, _) = self {
            fields.retain(|(own, _)| &**own != name);
        }
    }

    /// Says that there may be more fields.
    pub(super) fn open(&mut self, on: &str) {
        if let Tree::Map(_, open) = self {
            *open = Some(Arc::from(on));
        }
    }

    /// A field that is there and no scalar, to be changed.
    pub(super) fn field(&mut self, name: &str) -> Option<&mut Tree> {
        let Tree::Map(fields, _) = self else { return None };
        let found = fields.iter_mut().find(|(own, _)| &**own == name).map(|(_, value)| value);
        found.filter(|value| matches!(value, Tree::Map(..) | Tree::List(_)))
    }

    /// The items of a field, to be changed.
    pub(super) fn each(&mut self, name: &str) -> &mut [Tree] {
        match self.field(name) {
            Some(Tree::List(items)) => items,
            _ => &mut [],
        }
    }

    /// The tree as a value of expressions: of an object of the API server's own kinds, or of a custom resource.
    pub fn value(&self, is_native: bool) -> Value {
        self.value_of(is_native, true)
    }

    fn value_of(&self, is_native: bool, is_structure: bool) -> Value {
        match self {
            Tree::Null => Value::Null,
            Tree::Bool(value) => Value::Bool(*value),
            Tree::Int(value) => Value::Int(*value),
            Tree::Double(value) => Value::Double(*value),
            Tree::Text(text) => Value::String(text.clone()),
            Tree::List(items) => Value::from(items.iter().map(|item| item.value(is_native)).collect::<Vec<_>>()),
            Tree::Map(fields, open) => {
                let entries = fields.iter().map(|(name, value)| {
                    (Key::String(name.clone()), value.value_of(is_native, !super::defaults::MAPS.contains(&&**name)))
                });
                let map = match open {
                    Some(on) => Map::open(entries, on.clone()),
                    None => Map::new(entries),
                };
                Value::from(if is_native { map.native(is_structure) } else { map })
            }
            Tree::Unknown(on) => Value::Unknown(on.clone()),
        }
    }
}
