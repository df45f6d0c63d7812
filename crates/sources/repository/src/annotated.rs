//! Rendered text with a comment on every line that says which template, base or value made it. It stays the same YAML.

use std::collections::BTreeSet;

use model::document::{Kind, Span};
use model::origin::masked;
use model::provenance::Rendered;

use crate::trace::Tracer;

/// The text with its origins as comments, and with `secrets`, which are in order, masked.
pub fn annotated(rendered: &Rendered, secrets: &[Span]) -> String {
    let text = &rendered.text;
    let tracer = Tracer::new(rendered);
    let unsafe_lines = inside_scalars(text);
    let mut out = String::with_capacity(text.len() * 2);
    let mut start = 0;
    let mut last = String::new();
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let content = line.trim_end_matches(['\n', '\r']);
        out.push_str(&masked(content, start as u32, secrets));
        let is_plain = content.trim().is_empty() || content.trim_start().starts_with('#') || content.starts_with("---");
        if !is_plain && !unsafe_lines.contains(&number) {
            let said = origin(rendered, &tracer, number as u32 + 1, content, start as u32);
            // Most lines come from the line after the one before them; a file is named where it changes.
            if !said.is_empty() && said != last {
                out.push_str(&format!("  # {said}"));
            }
            last = said;
        }
        out.push_str(&line[content.len()..]);
        start += line.len();
    }
    out
}

/// The place that made a line, and the values that went into it.
fn origin(rendered: &Rendered, tracer: &Tracer<'_>, number: u32, content: &str, start: u32) -> String {
    let span = tracer.line(number);
    let files = &rendered.provenance.files;
    let Some(source) = tracer.source(Span { start: span.start, end: span.start + 1 }) else { return String::new() };
    let path = |file: usize| files[file].path.to_string_lossy().replace(['\n', '\r'], " ");
    let mut said = format!("{}:{}", path(source.file.0 as usize), source.place.line);
    let values = tracer.values_of_line(Span { start, end: start + content.len() as u32 });
    for (name, place) in values {
        match place {
            Some((file, line)) => said.push_str(&format!(", `{name}` {}:{line}", path(file))),
            None => said.push_str(&format!(", `{name}` on the command line")),
        }
    }
    said
}

/// The lines, from 0, that a scalar of several lines stands on: a comment there would be a part of it.
fn inside_scalars(text: &str) -> BTreeSet<usize> {
    let mut lines = BTreeSet::new();
    let mut counted = (0, 0);
    for range in yaml::separate::documents(text) {
        counted.1 += text[counted.0..range.start].matches('\n').count();
        counted.0 = range.start;
        let own = &text[range];
        let Ok(document) = yaml::parse_document(own) else {
            lines.extend(counted.1..=counted.1 + own.matches('\n').count());
            continue;
        };
        let newlines: Vec<usize> = memchr::memchr_iter(b'\n', own.as_bytes()).collect();
        let line_of = |at: u32| newlines.partition_point(|&newline| newline < at as usize);
        for node in document.nodes.iter().filter(|node| !matches!(node.kind, Kind::Mapping | Kind::Sequence)) {
            let (first, last) = (line_of(node.start), line_of(node.end.saturating_sub(1).max(node.start)));
            let is_block = own.as_bytes().get(node.start as usize).is_some_and(|byte| matches!(byte, b'|' | b'>'));
            if first != last || is_block {
                // What follows a block may belong to it, as far as it is empty.
                lines.extend(counted.1 + first..=counted.1 + last + usize::from(is_block));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_long_scalars_stay_as_they_are() {
        let lines = inside_scalars("a: |\n  b\n  c\nd: e\nf: \"g\n  h\"\n---\ni: j\n");
        assert!([0, 1, 2, 4, 5].iter().all(|line| lines.contains(line)), "{lines:?}");
        assert!(!lines.contains(&7));
    }
}
