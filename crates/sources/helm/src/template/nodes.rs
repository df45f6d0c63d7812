//! The tree of a template. Positions are bytes in its text; nodes write themselves as messages show them.

use std::sync::Arc;

use super::constants::Number;

/// What a template, a definition or a branch holds.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) nodes: Vec<Node>,
    /// Whether there is nothing in it but white space and comments.
    pub(crate) is_empty: bool,
}

impl Body {
    /// The bytes from its first text or action to its last.
    pub(crate) fn extent(&self) -> Option<(u32, u32)> {
        let start = self.nodes.iter().find_map(|node| node.extent())?.0;
        let end = self.nodes.iter().rev().find_map(|node| node.extent())?.1;
        Some((start, end))
    }
}

/// A part of a body.
#[derive(Debug)]
pub(crate) enum Node {
    Text { start: u32, end: u32 },
    Action { pipe: Pipe, start: u32, end: u32 },
    If(Box<Branch>),
    With(Box<Branch>),
    Range(Box<Branch>),
    Template(Box<Call>),
    Break,
    Continue,
}

/// `if`, `with` or `range`.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) pipe: Pipe,
    pub(crate) body: Body,
    pub(crate) otherwise: Option<Body>,
}

/// `template` or `block`.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) at: u32,
    pub(crate) name: Arc<str>,
    pub(crate) pipe: Option<Pipe>,
}

/// Commands, each of which gets the result of the one before, and the variables for the last result.
#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) at: u32,
    pub(crate) is_assignment: bool,
    pub(crate) variables: Vec<Arc<str>>,
    pub(crate) commands: Vec<Command>,
}

/// A function or value, and arguments.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) at: u32,
    pub(crate) arguments: Vec<Operand>,
}

/// What stands in a command.
#[derive(Debug)]
pub(crate) struct Operand {
    pub(crate) at: u32,
    pub(crate) term: Term,
}

/// The kinds of operands.
#[derive(Debug)]
pub(crate) enum Term {
    Dot,
    Nil,
    Bool(bool),
    Number(Number),
    Text {
        quoted: Box<str>,
        text: Arc<str>,
    },
    Field(Vec<Arc<str>>),
    /// The name with its `$`, and fields.
    Variable(Vec<Arc<str>>),
    /// The index of the function in the table.
    Function(usize),
    Pipe(Box<Pipe>),
    Chain(Box<Operand>, Vec<Arc<str>>),
}

impl Node {
    fn extent(&self) -> Option<(u32, u32)> {
        match self {
            Self::Text { start, end } | Self::Action { start, end, .. } => Some((*start, *end)),
            Self::If(branch) | Self::With(branch) | Self::Range(branch) => branch.body.extent(),
            Self::Template(call) => Some((call.at, call.at)),
            Self::Break | Self::Continue => None,
        }
    }

    /// The node as messages show it.
    pub(crate) fn show_call(call: &Call) -> String {
        let name = crate::format::quoted(&call.name);
        match &call.pipe {
            Some(pipe) => format!("{{{{template {name} {}}}}}", pipe.show()),
            None => format!("{{{{template {name}}}}}"),
        }
    }
}

impl Pipe {
    /// The pipeline as messages show it.
    pub(crate) fn show(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        for (index, variable) in self.variables.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            out.push_str(variable);
        }
        if !self.variables.is_empty() {
            out.push_str(if self.is_assignment { " = " } else { " := " });
        }
        for (index, command) in self.commands.iter().enumerate() {
            if index > 0 {
                out.push_str(" | ");
            }
            command.write(out);
        }
    }
}

impl Command {
    /// The command as messages show it.
    pub(crate) fn show(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        for (index, argument) in self.arguments.iter().enumerate() {
            if index > 0 {
                out.push(' ');
            }
            if matches!(argument.term, Term::Pipe(_)) {
                out.push('(');
                argument.write(out);
                out.push(')');
            } else {
                argument.write(out);
            }
        }
    }
}

impl Operand {
    /// The operand as messages show it.
    pub(crate) fn show(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match &self.term {
            Term::Dot => out.push('.'),
            Term::Nil => out.push_str("nil"),
            Term::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Term::Number(number) => out.push_str(&number.text),
            Term::Text { quoted, .. } => out.push_str(quoted),
            Term::Field(names) => names.iter().for_each(|name| {
                out.push('.');
                out.push_str(name);
            }),
            Term::Variable(names) => out.push_str(&names.join(".")),
            Term::Function(index) => out.push_str(crate::functions::name(*index)),
            Term::Pipe(pipe) => pipe.write(out),
            Term::Chain(operand, names) => {
                let is_pipe = matches!(operand.term, Term::Pipe(_));
                if is_pipe {
                    out.push('(');
                }
                operand.write(out);
                if is_pipe {
                    out.push(')');
                }
                names.iter().for_each(|name| {
                    out.push('.');
                    out.push_str(name);
                });
            }
        }
    }
}
