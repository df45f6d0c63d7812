//! What policies that users write for the API server would decide: the language they are written in, CEL, as Kubernetes
//! evaluates it, and who of its objects would be admitted.

pub mod admission;
pub mod cel;
