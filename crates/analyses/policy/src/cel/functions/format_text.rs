//! `"…".format([…])`: clauses, and what each takes.

use super::no_signature;
use super::strings::quoted;
use crate::cel::evaluate::{Answer, Context};
use crate::cel::number;
use crate::cel::value::error;
use crate::cel::{Halt, Key, Value, functions::convert};

/// What a text consists of.
pub(crate) enum Piece<'a> {
    Text(&'a str),
    Clause(Clause),
}

/// `%.2f`: the letter, and how many digits.
pub(crate) struct Clause {
    letter: char,
    precision: Option<usize>,
}

/// A text, taken apart.
pub(crate) struct Clauses<'a> {
    rest: &'a str,
    index: usize,
}

/// More digits than any number has.
const MAX_PRECISION: usize = 1000;

impl<'a> Clauses<'a> {
    pub(crate) fn new(text: &'a str) -> Clauses<'a> {
        Clauses { rest: text, index: 0 }
    }

    /// The next piece. Clauses for which there is no argument are an error.
    pub(crate) fn next(&mut self, has: impl Fn(usize) -> bool) -> Result<Option<Piece<'a>>, String> {
        let rest = self.rest;
        if rest.is_empty() {
            return Ok(None);
        }
        let Some(after) = rest.strip_prefix('%') else {
            let (text, rest) = rest.split_at(rest.find('%').unwrap_or(rest.len()));
            self.rest = rest;
            return Ok(Some(Piece::Text(text)));
        };
        if let Some(rest) = after.strip_prefix('%') {
            self.rest = rest;
            return Ok(Some(Piece::Text("%")));
        }
        if !has(self.index) {
            return Err(format!("index {} out of range", self.index));
        }
        self.index += 1;
        if after.is_empty() {
            return Err("unexpected end of string".to_owned());
        }
        let (precision, after) = precision(after).map_err(|message| {
            format!("could not parse formatting clause: error while parsing precision: {message}")
        })?;
        let mut letters = after.chars();
        let letter = letters.next().unwrap_or_default();
        if !matches!(letter, 's' | 'd' | 'f' | 'e' | 'b' | 'x' | 'X' | 'o') {
            // Go looks at one byte.
            let shown =
                if letter.is_ascii() { letter } else { char::from(after.as_bytes().first().copied().unwrap_or(0)) };
            return Err(format!("could not parse formatting clause: unrecognized formatting clause \"{shown}\""));
        }
        self.rest = letters.as_str();
        Ok(Some(Piece::Clause(Clause { letter, precision })))
    }
}

fn precision(text: &str) -> Result<(Option<usize>, &str), String> {
    let Some(after) = text.strip_prefix('.') else { return Ok((None, text)) };
    let length = after.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = after.split_at(length);
    if rest.is_empty() {
        return Err("could not find end of precision specifier".to_owned());
    }
    match digits.parse::<usize>() {
        Ok(precision) => Ok((Some(precision), rest)),
        Err(_) => {
            let why = if digits.is_empty() { "invalid syntax" } else { "value out of range" };
            Err(format!("error while converting precision to integer: strconv.Atoi: parsing {}: {why}", quoted(digits)))
        }
    }
}

/// Why a clause does not take a type, by the name of that.
pub(crate) fn refusal(clause: &Clause, kind: &str) -> Option<String> {
    let (is_taken, told) = match clause.letter {
        's' => (
            matches!(
                kind,
                "list"
                    | "map"
                    | "int"
                    | "uint"
                    | "double"
                    | "bool"
                    | "string"
                    | "bytes"
                    | "type"
                    | "null_type"
                    | "google.protobuf.Timestamp"
                    | "google.protobuf.Duration"
            ),
            "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and \
             timestamps",
        ),
        'd' => (matches!(kind, "int" | "uint"), "decimal clause can only be used on integers"),
        'f' => (matches!(kind, "double" | "string"), "fixed-point clause can only be used on doubles"),
        'e' => (matches!(kind, "double" | "string"), "scientific clause can only be used on doubles"),
        'b' => (matches!(kind, "int" | "uint" | "bool"), "only integers and bools can be formatted as binary"),
        'o' => (matches!(kind, "int" | "uint"), "octal clause can only be used on integers"),
        _ => (
            matches!(kind, "int" | "uint" | "string" | "bytes"),
            "only integers, byte buffers, and strings can be formatted as hex",
        ),
    };
    (!is_taken).then(|| format!("{told}, was given {kind}"))
}

pub(crate) fn format(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::String(text), Value::List(items)] = values else { return no_signature(name, values) };
    context.budget.spend_text(text.len())?;
    let mut clauses = Clauses::new(text);
    let mut out = String::new();
    let mut index = 0;
    loop {
        let piece = match clauses.next(|index| index < items.len()) {
            Ok(piece) => piece,
            Err(message) => return error(message),
        };
        match piece {
            None => return Ok(Value::from(out)),
            Some(Piece::Text(text)) => out.push_str(text),
            Some(Piece::Clause(clause)) => {
                if let Some(item) = items.get(index) {
                    let item = item.clone().known()?;
                    context.budget.spend(item.weight(crate::cel::PER_CALL_LIMIT))?;
                    let written = match clause.write(&item) {
                        Err(Halt::Error(message)) => return error(format!("error during formatting: {message}")),
                        other => other?,
                    };
                    context.budget.spend_text(written.len())?;
                    out.push_str(&written);
                }
                index += 1;
            }
        }
    }
}

impl Clause {
    fn write(&self, value: &Value) -> Result<String, Halt> {
        let precision = self.precision.unwrap_or(6).min(MAX_PRECISION);
        let refused = || error(refusal(self, value.type_name()).unwrap_or_else(|| self.refused_text(value)));
        match (self.letter, value) {
            ('s', value) => {
                if let Some(message) = refusal(self, value.type_name()) {
                    return error(message);
                }
                text(value)
            }
            ('d', Value::Int(value)) => Ok(value.to_string()),
            ('d', Value::Uint(value)) => Ok(value.to_string()),
            ('f' | 'e', _) => match floating(value) {
                Some(number) if self.letter == 'f' => Ok(grouped(number, precision)),
                Some(number) => Ok(scientific(number, precision)),
                None => refused(),
            },
            ('b', Value::Int(value)) => Ok(signed(*value, |value| format!("{value:b}"))),
            ('b', Value::Uint(value)) => Ok(format!("{value:b}")),
            ('b', Value::Bool(value)) => Ok(if *value { "1" } else { "0" }.to_owned()),
            ('o', Value::Int(value)) => Ok(signed(*value, |value| format!("{value:o}"))),
            ('o', Value::Uint(value)) => Ok(format!("{value:o}")),
            ('x', Value::Int(value)) => Ok(signed(*value, |value| format!("{value:x}"))),
            ('X', Value::Int(value)) => Ok(signed(*value, |value| format!("{value:X}"))),
            ('x', Value::Uint(value)) => Ok(format!("{value:x}")),
            ('X', Value::Uint(value)) => Ok(format!("{value:X}")),
            ('x', Value::String(text)) => Ok(text.bytes().map(|byte| format!("{byte:02x}")).collect()),
            ('X', Value::String(text)) => Ok(text.bytes().map(|byte| format!("{byte:02X}")).collect()),
            ('x', Value::Bytes(bytes)) => Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
            ('X', Value::Bytes(bytes)) => Ok(bytes.iter().map(|byte| format!("{byte:02X}")).collect()),
            _ => refused(),
        }
    }

    /// Texts that are no number where one of those few is wanted.
    fn refused_text(&self, value: &Value) -> String {
        let told = if self.letter == 'f' { "fixed-point" } else { "scientific" };
        format!("{told} clause can only be used on doubles, was given {}", value.type_name())
    }
}

fn signed(value: i64, write: impl Fn(u64) -> String) -> String {
    let magnitude = write(value.unsigned_abs());
    if value < 0 { format!("-{magnitude}") } else { magnitude }
}

fn floating(value: &Value) -> Option<f64> {
    match value {
        Value::Double(value) => Some(*value),
        Value::String(text) => match &**text {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

fn special(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value.is_infinite() {
        Some(if value > 0.0 { "∞" } else { "-∞" })
    } else {
        None
    }
}

/// As the locale en_US writes it, with commas between thousands.
fn grouped(value: f64, precision: usize) -> String {
    if let Some(special) = special(value) {
        return special.to_owned();
    }
    let plain = format!("{:.precision$}", value.abs());
    let (whole, fraction) = plain.split_once('.').map_or((&*plain, None), |(whole, rest)| (whole, Some(rest)));
    let mut out = String::new();
    if value.is_sign_negative() {
        out.push('-');
    }
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// As the locale en_US writes it: `1.500000×10⁰³`. cel-go takes the precision for the width; there are always six digits.
fn scientific(value: f64, width: usize) -> String {
    if let Some(special) = special(value) {
        return format!("{special:>width$}");
    }
    let written = format!("{value:.6e}");
    let (digits, exponent) = written.split_once('e').unwrap_or((&*written, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let raised = |digit: char| match digit {
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '0' => '⁰',
        other => char::from_u32(0x2070 + u32::from(other) - u32::from('0')).unwrap_or(other),
    };
    let sign = if exponent < 0 { "⁻" } else { "" };
    let power: String = format!("{:02}", exponent.unsigned_abs()).chars().map(raised).collect();
    let whole = format!("{digits}×10{sign}{power}");
    format!("{whole:>width$}")
}

/// What `%s` writes.
fn text(value: &Value) -> Result<String, Halt> {
    match value {
        Value::Null => Ok("null".to_owned()),
        Value::Type(name) => Ok(name.to_string()),
        Value::List(_) | Value::Map(_) => nested(value),
        _ => match convert::to("string", value) {
            Ok(Value::String(text)) => Ok(text.to_string()),
            Ok(other) => error(format!("could not convert argument of type {} to string", other.type_name())),
            Err(Halt::Error(message)) => error(format!("could not convert argument {} to string", quoted(&message))),
            Err(halt) => Err(halt),
        },
    }
}

/// A value within a list or a map.
fn nested(value: &Value) -> Result<String, Halt> {
    Ok(match value {
        Value::Unknown(on) => return Err(Halt::Unknown(on.clone())),
        Value::String(text) => quoted(text),
        Value::Bytes(_) => format!("b{}", quoted(&text(value)?)),
        Value::Duration(_) => format!("duration({})", quoted(&text(value)?)),
        Value::Timestamp(_) => format!("timestamp({})", quoted(&text(value)?)),
        Value::Double(value) if !value.is_finite() => quoted(&number::fixed(*value, 6)),
        Value::Double(value) => number::fixed(*value, 6),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Bool(_) | Value::Null | Value::Type(_) => text(value)?,
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(nested).collect::<Result<_, _>>()?;
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            if let Some(on) = map.depends_on() {
                return Err(Halt::Unknown(on.clone()));
            }
            let mut entries = Vec::with_capacity(map.entries().len());
            for (key, value) in map.entries() {
                let key = match key {
                    Key::String(text) => quoted(text),
                    other => text(&other.value())?,
                };
                entries.push((key, nested(value)?));
            }
            entries.sort_by(|left, right| left.0.cmp(&right.0));
            let entries: Vec<String> = entries.into_iter().map(|(key, value)| format!("{key}:{value}")).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => return error(format!("no formatting function for {}", other.type_name())),
    })
}
