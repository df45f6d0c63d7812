//! The vocabulary: what is known (documents, objects, workloads, the inventory), what is asked of it
//! (controls) and what is answered (findings, coverage). No files, no network, no clock, no printing.

pub mod document;
pub mod scalar;
