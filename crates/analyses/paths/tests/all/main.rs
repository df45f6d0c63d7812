//! The graph of attack paths, over manifests.

mod analysis;
mod fixtures;
mod inventory;
