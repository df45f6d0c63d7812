//! Helm's rendering engine: charts and values into the text that `helm template` prints, with what made every byte.
//!
//! Load a chart (`Chart::load_folder`), collect values (`Values`), `render`, and look at `Output`: the files with their
//! provenance, the manifests in Helm's order, and the whole as Helm prints it. Nothing here starts a process, uses the
//! network or reads the clock; what is random in a chart is fixed.

pub mod chart;
mod encode;
mod format;
mod functions;
pub mod manifests;
pub mod render;
mod template;
mod text;
mod value;
pub mod values;

pub use chart::{Chart, LoadError, Problem};
pub use functions::names as function_names;
pub use manifests::{Crds, Hooks, Manifest, Manifests, Print, PrintError, Tests};
pub use render::{CustomDefinitions, Error, File, Operation, Options, Output, Schema, Tracing, render};
pub use template::Bounds;
pub use values::{Values, ValuesError};

/// Whether a name is one of those that a pattern of `--show-only` means.
fn chart_pattern(pattern: &str, name: &str) -> bool {
    chart::matches(pattern, name)
}
