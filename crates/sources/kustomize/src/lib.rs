//! Kustomizations, built as `kustomize build` builds them, and every field of the output with the place that set it.
//!
//! This crate reads files through `Files` and computes; it starts no process and asks no network. What it cannot see
//! (a remote base, a chart that nobody renders, a function in a container) is a `Problem`, and the rest is built.
//! What the objects mean is left to who judges them.

mod build;
mod context;
mod digest;
mod encoding;
mod field_spec;
mod fields;
mod files;
mod generate;
mod json_patch;
mod kustomization;
mod merge;
mod node;
mod number;
mod order;
mod print;
mod read;
mod resolve;
mod resource;
mod schema;
mod select;
mod target;
mod transform;

pub use build::{Build, BuiltObject, LoadRestrictor, Options, RenderChart, build, entry_points};
pub use context::{Error, Problem};
pub use files::{Disk, Files, Location, Memory, Unreadable};
pub use kustomization::{HelmChart, Written};
