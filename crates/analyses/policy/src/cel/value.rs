//! Values, and what halts an evaluation.

use std::sync::Arc;

use super::Map;

/// A value of the language.
#[derive(Debug, Clone)]
pub enum Value {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A signed integer of 64 bits.
    Int(i64),
    /// An unsigned integer of 64 bits.
    Uint(u64),
    /// A floating-point number of 64 bits.
    Double(f64),
    /// A text.
    String(Arc<str>),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// A list.
    List(Arc<[Value]>),
    /// A map, or an object.
    Map(Arc<Map>),
    /// What is not known, and what it depends on. To use it halts with `Halt::Unknown`.
    Unknown(Arc<str>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::String(Arc::from(text))
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Value {
        Value::List(Arc::from(items))
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Value {
        Value::Map(Arc::new(map))
    }
}

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Halt {
    /// An error of the evaluation, in the words of the API server.
    Error(String),
    /// It depends on something that is not known.
    Unknown(Arc<str>),
    /// It costs more than an expression may, or than the policy has left (`Budget::is_exhausted`).
    Spent,
}

/// The integer that a double is exactly.
pub(super) fn exact_i64(value: f64) -> Option<i64> {
    let is_integer =
        value.trunc() == value && (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value);
    is_integer.then_some(value as i64)
}

/// The unsigned integer that a double is exactly.
pub(super) fn exact_u64(value: f64) -> Option<u64> {
    let is_integer = value.trunc() == value && (0.0..18_446_744_073_709_551_616.0).contains(&value);
    is_integer.then_some(value as u64)
}
