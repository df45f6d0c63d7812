//! What `ValidatingAdmissionPolicy` objects decide about the objects of the input, as the API server would.
//!
//! An object becomes a `Tree` and then what the server sees of it (`defaults`, `pod`); `definition` reads policies and
//! bindings and compiles their expressions; `matching` says whom they are for; `decide` evaluates them. What nobody knows
//! before the request is made is an unknown, and a decision that needs it is not known either.
//!
//! Source: `k8s.io/apiserver/pkg/admission/plugin/policy/{generic,matching,validating}` of Kubernetes 1.37.

mod decide;
mod defaults;
mod definition;
mod made;
mod matching;
mod pod;
mod request;
mod tree;
mod validate;

pub use decide::{Answer, Decided, Decision, Policies, Subject};
pub use defaults::seen_by_server;
pub use definition::{Action, Binding, Mistake, Policy, Step, left_out};
pub use made::made_between;
pub use pod::pod_of;
pub use request::{Request, Resource, Resources, User};
pub use tree::Tree;
