//! JSON, YAML, TOML and base 64 and 32 in templates.

use data_encoding::{BASE32, BASE64, DecodeKind};

use super::Answer;
use super::calls::text;
use crate::encode::{json, toml, yaml};
use crate::template::{Failure, Machine};
use crate::text::{bytes, from_bytes};
use crate::value::{Entries, Value};

pub(super) fn b64enc(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let text = text(&values[0]);
    machine.check_size(text.len() * 4 / 3)?;
    Ok(Value::text(BASE64.encode(&bytes(&text))))
}

pub(super) fn b32enc(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let text = text(&values[0]);
    machine.check_size(text.len() * 2)?;
    Ok(Value::text(BASE32.encode(&bytes(&text))))
}

/// Go passes over ends of lines in what it decodes; a position in its messages counts them.
fn decoded(text: &str, encoding: &data_encoding::Encoding, name: &str) -> Value {
    let raw = bytes(text);
    let compact: Vec<u8> = raw.iter().copied().filter(|b| !matches!(b, b'\n' | b'\r')).collect();
    match encoding.decode(&compact) {
        Ok(decoded) => Value::text(&*from_bytes(&decoded)),
        Err(error) => {
            let at = match error.kind {
                DecodeKind::Length => compact.len() - compact.len() % 4,
                _ => error.position,
            };
            let at = compact.iter().position(|b| !is_digit(*b, name)).unwrap_or(at);
            Value::text(format!("illegal {name} data at input byte {at}"))
        }
    }
}

fn is_digit(byte: u8, name: &str) -> bool {
    match name {
        "base64" => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='),
        _ => byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte) || byte == b'=',
    }
}

pub(super) fn b64dec(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(decoded(&text(&values[0]), &BASE64, "base64"))
}

pub(super) fn b32dec(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(decoded(&text(&values[0]), &BASE32, "base32"))
}

pub(super) fn to_yaml(machine: &mut Machine, values: Vec<Value>) -> Answer {
    match yaml::write(machine, &values[0], yaml::Layout::Compact) {
        Ok(text) => Ok(text),
        Err(yaml::WriteError::Bounds(failure)) => Err(failure),
        Err(yaml::WriteError::Value(_)) => Ok(Value::text("")),
    }
}

pub(super) fn must_to_yaml(machine: &mut Machine, values: Vec<Value>) -> Answer {
    match yaml::write(machine, &values[0], yaml::Layout::Compact) {
        Ok(text) => Ok(text),
        Err(yaml::WriteError::Bounds(failure)) => Err(failure),
        Err(yaml::WriteError::Value(message)) => Err(Failure::new(format!("error marshaling into JSON: {message}"))),
    }
}

pub(super) fn to_yaml_pretty(machine: &mut Machine, values: Vec<Value>) -> Answer {
    match yaml::write(machine, &values[0], yaml::Layout::Pretty) {
        Ok(text) => Ok(text),
        Err(yaml::WriteError::Bounds(failure)) => Err(failure),
        Err(yaml::WriteError::Value(_)) => Ok(Value::text("")),
    }
}

/// An error becomes the value of the key `Error`.
fn error_map(message: String) -> Value {
    Value::map(Entries::from([("Error".into(), Value::text(message))]))
}

pub(super) fn from_yaml(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let taint = values[0].taint;
    Ok(match yaml::read(machine, &text(&values[0]), taint)? {
        Ok(value) if value.is_nil() => Value::map(Entries::new()),
        Ok(value) if value.kind_name() == "map" => value,
        Ok(value) => error_map(format!(
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {} into Go value of type \
             map[string]interface {{}}",
            json::kind(&value)
        )),
        Err(message) => error_map(message),
    })
}

pub(super) fn from_yaml_array(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let taint = values[0].taint;
    Ok(match yaml::read(machine, &text(&values[0]), taint)? {
        Ok(value) if value.is_nil() => Value::nil_list(),
        Ok(value) if value.kind_name() == "slice" => value,
        Ok(value) => Value::list(vec![Value::text(format!(
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {} into Go value of type \
             []interface {{}}",
            json::kind(&value)
        ))]),
        Err(message) => Value::list(vec![Value::text(message)]),
    })
}

fn write_json(machine: &mut Machine, value: &Value, style: json::Style) -> Result<Result<Value, String>, Failure> {
    let mut out = crate::text::Builder::new(machine.tracing);
    match json::write(machine, value, style, &mut out) {
        Ok(()) => Ok(Ok(machine.finish(out))),
        Err(json::WriteError::Bounds(failure)) => Err(failure),
        Err(json::WriteError::Value(message)) => Ok(Err(message)),
    }
}

fn lenient(machine: &mut Machine, value: &Value, style: json::Style) -> Answer {
    Ok(write_json(machine, value, style)?.unwrap_or_else(|_| Value::text("")))
}

fn strict(machine: &mut Machine, value: &Value, style: json::Style) -> Answer {
    write_json(machine, value, style)?.map_err(Failure::new)
}

pub(super) fn to_json(machine: &mut Machine, values: Vec<Value>) -> Answer {
    lenient(machine, &values[0], json::Style::Compact)
}

pub(super) fn must_to_json(machine: &mut Machine, values: Vec<Value>) -> Answer {
    strict(machine, &values[0], json::Style::Compact)
}

pub(super) fn to_pretty_json(machine: &mut Machine, values: Vec<Value>) -> Answer {
    lenient(machine, &values[0], json::Style::Pretty)
}

pub(super) fn must_to_pretty_json(machine: &mut Machine, values: Vec<Value>) -> Answer {
    strict(machine, &values[0], json::Style::Pretty)
}

pub(super) fn to_raw_json(machine: &mut Machine, values: Vec<Value>) -> Answer {
    strict(machine, &values[0], json::Style::Raw)
}

pub(super) fn from_json(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let taint = values[0].taint;
    Ok(match json::read(machine, &text(&values[0]), taint)? {
        Ok(value) if value.is_nil() => {
            // Go leaves a mapping that is nil.
            Value { taint, ..Value::map(Entries::new()) }
        }
        Ok(value) if value.kind_name() == "map" => value,
        Ok(value) => error_map(format!(
            "json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
            json::kind(&value)
        )),
        Err(message) => error_map(message),
    })
}

pub(super) fn from_json_array(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let taint = values[0].taint;
    Ok(match json::read(machine, &text(&values[0]), taint)? {
        Ok(value) if value.is_nil() => Value::nil_list(),
        Ok(value) if value.kind_name() == "slice" => value,
        Ok(value) => Value::list(vec![Value::text(format!(
            "json: cannot unmarshal {} into Go value of type []interface {{}}",
            json::kind(&value)
        ))]),
        Err(message) => Value::list(vec![Value::text(message)]),
    })
}

pub(super) fn must_from_json(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let taint = values[0].taint;
    json::read(machine, &text(&values[0]), taint)?.map_err(Failure::new)
}

pub(super) fn to_toml(machine: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::text(toml::write(machine, &values[0])?.unwrap_or_else(|message| message)))
}

pub(super) fn must_to_toml(machine: &mut Machine, values: Vec<Value>) -> Answer {
    toml::write(machine, &values[0])?.map(Value::text).map_err(Failure::new)
}

pub(super) fn from_toml(machine: &mut Machine, values: Vec<Value>) -> Answer {
    machine.tick(values[0].taint.min(1).into())?;
    Ok(toml::read(&text(&values[0])).unwrap_or_else(error_map))
}
