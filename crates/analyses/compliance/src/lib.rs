//! What findings say of a framework: which controls serve a requirement, and what follows from what they judged.
//!
//! Nothing that was not observed counts as passed, neither in a status nor in the score.

mod assessment;
mod serving;
mod status;

pub use assessment::{Assessed, AssessedControl, Assessment, assess, weight};
pub use serving::{Asked, Serving, Subject, resolve};
pub use status::{ControlStatus, Counts, RequirementStatus};
