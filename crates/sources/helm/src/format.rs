//! How Go writes values: `fmt`'s verbs, quoting, floats.

mod numbers;
mod printf;
mod quote;
mod values;

pub(crate) use numbers::{float_format, float_g};
pub(crate) use printf::{printf, sprint, sprintln};
pub(crate) use quote::{is_printable, quoted};
pub(crate) use values::{display, display_into, stringify};
