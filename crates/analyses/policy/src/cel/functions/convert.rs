//! Conversions between types, and their ranges.

use std::sync::Arc;

use super::no_signature;
use crate::cel::evaluate::{Answer, Context};
use crate::cel::time::{Timestamp, duration_text, parse_duration};
use crate::cel::value::error;
use crate::cel::{Value, number};

pub(crate) fn call(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [value] = values else { return no_signature(name, values) };
    match value {
        Value::String(text) => context.budget.spend_text(text.len())?,
        Value::Bytes(bytes) => context.budget.spend_text(bytes.len())?,
        _ => {}
    }
    to(name, value)
}

/// A value as one of another type.
pub(crate) fn to(name: &str, value: &Value) -> Answer {
    match (name, value) {
        ("dyn", value) => Ok(value.clone()),
        ("type", value) => Ok(Value::Type(Arc::from(value.type_name()))),
        ("bool", Value::Bool(_))
        | ("bytes", Value::Bytes(_))
        | ("double", Value::Double(_))
        | ("duration", Value::Duration(_))
        | ("int", Value::Int(_))
        | ("string", Value::String(_))
        | ("timestamp", Value::Timestamp(_))
        | ("uint", Value::Uint(_)) => Ok(value.clone()),
        ("bool", Value::String(text)) => match &**text {
            "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(Value::Bool(false)),
            _ => mismatch(value, name),
        },
        ("bytes", Value::String(text)) => Ok(Value::Bytes(Arc::from(text.as_bytes()))),
        ("double", Value::Int(value)) => Ok(Value::Double(*value as f64)),
        ("double", Value::Uint(value)) => Ok(Value::Double(*value as f64)),
        ("double", Value::String(text)) => {
            parse_double(text).map_or_else(|| mismatch(value, name), |v| Ok(Value::Double(v)))
        }
        ("duration", Value::String(text)) => {
            parse_duration(text).map_or_else(|| mismatch(value, name), |v| Ok(Value::Duration(v)))
        }
        ("timestamp", Value::Int(seconds)) => match Timestamp::new(*seconds, 0) {
            Some(time) => Ok(Value::Timestamp(time)),
            None => error("timestamp overflow"),
        },
        ("timestamp", Value::String(text)) => {
            Timestamp::parse(text).map_or_else(|| mismatch(value, name), |v| Ok(Value::Timestamp(v)))
        }
        ("int", _) => to_int(value),
        ("uint", _) => to_uint(value),
        ("string", _) => to_string(value),
        _ => no_signature(name, std::slice::from_ref(value)),
    }
}

fn mismatch(value: &Value, name: &str) -> Answer {
    let to = match name {
        "duration" => "google.protobuf.Duration",
        "timestamp" => "google.protobuf.Timestamp",
        other => other,
    };
    error(format!("type conversion error from '{}' to '{to}'", value.type_name()))
}

fn to_int(value: &Value) -> Answer {
    match value {
        Value::Uint(number) => match i64::try_from(*number) {
            Ok(number) => Ok(Value::Int(number)),
            Err(_) => error("integer overflow"),
        },
        // The limits themselves are refused, as doubles near them are not exact.
        Value::Double(number) if *number > -9_223_372_036_854_775_808.0 && *number < 9_223_372_036_854_775_807.0 => {
            Ok(Value::Int(*number as i64))
        }
        Value::Double(_) => error("integer overflow"),
        Value::String(text) => text.parse().map_or_else(|_| mismatch(value, "int"), |number| Ok(Value::Int(number))),
        Value::Timestamp(time) => Ok(Value::Int(time.seconds())),
        Value::Duration(nanoseconds) => Ok(Value::Int(*nanoseconds)),
        _ => no_signature("int", std::slice::from_ref(value)),
    }
}

fn to_uint(value: &Value) -> Answer {
    match value {
        Value::Int(number) => match u64::try_from(*number) {
            Ok(number) => Ok(Value::Uint(number)),
            Err(_) => error("unsigned integer overflow"),
        },
        Value::Double(number) if *number >= 0.0 && *number < 18_446_744_073_709_551_615.0 => {
            Ok(Value::Uint(*number as u64))
        }
        Value::Double(_) => error("unsigned integer overflow"),
        Value::String(text) if !text.starts_with('+') => {
            text.parse().map_or_else(|_| mismatch(value, "uint"), |number| Ok(Value::Uint(number)))
        }
        Value::String(_) => mismatch(value, "uint"),
        _ => no_signature("uint", std::slice::from_ref(value)),
    }
}

fn to_string(value: &Value) -> Answer {
    Ok(Value::from(match value {
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Double(value) => number::double(*value),
        Value::Duration(value) => duration_text(*value),
        Value::Timestamp(value) => value.text(),
        Value::Ip(address) => address.text(),
        Value::Cidr(cidr) => cidr.text(),
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => return error("invalid UTF-8 in bytes, cannot convert to string"),
        },
        _ => return no_signature("string", std::slice::from_ref(value)),
    }))
}

/// `strconv.ParseFloat`: also hexadecimal numbers, and `_` in none.
fn parse_double(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    match unsigned.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => {
            return Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY });
        }
        "nan" => return Some(f64::NAN),
        _ => {}
    }
    if !unsigned.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-')) {
        return None;
    }
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}
