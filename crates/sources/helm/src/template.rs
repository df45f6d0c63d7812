//! Go's `text/template`: the lexer, the parser, and the machine that executes templates.

pub(crate) mod constants;
mod error;
mod evaluate;
mod lexer;
mod machine;
pub(crate) mod nodes;
mod parser;
mod trace;
mod walk;
mod write;

pub use machine::Bounds;

pub(crate) use error::Failure;
pub(crate) use machine::{Machine, Render};
pub(crate) use parser::Parsed;
