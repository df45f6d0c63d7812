//! From a tree to a value: what is not known and what fails stays within what needs it.

use std::sync::Arc;

use super::functions::{Implementation, no_signature};
use super::operators::{field, has_field, optional_field};
use super::syntax::{Call, Condition, Entry, Expr, Fold, Item, Kind};
use super::validate::Patterns;
use super::value::{error, no_overload};
use super::{Budget, Halt, Key, Map, Value, Variables};

/// What an evaluation has at hand.
pub(super) struct Context<'a> {
    pub(super) variables: &'a dyn Variables,
    pub(super) budget: &'a mut Budget,
    pub(super) patterns: &'a Patterns,
    /// What comprehensions have named, the innermost last.
    locals: Vec<(Arc<str>, Answer)>,
}

pub(super) type Answer = Result<Value, Halt>;

/// What a list costs to make, and a map, as cel-go counts.
const LIST_COST: u64 = 10;
const MAP_COST: u64 = 30;

impl<'a> Context<'a> {
    pub(super) fn new(variables: &'a dyn Variables, budget: &'a mut Budget, patterns: &'a Patterns) -> Context<'a> {
        Context { variables, budget, patterns, locals: Vec::new() }
    }

    pub(super) fn evaluate(&mut self, expr: &Expr) -> Answer {
        match &expr.kind {
            Kind::Literal(value) => Ok(value.clone()),
            Kind::Ident(name) => self.ident(name),
            Kind::Select { operand, field: name } => {
                self.budget.spend(1)?;
                let operand = self.evaluate(operand)?;
                field(&operand, name)
            }
            Kind::Test { operand, field } => {
                let operand = self.evaluate(operand)?;
                has_field(&operand, field)
            }
            Kind::OptionalSelect { operand, field } => {
                self.budget.spend(1)?;
                let operand = self.evaluate(operand)?;
                optional_field(&operand, field)
            }
            Kind::Logic { is_or, terms } => self.logic(*is_or, terms),
            Kind::Conditional(parts) => self.conditional(parts),
            Kind::Call(call) => self.call(call),
            Kind::List(items) => self.list(items),
            Kind::Map(entries) => self.map(entries),
            Kind::Message { name } => error(format!("unknown type: {name}")),
            Kind::Fold(fold) => self.fold(fold),
        }
    }

    fn ident(&mut self, name: &str) -> Answer {
        self.budget.spend(1)?;
        if let Some((_, value)) = self.locals.iter().rev().find(|(own, _)| &**own == name) {
            return value.clone().and_then(Value::known);
        }
        match self.variables.get(name) {
            Some(value) => value.and_then(Value::known),
            None => error(format!("no such attribute(s): {name}")),
        }
    }

    /// One term that decides is enough; otherwise what is not known is more than what fails.
    fn logic(&mut self, is_or: bool, terms: &[Expr]) -> Answer {
        self.budget.spend(1)?;
        let mut unknown = None;
        let mut failed = None;
        for term in terms {
            match self.evaluate(term) {
                Ok(Value::Bool(value)) if value == is_or => return Ok(Value::Bool(is_or)),
                Ok(Value::Bool(_)) => {}
                Ok(_) => failed = failed.or_else(|| no_overload::<Value>().err()),
                Err(Halt::Unknown(on)) => unknown = unknown.or(Some(Halt::Unknown(on))),
                Err(Halt::Error(message)) => failed = failed.or(Some(Halt::Error(message))),
                Err(Halt::Spent) => return Err(Halt::Spent),
            }
        }
        unknown.or(failed).map_or(Ok(Value::Bool(!is_or)), Err)
    }

    fn conditional(&mut self, parts: &[Expr; 3]) -> Answer {
        let [condition, then, otherwise] = parts;
        match self.evaluate(condition)? {
            Value::Bool(true) => self.evaluate(then),
            Value::Bool(false) => self.evaluate(otherwise),
            _ => no_overload(),
        }
    }

    fn call(&mut self, call: &Call) -> Answer {
        self.budget.spend(1)?;
        if let ("@in", [_, Expr { kind: Kind::List(items), .. }]) = (&*call.function, &*call.arguments)
            && items.is_empty()
        {
            // Nothing is in it, not even what fails.
            return Ok(Value::Bool(false));
        }
        let mut values = Vec::with_capacity(call.arguments.len() + 1);
        if let Some(target) = &call.target {
            let target = self.evaluate(target)?;
            if let (Value::Optional(held), "or" | "orValue", [other]) = (&target, &*call.function, &*call.arguments) {
                return match (held, &*call.function) {
                    (None, _) => self.evaluate(other),
                    (Some(held), "orValue") => held.as_ref().clone().known(),
                    (Some(_), _) => Ok(target),
                };
            }
            if matches!(&*call.function, "or" | "orValue") && !matches!(target, Value::Optional(_)) {
                return no_overload();
            }
            values.push(target);
        }
        for argument in &call.arguments {
            values.push(self.evaluate(argument)?);
        }
        if let Some(signatures) = &call.signatures
            && !signatures.iter().any(|signature| signature.takes(&values))
        {
            return no_signature(&call.function, &values);
        }
        self.invoke(call.implementation, &call.function, &values)
    }

    fn invoke(&mut self, implementation: Option<Implementation>, name: &str, values: &[Value]) -> Answer {
        match implementation {
            Some(implementation) => implementation(self, name, values)?.known(),
            None => no_signature(name, values),
        }
    }

    fn list(&mut self, items: &[Item]) -> Answer {
        self.budget.spend(LIST_COST)?;
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            let value = self.evaluate(&item.value)?;
            match (item.is_optional, value) {
                (false, value) => values.push(value),
                (true, Value::Optional(None)) => {}
                (true, Value::Optional(Some(held))) => values.push(held.as_ref().clone()),
                (true, _) => return error("cannot initialize optional list element from non-optional value"),
            }
        }
        Ok(Value::from(values))
    }

    fn map(&mut self, entries: &[Entry]) -> Answer {
        self.budget.spend(MAP_COST)?;
        let mut map = Map::default();
        for entry in entries {
            let key = self.evaluate(&entry.key)?;
            let value = self.evaluate(&entry.value)?;
            let value = match (entry.is_optional, value) {
                (false, value) => value,
                (true, Value::Optional(None)) => continue,
                (true, Value::Optional(Some(held))) => held.as_ref().clone(),
                (true, _) => return error("cannot initialize optional entry from non-optional value"),
            };
            let Some(key) = Key::of(&key) else {
                return error(format!("unsupported key type: {}", key.type_name()));
            };
            map.insert(key, value);
        }
        Ok(Value::from(map))
    }

    fn fold(&mut self, fold: &Fold) -> Answer {
        let depth = self.locals.len();
        let result = self.fold_within(fold, depth);
        self.locals.truncate(depth);
        result
    }

    fn fold_within(&mut self, fold: &Fold, depth: usize) -> Answer {
        if fold.condition == Condition::Never {
            let value = self.evaluate(&fold.initial)?;
            self.locals.push((fold.accumulator.clone(), Ok(value)));
            return self.evaluate(&fold.result);
        }
        let range = self.evaluate(&fold.range)?;
        let (items, rest): (Vec<(Value, Value)>, Option<Arc<str>>) = match range {
            Value::List(items) => {
                self.budget.spend_elements(items.len())?;
                (items.iter().enumerate().map(|(at, item)| element(fold, at, item)).collect(), None)
            }
            Value::Map(map) => {
                self.budget.spend_elements(map.entries().len())?;
                let pairs = map.entries().iter().map(|(key, value)| (key.value(), value.clone())).collect();
                (pairs, map.depends_on().cloned())
            }
            other => return error(format!("got '{}', expected iterable type", go_type(&other))),
        };
        if let Some((filter, item)) = appended(fold) {
            return self.append(fold, items, rest, filter, item);
        }
        let initial = self.evaluate(&fold.initial);
        self.locals.push((fold.accumulator.clone(), initial));
        for (first, second) in items {
            if self.is_decided(fold, depth) {
                break;
            }
            self.budget.spend(2)?;
            self.locals.push((fold.first.clone(), Ok(first)));
            self.locals.extend(fold.second.iter().map(|name| (name.clone(), Ok(second.clone()))));
            let next = self.evaluate(&fold.step);
            self.locals.truncate(depth + 1);
            if matches!(next, Err(Halt::Spent)) {
                return Err(Halt::Spent);
            }
            if let Some((_, accumulated)) = self.locals.get_mut(depth) {
                *accumulated = next;
            }
        }
        if let (Some(on), false) = (rest, self.is_decided(fold, depth))
            && let Some((_, accumulated)) = self.locals.get_mut(depth)
        {
            *accumulated = Err(Halt::Unknown(on));
        }
        self.evaluate(&fold.result)
    }

    /// Whether what has been accumulated will not change any more.
    fn is_decided(&self, fold: &Fold, depth: usize) -> bool {
        let accumulated = self.locals.get(depth).map(|(_, accumulated)| accumulated);
        match (fold.condition, accumulated) {
            (Condition::NotFalse, Some(Ok(Value::Bool(value)))) => !value,
            (Condition::NotTrue, Some(Ok(Value::Bool(value)))) => *value,
            // Nothing can be added to what failed; but a condition that fails later takes its place.
            (Condition::Always, Some(Err(_))) => !matches!(fold.step.kind, Kind::Conditional(_)),
            _ => false,
        }
    }

    /// A list that grows by one at most in every step, without copying it.
    fn append(
        &mut self,
        fold: &Fold,
        items: Vec<(Value, Value)>,
        rest: Option<Arc<str>>,
        filter: Option<&Expr>,
        item: &Expr,
    ) -> Answer {
        let depth = self.locals.len();
        let mut values = Vec::new();
        let mut halted: Option<Halt> = None;
        for (first, second) in items {
            self.budget.spend(LIST_COST + 2)?;
            self.locals.truncate(depth);
            self.locals.push((fold.first.clone(), Ok(first)));
            self.locals.extend(fold.second.iter().map(|name| (name.clone(), Ok(second.clone()))));
            let added = match filter.map(|filter| self.evaluate(filter)) {
                None | Some(Ok(Value::Bool(true))) if halted.is_some() => continue,
                None | Some(Ok(Value::Bool(true))) => self.evaluate(item),
                Some(Ok(Value::Bool(false))) => continue,
                Some(Ok(_)) => no_overload(),
                Some(Err(halt)) => Err(halt),
            };
            match (added, &halted) {
                (Ok(value), _) => values.push(value),
                (Err(Halt::Spent), _) => return Err(Halt::Spent),
                // It fails anyway.
                (Err(Halt::Unknown(_)), Some(Halt::Error(_))) => {}
                (Err(halt), _) => halted = Some(halt),
            }
            if filter.is_none() && halted.is_some() {
                break;
            }
        }
        match (halted, rest) {
            (Some(halt), _) => Err(halt),
            (None, Some(on)) => Err(Halt::Unknown(on)),
            (None, None) => Ok(Value::from(values)),
        }
    }
}

/// What a comprehension calls an element of a list.
fn element(fold: &Fold, at: usize, item: &Value) -> (Value, Value) {
    match fold.second {
        Some(_) => (Value::Int(i64::try_from(at).unwrap_or(i64::MAX)), item.clone()),
        None => (item.clone(), Value::Null),
    }
}

/// The filter, if there is one, and the element of `accumulator + [element]`.
fn appended(fold: &Fold) -> Option<(Option<&Expr>, &Expr)> {
    let is_accumulator = |expr: &Expr| matches!(&expr.kind, Kind::Ident(name) if *name == fold.accumulator);
    let (filter, step) = match &fold.step.kind {
        Kind::Conditional(parts) => {
            let [filter, step, otherwise] = parts.as_ref();
            is_accumulator(otherwise).then_some((Some(filter), step))?
        }
        _ => (None, &fold.step),
    };
    let Kind::Call(call) = &step.kind else { return None };
    let ("_+_", [accumulator, Expr { kind: Kind::List(items), .. }]) = (&*call.function, &*call.arguments) else {
        return None;
    };
    let [item] = items.as_slice() else { return None };
    (is_accumulator(accumulator) && is_accumulator(&fold.result)).then_some((filter, &item.value))
}

/// How Go names the type of a value that cannot be walked.
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "types.Null",
        Value::Bool(_) => "types.Bool",
        Value::Int(_) => "types.Int",
        Value::Uint(_) => "types.Uint",
        Value::Double(_) => "types.Double",
        Value::String(_) => "types.String",
        Value::Bytes(_) => "types.Bytes",
        Value::Type(_) => "*types.Type",
        Value::Duration(_) => "types.Duration",
        Value::Timestamp(_) => "types.Timestamp",
        Value::Optional(_) => "*types.Optional",
        Value::Quantity(_) => "cel.Quantity",
        Value::Url(_) => "cel.URL",
        Value::Ip(_) => "cel.IP",
        Value::Cidr(_) => "cel.CIDR",
        Value::Semver(_) => "cel.Semver",
        Value::Format(_) => "cel.Format",
        Value::List(_) | Value::Map(_) | Value::Authorizer(_) | Value::Unknown(_) => "ref.Val",
    }
}
