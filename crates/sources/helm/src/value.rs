//! What templates work with: values with Go's types, shared as Go shares them, each with the values that it was
//! made of.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::functions::dates::Time;
use crate::functions::semver::Version;
use crate::text::{Taint, Text};

/// A value, and what went into it.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) kind: Kind,
    pub(crate) taint: Taint,
    /// Whether Go would hold it in an interface: it comes from a mapping or a list of anything.
    pub(crate) is_boxed: bool,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// The nil interface, and what is missing.
    Nil,
    Bool(bool),
    Int(i64, Width),
    Float(f64),
    Text(Text),
    Bytes(Rc<[u8]>),
    List(Rc<List>),
    Map(Rc<Map>),
    Object(Rc<Object>),
}

/// The types of whole numbers that templates meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    Int,
    Int64,
    Uint64,
    Uint8,
}

/// What a list holds, for its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    Any,
    Text,
    Int,
    /// `[][]interface {}`
    Lists,
}

/// A list, which is never changed.
#[derive(Debug)]
pub(crate) struct List {
    pub(crate) items: Vec<Value>,
    pub(crate) element: Element,
    /// A nil slice, which JSON writes as `null`.
    pub(crate) is_nil: bool,
}

/// The type of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MapType {
    /// `map[string]interface {}`
    Any,
    /// `common.Values`
    Values,
    /// `map[string]string`
    Text,
}

/// The entries of a mapping.
pub(crate) type Entries = BTreeMap<Rc<str>, Value>;

/// A mapping, which `set` changes for all who have it.
#[derive(Debug)]
pub(crate) struct Map {
    pub(crate) entries: RefCell<Entries>,
    pub(crate) map_type: MapType,
    pub(crate) is_nil: bool,
}

/// Values that are neither scalars nor collections.
#[derive(Debug)]
pub(crate) enum Object {
    Files(BTreeMap<String, Rc<[u8]>>),
    Capabilities(Rc<crate::render::Capabilities>),
    KubeVersion(Rc<crate::render::Capabilities>),
    ApiVersions(Vec<String>),
    HelmVersion,
    Time(Time),
    Duration(i64),
    Version(Version),
    Certificate(String, String),
}

impl Value {
    pub(crate) const NIL: Self = Self { kind: Kind::Nil, taint: 0, is_boxed: false };

    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, taint: 0, is_boxed: false }
    }

    pub(crate) fn tainted(kind: Kind, taint: Taint) -> Self {
        Self { kind, taint, is_boxed: false }
    }

    /// The value in an interface, on its own.
    pub(crate) fn unboxed(mut self) -> Self {
        self.is_boxed = false;
        self
    }

    pub(crate) fn bool(value: bool) -> Self {
        Self::new(Kind::Bool(value))
    }

    pub(crate) fn int(value: i64) -> Self {
        Self::new(Kind::Int(value, Width::Int))
    }

    pub(crate) fn int64(value: i64) -> Self {
        Self::new(Kind::Int(value, Width::Int64))
    }

    pub(crate) fn float(value: f64) -> Self {
        Self::new(Kind::Float(value))
    }

    pub(crate) fn text(text: impl Into<Text>) -> Self {
        Self::new(Kind::Text(text.into()))
    }

    pub(crate) fn list(items: Vec<Self>) -> Self {
        Self::list_of(items, Element::Any)
    }

    pub(crate) fn list_of(items: Vec<Self>, element: Element) -> Self {
        Self::new(Kind::List(Rc::new(List { items, element, is_nil: false })))
    }

    pub(crate) fn nil_list() -> Self {
        Self::new(Kind::List(Rc::new(List { items: Vec::new(), element: Element::Any, is_nil: true })))
    }

    pub(crate) fn texts(texts: impl IntoIterator<Item = String>) -> Self {
        Self::list_of(texts.into_iter().map(Self::text).collect(), Element::Text)
    }

    pub(crate) fn map(entries: Entries) -> Self {
        Self::map_of(entries, MapType::Any)
    }

    pub(crate) fn map_of(entries: Entries, map_type: MapType) -> Self {
        Self::new(Kind::Map(Rc::new(Map { entries: RefCell::new(entries), map_type, is_nil: false })))
    }

    pub(crate) fn object(object: Object) -> Self {
        Self::new(Kind::Object(Rc::new(object)))
    }

    pub(crate) fn is_nil(&self) -> bool {
        matches!(self.kind, Kind::Nil)
    }

    /// Whether `if` takes it for true. Source: Go, `text/template.IsTrue`.
    pub(crate) fn truth(&self) -> bool {
        match &self.kind {
            Kind::Nil => false,
            Kind::Bool(value) => *value,
            Kind::Int(value, _) => *value != 0,
            Kind::Float(value) => *value != 0.0,
            Kind::Text(text) => !text.is_empty(),
            Kind::Bytes(bytes) => !bytes.is_empty(),
            Kind::List(list) => !list.items.is_empty(),
            Kind::Map(map) => !map.entries.borrow().is_empty(),
            Kind::Object(object) => match &**object {
                Object::Files(files) => !files.is_empty(),
                Object::ApiVersions(versions) => !versions.is_empty(),
                Object::Duration(duration) => *duration != 0,
                _ => true,
            },
        }
    }

    /// The type, as `%T` prints it.
    pub(crate) fn type_name(&self) -> &'static str {
        match &self.kind {
            Kind::Nil => "<nil>",
            Kind::Bool(_) => "bool",
            Kind::Int(_, width) => width.type_name(),
            Kind::Float(_) => "float64",
            Kind::Text(_) => "string",
            Kind::Bytes(_) => "[]uint8",
            Kind::List(list) => list.element.list_type(),
            Kind::Map(map) => map.map_type.name(),
            Kind::Object(object) => match &**object {
                Object::Files(_) => "engine.files",
                Object::Capabilities(_) => "*common.Capabilities",
                Object::KubeVersion(_) => "common.KubeVersion",
                Object::ApiVersions(_) => "common.VersionSet",
                Object::HelmVersion => "version.BuildInfo",
                Object::Time(_) => "time.Time",
                Object::Duration(_) => "time.Duration",
                Object::Version(_) => "*semver.Version",
                Object::Certificate(..) => "sprig.certificate",
            },
        }
    }

    /// The kind, as reflection names it.
    pub(crate) fn kind_name(&self) -> &'static str {
        match &self.kind {
            Kind::Nil => "invalid",
            Kind::Bool(_) => "bool",
            Kind::Int(_, width) => width.type_name(),
            Kind::Float(_) => "float64",
            Kind::Text(_) => "string",
            Kind::Bytes(_) | Kind::List(_) => "slice",
            Kind::Map(_) => "map",
            Kind::Object(object) => match &**object {
                Object::Files(_) => "map",
                Object::Capabilities(_) | Object::Version(_) => "ptr",
                Object::ApiVersions(_) => "slice",
                Object::Duration(_) => "int64",
                _ => "struct",
            },
        }
    }
}

impl Width {
    fn type_name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Int64 => "int64",
            Self::Uint64 => "uint64",
            Self::Uint8 => "uint8",
        }
    }
}

impl Element {
    fn list_type(self) -> &'static str {
        match self {
            Self::Any => "[]interface {}",
            Self::Text => "[]string",
            Self::Int => "[]int",
            Self::Lists => "[][]interface {}",
        }
    }
}

impl MapType {
    fn name(self) -> &'static str {
        match self {
            Self::Any => "map[string]interface {}",
            Self::Values => "common.Values",
            Self::Text => "map[string]string",
        }
    }

    /// The type of what is in it.
    pub(crate) fn element(self) -> &'static str {
        match self {
            Self::Any | Self::Values => "interface {}",
            Self::Text => "string",
        }
    }
}

/// Takes lists and mappings in a value apart without recursion: a template can nest them as deep as it likes.
fn dismantle(mut values: Vec<Value>) {
    while let Some(value) = values.pop() {
        match value.kind {
            Kind::List(list) => {
                if let Ok(mut list) = Rc::try_unwrap(list) {
                    values.append(&mut list.items);
                }
            }
            Kind::Map(map) => {
                if let Ok(map) = Rc::try_unwrap(map) {
                    values.extend(std::mem::take(&mut *map.entries.borrow_mut()).into_values());
                }
            }
            _ => {}
        }
    }
}

fn has_collections<'v>(mut values: impl Iterator<Item = &'v Value>) -> bool {
    values.any(|value| matches!(value.kind, Kind::List(_) | Kind::Map(_)))
}

impl Drop for List {
    fn drop(&mut self) {
        if has_collections(self.items.iter()) {
            dismantle(std::mem::take(&mut self.items));
        }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        let entries = self.entries.get_mut();
        if has_collections(entries.values()) {
            dismantle(std::mem::take(entries).into_values().collect());
        }
    }
}
