//! What users write for Plimsoll itself: `plimsoll.yaml`, and what else has its form.
//!
//! Documents come parsed; here they are read strictly: an unknown key is an error that names its place and what may
//! have been meant. Which flags and controls there are is known to the program, which asks for what it knows.

pub mod fields;
pub mod project;
