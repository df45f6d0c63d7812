//! Types: what the checker knows of an expression before it is evaluated.

use std::fmt;
use std::sync::Arc;

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// Anything: decided at evaluation.
    Dyn,
    /// What a mistake that was told already has.
    Error,
    /// `null`.
    Null,
    /// `bool`.
    Bool,
    /// `int`.
    Int,
    /// `uint`.
    Uint,
    /// `double`.
    Double,
    /// `string`.
    String,
    /// `bytes`.
    Bytes,
    /// `google.protobuf.Duration`.
    Duration,
    /// `google.protobuf.Timestamp`.
    Timestamp,
    /// `list(T)`.
    List(Arc<Type>),
    /// `map(K, V)`.
    Map(Arc<Type>, Arc<Type>),
    /// A type itself: `type(T)`.
    Type(Arc<Type>),
    /// `optional_type(T)`.
    Optional(Arc<Type>),
    /// A type of a library: `kubernetes.Quantity`.
    Opaque(&'static str),
    /// Something with fields.
    Object(Arc<ObjectType>),
    /// What a function is declared with, or what is found out while checking.
    Parameter(u32),
}

/// Something with fields that are known.
#[derive(Debug)]
pub struct ObjectType {
    /// `kubernetes.AdmissionRequest`.
    pub name: String,
    /// Fields by their names.
    pub fields: Vec<(String, Type)>,
}

impl PartialEq for ObjectType {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for ObjectType {}

impl Type {
    /// `list(T)`.
    pub fn list(element: Type) -> Type {
        Type::List(Arc::new(element))
    }

    /// `map(K, V)`.
    pub fn map(key: Type, value: Type) -> Type {
        Type::Map(Arc::new(key), Arc::new(value))
    }

    /// Something with fields.
    pub fn object(name: &str, fields: Vec<(&str, Type)>) -> Type {
        let fields = fields.into_iter().map(|(name, kind)| (name.to_owned(), kind)).collect();
        Type::Object(Arc::new(ObjectType { name: name.to_owned(), fields }))
    }
}

impl Type {
    /// As messages of the checker name it.
    pub(super) fn told(&self) -> String {
        match self {
            Type::Duration => "duration".to_owned(),
            Type::Timestamp => "timestamp".to_owned(),
            Type::Null => "null".to_owned(),
            Type::List(element) => format!("list({})", element.told()),
            Type::Map(key, value) => format!("map({}, {})", key.told(), value.told()),
            Type::Type(of) => format!("type({})", of.told()),
            Type::Optional(of) => format!("optional_type({})", of.told()),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Dyn => out.write_str("dyn"),
            Type::Error => out.write_str("!error!"),
            Type::Null => out.write_str("null_type"),
            Type::Bool => out.write_str("bool"),
            Type::Int => out.write_str("int"),
            Type::Uint => out.write_str("uint"),
            Type::Double => out.write_str("double"),
            Type::String => out.write_str("string"),
            Type::Bytes => out.write_str("bytes"),
            Type::Duration => out.write_str("google.protobuf.Duration"),
            Type::Timestamp => out.write_str("google.protobuf.Timestamp"),
            Type::List(element) => write!(out, "list({element})"),
            Type::Map(key, value) => write!(out, "map({key}, {value})"),
            Type::Type(of) => write!(out, "type({of})"),
            Type::Optional(of) => write!(out, "optional_type({of})"),
            Type::Opaque(name) => out.write_str(name),
            Type::Object(object) => out.write_str(&object.name),
            Type::Parameter(number) => write!(out, "_var{number}"),
        }
    }
}
