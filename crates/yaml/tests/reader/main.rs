//! What the readers of YAML and JSON make of texts.

mod agree;
mod compare;
mod hostile;
mod json;
mod kubectl;
mod separate;
mod tree;
mod yaml;
