//! What the readers of YAML and JSON make of texts.

mod json;
mod tree;
mod yaml;
