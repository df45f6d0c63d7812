//! The functions that templates can call: Go's own, Sprig's as Helm exposes them, and Helm's.
//!
//! What is random, or depends on the time, is fixed here, so that the same input gives the same output; a note says
//! so where it was used.

mod builtin;
mod calls;
mod compare;
mod convert;
mod crypto;
pub(crate) mod dates;
mod defaults;
mod derive;
mod dictionaries;
mod encodings;
mod flow;
mod globs;
mod lists;
mod math;
mod methods;
pub(crate) mod paths;
mod patterns;
mod random;
mod reflect;
pub(crate) mod semver;
mod strings;
mod table;
mod urls;
mod words;

pub(crate) use methods::{method, object_field};

use crate::template::{Failure, Machine};
use crate::value::{Kind, MapType, Object, Value};

/// What a function gives: a value, or why not.
pub(crate) type Answer = Result<Value, Failure>;

/// A function, with the types that Go would check.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) parameters: &'static [Type],
    pub(crate) variadic: Option<Type>,
    pub(crate) spread: Spread,
    pub(crate) call: fn(&mut Machine, Vec<Value>) -> Answer,
}

/// Which values a result is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spread {
    /// Those of all arguments.
    All,
    /// The function says it.
    Own,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Any,
    /// Anything, not converted.
    Value,
    Text,
    Int,
    Uint32,
    Float,
    Bool,
    Map,
    Time,
    Certificate,
    Version,
}

impl Type {
    /// The name that messages show.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::Value => "reflect.Value",
            Self::Text => "string",
            Self::Int => "int",
            Self::Uint32 => "uint32",
            Self::Float => "float64",
            Self::Bool => "bool",
            Self::Map => "map[string]interface {}",
            Self::Time => "time.Time",
            Self::Certificate => "sprig.certificate",
            Self::Version => "*semver.Version",
        }
    }

    /// What a message about a constant of the wrong kind expects.
    pub(crate) fn constant(self) -> Option<&'static str> {
        match self {
            Self::Text => Some("string"),
            Self::Int => Some("integer"),
            Self::Uint32 => Some("unsigned integer"),
            Self::Float => Some("float"),
            Self::Bool => Some("bool"),
            _ => None,
        }
    }

    pub(crate) fn can_be_nil(self) -> bool {
        matches!(self, Self::Any | Self::Value | Self::Map | Self::Version)
    }

    /// Whether Go would assign the value to a parameter of this type.
    pub(crate) fn accepts(self, value: &Value) -> bool {
        use crate::value::Width;
        match (self, &value.kind) {
            (Self::Any | Self::Value, _)
            | (Self::Text, Kind::Text(_))
            | (Self::Int, Kind::Int(_, Width::Int))
            | (Self::Float, Kind::Float(_))
            | (Self::Bool, Kind::Bool(_)) => true,
            (Self::Map, Kind::Map(map)) => map.map_type != MapType::Text,
            (Self::Time, Kind::Object(object)) => matches!(**object, Object::Time(_)),
            (Self::Certificate, Kind::Object(object)) => matches!(**object, Object::Certificate(..)),
            (Self::Version, Kind::Object(object)) => matches!(**object, Object::Version(_)),
            _ => false,
        }
    }
}

/// The index of a function.
pub(crate) fn find(name: &str) -> Option<usize> {
    table::FUNCTIONS.binary_search_by(|function| function.name.cmp(name)).ok()
}

/// The function with this index.
pub(crate) fn get(index: usize) -> &'static Function {
    &table::FUNCTIONS[index]
}

/// Its name.
pub(crate) fn name(index: usize) -> &'static str {
    get(index).name
}

/// The names of all functions.
pub fn names() -> impl Iterator<Item = &'static str> {
    table::FUNCTIONS.iter().map(|function| function.name)
}
