//! The evaluator answers as a real API server does: random roles, bindings and aggregations are loaded into one. Every
//! `SubjectAccessReview` has to agree, and every write of a role or binding has to be taken or refused as we say.
//!
//! The server is `e2e/api-server`, whose README says how to build it. `PLIMSOLL_API_SERVER` names the binary; without
//! it these tests say that they are left out. `PLIMSOLL_API_SERVER_CASES` is how many clusters are made.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without fails it")]
#![expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "the reference is another program")]

mod random;
mod reviews;
mod server;
mod writes;

/// How many clusters are made.
fn cases() -> usize {
    std::env::var("PLIMSOLL_API_SERVER_CASES").map_or(20, |cases| cases.parse().unwrap())
}
