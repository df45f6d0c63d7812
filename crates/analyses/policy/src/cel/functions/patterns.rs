//! Regular expressions: `matches`, `find`, `findAll`. Those that are written down are compiled once.

use std::borrow::Cow;

use regex::{Regex, RegexBuilder};

use super::no_signature;
use crate::cel::evaluate::{Answer, Context};
use crate::cel::operators::lacks;
use crate::cel::value::{error, no_overload};
use crate::cel::{Halt, Value};

/// What a compiled pattern may need, in bytes.
const MAX_SIZE: usize = 1 << 20;

/// The pattern, or what is wrong with it.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(pattern).size_limit(MAX_SIZE).nest_limit(100).build();
    built.map_err(|_| format!("error parsing regexp: `{pattern}`"))
}

fn pattern<'a>(context: &mut Context<'a>, pattern: &str) -> Result<Cow<'a, Regex>, Halt> {
    if let Some(compiled) = context.patterns.get(pattern) {
        return Ok(Cow::Borrowed(compiled));
    }
    // A pattern that is made while evaluating is dear.
    context.budget.spend_elements(pattern.len().saturating_mul(10).saturating_add(100))?;
    compile(pattern).map(Cow::Owned).map_err(Halt::Error)
}

/// What it costs to run a pattern over a text, as cel-go counts.
fn spend(context: &mut Context<'_>, text: &str, pattern: &str) -> Result<(), Halt> {
    let steps = (text.len() + 1).div_ceil(10).saturating_mul(pattern.len().div_ceil(4).max(1));
    context.budget.spend_elements(steps)
}

pub(crate) fn matches(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let (text, source) = match values {
        [Value::String(text), Value::String(source)] => (text, source),
        [other, Value::String(source)] if !context.patterns.contains_key(source) => return lacks(name, other),
        [Value::String(_), _] | [_, Value::String(_)] => return no_overload(),
        [other, ..] => return lacks(name, other),
        [] => return no_overload(),
    };
    spend(context, text, source)?;
    let compiled = pattern(context, source)?;
    Ok(Value::Bool(compiled.is_match(text)))
}

pub(crate) fn find(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::String(text), Value::String(source)] = values else { return unfit(context, name, values) };
    spend(context, text, source)?;
    let compiled = illegal(pattern(context, source))?;
    Ok(Value::from(compiled.find(text).map_or("", |found| found.as_str())))
}

pub(crate) fn find_all(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let (text, source, most) = match values {
        [Value::String(text), Value::String(source)] => (text, source, -1),
        [Value::String(text), Value::String(source), Value::Int(most)] => (text, source, *most),
        _ => return unfit(context, name, values),
    };
    spend(context, text, source)?;
    let compiled = illegal(pattern(context, source))?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    for part in compiled.find_iter(text).take(most) {
        context.budget.spend(1)?;
        found.push(Value::from(part.as_str()));
    }
    Ok(Value::from(found))
}

/// The error where something else is searched: what has a pattern that is written down does not name its types.
fn unfit(context: &Context<'_>, name: &str, values: &[Value]) -> Answer {
    match values {
        [_, Value::String(source), ..] if context.patterns.contains_key(source) => no_overload(),
        _ => no_signature(name, values),
    }
}

fn illegal<T>(compiled: Result<T, Halt>) -> Result<T, Halt> {
    match compiled {
        Err(Halt::Error(message)) => error(format!("Illegal regex: {message}")),
        other => other,
    }
}
