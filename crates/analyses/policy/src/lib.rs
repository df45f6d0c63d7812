//! What policies that users write for the API server would decide: the language they are written in, CEL, as Kubernetes
//! evaluates it.

pub mod cel;
