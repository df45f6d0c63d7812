//! Algorithms over the bare graph.

pub mod dominators;
pub mod min_cut;
pub mod ranking;
pub mod shortest;
