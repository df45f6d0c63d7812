//! Text into documents: YAML and JSON, read as kubectl reads them, with a place for every value.
//!
//! A fast path takes what people write, a general one everything else; the two agree.

mod arena;
mod bytes;
pub mod fast;
pub mod general;
pub mod json;
mod parse;
pub mod separate;

pub use parse::{LibraryError, Stage, SyntaxError, parse_document};
