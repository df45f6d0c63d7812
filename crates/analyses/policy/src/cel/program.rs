//! From a text to a program, and from variables to its value.

use std::sync::Arc;

use super::check::check;
use super::evaluate::Context;
use super::lexer::Mistake;
use super::parser::parse;
use super::syntax::Expr;
use super::validate::{self, Patterns};
use super::{Budget, Environment, Halt, Type, Value};

/// An expression that the API server would take.
#[derive(Debug, Clone)]
pub struct Program {
    expr: Arc<Expr>,
    output: Type,
    patterns: Arc<Patterns>,
}

/// Why the API server would not take an expression: the first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileError {
    /// In the words of the API server.
    pub message: String,
    /// The byte of the text where it is.
    pub offset: usize,
    /// The line, from one.
    pub line: usize,
    /// The column, in characters, from one.
    pub column: usize,
}

/// What variables are worth. Asked for at each use: keep what is dear to compute.
pub trait Variables {
    /// The value of `object`, or of `variables.NAME` where that was declared; `None` where there is no such variable.
    fn get(&self, name: &str) -> Option<Result<Value, Halt>>;
}

impl Program {
    /// Parses and checks a text.
    pub fn compile(source: &str, environment: &Environment) -> Result<Program, CompileError> {
        compile(source, environment).map_err(|mistake| located(source, mistake))
    }

    /// The type of what it evaluates to: a validation's has to be `Type::Bool`, exactly.
    pub fn output(&self) -> &Type {
        &self.output
    }

    /// The value, or why there is none.
    pub fn evaluate(&self, variables: &dyn Variables, budget: &mut Budget) -> Result<Value, Halt> {
        budget.begin();
        Context::new(variables, budget, &self.patterns).evaluate(&self.expr)
    }
}

fn compile(source: &str, environment: &Environment) -> Result<Program, Mistake> {
    let mut expr = parse(source)?;
    let checked = check(&mut expr, environment)?;
    if let Some(first) = validate::mistakes(&expr, &checked).into_iter().min_by_key(|(offset, _)| *offset) {
        return Err(first);
    }
    let patterns = validate::plan(&expr)?;
    Ok(Program { expr: Arc::new(expr), output: checked.output, patterns: Arc::new(patterns) })
}

fn located(source: &str, (offset, message): Mistake) -> CompileError {
    let before = source.get(..offset).unwrap_or(source);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
    CompileError { message, offset, line, column }
}
