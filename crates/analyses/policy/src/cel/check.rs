//! What the API server refuses when a policy is made: names that are not declared, functions that do not take what they
//! are given, literals of several types. Ports cel-go's `checker`, and tells the mistake that stands first.

use std::sync::Arc;

use super::declarations::{Signature, signatures, type_identifier};
use super::lexer::Mistake;
use super::syntax::{Call, Entry, Expr, Fold, Item, Kind};
use super::unify::{Unbound, Unifier, instantiate, most_general};
use super::validate::{Aggregate, Template};
use super::{Environment, Type, Value, functions};

/// More mistakes than anybody reads.
const MAX_MISTAKES: usize = 100;

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
        elements: Vec::new(),
        mistakes: Vec::new(),
    };
    let output = checker.check(expr);
    if let Some(first) = checker.mistakes.into_iter().min_by_key(|(offset, _)| *offset) {
        return Err(first);
    }
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
    /// The elements of the list that was checked last.
    elements: Vec<(usize, Type)>,
    mistakes: Vec<Mistake>,
}

fn undeclared<T>(offset: usize, name: &str) -> Result<T, Mistake> {
    Err((offset, format!("undeclared reference to '{name}' (in container '')")))
}

impl Checker<'_> {
    /// The type of an expression; of one with a mistake, which is kept, it is an error that goes with everything.
    fn check(&mut self, expr: &mut Expr) -> Type {
        if self.types.is_exhausted() && self.mistakes.is_empty() {
            self.mistakes.push((expr.offset, "the types of the expression are too large".to_owned()));
        }
        if self.types.is_exhausted() || self.mistakes.len() > MAX_MISTAKES {
            return Type::Error;
        }
        self.check_kind(expr).unwrap_or_else(|mistake| self.mistaken(mistake))
    }

    fn mistaken(&mut self, mistake: Mistake) -> Type {
        self.mistakes.push(mistake);
        Type::Error
    }

    fn check_kind(&mut self, expr: &mut Expr) -> Result<Type, Mistake> {
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
                    let kind = self.check(term);
                    self.assert_assignable(term.offset, kind, Type::Bool);
                }
                Ok(Type::Bool)
            }
            Kind::Conditional(parts) => {
                let kinds: Vec<Type> = parts.iter_mut().map(|part| self.check(part)).collect();
                self.resolve(offset, "_?_:_", false, &kinds)
            }
            Kind::Call(call) => self.call(offset, call),
            Kind::List(items) => Ok(self.list(items)),
            Kind::Map(entries) => Ok(self.map(entries)),
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
        let whole = self.check(operand);
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
            Type::Opaque("net.IP" | "net.CIDR") | Type::Duration | Type::Timestamp => {
                self.mistaken((offset, format!("type '{}' does not support field selection", target.told())));
                Type::Dyn
            }
            Type::Opaque(name) => return Err((offset, format!("unexpected failed resolution of '{name}'"))),
            Type::Parameter(_) => {
                self.types.assign(&[Type::Dyn], std::slice::from_ref(&target));
                Type::Dyn
            }
            Type::Dyn | Type::Error => Type::Dyn,
            _ => {
                self.mistaken((offset, format!("type '{}' does not support field selection", target.told())));
                Type::Dyn
            }
        };
        let kind = if is_optional { Type::Optional(Arc::new(kind)) } else { kind };
        Ok(self.types.substitute(&kind, Unbound::Stays))
    }

    fn call(&mut self, offset: usize, call: &mut Call) -> Result<Type, Mistake> {
        let is_format = &*call.function == "format" && call.target.is_some();
        self.formats += usize::from(is_format);
        let mut kinds = Vec::with_capacity(call.arguments.len() + 1);
        for argument in &mut call.arguments {
            kinds.push(self.check(argument));
        }
        if is_format {
            self.template(offset, call);
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
            kinds.insert(0, self.check(target));
        }
        let plain: Arc<str> = call.function.strip_prefix('.').map_or_else(|| call.function.clone(), Arc::from);
        if signatures(&plain, minor).next().is_none() {
            return undeclared(offset, &call.function);
        }
        call.function = plain;
        call.implementation = functions::find(&call.function);
        let mut taken = Vec::new();
        let result = self.resolve_into(offset, &call.function, is_member, &kinds, &mut taken)?;
        let is_decided_early = matches!(
            &*call.function,
            "bool" | "bytes" | "double" | "duration" | "int" | "string" | "timestamp" | "uint" | "ip" | "add" | "sub"
        );
        call.signatures = is_decided_early.then_some(taken);
        Ok(result)
    }

    /// Keeps a call of `format` whose text and list are written, which are held against one another.
    fn template(&mut self, offset: usize, call: &Call) {
        let Some(Kind::Literal(Value::String(text))) = call.target.as_ref().map(|target| &target.kind) else { return };
        if let [Expr { kind: Kind::List(_), .. }] = call.arguments.as_slice() {
            let arguments = std::mem::take(&mut self.elements);
            self.templates.push(Template { offset, text: text.clone(), arguments });
        }
    }

    fn resolve(&mut self, offset: usize, name: &str, is_member: bool, kinds: &[Type]) -> Result<Type, Mistake> {
        self.resolve_into(offset, name, is_member, kinds, &mut Vec::new())
    }

    /// The type of a call, and the signatures that take what it is given.
    fn resolve_into(
        &mut self,
        offset: usize,
        name: &str,
        is_member: bool,
        kinds: &[Type],
        taken: &mut Vec<&'static Signature>,
    ) -> Result<Type, Mistake> {
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
                taken.push(signature);
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
        let kinds: Vec<String> = kinds.iter().map(|kind| self.types.substitute(kind, Unbound::Dyn).told()).collect();
        let told = match (is_member, kinds.split_first()) {
            (true, Some((target, rest))) => format!("{target}.({})", rest.join(", ")),
            _ => format!("({})", kinds.join(", ")),
        };
        Err((offset, format!("found no matching overload for '{name}' applied to '{told}'")))
    }

    fn assert_assignable(&mut self, offset: usize, found: Type, expected: Type) {
        if !self.types.assign(std::slice::from_ref(&expected), std::slice::from_ref(&found)) {
            let message = format!("expected type '{}' but found '{}'", expected.told(), found.told());
            self.mistakes.push((offset, message));
        }
    }

    fn join(&mut self, known: Option<Type>, next: Type) -> Type {
        let Some(known) = known else { return next };
        if self.types.assign(std::slice::from_ref(&known), std::slice::from_ref(&next)) {
            return most_general(&known, &next);
        }
        // Refused afterwards, but within `format`.
        Type::Dyn
    }

    fn unwrapped(&mut self, offset: usize, kind: Type) -> Type {
        match kind {
            Type::Optional(of) => of.as_ref().clone(),
            Type::Dyn => Type::Dyn,
            other => {
                let told = other.told();
                self.mistakes.push((offset, format!("expected type 'optional_type({told})' but found '{told}'")));
                other
            }
        }
    }

    fn list(&mut self, items: &mut [Item]) -> Type {
        let mut joined = None;
        let mut kinds = Vec::new();
        for item in items {
            let mut kind = self.check(&mut item.value);
            let is_loose = item.is_optional && kind == Type::Dyn;
            if item.is_optional {
                kind = self.unwrapped(item.value.offset, kind);
            }
            kinds.push((item.value.offset, if is_loose { Type::Error } else { kind.clone() }));
            joined = Some(self.join(joined, kind));
        }
        if self.formats == 0 {
            self.aggregates.push(Aggregate(kinds));
        } else {
            self.elements = kinds;
        }
        Type::list(joined.unwrap_or_else(|| self.types.fresh()))
    }

    fn map(&mut self, entries: &mut [Entry]) -> Type {
        let (mut key, mut value) = (None, None);
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        for entry in entries {
            let kind = self.check(&mut entry.key);
            keys.push((entry.key.offset, kind.clone()));
            key = Some(self.join(key, kind));
            let mut kind = self.check(&mut entry.value);
            let is_loose = entry.is_optional && kind == Type::Dyn;
            if entry.is_optional {
                kind = self.unwrapped(entry.value.offset, kind);
            }
            values.push((entry.value.offset, if is_loose { Type::Error } else { kind.clone() }));
            value = Some(self.join(value, kind));
        }
        if self.formats == 0 {
            self.aggregates.extend([Aggregate(keys), Aggregate(values)]);
        }
        let key = key.unwrap_or_else(|| self.types.fresh());
        Type::map(key, value.unwrap_or_else(|| self.types.fresh()))
    }

    fn fold(&mut self, fold: &mut Fold) -> Result<Type, Mistake> {
        let range = self.check(&mut fold.range);
        let accumulated = self.check(&mut fold.initial);
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
                self.mistakes.push((fold.range.offset, format!("expression of type '{}' {told}", range.told())));
                (Type::Error, Type::Error)
            }
        };
        let outer = self.locals.len();
        self.locals.push((fold.accumulator.clone(), accumulated.clone()));
        let with_accumulator = self.locals.len();
        self.locals.push((fold.first.clone(), first));
        self.locals.extend(fold.second.iter().map(|name| (name.clone(), second.clone())));
        let step = self.check(&mut fold.step);
        self.assert_assignable(fold.step.offset, step, accumulated);
        self.locals.truncate(with_accumulator);
        let result = self.check(&mut fold.result);
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
