//! Regular expressions: those of Go, which are the same as Rust's but for a few signs.

use regex::{NoExpand, Regex, RegexBuilder};

use super::Answer;
use super::calls::{int, text};
use crate::template::{Failure, Machine};
use crate::text::{NOWHERE, Text};
use crate::value::{Element, Value};

/// Compiled patterns are no larger.
const LARGEST: usize = 4 << 20;

/// A pattern of Go in Rust's words: classes like `\d` are ASCII, and what Rust gives a meaning inside classes is text.
fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('d') => out.push_str("[0-9]"),
                Some('D') => out.push_str("[^0-9]"),
                Some('w') => out.push_str("[0-9A-Za-z_]"),
                Some('W') => out.push_str("[^0-9A-Za-z_]"),
                Some('s') => out.push_str("[\\t\\n\\f\\r ]"),
                Some('S') => out.push_str("[^\\t\\n\\f\\r ]"),
                Some('b') if !in_class => out.push_str("(?-u:\\b)"),
                Some('B') if !in_class => out.push_str("(?-u:\\B)"),
                Some('Q') if !in_class => quote_run(&mut chars, &mut out),
                Some(next) => {
                    out.push('\\');
                    out.push(next);
                }
                None => out.push('\\'),
            },
            '[' if !in_class => {
                in_class = true;
                out.push('[');
                if chars.peek() == Some(&'^') {
                    out.push('^');
                    chars.next();
                }
                if chars.peek() == Some(&']') {
                    out.push_str("\\]");
                    chars.next();
                }
            }
            '[' if chars.peek() == Some(&':') => {
                out.push('[');
                for next in chars.by_ref() {
                    out.push(next);
                    if next == ']' {
                        break;
                    }
                }
            }
            '[' | '&' | '~' if in_class => {
                out.push('\\');
                out.push(c);
            }
            ']' => {
                in_class = false;
                out.push(']');
            }
            _ => out.push(c),
        }
    }
    out
}

/// What stands between `\Q` and `\E`.
fn quote_run(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) {
    while let Some(c) = chars.next() {
        if c == '\\' && chars.peek() == Some(&'E') {
            chars.next();
            return;
        }
        out.push_str(&regex::escape(&c.to_string()));
    }
}

fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(&translate(pattern)).size_limit(LARGEST).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => format!("error parsing regexp: expression too large: `{pattern}`"),
        _ => format!("error parsing regexp: {}", problem(pattern, &error.to_string())),
    })
}

/// What is wrong, in Go's words.
fn problem(pattern: &str, error: &str) -> String {
    let from = |sign: char| pattern.rfind(sign).map_or(pattern, |at| &pattern[at..]);
    match error {
        _ if error.contains("unclosed character class") => format!("missing closing ]: `{}`", from('[')),
        _ if error.contains("unclosed group") => format!("missing closing ): `{pattern}`"),
        _ if error.contains("unopened group") => format!("unexpected ): `{pattern}`"),
        _ if error.contains("missing expression") => {
            let sign = pattern.chars().find(|c| matches!(c, '*' | '+' | '?')).unwrap_or('*');
            format!("missing argument to repetition operator: `{sign}`")
        }
        _ => format!("invalid syntax: `{pattern}`"),
    }
}

/// Go panics where the function may not fail, with other words.
fn must(pattern: &str) -> Result<Regex, Failure> {
    compile(pattern).map_err(|message| {
        let quoted = match pattern.contains('`') {
            true => crate::format::quoted(pattern),
            false => format!("`{pattern}`"),
        };
        Failure::new(format!("regexp: Compile({quoted}): {message}"))
    })
}

fn strict(pattern: &str) -> Result<Regex, Failure> {
    compile(pattern).map_err(Failure::new)
}

type Compile = fn(&str) -> Result<Regex, Failure>;

fn text_of(machine: &mut Machine, value: &Value) -> Result<Text, Failure> {
    let text = text(value);
    machine.tick(text.len() as u64 / 8)?;
    Ok(text)
}

pub(super) fn is_match(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let text_of = text_of(machine, &values[1])?;
    Ok(Value::bool(compile(&text(&values[0])).is_ok_and(|regex| regex.is_match(&text_of))))
}

pub(super) fn must_match(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let text_of = text_of(machine, &values[1])?;
    Ok(Value::bool(strict(&text(&values[0]))?.is_match(&text_of)))
}

fn part(machine: &mut Machine, value: &Value, range: std::ops::Range<usize>) -> Value {
    let text = text(value);
    machine.build(|out| out.push_range(&text, range, value.taint, NOWHERE))
}

fn find_all_with(machine: &mut Machine, values: &[Value], compile: Compile) -> Answer {
    let regex = compile(&text(&values[0]))?;
    let text = text_of(machine, &values[1])?;
    let limit = usize::try_from(int(&values[2])).unwrap_or(usize::MAX);
    let ranges: Vec<_> = regex.find_iter(&text).take(limit).map(|found| found.range()).collect();
    machine.tick(ranges.len() as u64 * 8)?;
    if ranges.is_empty() {
        return Ok(Value {
            kind: crate::value::Kind::List(std::rc::Rc::new(crate::value::List {
                items: Vec::new(),
                element: Element::Text,
                is_nil: true,
            })),
            ..Value::NIL
        });
    }
    let found = ranges.into_iter().map(|range| part(machine, &values[1], range)).collect();
    Ok(Value::list_of(found, Element::Text))
}

pub(super) fn find_all(machine: &mut Machine, values: Vec<Value>) -> Answer {
    find_all_with(machine, &values, must)
}

pub(super) fn must_find_all(machine: &mut Machine, values: Vec<Value>) -> Answer {
    find_all_with(machine, &values, strict)
}

fn find_with(machine: &mut Machine, values: &[Value], compile: Compile) -> Answer {
    let regex = compile(&text(&values[0]))?;
    let text = text_of(machine, &values[1])?;
    match regex.find(&text) {
        Some(found) => Ok(part(machine, &values[1], found.range())),
        None => Ok(Value { taint: values[1].taint, ..Value::text("") }),
    }
}

pub(super) fn find(machine: &mut Machine, values: Vec<Value>) -> Answer {
    find_with(machine, &values, must)
}

pub(super) fn must_find(machine: &mut Machine, values: Vec<Value>) -> Answer {
    find_with(machine, &values, strict)
}

/// What a replacement may do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expand {
    Groups,
    Nothing,
}

fn replace_with(machine: &mut Machine, values: &[Value], compile: Compile, expand: Expand) -> Answer {
    let regex = compile(&text(&values[0]))?;
    let (subject, replacement) = (text_of(machine, &values[1])?, text(&values[2]));
    let count = regex.find_iter(&subject).count();
    machine.check_size(subject.len() + replacement.len().saturating_mul(count))?;
    if expand == Expand::Groups && replacement.contains('$') {
        let replaced = regex.replace_all(&subject, &*replacement).into_owned();
        return Ok(Value::text(replaced));
    }
    if subject.pieces().is_empty() {
        return Ok(Value::text(regex.replace_all(&subject, NoExpand(&replacement)).into_owned()));
    }
    let ranges: Vec<_> = regex.find_iter(&subject).map(|found| found.range()).collect();
    Ok(machine.build(|out| {
        let mut from = 0;
        for range in ranges {
            out.push_range(&subject, from..range.start, values[1].taint, NOWHERE);
            out.push_text(&replacement, values[2].taint, NOWHERE);
            from = range.end;
        }
        out.push_range(&subject, from..subject.len(), values[1].taint, NOWHERE);
    }))
}

pub(super) fn replace_all(machine: &mut Machine, values: Vec<Value>) -> Answer {
    replace_with(machine, &values, must, Expand::Groups)
}

pub(super) fn must_replace_all(machine: &mut Machine, values: Vec<Value>) -> Answer {
    replace_with(machine, &values, strict, Expand::Groups)
}

pub(super) fn replace_literal(machine: &mut Machine, values: Vec<Value>) -> Answer {
    replace_with(machine, &values, must, Expand::Nothing)
}

pub(super) fn must_replace_literal(machine: &mut Machine, values: Vec<Value>) -> Answer {
    replace_with(machine, &values, strict, Expand::Nothing)
}

fn split_with(machine: &mut Machine, values: &[Value], compile: Compile) -> Answer {
    let pattern = text(&values[0]);
    let regex = compile(&pattern)?;
    let text = text_of(machine, &values[1])?;
    let limit = int(&values[2]);
    if limit == 0 {
        return Ok(Value::list_of(Vec::new(), Element::Text));
    }
    if !pattern.is_empty() && text.is_empty() {
        return Ok(Value::list_of(vec![Value::text("")], Element::Text));
    }
    let (mut ranges, mut begin, mut end) = (Vec::new(), 0, 0);
    for found in regex.find_iter(&text) {
        if limit > 0 && ranges.len() as i64 == limit - 1 {
            break;
        }
        end = found.start();
        if found.end() != 0 {
            ranges.push(begin..end);
        }
        begin = found.end();
    }
    if end != text.len() {
        ranges.push(begin..text.len());
    }
    machine.tick(ranges.len() as u64 * 8)?;
    let parts = ranges.into_iter().map(|range| part(machine, &values[1], range)).collect();
    Ok(Value::list_of(parts, Element::Text))
}

pub(super) fn split(machine: &mut Machine, values: Vec<Value>) -> Answer {
    split_with(machine, &values, must)
}

pub(super) fn must_split(machine: &mut Machine, values: Vec<Value>) -> Answer {
    split_with(machine, &values, strict)
}

pub(super) fn quote_meta(_: &mut Machine, values: Vec<Value>) -> Answer {
    let mut out = String::new();
    for c in text(&values[0]).chars() {
        if "\\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(Value::text(out))
}
