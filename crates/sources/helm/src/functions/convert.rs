//! Numbers of anything: `int`, `float64`, `atoi`. Source: `spf13/cast`, which Sprig uses.

use super::Answer;
use super::calls::text;
use crate::template::Machine;
use crate::template::constants::{TWO_TO_63, parse_float, parse_int};
use crate::value::{Kind, Object, Value, Width};

/// A whole number of anything; 0 of what is none.
pub(super) fn to_int64(value: &Value) -> i64 {
    match &value.kind {
        Kind::Int(number, _) => *number,
        // Go's conversion of what does not fit gives the smallest number on the usual machines.
        Kind::Float(number) if number.is_nan() || number.abs() >= TWO_TO_63 => i64::MIN,
        Kind::Float(number) => *number as i64,
        Kind::Bool(truth) => i64::from(*truth),
        Kind::Text(text) => parse_int(trim_zero_decimal(text)).unwrap_or(0),
        Kind::Object(object) => match **object {
            Object::Duration(duration) => duration,
            _ => 0,
        },
        _ => 0,
    }
}

fn trim_zero_decimal(text: &str) -> &str {
    match text.trim_end_matches('0').strip_suffix('.') {
        Some(whole) if text.ends_with('0') => whole,
        _ => text,
    }
}

/// A float of anything; 0 of what is none.
pub(super) fn to_float64(value: &Value) -> f64 {
    match &value.kind {
        Kind::Int(number, Width::Uint64) => *number as u64 as f64,
        Kind::Int(number, _) => *number as f64,
        Kind::Float(number) => *number,
        Kind::Bool(truth) => f64::from(u8::from(*truth)),
        Kind::Text(text) => parse_float(text).unwrap_or(0.0),
        Kind::Object(object) => match **object {
            Object::Duration(duration) => duration as f64,
            _ => 0.0,
        },
        _ => 0.0,
    }
}

pub(super) fn int(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::int(to_int64(&values[0])))
}

pub(super) fn int64(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::int64(to_int64(&values[0])))
}

pub(super) fn float64(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::float(to_float64(&values[0])))
}

pub(super) fn atoi(_: &mut Machine, values: Vec<Value>) -> Answer {
    let text = text(&values[0]);
    let digits = text.strip_prefix('+').filter(|rest| !rest.starts_with(['+', '-'])).unwrap_or(&text);
    // What is too large gives the largest number, as the error is not looked at.
    let is_number = digits.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit()) && !digits.is_empty();
    let limit = if digits.starts_with('-') { i64::MIN } else { i64::MAX };
    let number = digits.parse().unwrap_or(if is_number && digits.len() > 18 { limit } else { 0 });
    Ok(Value::int(number))
}

pub(super) fn to_string(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value { taint: values[0].taint, ..Value::text(crate::format::stringify(&values[0])) })
}

/// The texts of what is in a list; of anything else its own. What is nil is left out.
pub(super) fn texts(value: &Value) -> Vec<(crate::text::Text, u32)> {
    let one = |item: &Value| {
        let taint = if item.taint == 0 { value.taint } else { item.taint };
        (crate::format::stringify(item), taint)
    };
    match super::calls::items(value) {
        Some(items) => items.iter().filter(|item| !item.is_nil()).map(one).collect(),
        None if value.is_nil() => Vec::new(),
        None => vec![one(value)],
    }
}

pub(super) fn to_strings(_: &mut Machine, values: Vec<Value>) -> Answer {
    let texts = texts(&values[0]).into_iter();
    let items = texts.map(|(text, taint)| Value { taint, ..Value::text(text) }).collect();
    Ok(Value::list_of(items, crate::value::Element::Text))
}

/// Reads octal digits, as the name does not say.
pub(super) fn to_decimal(_: &mut Machine, values: Vec<Value>) -> Answer {
    let text = crate::format::display(&values[0]);
    let digits = text.strip_prefix('+').unwrap_or(&text);
    Ok(Value::int64(i64::from_str_radix(digits, 8).unwrap_or(0)))
}
