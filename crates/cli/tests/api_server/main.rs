//! The program on a real API server. `e2e/run` builds the server; `PLIMSOLL_API_SERVER` names the binary, and without
//! it these tests say that they are left out.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without fails it")]

mod doctor;
mod edges;
mod least;
mod matching;
mod policies;
mod questions;
mod server;
mod watch;
