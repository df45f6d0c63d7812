//! What the API server refuses when a policy is made: names that are not declared, functions that do not take what they
//! are given, literals of several types. Ports cel-go's `checker`, and stops at the first mistake.

use std::sync::Arc;

use super::declarations::{signatures, type_identifier};
use super::lexer::Mistake;
use super::syntax::{Call, Entry, Expr, Fold, Item, Kind};
use super::unify::{Unbound, Unifier, instantiate, most_general};
use super::validate::{Aggregate, Template};
use super::{Environment, Type, Value, functions};

/// What the check found out that is needed afterwards.
pub(super) struct Checked {
    pub(super) output: Type,
    pub(super) aggregates: Vec<Aggregate>,
    pub(super) templates: Vec<Template>,
}

/// Checks a tree, and resolves in it what names and functions are.
pub(super) fn check(expr: &mut Expr, environment: &Environment) -> Result<Checked, Mistake> {
    let mut checker = Checker {
        environment,
        types: Unifier::default(),
        locals: Vec::new(),
        aggregates: Vec::new(),
        templates: Vec::new(),
        formats: 0,
    };
    let output = checker.check(expr)?;
    let output = checker.types.substitute(&output, Unbound::Dyn);
    let mut aggregates = std::mem::take(&mut checker.aggregates);
    let mut templates = std::mem::take(&mut checker.templates);
    let kinds = aggregates.iter_mut().flat_map(|aggregate| aggregate.0.iter_mut());
    for (_, kind) in kinds.chain(templates.iter_mut().flat_map(|template| template.arguments.iter_mut())) {
        *kind = checker.types.substitute(kind, Unbound::Dyn);
    }
    if checker.types.is_exhausted() {
        return Err((0, "the types of the expression are too large".to_owned()));
    }
    Ok(Checked { output, aggregates, templates })
}

struct Checker<'a> {
    environment: &'a Environment,
    types: Unifier,
    /// What comprehensions have named, the innermost last.
    locals: Vec<(Arc<str>, Type)>,
    aggregates: Vec<Aggregate>,
    templates: Vec<Template>,
    /// How many calls of `format` are around.
    formats: usize,
}

fn undeclared<T>(offset: usize, name: &str) -> Result<T, Mistake> {
    Err((offset, format!("undeclared reference to '{name}' (in container '')")))
}

impl Checker<'_> {
    fn check(&mut self, expr: &mut Expr) -> Result<Type, Mistake> {
        if self.types.is_exhausted() {
            return Err((expr.offset, "the types of the expression are too large".to_owned()));
        }
        let offset = expr.offset;
        match &mut expr.kind {
            Kind::Literal(value) => Ok(literal(value)),
            Kind::Ident(name) => {
                let (resolved, kind) = self.ident(offset, name)?;
                expr.kind = resolved;
                Ok(kind)
            }
            Kind::Select { .. } => self.select(expr),
            Kind::Test { operand, field } => {
                if let Some(kind) = self.composed(operand, field) {
                    kind.map_err(|message| (offset, message))?;
                    expr.kind = Kind::Literal(Value::Bool(true));
                } else {
                    let field = field.clone();
                    self.field(offset, operand, &field)?;
                }
                Ok(Type::Bool)
            }
            Kind::OptionalSelect { operand, field } => {
                let field = field.clone();
                let kind = self.field(offset, operand, &field)?;
                Ok(if let Type::Optional(_) = kind { kind } else { Type::Optional(Arc::new(kind)) })
            }
            Kind::Logic { terms, .. } => {
                for term in terms {
                    let kind = self.check(term)?;
                    self.assert_assignable(term.offset, kind, Type::Bool)?;
                }
                Ok(Type::Bool)
            }
            Kind::Conditional(parts) => {
                let kinds = parts.iter_mut().map(|part| self.check(part)).collect::<Result<Vec<_>, _>>()?;
                self.resolve(offset, "_?_:_", false, &kinds)
            }
            Kind::Call(call) => self.call(offset, call),
            Kind::List(items) => self.list(items),
            Kind::Map(entries) => self.map(entries),
            Kind::Message { name } => undeclared(offset, name),
            Kind::Fold(fold) => self.fold(fold),
        }
    }

    fn local(&self, name: &str) -> Option<&Type> {
        self.locals.iter().rev().find(|(own, _)| &**own == name).map(|(_, kind)| kind)
    }

    fn ident(&self, offset: usize, name: &Arc<str>) -> Result<(Kind, Type), Mistake> {
        if let Some(kind) = self.local(name) {
            return Ok((Kind::Ident(name.clone()), kind.clone()));
        }
        let plain = name.strip_prefix('.').unwrap_or(name);
        if let Some(kind) = self.environment.variable(plain) {
            return Ok((Kind::Ident(Arc::from(plain)), kind.clone()));
        }
        if let (Some(composed), "variables") = (self.environment.composed(), plain) {
            let fields = composed.iter().map(|(name, kind)| (&**name, kind.clone())).collect();
            return Ok((Kind::Ident(Arc::from(plain)), Type::object("kubernetes.variables", fields)));
        }
        match type_identifier(plain) {
            Some(kind) => Ok((Kind::Literal(Value::Type(Arc::from(plain))), Type::Type(Arc::new(kind)))),
            None => undeclared(offset, name),
        }
    }

    /// The type of `variables.field`; `None` where this is something else.
    fn composed(&self, operand: &Expr, field: &str) -> Option<Result<Type, String>> {
        let Kind::Ident(name) = &operand.kind else { return None };
        if &**name != "variables" || self.local(name).is_some() || self.environment.variable(name).is_some() {
            return None;
        }
        let found = self.environment.composed()?.iter().find(|(own, _)| own == field);
        Some(found.map(|(_, kind)| kind.clone()).ok_or_else(|| format!("undefined field '{field}'")))
    }

    fn select(&mut self, expr: &mut Expr) -> Result<Type, Mistake> {
        let offset = expr.offset;
        if let Some(name) = expr.qualified() {
            let root = name.split('.').next().unwrap_or_default();
            if self.local(root).is_none() {
                if let Some(kind) = self.environment.variable(&name) {
                    expr.kind = Kind::Ident(Arc::from(name));
                    return Ok(kind.clone());
                }
                if let Some(kind) = type_identifier(&name) {
                    expr.kind = Kind::Literal(Value::Type(Arc::from(name)));
                    return Ok(Type::Type(Arc::new(kind)));
                }
            }
        }
        let Kind::Select { operand, field } = &mut expr.kind else { return Ok(Type::Error) };
        if let Some(kind) = self.composed(operand, field) {
            let kind = kind.map_err(|message| (offset, message))?;
            expr.kind = Kind::Ident(Arc::from(format!("variables.{field}")));
            return Ok(kind);
        }
        let field = field.clone();
        self.field(offset, operand, &field)
    }

    /// The type of a field of something.
    fn field(&mut self, offset: usize, operand: &mut Expr, field: &str) -> Result<Type, Mistake> {
        let whole = self.check(operand)?;
        let whole = self.types.substitute(&whole, Unbound::Stays);
        let (target, is_optional) = match &whole {
            Type::Optional(of) => (of.as_ref().clone(), true),
            _ => (whole, false),
        };
        let kind = match &target {
            Type::Map(_, value) => value.as_ref().clone(),
            Type::Object(object) => match object.fields.iter().find(|(own, _)| own == field) {
                Some((_, kind)) => kind.clone(),
                None => return Err((offset, format!("undefined field '{field}'"))),
            },
            Type::Opaque(_) | Type::Duration | Type::Timestamp if !matches!(target, Type::Opaque(_)) => {
                return Err((offset, format!("type '{target}' does not support field selection")));
            }
            Type::Opaque(_) => return Err((offset, format!("undefined field '{field}'"))),
            Type::Parameter(_) => {
                self.types.assign(&[Type::Dyn], std::slice::from_ref(&target));
                Type::Dyn
            }
            Type::Dyn | Type::Error => Type::Dyn,
            _ => return Err((offset, format!("type '{target}' does not support field selection"))),
        };
        let kind = if is_optional { Type::Optional(Arc::new(kind)) } else { kind };
        Ok(self.types.substitute(&kind, Unbound::Stays))
    }

    fn call(&mut self, offset: usize, call: &mut Call) -> Result<Type, Mistake> {
        let is_format = &*call.function == "format" && call.target.is_some();
        self.formats += usize::from(is_format);
        let mut kinds = Vec::with_capacity(call.arguments.len() + 1);
        for argument in &mut call.arguments {
            kinds.push(self.check(argument)?);
        }
        self.formats -= usize::from(is_format);
        let minor = self.environment.minor();
        if let Some(prefix) = call.target.as_ref().and_then(|target| target.qualified()) {
            let full = format!("{prefix}.{}", call.function);
            let full = full.strip_prefix('.').unwrap_or(&full);
            if signatures(full, minor).next().is_some() {
                call.function = Arc::from(full);
                call.target = None;
            }
        }
        let is_member = call.target.is_some();
        if let Some(target) = &mut call.target {
            kinds.insert(0, self.check(target)?);
        } else if let Some(plain) = call.function.strip_prefix('.') {
            call.function = Arc::from(plain);
        }
        if signatures(&call.function, minor).next().is_none() {
            return undeclared(offset, &call.function);
        }
        call.implementation = functions::find(&call.function);
        if is_format {
            self.template(offset, call);
        }
        self.resolve(offset, &call.function, is_member, &kinds)
    }

    /// Keeps a call of `format` whose text and list are written, which are held against one another.
    fn template(&mut self, offset: usize, call: &mut Call) {
        let Some(Kind::Literal(Value::String(text))) = call.target.as_ref().map(|target| &target.kind) else { return };
        let text = text.clone();
        let [Expr { kind: Kind::List(items), .. }] = call.arguments.as_mut_slice() else { return };
        let mut arguments = Vec::new();
        for item in items {
            // It was checked before, so that this only tells the type again.
            let kind = self.check(&mut item.value).unwrap_or(Type::Dyn);
            arguments.push((item.value.offset, kind));
        }
        self.templates.push(Template { offset, text, arguments });
    }

    fn resolve(&mut self, offset: usize, name: &str, is_member: bool, kinds: &[Type]) -> Result<Type, Mistake> {
        let mut result: Option<Type> = None;
        for signature in signatures(name, self.environment.minor()) {
            if signature.is_member != is_member || signature.arguments.len() != kinds.len() {
                continue;
            }
            let mut instantiated: Vec<(u32, Type)> = Vec::new();
            let types = &mut self.types;
            let mut fresh = |letter| match instantiated.iter().find(|(own, _)| *own == letter) {
                Some((_, kind)) => kind.clone(),
                None => {
                    let kind = types.fresh();
                    instantiated.push((letter, kind.clone()));
                    kind
                }
            };
            let wanted: Vec<Type> = signature.arguments.iter().map(|kind| instantiate(kind, &mut fresh)).collect();
            let given = instantiate(&signature.result, &mut fresh);
            if self.types.assign(kinds, &wanted) {
                let given = self.types.substitute(&given, Unbound::Stays);
                result = match result {
                    None => Some(given),
                    Some(known) if known != Type::Dyn && known != given => Some(Type::Dyn),
                    Some(known) => Some(known),
                };
            }
        }
        if let Some(result) = result {
            return Ok(result);
        }
        let kinds: Vec<String> =
            kinds.iter().map(|kind| self.types.substitute(kind, Unbound::Dyn).to_string()).collect();
        let told = match (is_member, kinds.split_first()) {
            (true, Some((target, rest))) => format!("{target}.({})", rest.join(", ")),
            _ => format!("({})", kinds.join(", ")),
        };
        Err((offset, format!("found no matching overload for '{name}' applied to '{told}'")))
    }

    fn assert_assignable(&mut self, offset: usize, found: Type, expected: Type) -> Result<(), Mistake> {
        if self.types.assign(std::slice::from_ref(&found), std::slice::from_ref(&expected)) {
            return Ok(());
        }
        let expected = self.types.substitute(&expected, Unbound::Stays);
        let found = self.types.substitute(&found, Unbound::Stays);
        Err((offset, format!("expected type '{expected}' but found '{found}'")))
    }

    fn join(&mut self, offset: usize, known: Option<Type>, next: Type) -> Result<Type, Mistake> {
        let Some(known) = known else { return Ok(next) };
        if self.types.assign(std::slice::from_ref(&known), std::slice::from_ref(&next)) {
            return Ok(most_general(&known, &next));
        }
        Err((offset, format!("expected type '{known}' but found '{next}'")))
    }

    fn unwrapped(&self, offset: usize, kind: Type) -> Result<Type, Mistake> {
        match kind {
            Type::Optional(of) => Ok(of.as_ref().clone()),
            Type::Dyn => Ok(Type::Dyn),
            other => Err((offset, format!("expected type 'optional_type({other})' but found '{other}'"))),
        }
    }

    fn list(&mut self, items: &mut [Item]) -> Result<Type, Mistake> {
        let mut joined = None;
        let mut kinds = Vec::new();
        for item in items {
            let mut kind = self.check(&mut item.value)?;
            if item.is_optional {
                kind = self.unwrapped(item.value.offset, kind)?;
            }
            kinds.push((item.value.offset, kind.clone()));
            joined = Some(self.join(item.value.offset, joined, kind)?);
        }
        if self.formats == 0 {
            self.aggregates.push(Aggregate(kinds));
        }
        Ok(Type::list(joined.unwrap_or_else(|| self.types.fresh())))
    }

    fn map(&mut self, entries: &mut [Entry]) -> Result<Type, Mistake> {
        let (mut key, mut value) = (None, None);
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        for entry in entries {
            let kind = self.check(&mut entry.key)?;
            keys.push((entry.key.offset, kind.clone()));
            key = Some(self.join(entry.key.offset, key, kind)?);
            let mut kind = self.check(&mut entry.value)?;
            if entry.is_optional {
                kind = self.unwrapped(entry.value.offset, kind)?;
            }
            values.push((entry.value.offset, kind.clone()));
            value = Some(self.join(entry.value.offset, value, kind)?);
        }
        if self.formats == 0 {
            self.aggregates.extend([Aggregate(keys), Aggregate(values)]);
        }
        let key = key.unwrap_or_else(|| self.types.fresh());
        Ok(Type::map(key, value.unwrap_or_else(|| self.types.fresh())))
    }

    fn fold(&mut self, fold: &mut Fold) -> Result<Type, Mistake> {
        let range = self.check(&mut fold.range)?;
        let accumulated = self.check(&mut fold.initial)?;
        let range = self.types.substitute(&range, Unbound::Stays);
        let (first, second) = match &range {
            Type::List(of) if fold.second.is_some() => (Type::Int, of.as_ref().clone()),
            Type::List(of) => (of.as_ref().clone(), Type::Dyn),
            Type::Map(key, value) => (key.as_ref().clone(), value.as_ref().clone()),
            Type::Dyn | Type::Error | Type::Parameter(_) => {
                self.types.assign(&[Type::Dyn], std::slice::from_ref(&range));
                (Type::Dyn, Type::Dyn)
            }
            _ => {
                let told = "cannot be range of a comprehension (must be list, map, or dynamic)";
                return Err((fold.range.offset, format!("expression of type '{range}' {told}")));
            }
        };
        let outer = self.locals.len();
        self.locals.push((fold.accumulator.clone(), accumulated.clone()));
        let with_accumulator = self.locals.len();
        self.locals.push((fold.first.clone(), first));
        self.locals.extend(fold.second.iter().map(|name| (name.clone(), second.clone())));
        let step = self.check(&mut fold.step)?;
        self.assert_assignable(fold.step.offset, accumulated, step)?;
        self.locals.truncate(with_accumulator);
        let result = self.check(&mut fold.result)?;
        self.locals.truncate(outer);
        Ok(self.types.substitute(&result, Unbound::Stays))
    }
}

fn literal(value: &Value) -> Type {
    match value {
        Value::Null => Type::Null,
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Uint(_) => Type::Uint,
        Value::Double(_) => Type::Double,
        Value::String(_) => Type::String,
        Value::Bytes(_) => Type::Bytes,
        // What the check itself has put there, when it comes by again.
        Value::Type(name) => Type::Type(Arc::new(type_identifier(name).unwrap_or(Type::Dyn))),
        _ => Type::Dyn,
    }
}
