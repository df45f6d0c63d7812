//! Operators: sums, relations, fields and indexes.

use std::cmp::Ordering;

use super::evaluate::{Answer, Context};
use super::time::Timestamp;
use super::value::{error, no_overload};
use super::{Halt, Value, value};

/// The error of an operation that the type of the first operand does not have. Types that receive calls in cel-go do not
/// name it.
pub(super) fn lacks(name: &str, value: &Value) -> Answer {
    match value {
        Value::String(_) | Value::Duration(_) | Value::Timestamp(_) => no_overload(),
        _ => error(format!("no such overload: {name}")),
    }
}

fn checked<T>(result: Option<T>, wrap: impl Fn(T) -> Value, message: &str) -> Answer {
    result.map_or_else(|| error(message), |value| Ok(wrap(value)))
}

const INT: &str = "integer overflow";
const UINT: &str = "unsigned integer overflow";

pub(super) fn add(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [left, right] = values else { return no_overload() };
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => checked(left.checked_add(*right), Value::Int, INT),
        (Value::Uint(left), Value::Uint(right)) => checked(left.checked_add(*right), Value::Uint, UINT),
        (Value::Double(left), Value::Double(right)) => Ok(Value::Double(left + right)),
        (Value::String(left), Value::String(right)) => {
            context.budget.spend_text(left.len() + right.len())?;
            Ok(Value::from([&**left, &**right].concat()))
        }
        (Value::Bytes(left), Value::Bytes(right)) => {
            context.budget.spend_text(left.len() + right.len())?;
            Ok(Value::Bytes([&**left, &**right].concat().into()))
        }
        (Value::List(left), Value::List(right)) => {
            context.budget.spend_elements(left.len() + right.len())?;
            Ok(Value::List([&**left, &**right].concat().into()))
        }
        (Value::Duration(left), Value::Duration(right)) => checked(left.checked_add(*right), Value::Duration, INT),
        (Value::Duration(length), Value::Timestamp(time)) | (Value::Timestamp(time), Value::Duration(length)) => {
            moved(*time, i128::from(*length))
        }
        (
            Value::Int(_)
            | Value::Uint(_)
            | Value::Double(_)
            | Value::String(_)
            | Value::Bytes(_)
            | Value::List(_)
            | Value::Duration(_)
            | Value::Timestamp(_),
            _,
        ) => no_overload(),
        _ => lacks(name, left),
    }
}

fn moved(time: Timestamp, nanoseconds: i128) -> Answer {
    checked(time.moved(nanoseconds), Value::Timestamp, "timestamp overflow")
}

pub(super) fn subtract(_: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [left, right] = values else { return no_overload() };
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => checked(left.checked_sub(*right), Value::Int, INT),
        (Value::Uint(left), Value::Uint(right)) => checked(left.checked_sub(*right), Value::Uint, UINT),
        (Value::Double(left), Value::Double(right)) => Ok(Value::Double(left - right)),
        (Value::Duration(left), Value::Duration(right)) => checked(left.checked_sub(*right), Value::Duration, INT),
        (Value::Timestamp(time), Value::Duration(length)) => moved(*time, -i128::from(*length)),
        (Value::Timestamp(left), Value::Timestamp(right)) => {
            checked(i64::try_from(left.nanoseconds() - right.nanoseconds()).ok(), Value::Duration, INT)
        }
        (Value::Int(_) | Value::Uint(_) | Value::Double(_), _) => no_overload(),
        _ => lacks(name, left),
    }
}

pub(super) fn multiply(_: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [left, right] = values else { return no_overload() };
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => checked(left.checked_mul(*right), Value::Int, INT),
        (Value::Uint(left), Value::Uint(right)) => checked(left.checked_mul(*right), Value::Uint, UINT),
        (Value::Double(left), Value::Double(right)) => Ok(Value::Double(left * right)),
        (Value::Int(_) | Value::Uint(_) | Value::Double(_), _) => no_overload(),
        _ => lacks(name, left),
    }
}

pub(super) fn divide(_: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [left, right] = values else { return no_overload() };
    match (left, right) {
        (Value::Int(_), Value::Int(0)) | (Value::Uint(_), Value::Uint(0)) => error("division by zero"),
        (Value::Int(left), Value::Int(right)) => checked(left.checked_div(*right), Value::Int, INT),
        (Value::Uint(left), Value::Uint(right)) => checked(left.checked_div(*right), Value::Uint, UINT),
        (Value::Double(left), Value::Double(right)) => Ok(Value::Double(left / right)),
        (Value::Int(_) | Value::Uint(_) | Value::Double(_), _) => no_overload(),
        _ => lacks(name, left),
    }
}

pub(super) fn modulo(_: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [left, right] = values else { return no_overload() };
    match (left, right) {
        (Value::Int(_), Value::Int(0)) | (Value::Uint(_), Value::Uint(0)) => error("modulus by zero"),
        (Value::Int(left), Value::Int(right)) => checked(left.checked_rem(*right), Value::Int, INT),
        (Value::Uint(left), Value::Uint(right)) => checked(left.checked_rem(*right), Value::Uint, UINT),
        (Value::Int(_) | Value::Uint(_), _) => no_overload(),
        _ => lacks(name, left),
    }
}

pub(super) fn negate(_: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    match values {
        [Value::Int(value)] => checked(value.checked_neg(), Value::Int, INT),
        [Value::Duration(value)] => checked(value.checked_neg(), Value::Duration, INT),
        [Value::Double(value)] => Ok(Value::Double(-value)),
        [Value::Bool(value)] => Ok(Value::Bool(!value)),
        [other] => lacks(name, other),
        _ => no_overload(),
    }
}

pub(super) fn not(_: &mut Context<'_>, _: &str, values: &[Value]) -> Answer {
    match values {
        [Value::Bool(value)] => Ok(Value::Bool(!value)),
        _ => no_overload(),
    }
}

/// Whether two values are equal, for what it costs to look at both.
pub(super) fn equal(context: &mut Context<'_>, left: &Value, right: &Value) -> Result<bool, Halt> {
    if let (Value::List(_) | Value::Map(_) | Value::Optional(_) | Value::String(_) | Value::Bytes(_), _) = (left, right)
    {
        let limit = super::PER_CALL_LIMIT;
        context.budget.spend(left.weight(limit).min(right.weight(limit)))?;
    }
    left.equals(right)
}

pub(super) fn equals(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [left, right] = values else { return no_overload() };
    match equal(context, left, right) {
        // What cannot be compared is not equal.
        Err(Halt::Error(_)) if name == "_!=_" => Ok(Value::Bool(true)),
        equal => Ok(Value::Bool(equal? == (name == "_==_"))),
    }
}

pub(super) fn relation(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [left, right] = values else { return no_overload() };
    if let (Value::String(left), Value::String(right)) = (left, right) {
        context.budget.spend_text(left.len().min(right.len()))?;
    }
    let Some(ordering) = left.compare(right)? else {
        let is_ordered = matches!(
            left,
            Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Bool(_) | Value::Bytes(_) | Value::String(_)
        );
        return if is_ordered { no_overload() } else { lacks(name, left) };
    };
    Ok(Value::Bool(match name {
        "_<_" => ordering == Ordering::Less,
        "_<=_" => ordering != Ordering::Greater,
        "_>_" => ordering == Ordering::Greater,
        _ => ordering != Ordering::Less,
    }))
}

pub(super) fn contained(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    match values {
        [item, Value::List(items)] => {
            let mut unknown = None;
            for own in items.iter() {
                context.budget.spend(1)?;
                match equal(context, own, item) {
                    Ok(true) => return Ok(Value::Bool(true)),
                    Ok(false) => {}
                    Err(Halt::Unknown(on)) => unknown = unknown.or(Some(Halt::Unknown(on))),
                    Err(halt) => return Err(halt),
                }
            }
            unknown.map_or(Ok(Value::Bool(false)), Err)
        }
        [key, Value::Map(map)] => match (map.lookup(key), map.refuses(key), map.depends_on()) {
            (Some(_), ..) => Ok(Value::Bool(true)),
            (None, Some(why), _) => error(why),
            (None, None, Some(on)) => Err(Halt::Unknown(on.clone())),
            (None, None, None) => Ok(Value::Bool(false)),
        },
        [_, _] => no_overload(),
        _ => lacks(name, &Value::Null),
    }
}

pub(super) fn size(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let size = match values {
        [Value::String(text)] => {
            context.budget.spend_text(text.len())?;
            text.chars().count()
        }
        [Value::Bytes(bytes)] => bytes.len(),
        [Value::List(items)] => items.len(),
        [Value::Map(map)] => match map.depends_on() {
            Some(on) => return Err(Halt::Unknown(on.clone())),
            None => map.entries().len(),
        },
        [other] => return lacks(name, other),
        _ => return no_overload(),
    };
    Ok(Value::Int(i64::try_from(size).unwrap_or(i64::MAX)))
}

/// What a key of something leads to: `None` where there is nothing.
fn at(value: &Value, key: &Value) -> Result<Option<Value>, Halt> {
    match value {
        Value::Map(map) => match (map.lookup(key), map.refuses(key), map.depends_on()) {
            (Some(found), ..) => found.clone().known().map(Some),
            (None, Some(why), _) => error(why),
            (None, None, Some(on)) => Err(Halt::Unknown(on.clone())),
            (None, None, None) => Ok(None),
        },
        Value::List(items) => {
            let index = match key {
                Value::Int(index) => *index,
                Value::Uint(index) => i64::try_from(*index).unwrap_or(i64::MAX),
                Value::Double(index) => match value::exact_i64(*index) {
                    Some(index) => index,
                    None => return error(format!("unsupported index value {} in list", super::number::double(*index))),
                },
                other => return error(format!("unsupported index type '{}' in list", other.type_name())),
            };
            let item = usize::try_from(index).ok().and_then(|index| items.get(index));
            item.cloned().map(Value::known).transpose()
        }
        Value::Unknown(on) => Err(Halt::Unknown(on.clone())),
        _ => Ok(None),
    }
}

fn missing(value: &Value, key: &Value) -> Answer {
    let told = match key {
        Value::String(text) => text.to_string(),
        Value::Double(number) => super::number::double(*number),
        Value::Int(number) => number.to_string(),
        Value::Uint(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        other => other.type_name().to_owned(),
    };
    match value {
        Value::List(_) => error(format!("index out of bounds: {told}")),
        _ => error(format!("no such key: {told}")),
    }
}

/// `operand.name`.
pub(super) fn field(operand: &Value, name: &str) -> Answer {
    lookup(operand, &Value::from(name))
}

fn lookup(operand: &Value, key: &Value) -> Answer {
    match operand {
        Value::Optional(None) => Ok(Value::Optional(None)),
        Value::Optional(Some(held)) => optional_at(held, key),
        _ => at(operand, key)?.map_or_else(|| missing(operand, key), Ok),
    }
}

fn optional_at(operand: &Value, key: &Value) -> Answer {
    if let (Value::Map(_), Value::Map(map)) = (operand, key)
        && let Some(name) = map.native_name()
    {
        return error(format!("invalid qualifier type: {name}"));
    }
    match operand {
        Value::Optional(None) => Ok(Value::Optional(None)),
        Value::Optional(Some(held)) => optional_at(held, key),
        _ => Ok(Value::Optional(at(operand, key)?.map(std::sync::Arc::new))),
    }
}

/// `operand.?name`.
pub(super) fn optional_field(operand: &Value, name: &str) -> Answer {
    optional_at(operand, &Value::from(name))
}

/// `has(operand.name)`.
pub(super) fn has_field(operand: &Value, name: &str) -> Answer {
    let held = match operand {
        Value::Optional(None) => return Ok(Value::Bool(false)),
        Value::Optional(Some(held)) => held,
        other => other,
    };
    Ok(Value::Bool(at(held, &Value::from(name))?.is_some()))
}

pub(super) fn index(_: &mut Context<'_>, _: &str, values: &[Value]) -> Answer {
    let [operand, key] = values else { return no_overload() };
    lookup(operand, key)
}

pub(super) fn optional_index(_: &mut Context<'_>, _: &str, values: &[Value]) -> Answer {
    let [operand, key] = values else { return no_overload() };
    optional_at(operand, key)
}
