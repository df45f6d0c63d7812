//! Changes as they are written, and what holds for all of them.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

mod controls_mend;
mod edits;
mod properties;
