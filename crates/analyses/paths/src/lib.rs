//! Attack paths: what an attacker who holds one thing gains next, over everything at once; and which changes cut most.

pub mod algorithms;
pub mod analysis;
mod bindable;
pub mod difference;
pub mod edge;
pub mod edges;
pub mod find;
pub mod graph;
pub mod matrix;
pub mod not_drawn;
mod placement;
pub mod priority;
pub mod segments;
mod standing;
pub mod templates;
pub mod topology;
pub mod tracks;
pub mod vertex;
pub mod world;
