//! Texts with every secret in them covered.

use model::document::Span;

/// The text with a mark in place of every character of a secret, so that lines and columns stay where they are.
pub fn mask(text: &str) -> String {
    let mut spans: Vec<Span> = Vec::new();
    for range in yaml::separate::documents(text) {
        let start = range.start as u32;
        match yaml::parse_document(&text[range.clone()]) {
            Ok(document) => spans.extend(
                controls::secret::mask::secret_spans(&document)
                    .into_iter()
                    .map(|span| Span { start: span.start + start, end: span.end + start }),
            ),
            // What cannot be parsed has no findings to show either; nothing of it is shown.
            Err(_) => spans.push(Span { start, end: range.end as u32 }),
        }
    }
    spans.sort_unstable();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for Span { start, end } in spans {
        let (start, end) = ((start as usize).max(at), (end as usize).max(at));
        out.push_str(&text[at..start]);
        out.extend(text[start..end].chars().map(|c| if c.is_whitespace() { c } else { '•' }));
        at = end;
    }
    out.push_str(&text[at..]);
    out
}
