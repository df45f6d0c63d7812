//! A cluster as a source, against a small server of our own that fails as servers do.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

mod certificates;
mod hostile;
mod server;
mod snapshots;
mod watching;
