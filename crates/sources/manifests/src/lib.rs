//! Manifests in files, folders and streams: found, and put into the inventory.
//!
//! What the objects mean is the business of `model` and of the analyses.

pub mod load;
mod patches;
pub mod walk;
