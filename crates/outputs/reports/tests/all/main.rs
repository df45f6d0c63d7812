//! Formats that strangers parse, read by parsers that are not ours, with texts that were made to break them.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

mod csv;
mod github;
mod gitlab;
mod junit;
mod markdown;
mod policies;
mod sample;
