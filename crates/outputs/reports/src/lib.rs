//! Findings for people and machines: one file for each format.
//!
//! Formats take a `Report` and a writer, and stream: a report of a million findings needs no more memory than
//! one of ten.

pub mod baseline;
pub mod comparison;
pub mod json;
pub mod pod_security;
pub mod report;
pub mod sarif;
pub mod text;
