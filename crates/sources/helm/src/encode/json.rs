//! JSON. Source: Go, package `encoding/json`.

use std::rc::Rc;

use crate::format::float_format;
use crate::render::{Capabilities, GO_VERSION, HELM_VERSION};
use crate::template::{Failure, Machine};
use crate::text::{Builder, NOWHERE, Text, byte_of};
use crate::value::{Entries, Kind, Object, Value};

/// Values are nested no deeper.
pub(crate) const DEEPEST: usize = 1_000;

/// How JSON is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// On one line, with what HTML would take for its own escaped.
    Compact,
    /// As compact, on many lines.
    Pretty,
    /// On one line, nothing escaped that need not be.
    Raw,
}

/// Why a value cannot be written.
pub(crate) enum WriteError {
    /// The value is none that JSON has.
    Value(String),
    /// Too much.
    Bounds(Failure),
}

impl From<Failure> for WriteError {
    fn from(failure: Failure) -> Self {
        Self::Bounds(failure)
    }
}

/// Writes a value.
pub(crate) fn write(machine: &mut Machine, value: &Value, style: Style, out: &mut Builder) -> Result<(), WriteError> {
    Writer { machine, style, out, depth: 0 }.value(value, 0)
}

struct Writer<'w> {
    machine: &'w mut Machine,
    style: Style,
    out: &'w mut Builder,
    depth: usize,
}

impl Writer<'_> {
    fn push(&mut self, text: &str, taint: u32) {
        self.out.push(text, NOWHERE, taint);
    }

    fn value(&mut self, value: &Value, above: u32) -> Result<(), WriteError> {
        self.machine.tick(1)?;
        let taint = if value.taint == 0 { above } else { value.taint };
        match &value.kind {
            Kind::Nil => self.push("null", taint),
            Kind::Bool(truth) => self.push(if *truth { "true" } else { "false" }, taint),
            Kind::Int(number, _) => self.push(&number.to_string(), taint),
            Kind::Float(number) => {
                let text = number_text(*number).map_err(WriteError::Value)?;
                self.push(&text, taint);
            }
            Kind::Text(text) => self.text(text, taint),
            Kind::Bytes(bytes) => {
                let text = format!("\"{}\"", data_encoding::BASE64.encode(bytes));
                self.push(&text, taint);
            }
            Kind::List(list) if list.is_nil => self.push("null", taint),
            Kind::List(list) => self.list(&list.items, taint)?,
            Kind::Map(map) if map.is_nil => self.push("null", taint),
            Kind::Map(map) => {
                let entries: Vec<(Rc<str>, Value)> =
                    map.entries.borrow().iter().map(|(key, value)| (Rc::clone(key), value.clone())).collect();
                self.map(&entries, taint)?;
            }
            Kind::Object(object) => self.object(object, taint)?,
        }
        if self.out.len() > self.machine.bounds.bytes {
            self.machine.check_size(self.out.len())?;
        }
        Ok(())
    }

    fn object(&mut self, object: &Object, taint: u32) -> Result<(), WriteError> {
        match plain(object) {
            Plain::Value(value) => self.value(&value, taint),
            Plain::Fields(fields) => self.map(&fields, taint),
        }
    }

    fn enter(&mut self) -> Result<(), WriteError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(WriteError::Value("json: unsupported value: encountered a cycle".to_owned()));
        }
        Ok(())
    }

    fn line(&mut self, taint: u32) {
        if self.style == Style::Pretty {
            let line = format!("\n{}", "  ".repeat(self.depth));
            self.push(&line, taint);
        }
    }

    fn list(&mut self, items: &[Value], taint: u32) -> Result<(), WriteError> {
        if items.is_empty() {
            self.push("[]", taint);
            return Ok(());
        }
        self.enter()?;
        self.push("[", taint);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.push(",", taint);
            }
            self.line(taint);
            self.value(item, taint)?;
        }
        self.depth -= 1;
        self.line(taint);
        self.push("]", taint);
        Ok(())
    }

    fn map(&mut self, entries: &[(Rc<str>, Value)], taint: u32) -> Result<(), WriteError> {
        if entries.is_empty() {
            self.push("{}", taint);
            return Ok(());
        }
        self.enter()?;
        self.push("{", taint);
        for (index, (key, value)) in entries.iter().enumerate() {
            if index > 0 {
                self.push(",", taint);
            }
            self.line(taint);
            let own = if value.taint == 0 { taint } else { value.taint };
            self.text(&Text::from(&**key), own);
            self.push(if self.style == Style::Pretty { ": " } else { ":" }, own);
            self.value(value, taint)?;
        }
        self.depth -= 1;
        self.line(taint);
        self.push("}", taint);
        Ok(())
    }

    fn text(&mut self, text: &Text, taint: u32) {
        self.push("\"", taint);
        let escaped = escape(text, self.style);
        if escaped.len() == text.len() {
            self.out.push_text(text, taint, NOWHERE);
        } else {
            self.push(&escaped, taint);
        }
        self.push("\"", taint);
    }
}

/// What JSON sees of an object: another value, or fields in their order.
pub(crate) enum Plain {
    Value(Value),
    Fields(Vec<(Rc<str>, Value)>),
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Plain {
    Plain::Fields(fields.into_iter().map(|(name, value)| (Rc::from(name), value)).collect())
}

fn kube_version(capabilities: &Capabilities) -> Value {
    let version = &capabilities.kube_version;
    Value::map(Entries::from([
        ("Version".into(), Value::text(version.version.as_str())),
        ("Major".into(), Value::text(version.major.as_str())),
        ("Minor".into(), Value::text(version.minor.as_str())),
    ]))
}

pub(crate) fn plain(object: &Object) -> Plain {
    match object {
        Object::Files(files) => {
            let entries =
                files.iter().map(|(name, data)| (Rc::from(&**name), Value::new(Kind::Bytes(Rc::clone(data)))));
            Plain::Value(Value::map(entries.collect()))
        }
        Object::Capabilities(capabilities) => fields([
            ("KubeVersion", Value::object(Object::KubeVersion(Rc::clone(capabilities)))),
            ("APIVersions", Value::object(Object::ApiVersions(capabilities.api_versions.clone()))),
            ("HelmVersion", Value::object(Object::HelmVersion)),
        ]),
        Object::KubeVersion(capabilities) => {
            let version = kube_version(capabilities);
            let Kind::Map(map) = &version.kind else { return Plain::Value(version) };
            let entries = map.entries.borrow();
            let field = |name: &str| (Rc::from(name), entries.get(name).cloned().unwrap_or(Value::NIL));
            Plain::Fields(vec![field("Version"), field("Major"), field("Minor")])
        }
        Object::ApiVersions(versions) => Plain::Value(Value::texts(versions.iter().cloned())),
        Object::HelmVersion => fields([
            ("version", Value::text(HELM_VERSION)),
            ("go_version", Value::text(GO_VERSION)),
            ("kube_client_version", Value::text(Capabilities::client_version())),
        ]),
        Object::Time(time) => Plain::Value(Value::text(time.rfc3339())),
        Object::Duration(duration) => Plain::Value(Value::int64(*duration)),
        Object::Version(version) => Plain::Value(Value::text(version.to_string())),
        Object::Certificate(certificate, key) => {
            fields([("Cert", Value::text(certificate.as_str())), ("Key", Value::text(key.as_str()))])
        }
    }
}

/// A float as Go's JSON writes it.
pub(crate) fn number_text(number: f64) -> Result<String, String> {
    if !number.is_finite() {
        return Err(format!("json: unsupported value: {}", crate::format::float_g(number)));
    }
    let size = number.abs();
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        return Ok(float_format(number, 'f', None));
    }
    let text = float_format(number, 'e', None);
    // `e-09` is written `e-9`.
    Ok(text.replacen("e-0", "e-", 1))
}

fn escape(text: &str, style: Style) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x08' => out.push_str("\\b"),
            '\x0C' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            '<' | '>' | '&' if style != Style::Raw => out.push_str(&format!("\\u{:04x}", c as u32)),
            '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", c as u32)),
            _ if byte_of(c).is_some() => out.push_str("\\ufffd"),
            _ => out.push(c),
        }
    }
    out
}

/// Reads a value; the inner error is Go's.
pub(crate) fn read(machine: &mut Machine, text: &str, taint: u32) -> Result<Result<Value, String>, Failure> {
    machine.tick(text.len() as u64 / 4)?;
    Ok(match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) => Ok(convert(&value, taint)),
        Err(error) => Err(message(text, &error)),
    })
}

fn message(text: &str, error: &serde_json::Error) -> String {
    if error.is_eof() {
        // Go asks what a space would be there.
        return match at_end(text) {
            Some(context) => format!("invalid character ' ' {context}"),
            None => "unexpected end of JSON input".to_owned(),
        };
    }
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or("");
    let c = line.as_bytes().get(error.column().saturating_sub(1)).map_or(' ', |byte| char::from(*byte));
    let shown = if c == '\'' { "'\\''".to_owned() } else { format!("'{c}'") };
    let context = match error.to_string() {
        text if text.starts_with("expected `:`") => "after object key",
        text if text.starts_with("expected `,` or `}`") => "after object key:value pair",
        text if text.starts_with("expected `,` or `]`") => "after array element",
        text if text.starts_with("key must be") || text.starts_with("trailing comma") && c == '}' => {
            "looking for beginning of object key string"
        }
        text if text.starts_with("trailing characters") => "after top-level value",
        text if text.starts_with("control character") => "in string literal",
        _ => "looking for beginning of value",
    };
    format!("invalid character {shown} {context}")
}

/// What cannot end at the end of a text. Source: `encoding/json`, `scanner.go`.
fn at_end(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let (mut in_string, mut escape, mut at) = (false, None, 0);
    while let Some(byte) = bytes.get(at) {
        escape = (in_string && *byte == b'\\').then_some(at);
        in_string ^= *byte == b'"';
        at += match (escape, bytes.get(at + 1)) {
            (None, _) => 1,
            (Some(_), Some(b'u')) => 6,
            (Some(_), _) => 2,
        };
    }
    // An escape that is whole is none any more.
    escape = escape.filter(|_| at > bytes.len());
    if in_string {
        let start = escape?;
        return match text.len() - start {
            1 => Some("in string escape code".to_owned()),
            length if length < 6 && text.as_bytes().get(start + 1) == Some(&b'u') => {
                Some("in \\u hexadecimal character escape".to_owned())
            }
            _ => None,
        };
    }
    let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let token = &text[text.trim_end_matches(is_token).len()..];
    let of_literal = ["true", "false", "null"].into_iter().find_map(|literal| {
        let rest = literal.strip_prefix(token).filter(|rest| !token.is_empty() && !rest.is_empty())?;
        Some(format!("in literal {literal} (expecting '{}')", &rest[..1]))
    });
    of_literal.or_else(|| match token.trim_end_matches(['+', '-']).chars().last() {
        None if token == "-" => Some("in numeric literal".to_owned()),
        Some('.') => Some("after decimal point in numeric literal".to_owned()),
        Some('e' | 'E') => Some("in exponent of numeric literal".to_owned()),
        _ => None,
    })
}

fn convert(value: &serde_json::Value, taint: u32) -> Value {
    let kind = match value {
        serde_json::Value::Null => Kind::Nil,
        serde_json::Value::Bool(truth) => Kind::Bool(*truth),
        serde_json::Value::Number(number) => Kind::Float(number.as_f64().unwrap_or(f64::INFINITY)),
        serde_json::Value::String(text) => Kind::Text(Text::from(text.as_str())),
        serde_json::Value::Array(items) => Value::list(items.iter().map(|item| convert(item, taint)).collect()).kind,
        serde_json::Value::Object(map) => {
            Value::map(map.iter().map(|(key, item)| (Rc::from(key.as_str()), convert(item, taint))).collect()).kind
        }
    };
    Value::tainted(kind, taint)
}

/// What messages call the kind of a value.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value.kind {
        Kind::Text(_) => "string",
        Kind::Bool(_) => "bool",
        Kind::List(_) => "array",
        Kind::Map(_) => "object",
        _ => "number",
    }
}
