//! The fast path.

use model::document::Document;

/// The document, if the text keeps to what the fast path knows.
#[must_use]
pub fn parse(_text: &str) -> Option<Document<'_>> {
    None
}
