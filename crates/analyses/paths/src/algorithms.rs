//! Algorithms over the bare graph.

mod condensed;
pub mod cut;
pub mod dominators;
pub mod min_cut;
pub mod ranking;
pub mod shortest;
pub mod toward;
