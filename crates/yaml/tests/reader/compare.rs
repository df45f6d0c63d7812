//! Compares what the readers make of one text. The fuzz targets use it too.

use model::document::{Document, Kind, NodeId, Value};
use model::scalar::Scalar;
use yaml::{fast, general};
use yaml::{json, parse_document};

/// Why the readers do not agree on a text, if they do not: whatever the fast path takes, the general one takes and
/// reads alike, and so it is with JSON.
pub(crate) fn readers(text: &str) -> Result<(), String> {
    // These are refused before a reader of YAML is asked; JSON has them.
    let is_refused = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FFFE}' | '\u{FFFF}')
    };
    if text.contains(is_refused) || parse_document(text).is_err() {
        return Ok(());
    }
    if let Some(fast) = fast::parse(text) {
        let general = general::parse(text).map_err(|error| format!("the general reader refuses: {error}"))?;
        documents(&fast, &general)?;
    }
    match (json::parse(text), general::parse(text)) {
        (Ok(json), Ok(general)) => documents(&json, &general),
        _ => Ok(()),
    }
}

fn documents(left: &Document<'_>, right: &Document<'_>) -> Result<(), String> {
    let count = |document: &Document<'_>| document.nodes.len();
    if count(left) != count(right) {
        return Err(format!("{} nodes and {}: {left:?} {right:?}", count(left), count(right)));
    }
    for id in (0..count(left) as u32).map(NodeId) {
        values(left.value(id), right.value(id)).map_err(|why| format!("node {}: {why}", id.0))?;
    }
    if left.duplicates != right.duplicates {
        return Err(format!("duplicates {:?} and {:?}", left.duplicates, right.duplicates));
    }
    Ok(())
}

fn values(left: Value<'_>, right: Value<'_>) -> Result<(), String> {
    let is_nan = |scalar: &Scalar<'_>| matches!(scalar, Scalar::Float(value) if value.is_nan());
    let (one, other) = (left.scalar(), right.scalar());
    if one != other && !(is_nan(&one) && is_nan(&other)) {
        return Err(format!("{one:?} and {other:?}"));
    }
    if left.text() != right.text() {
        return Err(format!("{:?} and {:?}", left.text(), right.text()));
    }
    if !left.is_scalar() {
        let end = |value: Value<'_>| value.document().nodes[value.id().0 as usize].link;
        let same = left.kind() == right.kind() && end(left) == end(right);
        return if same { Ok(()) } else { Err(format!("{:?} and {:?}", left.kind(), right.kind())) };
    }
    // Where a block scalar ends is a matter of taste: empty lines after it belong to nobody.
    let is_block = matches!(left.kind(), Kind::Literal | Kind::Folded);
    if is_block || (left.kind() == right.kind() && left.span() == right.span()) {
        return Ok(());
    }
    Err(format!("{:?} {:?} and {:?} {:?}", left.kind(), left.span(), right.kind(), right.span()))
}
