//! Macros: calls that become comprehensions and other trees while they are parsed, as cel-go expands them.

use std::sync::Arc;

use super::Value;
use super::lexer::Mistake;
use super::syntax::{Condition, Expr, Fold, Kind};

/// What a comprehension accumulates in. No name that can be written is equal to it.
const RESULT: &str = "@result";

/// What `sortBy` sorts.
const SORTED: &str = "@__sortBy_input__";

pub(super) const UNUSED: &str = "#unused";

/// The expansion of a call of a function, if that is a macro.
pub(super) fn global(at: usize, function: &str, arguments: &[Expr]) -> Result<Option<Expr>, Mistake> {
    let ("has", [argument]) = (function, arguments) else { return Ok(None) };
    match &argument.kind {
        Kind::Select { operand, field } => {
            Ok(Some(Expr::new(at, Kind::Test { operand: operand.clone(), field: field.clone() })))
        }
        _ => Err((argument.offset, "invalid argument to has() macro".to_owned())),
    }
}

/// The expansion of a call on something, if that is a macro.
pub(super) fn member(at: usize, target: &Expr, function: &str, arguments: &[Expr]) -> Result<Option<Expr>, Mistake> {
    let expanded = match (function, arguments) {
        ("all" | "exists" | "exists_one", [name, predicate]) => {
            quantifier(at, function, Names::one(name, target)?, predicate)
        }
        ("all" | "exists" | "exists_one" | "existsOne", [first, second, predicate]) => {
            quantifier(at, function, Names::two(first, second, target)?, predicate)
        }
        ("map", [name, transformed]) => transform_list(at, Names::one(name, target)?, None, transformed),
        ("map", [name, filter, transformed]) => {
            transform_list(at, Names::one(name, target)?, Some(filter), transformed)
        }
        ("filter", [name, filter]) => transform_list(at, Names::one(name, target)?, Some(filter), name),
        ("transformList", [first, second, transformed]) => {
            transform_list(at, Names::two(first, second, target)?, None, transformed)
        }
        ("transformList", [first, second, filter, transformed]) => {
            transform_list(at, Names::two(first, second, target)?, Some(filter), transformed)
        }
        ("transformMap" | "transformMapEntry", [first, second, transformed]) => {
            transform_map(at, function, Names::two(first, second, target)?, None, transformed)
        }
        ("transformMap" | "transformMapEntry", [first, second, filter, transformed]) => {
            transform_map(at, function, Names::two(first, second, target)?, Some(filter), transformed)
        }
        ("optMap" | "optFlatMap", [name, transformed]) => optional(at, target, function, name, transformed)?,
        ("sortBy", [name, key]) => sort_by(at, target, name, key)?,
        _ => return Ok(None),
    };
    Ok(Some(expanded))
}

/// What is walked, and the names of what is met.
struct Names<'a> {
    range: &'a Expr,
    first: Arc<str>,
    second: Option<Arc<str>>,
}

impl<'a> Names<'a> {
    fn one(name: &Expr, range: &'a Expr) -> Result<Names<'a>, Mistake> {
        let first = variable(name, "argument is not an identifier")?;
        Ok(Names { range, first, second: None })
    }

    fn two(first: &Expr, second: &Expr, range: &'a Expr) -> Result<Names<'a>, Mistake> {
        let message = "argument must be a simple name";
        let names = Names { range, first: variable(first, message)?, second: Some(variable(second, message)?) };
        if names.second.as_deref() == Some(&*names.first) {
            return Err((second.offset, format!("duplicate variable name: {}", names.first)));
        }
        Ok(names)
    }

    fn fold(self, at: usize, initial: Expr, condition: Condition, step: Expr, result: Expr) -> Expr {
        let Names { range, first, second } = self;
        let accumulator = Arc::from(RESULT);
        let range = range.clone();
        let fold = Fold { range, first, second, accumulator, initial, condition, step, result };
        Expr::new(at, Kind::Fold(Box::new(fold)))
    }
}

fn variable(name: &Expr, message: &str) -> Result<Arc<str>, Mistake> {
    match &name.kind {
        Kind::Ident(text) if &**text == "__result__" => {
            Err((name.offset, "iteration variable overwrites accumulator variable".to_owned()))
        }
        Kind::Ident(text) if !text.starts_with('.') => Ok(text.clone()),
        _ => Err((name.offset, message.to_owned())),
    }
}

fn quantifier(at: usize, function: &str, names: Names<'_>, predicate: &Expr) -> Expr {
    let accumulator = || Expr::ident(at, RESULT);
    let one = || Expr::literal(at, Value::Int(1));
    let logic = |is_or| Expr::new(at, Kind::Logic { is_or, terms: vec![accumulator(), predicate.clone()] });
    match function {
        "all" => {
            let initial = Expr::literal(at, Value::Bool(true));
            names.fold(at, initial, Condition::NotFalse, logic(false), accumulator())
        }
        "exists" => {
            let initial = Expr::literal(at, Value::Bool(false));
            names.fold(at, initial, Condition::NotTrue, logic(true), accumulator())
        }
        _ => {
            let more = Expr::call(at, "_+_", vec![accumulator(), one()]);
            let step = Expr::conditional(at, predicate.clone(), more, accumulator());
            let result = Expr::call(at, "_==_", vec![accumulator(), one()]);
            names.fold(at, Expr::literal(at, Value::Int(0)), Condition::Always, step, result)
        }
    }
}

fn transform_list(at: usize, names: Names<'_>, filter: Option<&Expr>, transformed: &Expr) -> Expr {
    let accumulator = || Expr::ident(at, RESULT);
    let mut step = Expr::call(at, "_+_", vec![accumulator(), Expr::list(at, vec![transformed.clone()])]);
    if let Some(filter) = filter {
        step = Expr::conditional(at, filter.clone(), step, accumulator());
    }
    names.fold(at, Expr::list(at, Vec::new()), Condition::Always, step, accumulator())
}

fn transform_map(at: usize, function: &str, names: Names<'_>, filter: Option<&Expr>, transformed: &Expr) -> Expr {
    let accumulator = || Expr::ident(at, RESULT);
    let arguments = match function {
        "transformMap" => vec![accumulator(), Expr::ident(at, &names.first), transformed.clone()],
        _ => vec![accumulator(), transformed.clone()],
    };
    let mut step = Expr::call(at, "cel.@mapInsert", arguments);
    if let Some(filter) = filter {
        step = Expr::conditional(at, filter.clone(), step, accumulator());
    }
    names.fold(at, Expr::new(at, Kind::Map(Vec::new())), Condition::Always, step, accumulator())
}

/// A comprehension over nothing, whose accumulator gives a value a name.
fn bind(at: usize, name: &str, value: Expr, result: Expr) -> Expr {
    let fold = Fold {
        range: Expr::list(at, Vec::new()),
        first: Arc::from(UNUSED),
        second: None,
        accumulator: Arc::from(name),
        initial: value,
        condition: Condition::Never,
        step: Expr::ident(at, name),
        result,
    };
    Expr::new(at, Kind::Fold(Box::new(fold)))
}

fn optional(at: usize, target: &Expr, function: &str, name: &Expr, transformed: &Expr) -> Result<Expr, Mistake> {
    let name = variable(name, &format!("{function}() variable name must be a simple identifier"))?;
    let value = Expr::member(at, target.clone(), "value", Vec::new());
    let bound = bind(at, &name, value, transformed.clone());
    let then = if function == "optMap" { Expr::call(at, "optional.of", vec![bound]) } else { bound };
    let condition = Expr::member(at, target.clone(), "hasValue", Vec::new());
    Ok(Expr::conditional(at, condition, then, Expr::call(at, "optional.none", Vec::new())))
}

fn sort_by(at: usize, target: &Expr, name: &Expr, key: &Expr) -> Result<Expr, Mistake> {
    let is_literal = matches!(&target.kind, Kind::Literal(_) | Kind::Map(_) | Kind::Message { .. } | Kind::Test { .. });
    if is_literal {
        let message = "sortBy can only be applied to a list, identifier, comprehension, call or select expression";
        return Err((target.offset, message.to_owned()));
    }
    let input = Expr::ident(at, SORTED);
    let keys = transform_list(at, Names::one(name, &input)?, None, key);
    let sorted = Expr::member(at, input.clone(), "@sortByAssociatedKeys", vec![keys]);
    Ok(bind(at, SORTED, target.clone(), sorted))
}
