//! Values, how they are equal and ordered, and what halts an evaluation.

use std::cmp::Ordering;
use std::sync::Arc;

use super::Map;
use super::authorizer::Asked;
use super::kubernetes::cidr::Cidr;
use super::kubernetes::format::Format;
use super::kubernetes::ip::Address;
use super::kubernetes::quantity::Quantity;
use super::kubernetes::semver::Version;
use super::kubernetes::url::Url;
use super::time::Timestamp;

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
    /// A type, by its name.
    Type(Arc<str>),
    /// A length of time, in nanoseconds.
    Duration(i64),
    /// A point in time.
    Timestamp(Timestamp),
    /// Something, or nothing.
    Optional(Option<Arc<Value>>),
    /// `quantity("1Gi")`.
    Quantity(Arc<Quantity>),
    /// `url("https://host")`.
    Url(Arc<Url>),
    /// `ip("10.0.0.1")`.
    Ip(Address),
    /// `cidr("10.0.0.0/8")`.
    Cidr(Cidr),
    /// `semver("1.2.3")`.
    Semver(Arc<Version>),
    /// `format.dns1123Label()`.
    Format(Format),
    /// The authorizer, what it is asked for, and what it has answered.
    Authorizer(Arc<Asked>),
    /// What is not known, and what it depends on. To use it halts with `Halt::Unknown`.
    Unknown(Arc<str>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::String(Arc::from(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
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

/// An error of the evaluation.
pub(super) fn error<T>(message: impl Into<String>) -> Result<T, Halt> {
    Err(Halt::Error(message.into()))
}

/// The error of an operation that is not for these types.
pub(super) fn no_overload<T>() -> Result<T, Halt> {
    error("no such overload")
}

impl Value {
    /// The name of its type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null_type",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Uint(_) => "uint",
            Value::Double(_) => "double",
            Value::String(_) => "string",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "list",
            Value::Map(_) => "map",
            Value::Type(_) => "type",
            Value::Duration(_) => "google.protobuf.Duration",
            Value::Timestamp(_) => "google.protobuf.Timestamp",
            Value::Optional(_) => "optional_type",
            Value::Quantity(_) => "kubernetes.Quantity",
            Value::Url(_) => "kubernetes.URL",
            Value::Ip(_) => "net.IP",
            Value::Cidr(_) => "net.CIDR",
            Value::Semver(_) => "kubernetes.Semver",
            Value::Format(_) => "kubernetes.NamedFormat",
            Value::Authorizer(asked) => asked.type_name(),
            Value::Unknown(_) => "unknown",
        }
    }

    /// The value, unless it is not known.
    pub(super) fn known(self) -> Result<Value, Halt> {
        match self {
            Value::Unknown(on) => Err(Halt::Unknown(on)),
            value => Ok(value),
        }
    }

    /// Whether two values are equal, as far as this is known. Values of different types are not.
    pub(super) fn equals(&self, other: &Value) -> Result<bool, Halt> {
        Ok(match (self, other) {
            (Value::Unknown(on), _) | (_, Value::Unknown(on)) => return Err(Halt::Unknown(on.clone())),
            (Value::Int(_) | Value::Uint(_) | Value::Double(_), Value::Int(_) | Value::Uint(_) | Value::Double(_)) => {
                compare_numbers(self, other) == Some(Ordering::Equal)
            }
            (Value::Null, Value::Null) => true,
            (Value::Null, _) | (_, Value::Null) => false,
            (Value::Map(left), right)
                if !matches!(right, Value::Map(_) | Value::Null) && left.native_name().is_some() =>
            {
                return no_overload();
            }
            (Value::Bool(left), Value::Bool(right)) => left == right,
            (Value::String(left), Value::String(right)) => left == right,
            (Value::Bytes(left), Value::Bytes(right)) => left == right,
            (Value::Type(left), Value::Type(right)) => left == right,
            (Value::Duration(left), Value::Duration(right)) => left == right,
            (Value::Timestamp(left), Value::Timestamp(right)) => left == right,
            (Value::Optional(left), Value::Optional(right)) => match (left, right) {
                (Some(left), Some(right)) => left.equals(right)?,
                (None, None) => true,
                _ => false,
            },
            (Value::Quantity(left), Value::Quantity(right)) => return left.equals(right).map_or_else(no_overload, Ok),
            (Value::Url(left), Value::Url(right)) => left.text() == right.text(),
            (Value::Ip(left), Value::Ip(right)) => left == right,
            (Value::Cidr(left), Value::Cidr(right)) => left == right,
            (Value::Semver(left), Value::Semver(right)) => left.compare(right) == Ordering::Equal,
            (Value::Format(left), Value::Format(right)) => left == right,
            (Value::List(left), Value::List(right)) => return equal_lists(left, right),
            (Value::Map(left), Value::Map(right)) => return equal_maps(left, right),
            (Value::Authorizer(left), Value::Authorizer(right)) => Arc::ptr_eq(left, right),
            // What Kubernetes adds is only equal or not to its own kind.
            (
                Value::Quantity(_)
                | Value::Url(_)
                | Value::Ip(_)
                | Value::Cidr(_)
                | Value::Semver(_)
                | Value::Format(_),
                _,
            ) => {
                return no_overload();
            }
            _ => false,
        })
    }

    /// How two values are ordered: `None` where their types have no order between them.
    pub(super) fn compare(&self, other: &Value) -> Result<Option<Ordering>, Halt> {
        Ok(match (self, other) {
            (Value::Unknown(on), _) | (_, Value::Unknown(on)) => return Err(Halt::Unknown(on.clone())),
            (Value::Int(_) | Value::Uint(_) | Value::Double(_), Value::Int(_) | Value::Uint(_) | Value::Double(_)) => {
                let ordering = compare_numbers(self, other);
                if ordering.is_none() {
                    return error("NaN values cannot be ordered");
                }
                ordering
            }
            (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
            (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
            (Value::Bytes(left), Value::Bytes(right)) => Some(left.cmp(right)),
            (Value::Duration(left), Value::Duration(right)) => Some(left.cmp(right)),
            (Value::Timestamp(left), Value::Timestamp(right)) => Some(left.cmp(right)),
            _ => None,
        })
    }

    /// Whether it is what its type begins with: zero, empty, nothing.
    pub(super) fn is_zero(&self) -> bool {
        match self {
            Value::Null => true,
            Value::Bool(value) => !value,
            Value::Int(value) | Value::Duration(value) => *value == 0,
            Value::Uint(value) => *value == 0,
            Value::Double(value) => *value == 0.0,
            Value::String(value) => value.is_empty(),
            Value::Bytes(value) => value.is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Map(map) => map.entries().is_empty() && map.depends_on().is_none(),
            Value::Timestamp(value) => value.is_zero(),
            _ => false,
        }
    }

    /// How many steps it is to look at all of it, up to a limit.
    pub(super) fn weight(&self, limit: u64) -> u64 {
        let mut weight = 1u64;
        let mut pending = vec![self];
        while let Some(value) = pending.pop() {
            weight = weight.saturating_add(match value {
                Value::List(items) => {
                    pending.extend(items.iter());
                    items.len() as u64
                }
                Value::Map(map) => {
                    pending.extend(map.entries().iter().map(|(_, value)| value));
                    map.entries().len() as u64
                }
                Value::Optional(Some(value)) => {
                    pending.push(value);
                    1
                }
                Value::String(text) => text.len() as u64 / 10,
                Value::Bytes(bytes) => bytes.len() as u64 / 10,
                _ => 0,
            });
            if weight > limit {
                return weight;
            }
        }
        weight
    }
}

fn equal_lists(left: &[Value], right: &[Value]) -> Result<bool, Halt> {
    if left.len() != right.len() {
        return Ok(false);
    }
    let mut unknown = None;
    for (left, right) in left.iter().zip(right) {
        match left.equals(right) {
            Ok(true) => {}
            // Within others, what cannot be compared is not equal.
            Ok(false) | Err(Halt::Error(_)) => return Ok(false),
            Err(halt) => unknown = unknown.or(Some(halt)),
        }
    }
    unknown.map_or(Ok(true), Err)
}

fn equal_maps(left: &Map, right: &Map) -> Result<bool, Halt> {
    let mut unknown = left.depends_on().or(right.depends_on()).cloned().map(Halt::Unknown);
    if left.entries().len() != right.entries().len() && unknown.is_none() {
        return Ok(false);
    }
    for (key, value) in left.entries() {
        match right.lookup(&key.value()).map(|other| value.equals(other)) {
            Some(Ok(true)) => {}
            Some(Ok(false) | Err(Halt::Error(_))) => return Ok(false),
            Some(Err(halt)) => unknown = unknown.or(Some(halt)),
            None if right.depends_on().is_none() => return Ok(false),
            None => {}
        }
    }
    let has_more = |(key, _): &(super::Key, Value)| left.lookup(&key.value()).is_none();
    if left.depends_on().is_none() && right.entries().iter().any(has_more) {
        return Ok(false);
    }
    unknown.map_or(Ok(true), Err)
}

/// Numbers on one line, whatever their types are; `None` where one is not a number.
fn compare_numbers(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Uint(left), Value::Uint(right)) => Some(left.cmp(right)),
        (Value::Int(left), Value::Uint(right)) => Some(i128::from(*left).cmp(&i128::from(*right))),
        (Value::Uint(left), Value::Int(right)) => Some(i128::from(*left).cmp(&i128::from(*right))),
        (Value::Double(left), Value::Double(right)) => left.partial_cmp(right),
        (Value::Double(left), Value::Int(right)) => compare_double(*left, i128::from(*right), *right as f64),
        (Value::Double(left), Value::Uint(right)) => compare_double(*left, i128::from(*right), *right as f64),
        (Value::Int(_) | Value::Uint(_), Value::Double(_)) => compare_numbers(right, left).map(Ordering::reverse),
        _ => None,
    }
}

/// cel-go compares as doubles what lies within the range of the integers.
fn compare_double(left: f64, right: i128, rounded: f64) -> Option<Ordering> {
    if left.is_nan() {
        return None;
    }
    let is_unsigned = right > i128::from(i64::MAX);
    let (least, most) = if is_unsigned {
        (0.0, 18_446_744_073_709_551_616.0)
    } else {
        (-9.223_372_036_854_776e18, 9.223_372_036_854_776e18)
    };
    if left < least {
        return Some(Ordering::Less);
    }
    if left > most {
        return Some(Ordering::Greater);
    }
    left.partial_cmp(&rounded)
}

/// The integer that a double is exactly.
pub(super) fn exact_i64(value: f64) -> Option<i64> {
    let is_within = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value);
    (value.trunc() == value && is_within).then_some(value as i64)
}

/// The unsigned integer that a double is exactly.
pub(super) fn exact_u64(value: f64) -> Option<u64> {
    let is_within = (0.0..18_446_744_073_709_551_616.0).contains(&value);
    (value.trunc() == value && is_within).then_some(value as u64)
}
