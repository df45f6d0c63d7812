//! The controls: one file each, in the folder of their group, and the engine that runs them.
//!
//! A control looks at an object, at a workload in it, or at the whole inventory, and files findings.
//! It reads nothing else and cannot fail. Which controls there are is in `registry`, which is generated.

pub mod engine;
pub mod explain;
mod patterns;
pub mod pod_security;
mod registry;
pub mod selection;

// The groups; their files are listed by `cargo xtask codegen`.
pub mod admission;
pub mod data;
pub mod image;
pub mod namespace;
pub mod network;
pub mod rbac;
pub mod secret;
pub mod supply_chain;
pub mod workload;

pub use registry::CONTROLS;

use model::control::Registered;
use model::finding::ControlId;

/// All controls, ordered by id.
pub fn all() -> impl Iterator<Item = Registered> {
    CONTROLS.iter().enumerate().map(|(number, &(group, control))| Registered {
        id: ControlId(number as u16),
        group,
        control,
    })
}

/// The control of that number.
pub fn by_id(id: ControlId) -> Registered {
    let (group, control) = CONTROLS[id.0 as usize];
    Registered { id, group, control }
}
