//! What the readers of YAML and JSON make of texts.

mod agree;
mod json;
mod tree;
mod yaml;
