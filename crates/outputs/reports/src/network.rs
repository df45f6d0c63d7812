//! The network for people and machines: one file for each question and format.

pub mod blast;
pub mod certificate;
pub mod check;
pub mod diff;
pub mod explain;
pub mod exposure;
pub mod generate;
mod hanging;
pub mod html;
pub mod list;
pub mod map;
pub mod sanity;
pub mod svg;
mod table;
mod unseen;
mod wire;

pub use unseen::{not_judged, write_unseen};
pub use wire::*;
