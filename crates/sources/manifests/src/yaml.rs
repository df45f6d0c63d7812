//! YAML: a fast path for what people write, and a general one for everything else.

pub mod fast;
pub mod general;
