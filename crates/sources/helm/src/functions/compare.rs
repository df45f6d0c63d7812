//! Comparing: `eq`, `ne`, `lt` and their kin as Go has them, and equality of whole trees.

use std::rc::Rc;

use super::Answer;
use crate::template::{Failure, Machine};
use crate::value::{Kind, Object, Value};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Basic {
    None,
    Bool,
    Int,
    Uint,
    Float,
    Text,
}

fn basic(value: &Value) -> Basic {
    use crate::value::Width;
    match &value.kind {
        Kind::Bool(_) => Basic::Bool,
        Kind::Int(_, Width::Uint64 | Width::Uint8) => Basic::Uint,
        Kind::Int(..) => Basic::Int,
        Kind::Float(_) => Basic::Float,
        Kind::Text(_) => Basic::Text,
        Kind::Object(object) if matches!(**object, Object::Duration(_)) => Basic::Int,
        _ => Basic::None,
    }
}

fn number(value: &Value) -> i64 {
    match &value.kind {
        Kind::Int(number, _) => *number,
        Kind::Object(object) => match **object {
            Object::Duration(duration) => duration,
            _ => 0,
        },
        _ => 0,
    }
}

fn incompatible(a: &Value, b: &Value) -> Failure {
    Failure::new(format!("incompatible types for comparison: {} and {}", a.type_name(), b.type_name()))
}

/// Whether two basic values are the same; `None` if they are not basic values of one kind.
fn basic_equal(a: &Value, b: &Value) -> Option<bool> {
    Some(match (&a.kind, &b.kind) {
        (Kind::Bool(a), Kind::Bool(b)) => a == b,
        (Kind::Float(a), Kind::Float(b)) => a == b,
        (Kind::Text(a), Kind::Text(b)) => **a == **b,
        _ if matches!(basic(a), Basic::Int | Basic::Uint) && matches!(basic(b), Basic::Int | Basic::Uint) => {
            number(a) == number(b)
        }
        _ => return None,
    })
}

fn equal(a: &Value, b: &Value) -> Result<bool, Failure> {
    if let Some(same) = basic_equal(a, b) {
        return Ok(same);
    }
    if a.is_nil() || b.is_nil() {
        let is_nil = |value: &Value| match &value.kind {
            Kind::Nil => true,
            Kind::List(list) => list.is_nil,
            Kind::Map(map) => map.is_nil,
            _ => false,
        };
        return Ok(is_nil(a) && is_nil(b));
    }
    if basic(a) != basic(b) {
        return Err(incompatible(a, b));
    }
    let show = crate::format::display;
    if a.kind_name() != b.kind_name() {
        let (left, right) = (a.type_name(), b.type_name());
        let message = format!("non-comparable types {}: {left}, {right}: {}", show(a), show(b));
        return Err(Failure::new(message));
    }
    match (&a.kind, &b.kind) {
        (Kind::Object(left), Kind::Object(right)) if !matches!(a.kind_name(), "map" | "slice") => {
            Ok(Rc::ptr_eq(left, right) || deep_equal(a, b))
        }
        _ => Err(Failure::new(format!("non-comparable type {}: {}", show(b), b.type_name()))),
    }
}

fn less(a: &Value, b: &Value) -> Result<bool, Failure> {
    let bad = || Failure::new("invalid type for comparison");
    let (left, right) = (basic(a), basic(b));
    if left == Basic::None || right == Basic::None {
        return Err(bad());
    }
    match (&a.kind, &b.kind) {
        (Kind::Float(a), Kind::Float(b)) => Ok(a < b),
        (Kind::Text(a), Kind::Text(b)) => Ok(crate::text::bytes(a) < crate::text::bytes(b)),
        (Kind::Bool(_), Kind::Bool(_)) => Err(bad()),
        _ if matches!(left, Basic::Int | Basic::Uint) && matches!(right, Basic::Int | Basic::Uint) => {
            Ok(number(a) < number(b))
        }
        _ => Err(incompatible(a, b)),
    }
}

fn answer(truth: Result<bool, Failure>) -> Answer {
    truth.map(Value::bool)
}

pub(super) fn eq(_: &mut Machine, values: Vec<Value>) -> Answer {
    if values.len() < 2 {
        return Err(Failure::new("missing argument for comparison"));
    }
    for other in &values[1..] {
        if equal(&values[0], other)? {
            return Ok(Value::bool(true));
        }
    }
    Ok(Value::bool(false))
}

pub(super) fn ne(_: &mut Machine, values: Vec<Value>) -> Answer {
    answer(equal(&values[0], &values[1]).map(|same| !same))
}

pub(super) fn lt(_: &mut Machine, values: Vec<Value>) -> Answer {
    answer(less(&values[0], &values[1]))
}

fn less_or_equal(a: &Value, b: &Value) -> Result<bool, Failure> {
    if less(a, b)? { Ok(true) } else { equal(a, b) }
}

pub(super) fn le(_: &mut Machine, values: Vec<Value>) -> Answer {
    answer(less_or_equal(&values[0], &values[1]))
}

pub(super) fn gt(_: &mut Machine, values: Vec<Value>) -> Answer {
    answer(less_or_equal(&values[0], &values[1]).map(|truth| !truth))
}

pub(super) fn ge(_: &mut Machine, values: Vec<Value>) -> Answer {
    answer(less(&values[0], &values[1]).map(|truth| !truth))
}

pub(super) fn deep_equal_function(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::bool(deep_equal(&values[0], &values[1])))
}

/// As `reflect.DeepEqual`: types count.
pub(super) fn deep_equal(a: &Value, b: &Value) -> bool {
    // Pairs that are still to be compared: a template can nest values as deep as it likes.
    let mut pairs = vec![(a.clone(), b.clone())];
    while let Some((a, b)) = pairs.pop() {
        if a.type_name() != b.type_name() {
            return false;
        }
        match (&a.kind, &b.kind) {
            (Kind::List(left), Kind::List(right)) => {
                if Rc::ptr_eq(left, right) {
                    continue;
                }
                if left.items.len() != right.items.len() || left.is_nil != right.is_nil {
                    return false;
                }
                pairs.extend(left.items.iter().cloned().zip(right.items.iter().cloned()));
            }
            (Kind::Map(left), Kind::Map(right)) => {
                if Rc::ptr_eq(left, right) {
                    continue;
                }
                let (left, right) = (left.entries.borrow(), right.entries.borrow());
                if left.len() != right.len() {
                    return false;
                }
                for (key, value) in left.iter() {
                    let Some(other) = right.get(key) else { return false };
                    pairs.push((value.clone(), other.clone()));
                }
            }
            (Kind::Bytes(left), Kind::Bytes(right)) if left != right => return false,
            (Kind::Object(left), Kind::Object(right))
                if !Rc::ptr_eq(left, right) && crate::format::display(&a) != crate::format::display(&b) =>
            {
                return false;
            }
            _ if basic_equal(&a, &b) == Some(false) => return false,
            _ => {}
        }
    }
    true
}
