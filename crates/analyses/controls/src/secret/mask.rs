//! What nobody may be shown of a document: every span that holds a secret, found by any of the ways of this group.
//!
//! It hides rather too much than too little: comments, custom resources and files within fields are looked at as
//! well, whether or not a control reports them.

use model::document::{Document, Kind, Span, Value};

use super::assignments::{self, Comments};
use super::{detector, flags, kubeconfig, spans};

/// The annotation in which kubectl keeps the whole object as it was applied.
pub(super) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The spans of `document` whose text is secret, in order, without overlaps.
pub fn secret_spans(document: &Document<'_>) -> Vec<Span> {
    let mut mask = Mask { spans: Vec::new() };
    mask.hide_in_lines(document.text);
    if !document.nodes.is_empty() {
        mask.hide_in_tree(document.root());
    }
    merge(mask.spans)
}

struct Mask {
    spans: Vec<Span>,
}

impl Mask {
    /// The document as it is written, comments included.
    fn hide_in_lines(&mut self, text: &str) {
        let hits = detector::find(text).map(|hit| hit.start..hit.end);
        let named = assignments::sensitive(text, Comments::Read).map(|(assignment, _)| assignment.value);
        for range in hits.chain(named) {
            self.spans.push(Span { start: range.start as u32, end: range.end as u32 });
        }
    }

    /// Iterative: documents may be deep.
    fn hide_in_tree(&mut self, root: Value<'_>) {
        let mut open = vec![root];
        while let Some(value) = open.pop() {
            match value.kind() {
                Kind::Mapping => {
                    self.hide_in_mapping(value);
                    open.extend(value.entries().flat_map(|(key, child)| [key, child]));
                }
                Kind::Sequence => {
                    let program = value.items().next().map(Value::text).unwrap_or_default();
                    flags::each_literal(value, &program, &mut |literal| {
                        self.hide_part(literal.argument, literal.text, literal.range);
                    });
                    open.extend(value.items());
                }
                _ => self.hide_in_scalar(value),
            }
        }
    }

    fn hide_in_mapping(&mut self, mapping: Value<'_>) {
        if mapping.get("kind").is_some_and(|kind| kind.text() == "Secret") {
            self.hide_secret(mapping);
        }
        if let (Some(name), Some(value)) = (mapping.get("name"), mapping.get("value")) {
            self.hide_named(&name.text(), value);
        }
        if let Some(binary) = mapping.get("binaryData") {
            let secret = |value: &Value<'_>| decoded(*value).is_some_and(|text| holds_secret(&text));
            binary.entries().map(|(_, value)| value).filter(secret).for_each(|value| self.hide(value));
        }
        mapping.entries().for_each(|(key, value)| self.hide_named(&key.text(), value));
    }

    fn hide_secret(&mut self, object: Value<'_>) {
        // Every one of them, also where the key stands twice.
        for (_, data) in object.entries().filter(|(key, _)| key.is_key("data") || key.is_key("stringData")) {
            if data.is_mapping() {
                data.entries().for_each(|(_, value)| self.hide(value));
            } else if !data.is_null() {
                self.hide(data);
            }
        }
        if let Some(applied) = object.at(&["metadata", "annotations", LAST_APPLIED]) {
            self.hide(applied);
        }
    }

    fn hide_named(&mut self, name: &str, value: Value<'_>) {
        if value.is_scalar() && detector::is_sensitive_name(name) && detector::judge(name, &value.text()).is_some() {
            self.hide(value);
        }
    }

    /// What is not written as it is read (escapes, folded and repeated texts), and files within the field.
    fn hide_in_scalar(&mut self, value: Value<'_>) {
        let text = value.text();
        let hits = detector::find(&text).map(|hit| hit.start..hit.end);
        let named = assignments::sensitive(&text, Comments::Read).map(|(assignment, _)| assignment.value);
        let credentials = kubeconfig::credentials(&text).into_iter().map(|credential| credential.value);
        for range in hits.chain(named).chain(credentials) {
            self.hide_part(value, &text, range);
        }
    }

    fn hide_part(&mut self, value: Value<'_>, text: &str, range: std::ops::Range<usize>) {
        self.spans.push(spans::locate(value, text, range));
    }

    fn hide(&mut self, value: Value<'_>) {
        self.spans.push(value.span());
    }
}

/// The text of a value that is base64 of text.
pub(super) fn decoded(value: Value<'_>) -> Option<String> {
    detector::encoding::base64(&value.text()).and_then(|bytes| String::from_utf8(bytes).ok())
}

fn holds_secret(text: &str) -> bool {
    detector::find(text).next().is_some()
        || assignments::sensitive(text, Comments::Read).next().is_some()
        || !kubeconfig::credentials(text).is_empty()
}

fn merge(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|span| span.end > span.start);
    spans.sort_unstable();
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}
