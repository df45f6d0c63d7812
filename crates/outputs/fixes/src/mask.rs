//! Texts with every secret in them covered.

use model::document::Span;

use crate::shadow::Shadow;

/// The text with a mark in place of every character of a secret, so that lines and columns stay where they are.
pub fn mask(text: &str) -> String {
    mask_also(text, &[])
}

/// The same, with more spans that are known to be secret.
pub(crate) fn mask_also(text: &str, known: &[Span]) -> String {
    let mut spans: Vec<Span> = known.to_vec();
    let shadow = Shadow::of(text).text;
    for range in yaml::separate::documents(&shadow) {
        let start = range.start as u32;
        match yaml::parse_document(&shadow[range.clone()]) {
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
        let (Some(before), Some(secret)) = (text.get(at..start), text.get(start..end)) else { continue };
        out.push_str(before);
        out.extend(secret.chars().map(|c| if c.is_whitespace() { c } else { '•' }));
        at = end;
    }
    out.push_str(&text[at..]);
    out
}
