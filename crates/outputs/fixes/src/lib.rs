//! Findings into changes of the user's files: planned, written into the text byte by byte, and proven.
//!
//! `plan` takes from the findings what can be written, `edit` writes one patch into one document and proves that the
//! tree differs by the patch and by nothing else, `session` scans again and keeps only what mends its finding and
//! breaks nothing, `store` writes all files or none. The rest are forms in which a change is shown.

pub mod block;
pub mod brought;
pub mod difference;
pub mod edit;
pub mod field;
pub mod json;
pub mod kubectl;
pub mod mask;
pub mod objects;
pub mod patch;
pub mod plan;
pub mod planned;
pub mod planned_json;
mod replacement;
pub mod sarif;
pub mod session;
mod shadow;
pub mod sources;
pub mod store;
pub mod suggestions;
pub mod tree;
pub mod unified;
mod writing;

pub use session::{Change, Made, Outcome, Scan, ScanError, Session, Withdrawn};
