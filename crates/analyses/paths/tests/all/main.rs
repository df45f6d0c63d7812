//! The graph of attack paths, over manifests.

mod analysis;
mod difference;
mod fixtures;
mod inventory;
