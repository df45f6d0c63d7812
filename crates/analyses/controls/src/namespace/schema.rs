//! What the API expects of an object, as far as it is known here: pods in full, the metadata of all built-in kinds.

pub(crate) mod containers;
pub(crate) mod duplicates;
pub(crate) mod expected;
pub(crate) mod fields;
pub(crate) mod surroundings;
