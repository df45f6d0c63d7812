//! From places in rendered text to places in what it was made from, and to the values that decide.

use std::cell::OnceCell;

use memchr::memmem;
use model::document::{Document, NodeId, Span, Value};
use model::origin::Deciding;
use model::place::{LineIndex, Place};
use model::provenance::{LeftOut, Rendered, SourceId, SourceSpan, ValueOrigin};

/// How many values are named for one finding: more of them explain nothing.
const MOST_VALUES: usize = 4;

/// Finds the sources of one rendered text.
pub(crate) struct Tracer<'a> {
    rendered: &'a Rendered,
    /// Where the lines of the text begin.
    starts: Vec<u32>,
    sources: Vec<Source<'a>>,
    /// The documents of the text, parsed when somebody asks, with their first bytes.
    documents: OnceCell<Vec<(u32, Document<'a>)>>,
}

struct Source<'a> {
    lines: LineIndex,
    document: OnceCell<Option<(u32, Document<'a>)>>,
}

/// Where something in rendered text comes from.
pub(crate) struct Traced {
    /// The file.
    pub(crate) file: SourceId,
    /// The place in it, without a field.
    pub(crate) place: Place,
}

/// A value that decides, and where it is written.
pub(crate) struct DecidingValue {
    path: String,
    source: Option<SourceSpan>,
}

impl<'a> Tracer<'a> {
    /// A tracer of this text.
    pub(crate) fn new(rendered: &'a Rendered) -> Self {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', rendered.text.as_bytes()).map(|at| at as u32 + 1));
        let source = |_| Source { lines: LineIndex::new(1), document: OnceCell::new() };
        let sources = rendered.provenance.files.iter().map(source).collect();
        Self { rendered, starts, sources, documents: OnceCell::new() }
    }

    /// The byte at a line and a column, which counts characters; both count from 1.
    fn offset(&self, line: u32, column: u32) -> u32 {
        let text = &self.rendered.text;
        let start = line.checked_sub(1).and_then(|line| self.starts.get(line as usize));
        let start = start.map_or(text.len(), |&start| start as usize);
        let in_line = text[start..].char_indices().nth(column.max(1) as usize - 1);
        in_line.map_or(text.len(), |(at, _)| start + at) as u32
    }

    /// The bytes of a place.
    pub(crate) fn span(&self, place: Place) -> Span {
        let start = self.offset(place.line, place.column);
        Span { start, end: self.offset(place.end_line, place.end_column).max(start) }
    }

    /// The bytes of a line, without the spaces that it begins with.
    pub(crate) fn line(&self, line: u32) -> Span {
        let start = self.offset(line, 1);
        let rest = &self.rendered.text[start as usize..];
        let text = rest.split('\n').next().unwrap_or(rest);
        let spaces = text.len() - text.trim_start().len();
        Span { start: start + spaces as u32, end: start + text.len() as u32 }
    }

    /// Where bytes of the text come from. `None` if nothing is known.
    pub(crate) fn source(&self, span: Span) -> Option<Traced> {
        let provenance = &self.rendered.provenance;
        let first = provenance.source(span.start)?;
        let start = first.span.start;
        let mut end = first.span.end;
        if span.end > span.start + 1
            && let Some(last) = provenance.source(span.end - 1)
            && last.file == first.file
            && last.span.start >= start
        {
            end = end.max(last.span.end);
        }
        let text = &provenance.files.get(first.file.0 as usize)?.text;
        let source = self.sources.get(first.file.0 as usize)?;
        // An empty stretch is marked as what stands there.
        Some(Traced { file: first.file, place: source.lines.place(text, Span { start, end }) })
    }

    /// The file that a byte of the text comes from.
    pub(crate) fn file(&self, offset: u32) -> Option<SourceId> {
        Some(self.rendered.provenance.source(offset)?.file)
    }

    /// The values that decide what stands at `span` or, if none do, what stands at `field` of the object whose first line
    /// is `object_line`: what is missing is missing from what a value gave.
    pub(crate) fn values(&self, span: Span, field: &str, object_line: u32) -> Vec<DecidingValue> {
        let mut found = self.values_at(span);
        let segments = segments(field);
        if found.is_empty() {
            let path = self.path(&segments, object_line);
            if let Some(span) = path.last() {
                found = self.values_at(Span { start: span.start, end: span.start + 1 });
            }
            // What a container lacks may have been left out of its pod.
            if found.is_empty()
                && let Some(missing) = path.len().checked_sub(1).and_then(|depth| segments.get(depth))
            {
                let mut each = path.iter().rev().map(|span| self.values_that_left_out(missing, *span));
                found = each.find(|values| !values.is_empty()).unwrap_or_default();
            }
        }
        let mut narrowed: Vec<(bool, DecidingValue)> =
            found.iter().map(|origin| self.narrow(origin, &segments)).collect();
        // Those that are called as the field is decide it; the others went into the same text.
        narrowed.sort_by_key(|(is_named, _)| !is_named);
        if narrowed.first().is_some_and(|(is_named, _)| *is_named) {
            narrowed.retain(|(is_named, _)| *is_named);
        }
        let mut values: Vec<DecidingValue> = narrowed.into_iter().map(|(_, value)| value).collect();
        values.dedup_by(|a, b| (&a.path, a.source) == (&b.path, b.source));
        values.truncate(MOST_VALUES);
        values
    }

    /// The values that went into a line: their names, and where each is written.
    pub(crate) fn values_of_line(&self, span: Span) -> Vec<(&'a str, Option<(usize, u32)>)> {
        let found = self.values_at(span).into_iter().take(MOST_VALUES);
        let place = |source: SourceSpan| {
            let text = &self.rendered.provenance.files.get(source.file.0 as usize)?.text;
            let line = self.sources.get(source.file.0 as usize)?.lines.line(text, source.span.start);
            Some((source.file.0 as usize, line))
        };
        found.map(|origin| (origin.path.as_str(), origin.source.and_then(place))).collect()
    }

    fn values_at(&self, span: Span) -> Vec<&'a ValueOrigin> {
        let Rendered { provenance, .. } = self.rendered;
        let first = provenance.pieces.partition_point(|piece| piece.start <= span.start).saturating_sub(1);
        let pieces = provenance.pieces.iter().skip(first);
        let overlapping = pieces.take_while(|piece| piece.start < span.end.max(span.start + 1));
        let mut found: Vec<&ValueOrigin> = Vec::new();
        for piece in overlapping {
            let of_piece = provenance.values.get(piece.values.0 as usize..piece.values.1 as usize);
            for origin in of_piece.unwrap_or(&[]) {
                if !found.contains(&origin) {
                    found.push(origin);
                }
            }
        }
        found
    }

    /// The values of the conditions that left out a block with that key in what stands at `span`.
    fn values_that_left_out(&self, missing: &str, span: Span) -> Vec<&'a ValueOrigin> {
        let Rendered { text, provenance } = self.rendered;
        if provenance.left_out.is_empty() {
            return Vec::new();
        }
        // A block at the end of a mapping stands after the white space that ends it.
        let rest = &text[span.end as usize..];
        let end = span.end + (rest.len() - rest.trim_start().len()) as u32;
        let first = provenance.left_out.partition_point(|block| block.at < span.start);
        let near = provenance.left_out[first..].iter().take_while(|block| block.at <= end);
        let key = memmem::Finder::new(missing);
        let has_key = |block: &&LeftOut| {
            let file = provenance.files.get(block.source.file.0 as usize);
            let span = block.source.span;
            let body = file.and_then(|file| file.text.get(span.start as usize..span.end as usize)).unwrap_or("");
            key.find_iter(body.as_bytes()).any(|at| {
                let before = body[..at].trim_end_matches([' ', '-']);
                let is_first = before.is_empty() || before.ends_with('\n');
                is_first && body[at + missing.len()..].starts_with(':')
            })
        };
        let values = near
            .filter(has_key)
            .flat_map(|block| provenance.values.get(block.values.0 as usize..block.values.1 as usize).unwrap_or(&[]));
        let mut found: Vec<&'a ValueOrigin> = Vec::new();
        for value in values {
            if !found.contains(&value) {
                found.push(value);
            }
        }
        found
    }

    /// The object on that line, and what `segments` lead to in it, as far as they are there.
    fn path(&self, segments: &[String], object_line: u32) -> Vec<Span> {
        let documents = self.documents.get_or_init(|| {
            let text = &self.rendered.text;
            let parsed = yaml::separate::documents(text)
                .filter_map(|range| Some((range.start as u32, yaml::parse_document(&text[range]).ok()?)));
            parsed.collect()
        });
        let at = self.line(object_line).start;
        let before = documents.partition_point(|(base, _)| *base <= at);
        let Some((base, document)) = before.checked_sub(1).and_then(|number| documents.get(number)) else {
            return Vec::new();
        };
        let numbered = document.nodes.iter().position(|node| node.start + base == at);
        let mut value = numbered.map_or(document.root(), |node| document.value(NodeId(node as u32)));
        let span = |value: Value<'_>| Span { start: value.span().start + base, end: value.span().end + base };
        let mut path = vec![span(value)];
        for segment in segments {
            let Some(next) = step(value, segment) else { break };
            value = next;
            path.push(span(value));
        }
        path
    }

    /// The part of a value that the field is, where the value is more than that. Says whether it is called as the field.
    fn narrow(&self, origin: &ValueOrigin, field: &[String]) -> (bool, DecidingValue) {
        let whole = DecidingValue { path: origin.path.clone(), source: origin.source };
        let is_named = field.last().is_some_and(|last| origin.path.rsplit(['.', '[']).next() == Some(last));
        let Some(source) = origin.source else { return (is_named, whole) };
        let Some((base, node)) = self.node(source) else { return (is_named, whole) };
        for first in 0..field.len() {
            let (mut at, mut start) = (node, None);
            let mut path = origin.path.clone();
            let all = field[first..].iter().all(|segment| match step(at, segment) {
                Some(next) => {
                    push(segment, at.is_sequence(), &mut path);
                    let key = at.entries().find(|(_, value)| value.id() == next.id());
                    start = key.map(|(key, _)| key.span().start);
                    at = next;
                    true
                }
                None => false,
            });
            if all {
                let span = Span { start: start.unwrap_or(at.span().start) + base, end: at.span().end + base };
                return (true, DecidingValue { path, source: Some(SourceSpan { file: source.file, span }) });
            }
        }
        (is_named, whole)
    }

    /// The node of a values file that is written at a span.
    fn node(&self, source: SourceSpan) -> Option<(u32, Value<'_>)> {
        let file = self.rendered.provenance.files.get(source.file.0 as usize)?;
        let known = self.sources.get(source.file.0 as usize)?;
        let parsed = known.document.get_or_init(|| {
            let mut ranges = yaml::separate::documents(&file.text);
            let range = ranges.find(|range| range.contains(&(source.span.start as usize)))?;
            Some((range.start as u32, yaml::parse_document(&file.text[range]).ok()?))
        });
        let (base, document) = parsed.as_ref()?;
        let starts = |node: &&model::document::Node| node.start + base >= source.span.start;
        // The span may begin with the key.
        let mut nodes = document.nodes.iter().enumerate().skip_while(|(_, node)| !starts(node));
        let (first, node) = nodes.next()?;
        let value = document.value(NodeId(first as u32));
        if node.start + base + 1 > source.span.end {
            return None;
        }
        if value.span().end + base < source.span.end
            && let Some((second, _)) = nodes.next()
        {
            return Some((*base, document.value(NodeId(second as u32))));
        }
        Some((*base, value))
    }

    /// A deciding value as reports have it; `files` are the files of the results.
    pub(crate) fn deciding(&self, value: DecidingValue, files: &[u32]) -> Deciding {
        let place = value.source.and_then(|source| {
            let text = &self.rendered.provenance.files.get(source.file.0 as usize)?.text;
            let place = self.sources.get(source.file.0 as usize)?.lines.place(text, first_line(text, source.span));
            Some((*files.get(source.file.0 as usize)?, place))
        });
        Deciding { path: value.path, place }
    }
}

/// Of a value of many lines the first: it is pointed at, not shown.
fn first_line(text: &str, span: Span) -> Span {
    let whole = text.get(span.start as usize..span.end as usize).unwrap_or("");
    let length = whole.find('\n').unwrap_or(whole.len());
    Span { start: span.start, end: span.start + whole[..length].trim_end().len() as u32 }
}

/// The keys and indices of a field path: `a[0]["b.c"].d` is `a`, `0`, `b.c`, `d`.
fn segments(field: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = field;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix("[\"") {
            let mut key = String::new();
            let mut chars = quoted.char_indices();
            let mut end = quoted.len();
            while let Some((at, c)) = chars.next() {
                match c {
                    '\\' => key.extend(chars.next().map(|(_, c)| c)),
                    '"' => {
                        end = at + 1;
                        break;
                    }
                    _ => key.push(c),
                }
            }
            found.push(key);
            rest = quoted[end..].strip_prefix(']').unwrap_or(&quoted[end..]);
        } else if let Some(index) = rest.strip_prefix('[') {
            let end = index.find(']').unwrap_or(index.len());
            found.push(index[..end].to_owned());
            rest = index.get(end + 1..).unwrap_or("");
        } else {
            let plain = rest.strip_prefix('.').unwrap_or(rest);
            let end = plain.find(['.', '[']).unwrap_or(plain.len());
            if end > 0 {
                found.push(plain[..end].to_owned());
            }
            rest = &plain[end..];
        }
    }
    found
}

/// The value under a key, or the item of that number.
fn step<'d>(value: Value<'d>, segment: &str) -> Option<Value<'d>> {
    if value.is_sequence() {
        return value.items().nth(segment.parse().ok()?);
    }
    value.get(segment)
}

/// Appends a step as one writes it for `--set`.
fn push(segment: &str, is_index: bool, path: &mut String) {
    if is_index {
        path.push_str(&format!("[{segment}]"));
        return;
    }
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(&segment.replace('.', "\\."));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_paths_are_taken_apart() {
        assert_eq!(segments("a[0][\"b.c\"].d"), ["a", "0", "b.c", "d"]);
        assert_eq!(segments("metadata.annotations[\"x/\\\"y\"]"), ["metadata", "annotations", "x/\"y"]);
        assert_eq!(segments(""), Vec::<String>::new());
    }
}
