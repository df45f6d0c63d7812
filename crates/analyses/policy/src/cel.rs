//! CEL as the API server of Kubernetes evaluates it, with one more answer: what is not known.
//!
//! A `Program` is compiled from a text and an `Environment` (which variables there are, and of which types; which
//! libraries the version of Kubernetes has), and evaluated with `Variables` within a `Budget`. A part of a variable that
//! is not known halts what needs it and nothing else, as unknowns of CEL do: `unknown || true` is true.
//!
//! Text becomes tokens (`lexer`), a tree (`parser`, `macros`), a tree whose names and types are right (`check`,
//! `validate`), and a value (`evaluate`, `operators`, `functions`, `kubernetes`).
//!
//! Sources: cel-go's `parser`, `checker`, `interpreter` and `ext`; `k8s.io/apiserver/pkg/cel`.

mod authorizer;
mod budget;
mod check;
mod declarations;
mod environment;
mod evaluate;
mod functions;
mod kubernetes;
mod lexer;
mod macros;
mod map;
mod number;
mod operators;
mod parser;
mod program;
mod syntax;
mod time;
mod types;
mod unify;
mod validate;
mod value;

pub use authorizer::{Asked, Authorizer, Question, Verdict};
pub use budget::{Budget, PER_CALL_LIMIT, PER_POLICY_LIMIT};
pub use environment::Environment;
pub use kubernetes::cidr::Cidr;
pub use kubernetes::format::Format;
pub use kubernetes::ip::Address;
pub use kubernetes::quantity::Quantity;
pub use kubernetes::semver::Version;
pub use kubernetes::url::Url;
pub use map::{Key, Map};
pub use program::{CompileError, Program, Variables};
pub use time::Timestamp;
pub use types::{ObjectType, Type};
pub use value::{Halt, Value};
