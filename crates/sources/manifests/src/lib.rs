//! Manifests in files, folders and streams: found, parsed with a place for every value, and put into the inventory.
//!
//! What the objects mean is the business of `model` and of the analyses.

mod interim;
pub mod load;
pub mod walk;

pub use interim::{SyntaxError, parse_document, separate};
