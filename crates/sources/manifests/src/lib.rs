//! Manifests in files, folders and streams: found, parsed with a place for every value, and put into the inventory.
//!
//! What the objects mean is the business of `model` and of the analyses.

mod arena;
mod bytes;
pub mod json;
pub mod load;
mod parse;
mod patches;
pub mod separate;
pub mod walk;
pub mod yaml;

pub use parse::{SyntaxError, parse_document};
