//! What the readers of YAML and JSON make of texts.

mod tree;
mod yaml;
