//! What users write for Plimsoll itself: `plimsoll.yaml`, frameworks of their own.
//!
//! Documents come parsed; here they are read strictly: an unknown key is an error that names its place and what may
//! have been meant. Which flags and controls there are is known to the program, which asks for what it knows.

pub mod exceptions;
pub mod fields;
pub mod foreign;
pub mod framework;
pub mod in_source;
pub mod network_rules;
pub mod project;
