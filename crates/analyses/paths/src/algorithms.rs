//! Algorithms over the bare graph.

pub mod cut;
pub mod dominators;
pub mod min_cut;
pub mod ranking;
pub mod shortest;
pub mod toward;
