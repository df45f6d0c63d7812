//! Reading a stream never panics, nor does looking at anything that was read; errors are fit to be shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use yaml::{parse_document, separate};
use model::document::{Document, NodeId};

fuzz_target!(|stream: &str| {
    let mut end = 0;
    for range in separate::documents(stream) {
        assert!(range.start >= end && range.start < range.end, "documents are in order and not empty");
        end = range.end;
        let text = &stream[range];
        match parse_document(text) {
            Ok(document) => look_at(&document),
            Err(error) => {
                assert!(error.offset as usize <= text.len());
                assert!(!error.message.is_empty() && !error.message.chars().any(char::is_control));
            }
        }
    }
});

fn look_at(document: &Document<'_>) {
    let root = document.root();
    let mut path = String::new();
    for id in (0..document.nodes.len() as u32).map(NodeId) {
        let value = document.value(id);
        let span = value.span();
        assert!(span.start <= span.end);
        assert!(document.text.get(span.start as usize..span.end as usize).is_some(), "spans are in the text");
        let _ = (value.scalar(), value.as_bool(), value.as_int());
        assert_eq!(value.entries().count() * 2 + value.items().count(), children(document, id));
        if id.0 < 100 {
            path.clear();
            value.path_from(root, &mut path);
        }
    }
    for twice in &document.duplicates {
        assert_eq!(document.value(twice.first).text(), document.value(twice.second).text());
    }
}

/// The nodes right below a node, by their links alone.
fn children(document: &Document<'_>, id: NodeId) -> usize {
    let node = document.nodes[id.0 as usize];
    let is_collection = !document.value(id).is_scalar();
    let (mut next, mut count) = (id.0 + 1, 0);
    while is_collection && next < node.link {
        let child = document.nodes[next as usize];
        next = if document.value(NodeId(next)).is_scalar() { next + 1 } else { child.link };
        count += 1;
    }
    assert!(!is_collection || next == node.link.max(id.0 + 1), "subtrees end where their parents end");
    count
}
