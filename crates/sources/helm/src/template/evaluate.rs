//! Evaluating pipelines: commands, operands, fields, and calls with the checks of their arguments.
//! Source: Go, `text/template/exec.go`.

use std::sync::Arc;

use super::constants::Number;
use super::error::Failure;
use super::nodes::{Command, Operand, Pipe, Term};
use super::walk::{Run, Shown};
use crate::functions::{self, Function, Spread, Type};
use crate::value::{Kind, Map, Value, Width};

/// What is called, and how messages name it.
struct Callee<'f> {
    function: &'f Function,
    /// For a method what it is called on.
    receiver: Option<Value>,
}

/// The result of the command before, which becomes the last argument.
type Final = Option<Value>;

impl<'b> Run<'_, 'b> {
    pub(super) fn pipe(&mut self, dot: &Value, pipe: &'b Pipe) -> Result<Value, Failure> {
        self.node = Shown::Pipe(pipe);
        let mut value: Final = None;
        for command in &pipe.commands {
            value = Some(self.command(dot, command, value)?.unboxed());
        }
        let value = value.unwrap_or(Value::NIL);
        for variable in &pipe.variables {
            if pipe.is_assignment {
                self.assign(variable, value.clone())?;
            } else {
                self.variables.push((Arc::clone(variable), value.clone()));
            }
        }
        Ok(value)
    }

    pub(super) fn assign(&mut self, name: &str, value: Value) -> Result<(), Failure> {
        match self.variables.iter_mut().rev().find(|(known, _)| **known == *name) {
            Some((_, place)) => {
                *place = value;
                Ok(())
            }
            None => self.fail(format!("undefined variable: {name}")),
        }
    }

    fn variable(&self, name: &str) -> Result<Value, Failure> {
        match self.variables.iter().rev().find(|(known, _)| **known == *name) {
            Some((_, value)) => Ok(value.clone()),
            None => self.fail(format!("undefined variable: {name}")),
        }
    }

    fn command(&mut self, dot: &Value, command: &'b Command, last: Final) -> Result<Value, Failure> {
        self.machine.tick(1).map_err(|failure| self.locate(failure))?;
        let first = &command.arguments[0];
        let arguments = &command.arguments[..];
        match &first.term {
            Term::Field(names) => {
                self.node = Shown::Operand(first);
                self.chain(dot, dot.clone(), first, names, arguments, last)
            }
            Term::Chain(operand, names) => self.chain_node(dot, first, operand, names, arguments, last),
            Term::Function(index) => {
                self.node = Shown::Operand(first);
                let callee = Callee { function: functions::get(*index), receiver: None };
                self.evaluate_call(dot, &callee, Shown::Command(command), arguments, last)
            }
            Term::Pipe(pipe) => {
                self.not_a_function(arguments, &last)?;
                self.pipe(dot, pipe)
            }
            Term::Variable(names) => self.variable_node(dot, first, names, arguments, last),
            Term::Bool(value) => self.constant(first, arguments, &last, Value::bool(*value)),
            Term::Dot => self.constant(first, arguments, &last, dot.clone()),
            Term::Nil => {
                self.constant(first, arguments, &last, Value::NIL)?;
                self.fail("nil is not a command")
            }
            Term::Number(number) => {
                self.constant(first, arguments, &last, Value::NIL)?;
                self.ideal(number)
            }
            Term::Text { text, .. } => self.constant(first, arguments, &last, Value::text(&**text)),
        }
    }

    fn constant(
        &mut self,
        first: &'b Operand,
        arguments: &[Operand],
        last: &Final,
        value: Value,
    ) -> Result<Value, Failure> {
        self.node = Shown::Operand(first);
        self.not_a_function(arguments, last)?;
        Ok(value)
    }

    fn not_a_function(&self, arguments: &[Operand], last: &Final) -> Result<(), Failure> {
        if arguments.len() > 1 || last.is_some() {
            return self.fail(format!("can't give argument to non-function {}", arguments[0].show()));
        }
        Ok(())
    }

    /// A number without a context: how it is written says what it is.
    fn ideal(&self, number: &Number) -> Result<Value, Failure> {
        if number.is_complex {
            return self.fail("complex numbers are not supported");
        }
        match (number.float, number.int) {
            (Some(float), _) if number.is_written_as_float() => Ok(Value::float(float)),
            (_, Some(int)) => Ok(Value::int(int)),
            _ => self.fail(format!("{} overflows int", number.text)),
        }
    }

    fn chain_node(
        &mut self,
        dot: &Value,
        node: &'b Operand,
        operand: &'b Operand,
        names: &'b [Arc<str>],
        arguments: &'b [Operand],
        last: Final,
    ) -> Result<Value, Failure> {
        self.node = Shown::Operand(node);
        if matches!(operand.term, Term::Nil) {
            return self.fail(format!("indirection through explicit nil in {}", node.show()));
        }
        let receiver = self.argument(dot, None, operand)?;
        self.chain(dot, receiver, node, names, arguments, last)
    }

    fn variable_node(
        &mut self,
        dot: &Value,
        node: &'b Operand,
        names: &'b [Arc<str>],
        arguments: &'b [Operand],
        last: Final,
    ) -> Result<Value, Failure> {
        self.node = Shown::Operand(node);
        let value = self.variable(&names[0])?;
        if names.len() == 1 {
            if arguments.len() > 1 || last.is_some() {
                self.not_a_function(arguments, &last)?;
            }
            return Ok(value);
        }
        self.chain(dot, value, node, &names[1..], arguments, last)
    }

    /// `.X.Y.Z`, the last of which may have arguments.
    fn chain(
        &mut self,
        dot: &Value,
        receiver: Value,
        node: &'b Operand,
        names: &'b [Arc<str>],
        arguments: &'b [Operand],
        last: Final,
    ) -> Result<Value, Failure> {
        let mut value = receiver;
        let (end, before) = names.split_last().unwrap_or((&names[0], &[]));
        for name in before {
            value = self.field(dot, value, node, name, &[], None)?;
        }
        self.field(dot, value, node, end, arguments, last)
    }

    fn field(
        &mut self,
        dot: &Value,
        receiver: Value,
        node: &'b Operand,
        name: &str,
        arguments: &'b [Operand],
        last: Final,
    ) -> Result<Value, Failure> {
        if receiver.is_nil() {
            if receiver.is_boxed {
                return self.fail(format!("nil pointer evaluating interface {{}}.{name}"));
            }
            let taint = self.missing(&receiver, name);
            return Ok(Value { taint, ..Value::NIL });
        }
        if let Some(function) = functions::method(&receiver, name) {
            let callee = Callee { function, receiver: Some(receiver) };
            return self.evaluate_call(dot, &callee, Shown::Operand(node), arguments, last);
        }
        let has_arguments = arguments.len() > 1 || last.is_some();
        match &receiver.kind {
            Kind::Map(map) => {
                if has_arguments {
                    return self.fail(format!("{name} is not a method but has arguments"));
                }
                Ok(self.entry(map, &receiver, name))
            }
            Kind::Object(object) => match functions::object_field(object, name) {
                Some(_) if has_arguments => {
                    self.fail(format!("{name} has arguments but cannot be invoked as function"))
                }
                Some(value) => Ok(value),
                None => self.no_field(&receiver, name),
            },
            _ => self.no_field(&receiver, name),
        }
    }

    fn no_field(&self, receiver: &Value, name: &str) -> Result<Value, Failure> {
        let found = if receiver.is_boxed { "interface {}" } else { receiver.type_name() };
        self.fail(format!("can't evaluate field {name} in type {found}"))
    }

    fn missing(&mut self, container: &Value, key: &str) -> u32 {
        if container.taint == 0 { 0 } else { self.machine.trace.missing(container.taint, key) }
    }

    /// An entry of a mapping, or the zero value of what it holds.
    fn entry(&mut self, map: &Map, receiver: &Value, key: &str) -> Value {
        let is_boxed = map.map_type.element() == "interface {}";
        if let Some(value) = map.entries.borrow().get(key) {
            let mut value = value.clone();
            value.is_boxed = is_boxed;
            return value;
        }
        let kind = if is_boxed { Kind::Nil } else { Kind::Text("".into()) };
        Value { kind, taint: self.missing(receiver, key), is_boxed }
    }

    fn evaluate_call(
        &mut self,
        dot: &Value,
        callee: &Callee<'_>,
        node: Shown<'b>,
        arguments: &'b [Operand],
        last: Final,
    ) -> Result<Value, Failure> {
        let function = callee.function;
        let arguments = arguments.get(1..).unwrap_or(&[]);
        let count = arguments.len() + usize::from(last.is_some());
        let fixed = function.parameters.len();
        let name = function.name;
        if function.variadic.is_some() {
            if count < fixed {
                let given = arguments.len();
                return self.fail(format!("wrong number of args for {name}: want at least {fixed} got {given}"));
            }
        } else if count != fixed {
            return self.fail(format!("wrong number of args for {name}: want {fixed} got {count}"));
        }
        if callee.receiver.is_none() && matches!(name, "and" | "or") {
            return self.short_circuit(dot, name, arguments, last);
        }
        let parameter = |index: usize| function.parameters.get(index).copied().or(function.variadic);
        let mut values = Vec::with_capacity(count + 1);
        values.extend(callee.receiver.clone());
        for (index, argument) in arguments.iter().enumerate() {
            values.push(self.argument(dot, parameter(index), argument)?);
        }
        if let Some(last) = last {
            values.push(self.validate(last, parameter(count - 1))?);
        }
        self.invoke(function, node, values)
    }

    fn invoke(&mut self, function: &Function, node: Shown<'b>, values: Vec<Value>) -> Result<Value, Failure> {
        let taint = match function.spread {
            Spread::Own => 0,
            Spread::All => values.iter().fold(0, |all, value| self.machine.trace.union(all, value.taint)),
        };
        let values = values.into_iter().map(Value::unboxed).collect();
        let result = (function.call)(self.machine, values).and_then(|value| {
            if let Kind::Text(text) = &value.kind {
                self.machine.check_size(text.len())?;
            }
            Ok(value)
        });
        match result {
            Ok(mut value) => {
                value.taint = self.machine.trace.union(value.taint, taint);
                Ok(value)
            }
            Err(failure) => {
                self.node = node;
                let words = format!("error calling {}: ", function.name);
                Err(self.locate(Failure::because(&words, failure)))
            }
        }
    }

    fn short_circuit(
        &mut self,
        dot: &Value,
        name: &str,
        arguments: &'b [Operand],
        last: Final,
    ) -> Result<Value, Failure> {
        let mut value = Value::NIL;
        for argument in arguments {
            value = self.argument(dot, Some(Type::Value), argument)?;
            if value.truth() == (name == "or") {
                return Ok(value);
            }
        }
        Ok(last.unwrap_or(value))
    }

    fn argument(&mut self, dot: &Value, wanted: Option<Type>, operand: &'b Operand) -> Result<Value, Failure> {
        self.node = Shown::Operand(operand);
        let value = match &operand.term {
            Term::Dot => dot.clone(),
            Term::Nil => {
                return match wanted {
                    Some(wanted) if !wanted.can_be_nil() => {
                        self.fail(format!("cannot assign nil to {}", wanted.name()))
                    }
                    _ => Ok(Value::NIL),
                };
            }
            Term::Field(names) => self.chain(dot, dot.clone(), operand, names, &[], None)?,
            Term::Variable(names) => self.variable_node(dot, operand, names, &[], None)?,
            Term::Pipe(pipe) => self.pipe(dot, pipe)?,
            Term::Function(index) => {
                let callee = Callee { function: functions::get(*index), receiver: None };
                self.evaluate_call(dot, &callee, Shown::Operand(operand), &[], None)?
            }
            Term::Chain(inner, names) => self.chain_node(dot, operand, inner, names, &[], None)?,
            Term::Bool(_) | Term::Number(_) | Term::Text { .. } => return self.literal(wanted, operand),
        };
        self.validate(value, wanted)
    }

    /// A constant where a parameter has a type.
    fn literal(&mut self, wanted: Option<Type>, operand: &'b Operand) -> Result<Value, Failure> {
        let wanted = wanted.unwrap_or(Type::Any);
        let value = match (wanted, &operand.term) {
            (Type::Any | Type::Value, Term::Bool(value)) | (Type::Bool, Term::Bool(value)) => Value::bool(*value),
            (Type::Any | Type::Value | Type::Text, Term::Text { text, .. }) => Value::text(&**text),
            (Type::Any | Type::Value, Term::Number(number)) => return self.ideal(number),
            (Type::Int, Term::Number(Number { int: Some(int), .. })) => Value::int(*int),
            (Type::Uint32, Term::Number(Number { uint: Some(uint), .. })) => {
                Value::new(Kind::Int(*uint as i64, Width::Uint64))
            }
            (Type::Float, Term::Number(Number { float: Some(float), .. })) => Value::float(*float),
            _ => {
                let shown = operand.show();
                return match wanted.constant() {
                    Some(expected) => self.fail(format!("expected {expected}; found {shown}")),
                    None => self.fail(format!("can't handle {shown} for arg of type {}", wanted.name())),
                };
            }
        };
        Ok(value)
    }

    /// Whether a value is of the type that is wanted.
    fn validate(&self, value: Value, wanted: Option<Type>) -> Result<Value, Failure> {
        let Some(wanted) = wanted else { return Ok(value) };
        if wanted.accepts(&value) {
            return Ok(value);
        }
        if value.is_nil() {
            if !value.is_boxed {
                return match wanted.can_be_nil() {
                    true => Ok(value),
                    false => self.fail(format!("invalid value; expected {}", wanted.name())),
                };
            }
            return self.fail(format!("wrong type for value; expected {}; got interface {{}}", wanted.name()));
        }
        let found = value.type_name();
        self.fail(format!("wrong type for value; expected {}; got {found}", wanted.name()))
    }
}
