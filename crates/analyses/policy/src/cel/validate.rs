//! What cel-go's validators and planner refuse in an expression whose types are right: literals that are no duration, no
//! time or no pattern, lists of several types, `format` with the wrong arguments, conversions that fail for certain.

use std::collections::BTreeMap;
use std::sync::Arc;

use regex::Regex;

use super::functions::{self, format_text};
use super::lexer::Mistake;
use super::syntax::{Call, Expr, Kind};
use super::{Halt, Type, Value};

/// The elements of a list, or the keys or values of a map, that are written down.
pub(super) struct Aggregate(pub(super) Vec<(usize, Type)>);

/// A text whose clauses are held against what is written for them.
pub(super) struct Template {
    pub(super) offset: usize,
    pub(super) text: Arc<str>,
    pub(super) arguments: Vec<(usize, Type)>,
}

pub(super) type Patterns = BTreeMap<Arc<str>, Regex>;

pub(super) fn aggregates(aggregates: &[Aggregate]) -> Result<(), Mistake> {
    for Aggregate(kinds) in aggregates {
        let Some((_, first)) = kinds.first() else { continue };
        if let Some((offset, other)) = kinds.iter().find(|(_, kind)| kind != first) {
            return Err((*offset, format!("expected type '{first}' but found '{other}'")));
        }
    }
    Ok(())
}

pub(super) fn templates(templates: &[Template]) -> Result<(), Mistake> {
    for template in templates {
        let used = template.check()?;
        if template.arguments.len() > used {
            let given = template.arguments.len();
            let message = "too many arguments supplied to string.format";
            return Err((template.offset, format!("{message} (expected {used}, got {given})")));
        }
    }
    Ok(())
}

impl Template {
    /// How many arguments the text has clauses for.
    fn check(&self) -> Result<usize, Mistake> {
        let mut used = 0;
        let mut clauses = format_text::Clauses::new(&self.text);
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

/// Literals of durations, times and patterns; the patterns are kept.
pub(super) fn literals(expr: &Expr, patterns: &mut Patterns) -> Result<(), Mistake> {
    let mut found = Ok(());
    walk(expr, &mut |call, offset| {
        if found.is_ok() {
            found = literal(call, offset, patterns);
        }
    });
    found
}

/// Conversions of literals, which are done when the program is planned.
pub(super) fn conversions(expr: &Expr) -> Result<(), Mistake> {
    let mut found = Ok(());
    walk(expr, &mut |call, offset| {
        let is_conversion = matches!(
            &*call.function,
            "bool" | "bytes" | "double" | "duration" | "int" | "string" | "timestamp" | "uint"
        );
        if let ([Expr { kind: Kind::Literal(value), .. }], true, None) = (&*call.arguments, is_conversion, &call.target)
            && found.is_ok()
            && let Err(Halt::Error(message)) = functions::convert::to(&call.function, value)
        {
            found = Err((offset, format!("program instantiation failed: {message}")));
        }
    });
    found
}

fn walk(expr: &Expr, visit: &mut dyn FnMut(&Call, usize)) {
    if let Kind::Call(call) = &expr.kind {
        visit(call, expr.offset);
    }
    expr.kind.each(&mut |child| walk(child, visit));
}

fn literal(call: &Call, offset: usize, patterns: &mut Patterns) -> Result<(), Mistake> {
    let first = call.arguments.first();
    let text = |expr: Option<&Expr>| match expr.map(|expr| (&expr.kind, expr.offset)) {
        Some((Kind::Literal(Value::String(text)), offset)) => Some((text.clone(), offset)),
        _ => None,
    };
    match (&*call.function, first) {
        ("duration" | "timestamp", Some(Expr { kind: Kind::Literal(value), offset, .. })) => {
            match functions::convert::to(&call.function, value) {
                Err(Halt::Error(_)) => Err((*offset, format!("invalid {} argument", call.function))),
                _ => Ok(()),
            }
        }
        ("matches", _) => {
            if let Some((pattern, at)) = text(first)
                && functions::patterns::compile(&pattern).is_err()
            {
                return Err((at, "invalid matches argument".to_owned()));
            }
            let own = if call.target.is_some() { first } else { call.arguments.get(1) };
            keep(text(own), offset, patterns)
        }
        ("find" | "findAll", _) => keep(text(first), offset, patterns),
        _ => Ok(()),
    }
}

fn keep(pattern: Option<(Arc<str>, usize)>, offset: usize, patterns: &mut Patterns) -> Result<(), Mistake> {
    let Some((pattern, _)) = pattern else { return Ok(()) };
    let compiled = functions::patterns::compile(&pattern);
    let compiled = compiled.map_err(|message| (offset, format!("program instantiation failed: {message}")))?;
    patterns.insert(pattern, compiled);
    Ok(())
}
