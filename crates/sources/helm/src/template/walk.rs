//! Executing the nodes of a template. Source: Go, `text/template/exec.go`.

use std::rc::Rc;
use std::sync::Arc;

use super::error::Failure;
use super::machine::{Entry, Machine};
use super::nodes::{Body, Branch, Call, Command, Node, Operand, Pipe};
use crate::text::{Builder, Origin};
use crate::value::{Kind, Object, Value};

/// How a body ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    On,
    Break,
    Continue,
}

/// The node that messages name.
#[derive(Clone, Copy)]
pub(super) enum Shown<'b> {
    Nothing,
    Branch(&'b Branch, &'static str),
    Call(&'b Call),
    Pipe(&'b Pipe),
    Command(&'b Command),
    Operand(&'b Operand),
}

/// One template being executed: its variables, and where it is.
pub(super) struct Run<'m, 'b> {
    pub(super) machine: &'m mut Machine,
    pub(super) entry: &'b Entry,
    pub(super) variables: Vec<(Arc<str>, Value)>,
    pub(super) node: Shown<'b>,
    dot: Value,
}

impl<'m, 'b> Run<'m, 'b> {
    pub(super) fn new(machine: &'m mut Machine, entry: &'b Entry, dot: Value) -> Self {
        let variables = vec![(Arc::from("$"), dot.clone())];
        Self { machine, entry, variables, node: Shown::Nothing, dot }
    }

    /// Executes the whole template.
    pub(super) fn body(mut self, body: &'b Body, out: &mut Builder) -> Result<(), Failure> {
        let dot = self.dot.clone();
        self.nodes(body, &dot, out).map(|_| ())
    }

    /// A failure at the node that is being executed.
    pub(super) fn fail<T>(&self, message: impl AsRef<str>) -> Result<T, Failure> {
        Err(self.locate(Failure::new(message.as_ref())))
    }

    /// Says where a failure happened.
    pub(super) fn locate(&self, cause: Failure) -> Failure {
        let source = &self.entry.source;
        let Some((at, shown)) = self.shown() else {
            let message = format!("template: {}: {}", self.entry.name, cause.message);
            return Failure { message, is_located: true, ..cause };
        };
        let before = &source.text[..(at as usize).min(source.text.len())];
        let line = 1 + memchr::memchr_iter(b'\n', before.as_bytes()).count();
        let column = match memchr::memrchr(b'\n', before.as_bytes()) {
            Some(end) => before.len() - end - 1,
            None => before.len(),
        };
        let name = crate::format::quoted(&self.entry.name);
        let message =
            format!("template: {}:{line}:{column}: executing {name} at <{shown}>: {}", source.name, cause.message);
        let place = cause.place.or(Some((source.file, at)));
        Failure { message, is_located: true, place, cause: cause.cause }
    }

    fn shown(&self) -> Option<(u32, String)> {
        match self.node {
            Shown::Nothing => None,
            Shown::Branch(branch, word) => Some((branch.pipe.at, self.show_branch(branch, word))),
            Shown::Call(call) => Some((call.at, Node::show_call(call))),
            Shown::Pipe(pipe) => Some((pipe.at, pipe.show())),
            Shown::Command(command) => Some((command.at, command.show())),
            Shown::Operand(operand) => Some((operand.at, operand.show())),
        }
    }

    fn show_branch(&self, branch: &Branch, word: &str) -> String {
        let mut out = format!("{{{{{word} {}}}}}", branch.pipe.show());
        self.show_body(&branch.body, &mut out);
        if let Some(otherwise) = &branch.otherwise {
            out.push_str("{{else}}");
            self.show_body(otherwise, &mut out);
        }
        out.push_str("{{end}}");
        out
    }

    fn show_body(&self, body: &Body, out: &mut String) {
        for node in &body.nodes {
            match node {
                Node::Text { start, end } => out.push_str(&self.entry.source.text[*start as usize..*end as usize]),
                Node::Action { pipe, .. } => out.push_str(&format!("{{{{{}}}}}", pipe.show())),
                Node::If(branch) => out.push_str(&self.show_branch(branch, "if")),
                Node::With(branch) => out.push_str(&self.show_branch(branch, "with")),
                Node::Range(branch) => out.push_str(&self.show_branch(branch, "range")),
                Node::Template(call) => out.push_str(&Node::show_call(call)),
                Node::Break => out.push_str("{{break}}"),
                Node::Continue => out.push_str("{{continue}}"),
            }
        }
    }

    fn tick(&mut self, steps: u64) -> Result<(), Failure> {
        match self.machine.tick(steps) {
            Ok(()) => Ok(()),
            Err(failure) => Err(self.locate(failure)),
        }
    }

    fn nodes(&mut self, body: &'b Body, dot: &Value, out: &mut Builder) -> Result<Flow, Failure> {
        for node in &body.nodes {
            self.tick(1)?;
            let flow = match node {
                Node::Text { start, end } => {
                    self.text(*start, *end, out)?;
                    Flow::On
                }
                Node::Action { pipe, start, end } => {
                    self.action(pipe, (*start, *end), dot, out)?;
                    Flow::On
                }
                Node::If(branch) => self.condition(branch, "if", dot, out)?,
                Node::With(branch) => self.condition(branch, "with", dot, out)?,
                Node::Range(branch) => self.range(branch, dot, out)?,
                Node::Template(call) => {
                    self.call(call, dot, out)?;
                    Flow::On
                }
                Node::Break => Flow::Break,
                Node::Continue => Flow::Continue,
            };
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn text(&mut self, start: u32, end: u32, out: &mut Builder) -> Result<(), Failure> {
        let source = &self.entry.source;
        let origin = Machine::origin(source, start, end, true);
        out.push(&source.text[start as usize..end as usize], origin, source.taint);
        self.check(out)
    }

    /// A text has grown.
    fn check(&mut self, out: &Builder) -> Result<(), Failure> {
        if out.len() <= self.machine.bounds.bytes {
            return Ok(());
        }
        let bytes = self.machine.bounds.bytes;
        self.fail(format!("the text is longer than {bytes} bytes"))
    }

    fn action(
        &mut self,
        pipe: &'b Pipe,
        (start, end): (u32, u32),
        dot: &Value,
        out: &mut Builder,
    ) -> Result<(), Failure> {
        self.node = Shown::Pipe(pipe);
        let value = self.pipe(dot, pipe)?;
        if !pipe.variables.is_empty() {
            return Ok(());
        }
        let source = &self.entry.source;
        let origin = Machine::origin(source, start, end, false);
        print(&value, self.machine.trace.union(value.taint, source.taint), origin, out);
        self.check(out)
    }

    fn condition(
        &mut self,
        branch: &'b Branch,
        word: &'static str,
        dot: &Value,
        out: &mut Builder,
    ) -> Result<Flow, Failure> {
        let mark = self.variables.len();
        self.node = Shown::Branch(branch, word);
        let value = self.pipe(dot, &branch.pipe)?;
        let flow = match (value.truth(), &branch.otherwise) {
            (true, _) if word == "with" => self.nodes(&branch.body, &value, out)?,
            (true, _) => self.nodes(&branch.body, dot, out)?,
            (false, otherwise) => {
                if let Some((start, end)) = branch.body.extent() {
                    let source = &self.entry.source;
                    let taint = self.machine.trace.union(value.taint, source.taint);
                    out.leave_out(Machine::origin(source, start, end, false), taint);
                }
                match otherwise {
                    Some(otherwise) => self.nodes(otherwise, dot, out)?,
                    None => Flow::On,
                }
            }
        };
        self.variables.truncate(mark);
        Ok(flow)
    }

    fn call(&mut self, call: &'b Call, dot: &Value, out: &mut Builder) -> Result<(), Failure> {
        self.node = Shown::Call(call);
        let templates = Rc::clone(&self.machine.templates);
        let Some(entry) = templates.find(&call.name) else {
            return self.fail(format!("template {} not defined", crate::format::quoted(&call.name)));
        };
        if let Err(failure) = self.machine.enter() {
            return Err(self.locate(failure));
        }
        let data = match &call.pipe {
            Some(pipe) => self.pipe(dot, pipe)?,
            None => Value::NIL,
        };
        let result = Run::new(self.machine, entry, data).body(&entry.body, out);
        self.machine.depth -= 1;
        result
    }

    fn range(&mut self, branch: &'b Branch, dot: &Value, out: &mut Builder) -> Result<Flow, Failure> {
        let mark = self.variables.len();
        self.node = Shown::Branch(branch, "range");
        let value = self.pipe(dot, &branch.pipe)?;
        let ran = self.iterate(branch, &value, out)?;
        let flow = match (ran, &branch.otherwise) {
            (Ran::Never, Some(otherwise)) => self.nodes(otherwise, dot, out)?,
            _ => Flow::On,
        };
        self.variables.truncate(mark);
        Ok(flow)
    }

    fn iterate(&mut self, branch: &'b Branch, value: &Value, out: &mut Builder) -> Result<Ran, Failure> {
        match &value.kind {
            Kind::Nil => Ok(Ran::Never),
            Kind::Int(..) if branch.pipe.variables.len() > 1 => {
                let shown = crate::format::display(value);
                self.fail(format!("can't use {shown} to iterate over more than one variable"))
            }
            Kind::Int(count, width) => {
                let numbers =
                    (0..*count).map(|number| (Value::NIL, Value::tainted(Kind::Int(number, *width), value.taint)));
                self.each(branch, numbers, out)
            }
            Kind::List(list) => {
                let is_boxed = list.element == crate::value::Element::Any;
                let items = list.items.iter().enumerate().map(|(index, item)| {
                    let mut item = item.clone();
                    item.is_boxed = is_boxed;
                    (Value::int(index as i64), item)
                });
                self.each(branch, items, out)
            }
            Kind::Bytes(bytes) => {
                let bytes = Rc::clone(bytes);
                let items = bytes.iter().enumerate().map(|(index, byte)| {
                    let byte = Kind::Int(i64::from(*byte), crate::value::Width::Uint8);
                    (Value::int(index as i64), Value::tainted(byte, value.taint))
                });
                self.each(branch, items, out)
            }
            Kind::Map(map) => {
                // A body may change the mapping that is being ranged over: Go ranges over a copy of its entries.
                let entries: Vec<(Rc<str>, Value)> =
                    map.entries.borrow().iter().map(|(key, value)| (Rc::clone(key), value.clone())).collect();
                let is_boxed = map.map_type.element() == "interface {}";
                let items = entries.into_iter().map(|(key, mut item)| {
                    item.is_boxed = is_boxed;
                    (Value::tainted(Kind::Text((&*key).into()), item.taint), item)
                });
                self.each(branch, items, out)
            }
            Kind::Object(object) => match &**object {
                Object::Files(files) => {
                    let items = files
                        .iter()
                        .map(|(name, data)| (Value::text(name.as_str()), Value::new(Kind::Bytes(Rc::clone(data)))));
                    self.each(branch, items, out)
                }
                Object::ApiVersions(versions) => {
                    let items = versions.iter().enumerate();
                    let items = items.map(|(index, name)| (Value::int(index as i64), Value::text(name.as_str())));
                    self.each(branch, items, out)
                }
                _ => self.cannot_iterate(value),
            },
            _ => self.cannot_iterate(value),
        }
    }

    fn cannot_iterate(&self, value: &Value) -> Result<Ran, Failure> {
        self.fail(format!("range can't iterate over {}", crate::format::display(value)))
    }

    fn each(
        &mut self,
        branch: &'b Branch,
        items: impl Iterator<Item = (Value, Value)>,
        out: &mut Builder,
    ) -> Result<Ran, Failure> {
        let mark = self.variables.len();
        let pipe = &branch.pipe;
        let mut ran = Ran::Never;
        for (index, item) in items {
            self.tick(1)?;
            ran = Ran::Once;
            match (&pipe.variables[..], pipe.is_assignment) {
                ([], _) => {}
                ([one], true) => self.assign(one, item.clone())?,
                ([first, second, ..], true) => {
                    self.assign(first, index)?;
                    self.assign(second, item.clone())?;
                }
                ([_], false) => self.variables[mark - 1].1 = item.clone(),
                ([_, _, ..], false) => {
                    self.variables[mark - 1].1 = item.clone();
                    self.variables[mark - 2].1 = index;
                }
            }
            let flow = self.nodes(&branch.body, &item, out)?;
            self.variables.truncate(mark);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(ran)
    }
}

/// Whether a loop had anything to run over.
enum Ran {
    Never,
    Once,
}

/// Prints a value as an action does.
fn print(value: &Value, taint: u32, origin: Origin, out: &mut Builder) {
    match &value.kind {
        Kind::Nil => out.push("<no value>", origin, taint),
        Kind::Text(text) => out.push_text(text, taint, origin),
        Kind::List(_) | Kind::Map(_) => crate::format::display_into(value, out, origin),
        _ => out.push(&crate::format::display(value), origin, taint),
    }
}
