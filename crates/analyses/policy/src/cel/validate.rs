//! What cel-go's validators and planner refuse in an expression whose types are right: literals that are no duration, no
//! time or no pattern, lists of several types, `format` with the wrong arguments, conversions that fail for certain.

use std::collections::BTreeMap;
use std::sync::Arc;

use regex::Regex;

use super::check::Checked;
use super::evaluate::Answer;
use super::functions::{self, format_text};
use super::lexer::Mistake;
use super::syntax::{Call, Expr, Kind};
use super::{Halt, Map, Type, Value};

/// The elements of a list, or the keys or values of a map, that are written down.
pub(super) struct Aggregate(pub(super) Vec<(usize, Type)>);

/// A text whose clauses are held against what is written for them.
pub(super) struct Template {
    pub(super) offset: usize,
    pub(super) text: Arc<str>,
    pub(super) arguments: Vec<(usize, Type)>,
}

pub(super) type Patterns = BTreeMap<Arc<str>, Regex>;

/// All that is wrong with literals, without what fails when the program is planned.
pub(super) fn mistakes(expr: &Expr, checked: &Checked) -> Vec<Mistake> {
    let mut found = Vec::new();
    walk(expr, &mut |call, _| found.extend(literal(call)));
    found.extend(checked.aggregates.iter().filter_map(Aggregate::mistake));
    found.extend(checked.templates.iter().filter_map(|template| template.mistake().err()));
    found
}

impl Aggregate {
    fn mistake(&self) -> Option<Mistake> {
        if let Some((offset, _)) = self.0.iter().find(|(_, kind)| *kind == Type::Error) {
            // The validator of cel-go takes an optional for one of a known type.
            return Some((*offset, "internal error: runtime error: index out of range [0] with length 0".to_owned()));
        }
        let (_, first) = self.0.first()?;
        let (offset, other) = self.0.iter().find(|(_, kind)| kind != first)?;
        Some((*offset, format!("expected type '{}' but found '{}'", first.told(), other.told())))
    }
}

impl Template {
    fn mistake(&self) -> Result<(), Mistake> {
        let used = self.used()?;
        let given = self.arguments.len();
        if given <= used {
            return Ok(());
        }
        let message = "too many arguments supplied to string.format";
        Err((self.offset, format!("{message} (expected {used}, got {given})")))
    }

    /// How many arguments the text has clauses for.
    fn used(&self) -> Result<usize, Mistake> {
        let mut used = 0;
        let mut clauses = format_text::Clauses::new(&self.text);
        if self.text.ends_with('%') && !self.text.ends_with("%%") && self.text.matches('%').count() == 1 {
            return Err((self.offset, "unexpected end of string".to_owned()));
        }
        loop {
            let clause = clauses.next(|index| index < self.arguments.len()).map_err(|text| (self.offset, text))?;
            let Some(clause) = clause else { return Ok(used) };
            if let format_text::Piece::Clause(clause) = clause {
                if let Some((offset, kind)) = self.arguments.get(used) {
                    let name = short_name(kind);
                    let error = format_text::refusal(&clause, &name).filter(|_| *kind != Type::Dyn);
                    if let Some(error) = error {
                        return Err((*offset, format!("error during formatting: {error}")));
                    }
                }
                used += 1;
            }
        }
    }
}

/// The name of a type without its parameters.
fn short_name(kind: &Type) -> String {
    match kind {
        Type::List(_) => "list".to_owned(),
        Type::Map(..) => "map".to_owned(),
        Type::Type(_) => "type".to_owned(),
        Type::Optional(_) => "optional_type".to_owned(),
        Type::Null => "null_type".to_owned(),
        other => other.to_string(),
    }
}

/// What fails when the program is planned: conversions of literals, and patterns, which are kept.
pub(super) fn plan(expr: &Expr) -> Result<Patterns, Mistake> {
    let mut patterns = Patterns::new();
    let mut found = Ok(());
    walk(expr, &mut |call, offset| {
        if found.is_ok() {
            found = conversion(call, offset).and_then(|()| keep(call, offset, &mut patterns));
        }
    });
    found.map(|()| patterns)
}

fn conversion(call: &Call, offset: usize) -> Result<(), Mistake> {
    match converted(call) {
        Some(Err(Halt::Error(message))) => Err((offset, format!("program instantiation failed: {message}"))),
        _ => Ok(()),
    }
}

/// The value of a conversion of a literal, or of such a conversion.
fn converted(call: &Call) -> Option<Answer> {
    let is_conversion =
        matches!(&*call.function, "bool" | "bytes" | "double" | "duration" | "int" | "string" | "timestamp" | "uint");
    let ([argument], true, None) = (&*call.arguments, is_conversion, &call.target) else { return None };
    Some(constant(argument)?.and_then(|value| functions::convert::to(&call.function, &value)))
}

/// The value of what is written, a list of such, or a conversion of one.
fn constant(expr: &Expr) -> Option<Answer> {
    match &expr.kind {
        Kind::Literal(Value::Type(_)) => None,
        Kind::Literal(value) => Some(Ok(value.clone())),
        Kind::Call(Call { function, arguments, .. }) if &**function == "dyn" => constant(arguments.first()?),
        Kind::Call(call) => converted(call),
        Kind::List(items) => {
            let items = items.iter().map(|item| constant(&item.value)).collect::<Option<Result<Vec<_>, _>>>()?;
            Some(items.map(Value::from))
        }
        Kind::Map(entries) => {
            let parts = entries.iter().flat_map(|entry| [&entry.key, &entry.value]);
            let parts = parts.map(constant).collect::<Option<Result<Vec<_>, _>>>()?;
            Some(parts.map(|_| Value::from(Map::default())))
        }
        _ => None,
    }
}

fn walk(expr: &Expr, visit: &mut dyn FnMut(&Call, usize)) {
    expr.kind.each(&mut |child| walk(child, visit));
    if let Kind::Call(call) = &expr.kind {
        visit(call, expr.offset);
    }
}

fn text(expr: Option<&Expr>) -> Option<(&Arc<str>, usize)> {
    match expr.map(|expr| (&expr.kind, expr.offset)) {
        Some((Kind::Literal(Value::String(text)), offset)) => Some((text, offset)),
        _ => None,
    }
}

/// A literal that is no duration, no time or no pattern.
fn literal(call: &Call) -> Option<Mistake> {
    let first = call.arguments.first();
    let is_wrong = match (&*call.function, first) {
        ("duration" | "timestamp", Some(Expr { kind: Kind::Literal(value), .. })) => {
            matches!(functions::convert::to(&call.function, value), Err(Halt::Error(_)))
        }
        ("matches", _) => text(first).is_some_and(|(pattern, _)| functions::patterns::compile(pattern).is_err()),
        _ => false,
    };
    is_wrong.then(|| (first.map_or(0, |first| first.offset), format!("invalid {} argument", call.function)))
}

fn keep(call: &Call, offset: usize, patterns: &mut Patterns) -> Result<(), Mistake> {
    let pattern = match &*call.function {
        "matches" if call.target.is_none() => call.arguments.get(1),
        "matches" | "find" | "findAll" => call.arguments.first(),
        _ => None,
    };
    let Some((pattern, _)) = text(pattern) else { return Ok(()) };
    let compiled = functions::patterns::compile(pattern);
    let compiled = compiled.map_err(|message| (offset, format!("program instantiation failed: {message}")))?;
    patterns.insert(pattern.clone(), compiled);
    Ok(())
}
