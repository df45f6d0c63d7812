//! Maps: keys in the order in which they were put, found by their value whatever numeric type they are of.

use std::sync::Arc;

use hashbrown::HashMap;

use super::Value;

/// What a map may be keyed by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// `true`, `false`.
    Bool(bool),
    /// A signed integer, or an unsigned one that fits.
    Int(i64),
    /// An unsigned integer.
    Uint(u64),
    /// A text.
    String(Arc<str>),
}

impl Key {
    /// The key as a value.
    pub fn value(&self) -> Value {
        match self {
            Key::Bool(value) => Value::Bool(*value),
            Key::Int(value) => Value::Int(*value),
            Key::Uint(value) => Value::Uint(*value),
            Key::String(value) => Value::String(value.clone()),
        }
    }

    /// The key that a value is as one of a new map.
    pub fn of(value: &Value) -> Option<Key> {
        match value {
            Value::Bool(value) => Some(Key::Bool(*value)),
            Value::Int(value) => Some(Key::Int(*value)),
            Value::Uint(value) => Some(Key::Uint(*value)),
            Value::String(value) => Some(Key::String(value.clone())),
            _ => None,
        }
    }
}

/// A map. Where it is `open`, keys that are not in it may be there nevertheless.
#[derive(Debug, Clone, Default)]
pub struct Map {
    entries: Vec<(Key, Value)>,
    /// Only for maps of some size.
    index: HashMap<Key, usize, foldhash::fast::FixedState>,
    open: Option<Arc<str>>,
    native: Option<&'static str>,
}

/// Maps with fewer entries are searched from the front.
const INDEXED: usize = 12;

impl Map {
    /// A map of entries; the last of equal keys counts.
    pub fn new(entries: impl IntoIterator<Item = (Key, Value)>) -> Map {
        let mut map = Map::default();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }

    /// A map of which not all keys are known, and what those depend on.
    pub fn open(entries: impl IntoIterator<Item = (Key, Value)>, on: impl Into<Arc<str>>) -> Map {
        Map { open: Some(on.into()), ..Map::new(entries) }
    }

    /// The map as the API server has those of objects of its own kinds: keys are texts, and it is compared with maps only.
    #[must_use]
    pub fn native(self, is_structure: bool) -> Map {
        let name =
            if is_structure { "*common.reflectSchemalessTypedStruct" } else { "*common.reflectSchemalessTypedMap" };
        Map { native: Some(name), ..self }
    }

    /// How the API server calls the type of one of its own.
    pub(super) fn native_name(&self) -> Option<&'static str> {
        self.native
    }

    /// Why this cannot be a key, if it cannot.
    pub(super) fn refuses(&self, key: &Value) -> Option<String> {
        self.native?;
        let name = match key {
            Value::Int(_) => "types.Int",
            Value::Uint(_) => "types.Uint",
            Value::Double(_) => "types.Double",
            Value::Bool(_) => "types.Bool",
            Value::Null => "types.Null",
            Value::Map(map) => map.native?,
            _ => return None,
        };
        Some(format!("unsupported map key type: {name}"))
    }

    /// Puts an entry, in the place of one that has the same key; `false` where there was one.
    pub fn insert(&mut self, key: Key, value: Value) -> bool {
        if let Some(at) = self.find(&key) {
            self.entries[at].1 = value;
            return false;
        }
        self.entries.push((key, value));
        if self.entries.len() == INDEXED {
            self.index = self.entries.iter().enumerate().map(|(at, (key, _))| (key.clone(), at)).collect();
        } else if self.entries.len() > INDEXED
            && let Some((key, _)) = self.entries.last()
        {
            self.index.insert(key.clone(), self.entries.len() - 1);
        }
        true
    }

    fn find(&self, key: &Key) -> Option<usize> {
        if self.entries.len() < INDEXED {
            return self.entries.iter().position(|(own, _)| own == key);
        }
        self.index.get(key).copied()
    }

    /// The value of a text.
    pub fn field(&self, name: &str) -> Option<&Value> {
        if self.entries.len() < INDEXED {
            let is_named = |key: &Key| matches!(key, Key::String(own) if &**own == name);
            return self.entries.iter().find(|(key, _)| is_named(key)).map(|(_, value)| value);
        }
        self.find(&Key::String(Arc::from(name))).map(|at| &self.entries[at].1)
    }

    /// The value of a key; numbers are equal whatever their type is.
    pub fn lookup(&self, key: &Value) -> Option<&Value> {
        let candidates = match key {
            Value::String(name) => return self.field(name),
            Value::Int(value) => [Some(Key::Int(*value)), u64::try_from(*value).ok().map(Key::Uint)],
            Value::Uint(value) => [Some(Key::Uint(*value)), i64::try_from(*value).ok().map(Key::Int)],
            Value::Double(value) => {
                [super::value::exact_i64(*value).map(Key::Int), super::value::exact_u64(*value).map(Key::Uint)]
            }
            Value::Bool(value) => [Some(Key::Bool(*value)), None],
            _ => return None,
        };
        candidates.iter().flatten().find_map(|key| self.find(key)).map(|at| &self.entries[at].1)
    }

    /// All entries that are known, in their order.
    pub fn entries(&self) -> &[(Key, Value)] {
        &self.entries
    }

    /// What keys depend on that are not known.
    pub fn depends_on(&self) -> Option<&Arc<str>> {
        self.open.as_ref()
    }
}
