//! Who may do what, as the API server would answer: role-based access control, exactly.
//!
//! An `Evaluator` is compiled from an inventory once, and then asked: `can` (a subject, a request), `who_can` (a
//! request), `rights` (a subject), `covers` and the checks against escalation (what may be written into roles and
//! bindings). RBAC knows "yes" and "no opinion"; where the truth lies outside of what was seen, the answer says so.
//!
//! Sources: `plugin/pkg/auth/authorizer/rbac`, `pkg/registry/rbac` and `component-helpers/auth/rbac/validation` of
//! Kubernetes.

mod aggregation;
mod answer;
mod built_in;
pub mod capability;
pub mod catalogue;
mod compile;
mod covers;
mod escalation;
mod evaluator;
mod identity;
pub mod least;
mod map;
mod narrow;
mod needs;
mod node;
mod parameters;
pub mod proof;
pub mod request;
pub mod resources;
mod rule;
mod shipped;
pub mod unused;

pub use answer::{Answer, Decision, Grant, Unknown};
pub use compile::{Binding, BindingId, Role, RoleId, RoleLink, RoleRule, Source, SubjectKey};
pub use covers::Missing;
pub use escalation::{Escalation, RoleWrite};
pub use evaluator::{Config, Evaluator, Right, rights_unseen, sees_all_rights};
pub use identity::{Identity, split_service_account};
pub use narrow::{Item, List};
pub use request::Request;
pub use rule::{Rule, Words};
