//! CEL as the API server of Kubernetes evaluates it, with one more answer: what is not known.
//!
//! A `Program` is compiled from a text and an `Environment` (which variables there are, and of which types; which
//! libraries the version of Kubernetes has), and evaluated with `Variables` within a `Budget`. A part of a variable that
//! is not known halts what needs it and nothing else, as unknowns of CEL do: `unknown || true` is true.
//!
//! Sources: cel-go's `parser`, `checker`, `interpreter` and `ext`; `k8s.io/apiserver/pkg/cel`.

mod budget;
mod environment;
mod map;
mod program;
mod types;
mod value;

pub use budget::{Budget, PER_CALL_LIMIT, PER_POLICY_LIMIT};
pub use environment::Environment;
pub use map::{Key, Map};
pub use program::{CompileError, Program, Variables};
pub use types::{ObjectType, Type};
pub use value::{Halt, Value};
