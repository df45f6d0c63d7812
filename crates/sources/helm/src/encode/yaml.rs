//! YAML as `sigs.k8s.io/yaml` writes it (`toYaml`), and as `go.yaml.in/yaml` v3 does (`toYamlPretty`).

use std::cmp::Ordering;
use std::rc::Rc;

use super::json::{self, DEEPEST, Plain};
use super::yaml_scalars::{Part, Place, Shape, is_simple_key, shape, write as write_scalar};
use crate::format::float_g;
use crate::template::{Failure, Machine};
use crate::text::{Builder, NOWHERE, Text};
use crate::value::{Kind, Value};
use crate::values::{self, Node, Tree};

pub(crate) use super::json::WriteError;

/// How YAML is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Lists are not indented in mappings, long lines are broken.
    Compact,
    /// Lists are indented, lines are not broken.
    Pretty,
}

/// Writes a value; the last end of line is left out, as Helm does.
pub(crate) fn write(machine: &mut Machine, value: &Value, layout: Layout) -> Result<Value, WriteError> {
    let out = Builder::new(machine.tracing);
    let mut writer = Writer { machine, layout, out, column: 0, depth: 0 };
    writer.node(value, 0, None, Context::Root)?;
    let ends_line = writer.out.text.ends_with('\n');
    let Writer { machine, out, .. } = writer;
    // A block at the end has its own end of line, of which one is cut off.
    Ok(if ends_line { cut_last(machine, out) } else { machine.finish(out) })
}

fn cut_last(machine: &mut Machine, out: Builder) -> Value {
    let whole = machine.finish(out);
    let Kind::Text(text) = &whole.kind else { return whole };
    machine.build(|out| out.push_range(text, 0..text.len() - 1, whole.taint, NOWHERE))
}

/// What a node stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    Root,
    Mapping,
    Sequence,
}

struct Writer<'m> {
    machine: &'m mut Machine,
    layout: Layout,
    out: Builder,
    column: usize,
    depth: usize,
}

/// A node, made plain: what YAML has.
enum Shown {
    Scalar(String),
    Text(Text),
    List(Vec<Value>),
    Map(Vec<(Rc<str>, Value)>),
}

impl Writer<'_> {
    fn push(&mut self, text: &str, taint: u32) {
        self.out.push(text, NOWHERE, taint);
        self.advance(text);
    }

    fn advance(&mut self, text: &str) {
        match text.rfind('\n') {
            Some(end) => self.column = text[end + 1..].chars().count(),
            None => self.column += text.chars().count(),
        }
    }

    fn show(&self, value: &Value) -> Result<Shown, WriteError> {
        Ok(match &value.kind {
            Kind::Nil => Shown::Scalar("null".to_owned()),
            Kind::Bool(truth) => Shown::Scalar(truth.to_string()),
            Kind::Int(number, _) => Shown::Scalar(number.to_string()),
            Kind::Float(number) => Shown::Scalar(self.number(*number)?),
            Kind::Text(text) if crate::text::has_bytes(text) => Shown::Text(Text::from(replaced(text))),
            Kind::Text(text) => Shown::Text(text.clone()),
            Kind::Bytes(bytes) => Shown::Text(Text::from(data_encoding::BASE64.encode(bytes))),
            Kind::List(list) if list.is_nil && self.layout == Layout::Compact => Shown::Scalar("null".to_owned()),
            Kind::List(list) => Shown::List(list.items.clone()),
            Kind::Map(map) if map.is_nil && self.layout == Layout::Compact => Shown::Scalar("null".to_owned()),
            Kind::Map(map) => {
                let entries = map.entries.borrow();
                let mut entries: Vec<(Rc<str>, Value)> =
                    entries.iter().map(|(key, value)| (Rc::clone(key), value.clone())).collect();
                entries.sort_by(|(a, _), (b, _)| natural(a, b));
                Shown::Map(entries)
            }
            Kind::Object(object) => match json::plain(object) {
                Plain::Value(value) => self.show(&value)?,
                Plain::Fields(mut fields) => {
                    fields.sort_by(|(a, _), (b, _)| natural(a, b));
                    Shown::Map(fields)
                }
            },
        })
    }

    /// A float on its way through JSON, where whole numbers lose their exponents.
    fn number(&self, number: f64) -> Result<String, WriteError> {
        if self.layout == Layout::Pretty {
            return Ok(match float_g(number).as_str() {
                "+Inf" => ".inf".to_owned(),
                "-Inf" => "-.inf".to_owned(),
                "NaN" => ".nan".to_owned(),
                text => text.to_owned(),
            });
        }
        let text = json::number_text(number).map_err(WriteError::Value)?;
        if text == "-0" {
            return Ok("0".to_owned());
        }
        let is_whole = text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok();
        Ok(if is_whole { text } else { float_g(number) })
    }

    fn node(&mut self, value: &Value, indent: usize, above: Option<u32>, context: Context) -> Result<(), WriteError> {
        self.machine.tick(1)?;
        if self.out.len() > self.machine.bounds.bytes {
            self.machine.check_size(self.out.len())?;
        }
        let taint = if value.taint == 0 { above.unwrap_or(0) } else { value.taint };
        let shown = self.show(value)?;
        let space = if context == Context::Root { "" } else { " " };
        match shown {
            Shown::Scalar(text) => self.push(&format!("{space}{text}"), taint),
            Shown::Text(text) => {
                self.push(space, taint);
                let inner = if context == Context::Root { 2 } else { indent + 2 };
                self.scalar(&text, taint, Place::Value, inner);
            }
            Shown::List(items) if items.is_empty() => self.push(&format!("{space}[]"), taint),
            Shown::Map(entries) if entries.is_empty() => self.push(&format!("{space}{{}}"), taint),
            Shown::List(items) => self.list(&items, indent, taint, context)?,
            Shown::Map(entries) => self.map(&entries, indent, taint, context)?,
        }
        Ok(())
    }

    fn enter(&mut self) -> Result<(), WriteError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(WriteError::Value("json: unsupported value: encountered a cycle".to_owned()));
        }
        Ok(())
    }

    fn list(&mut self, items: &[Value], indent: usize, taint: u32, context: Context) -> Result<(), WriteError> {
        self.enter()?;
        let own = match (context, self.layout) {
            (Context::Root, _) | (Context::Mapping, Layout::Compact) => indent,
            _ => indent + 2,
        };
        for (index, item) in items.iter().enumerate() {
            let item_taint = if item.taint == 0 { taint } else { item.taint };
            self.separate(index, own, item_taint, context);
            self.push("-", item_taint);
            self.node(item, own, Some(taint), Context::Sequence)?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn map(
        &mut self,
        entries: &[(Rc<str>, Value)],
        indent: usize,
        taint: u32,
        context: Context,
    ) -> Result<(), WriteError> {
        self.enter()?;
        let own = if context == Context::Root { indent } else { indent + 2 };
        for (index, (key, value)) in entries.iter().enumerate() {
            let own_taint = if value.taint == 0 { taint } else { value.taint };
            self.separate(index, own, own_taint, context);
            let text = Text::from(&**key);
            if is_simple_key(key, self.layout) {
                self.scalar(&text, own_taint, Place::Key, own);
                self.push(":", own_taint);
            } else {
                self.push("? ", own_taint);
                self.scalar(&text, own_taint, Place::Value, own + 2);
                if !self.out.text.ends_with('\n') {
                    self.push("\n", own_taint);
                }
                self.push(&format!("{}:", " ".repeat(own)), own_taint);
            }
            self.node(value, own, Some(taint), Context::Mapping)?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// What stands before an item or a key: the end of the line before, or the space after a dash.
    fn separate(&mut self, index: usize, indent: usize, taint: u32, context: Context) {
        match (index, context) {
            (0, Context::Root) => {}
            (0, Context::Sequence) => self.push(" ", taint),
            _ => {
                // A block has its own end of line.
                let line = if self.out.text.ends_with('\n') { "" } else { "\n" };
                self.push(&format!("{line}{}", " ".repeat(indent)), taint);
            }
        }
    }

    fn scalar(&mut self, text: &Text, taint: u32, place: Place, indent: usize) {
        let shape = shape(text, place, self.layout);
        if shape == Shape::Plain && text.len() <= 80 {
            self.out.push_text(text, taint, NOWHERE);
            self.column += text.chars().count();
            return;
        }
        for part in write_scalar(text, shape, place, self.layout, self.column, indent) {
            match part {
                Part::Copied(range) => {
                    self.out.push_range(text, range.clone(), taint, NOWHERE);
                    self.advance(&text[range]);
                }
                Part::Sign(sign) => self.push(&sign, taint),
            }
        }
    }
}

/// Bytes that are no UTF-8 are lost on the way through JSON.
fn replaced(text: &str) -> String {
    text.chars().map(|c| if crate::text::byte_of(c).is_some() { '\u{FFFD}' } else { c }).collect()
}

/// The order of keys: numbers in names count as numbers. Source: `go.yaml.in/yaml`, `keyList.Less`.
fn natural(a: &str, b: &str) -> Ordering {
    let (left, right): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let shorter = left.len().min(right.len());
    let Some(at) = (0..shorter).find(|at| left[*at] != right[*at]) else { return left.len().cmp(&right.len()) };
    let (l, r) = (left[at], right[at]);
    match (l.is_alphabetic(), r.is_alphabetic()) {
        (true, true) => return l.cmp(&r),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let mut numbers = [0_i64, 0];
    if l == '0' || r == '0' {
        let before = left[..at].iter().rev().take_while(|c| c.is_numeric());
        if before.clone().any(|c| *c != '0') {
            numbers = [1, 1];
        }
    }
    let digits = |chars: &[char], mut number: i64| {
        let mut end = at;
        while end < chars.len() && chars[end].is_numeric() {
            let digit = i64::from(chars[end] as u32) - 48;
            number = number.wrapping_mul(10).wrapping_add(digit);
            end += 1;
        }
        (number, end)
    };
    let (left_number, left_end) = digits(&left, numbers[0]);
    let (right_number, right_end) = digits(&right, numbers[1]);
    left_number.cmp(&right_number).then(left_end.cmp(&right_end)).then(l.cmp(&r))
}

/// Reads a value; the inner error is what the library says.
pub(crate) fn read(machine: &mut Machine, text: &str, taint: u32) -> Result<Result<Value, String>, Failure> {
    machine.tick(text.len() as u64 / 4)?;
    Ok(match values::read_value(text) {
        Ok(node) => Ok(convert(&node, taint)),
        Err(error) => {
            let said = error.library.clone().unwrap_or_else(|| error.to_string());
            Err(format!("error converting YAML to JSON: yaml: {said}"))
        }
    })
}

fn convert(node: &Node, taint: u32) -> Value {
    let kind = match &node.tree {
        Tree::Null => Kind::Nil,
        Tree::Bool(truth) => Kind::Bool(*truth),
        Tree::Int(number) => Kind::Int(*number, crate::value::Width::Int64),
        Tree::Float(number) => Kind::Float(*number),
        Tree::Text(text) => Kind::Text(Text::from(&**text)),
        Tree::List(items) => Value::list(items.iter().map(|item| convert(item, taint)).collect()).kind,
        Tree::Map(map) => {
            Value::map(map.iter().map(|(key, item)| (Rc::from(&**key), convert(item, taint))).collect()).kind
        }
    };
    Value::tainted(kind, taint)
}
