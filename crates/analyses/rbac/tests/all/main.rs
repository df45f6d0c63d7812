//! What the evaluator answers, row by row of the API server's rules.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

mod aggregation;
mod capabilities;
mod escalation;
mod literal;
mod namesakes;
mod narrow;
mod requests;
mod setup;
mod subjects;
mod unseen;
