//! The vocabulary: what is known (documents, objects, workloads, the inventory), what is asked of it
//! (controls) and what is answered (findings, coverage). No files, no network, no clock, no printing.

pub mod address;
pub mod admission_rule;
mod ancestry;
pub mod control;
pub mod coverage;
pub mod custom_schema;
pub mod document;
pub mod exception;
pub mod finding;
pub mod fix;
pub mod flow;
pub mod host_path;
pub mod image_reference;
pub mod inventory;
pub mod labels;
pub mod load_balancer;
pub mod made;
pub mod nearest;
pub mod network_rule;
pub mod object;
pub mod origin;
pub mod parameter;
pub mod place;
pub mod pod;
pub mod priority;
pub mod provenance;
pub mod quantity;
pub mod scalar;
pub mod severity;
pub mod symbols;
pub mod workload;
