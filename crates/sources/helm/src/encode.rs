//! Values as JSON, YAML and TOML, byte for byte as the libraries that Helm uses write them, and back.

pub(crate) mod json;
pub(crate) mod toml;
mod toml_read;
pub(crate) mod yaml;
mod yaml_scalars;
