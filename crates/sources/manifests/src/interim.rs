//! Documents by the general parser alone.

use granit_parser::{Event, Parser, ScalarStyle};
use model::document::{Document, Kind, Node, Resolution};

/// A text that is not YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where.
    pub offset: u32,
    /// What is wrong.
    pub message: String,
}

/// Parses one document.
///
/// # Errors
/// Text that is not YAML.
pub fn parse_document(text: &str) -> Result<Document<'_>, SyntaxError> {
    let mut document = Document { text, ..Document::default() };
    let mut open = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| SyntaxError {
            offset: error.marker().byte_offset().unwrap_or(0) as u32,
            message: error.info().to_string(),
        })?;
        let range = span.byte_range().unwrap_or(0..0);
        let mut node = Node {
            start: range.start as u32,
            end: range.end as u32,
            link: 0,
            kind: Kind::Mapping,
            resolution: Resolution::ByStyle,
            escaped: false,
        };
        match event {
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                if matches!(event, Event::SequenceStart(..)) {
                    node.kind = Kind::Sequence;
                }
                open.push(document.nodes.len());
                document.nodes.push(node);
            }
            Event::MappingEnd | Event::SequenceEnd => {
                let at = open.pop().expect("events are balanced");
                document.nodes[at].link = document.nodes.len() as u32;
                document.nodes[at].end = document.nodes[at].end.max(range.start as u32);
            }
            Event::Scalar(value, style, ..) => {
                node.kind = Kind::Owned;
                node.resolution = if style == ScalarStyle::Plain { Resolution::Plain } else { Resolution::Text };
                node.link = document.owned.len() as u32;
                document.owned.push(value.into_owned());
                document.nodes.push(node);
            }
            _ => {}
        }
    }
    if document.nodes.is_empty() {
        document.nodes.push(Node { start: 0, end: 0, link: 0, kind: Kind::Plain, resolution: Resolution::ByStyle, escaped: false });
    }
    Ok(document)
}

/// The documents of a stream.
pub mod separate {
    /// The ranges of the documents.
    pub fn documents(text: &str) -> impl Iterator<Item = std::ops::Range<usize>> + use<'_> {
        let mut starts = vec![0];
        starts.extend(text.match_indices("\n---").map(|(at, _)| at + 1));
        starts.push(text.len());
        let ranges: Vec<_> = starts.windows(2).map(|pair| pair[0]..pair[1]).collect();
        ranges.into_iter().filter(|range| {
            let rest = text[range.clone()].trim_start_matches('-');
            rest.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        })
    }
}
