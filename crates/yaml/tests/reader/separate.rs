//! Streams, and the documents in them.

use yaml::{parse_document, separate};

use crate::tree;

fn check(stream: &str, documents: &[&str]) {
    let found: Vec<_> = separate::documents(stream).map(|range| &stream[range]).collect();
    assert_eq!(found, documents, "{stream:?}");
}

#[test]
fn cuts_at_marks() {
    check("a: 1\n---\nb: 2\n", &["a: 1\n", "---\nb: 2\n"]);
    check("---\na: 1\n---\nb: 2", &["---\na: 1\n", "---\nb: 2"]);
    check("a: 1\n...\nb: 2\n", &["a: 1\n...\n", "b: 2\n"]);
    check("a: 1\n...\n---\nb: 2\n...\n", &["a: 1\n...\n", "---\nb: 2\n...\n"]);
    check("--- a\n--- |\n  b\n---\tc\n---", &["--- a\n", "--- |\n  b\n", "---\tc\n"]);
    check("a: 1\r\n---\r\nb: 2\r\n", &["a: 1\r\n", "---\r\nb: 2\r\n"]);
}

#[test]
fn leaves_what_only_looks_like_a_mark() {
    for text in ["a: |\n  ---\n  b\n", "---a\n", "a:\n ---\n", "----\n", "a: b\n....\n", "- --- b\n"] {
        check(text, &[text]);
    }
}

#[test]
fn finds_what_kubectl_takes_for_a_wrong_mark() {
    for (text, at) in [("---a\n", 0), ("a: 1\n---b: 2\n", 5), ("---\na: 1\n---# c\n", 9), ("a\n----\n", 2)] {
        assert_eq!(separate::false_mark(text), Some(at), "{text:?}");
    }
    for text in ["", "--- a\nb\n", "a: |\n  ---b\n", "a\n---\n---\t{}\r\n---"] {
        assert_eq!(separate::false_mark(text), None, "{text:?}");
    }
}

#[test]
fn leaves_out_what_has_no_content() {
    for text in [
        "",
        "\n\n",
        "---",
        "---\n---\n",
        "# a\n---\n# b\n",
        "--- # a\n...\n",
        "\u{FEFF}---\n",
        "%YAML 1.2\n---\n",
        "  \r\n",
    ] {
        check(text, &[]);
    }
    check("# a\n---\n---\nb: 1\n---\n", &["---\nb: 1\n"]);
}

/// For kubectl these lines end before the line feed.
#[test]
fn keeps_comments_that_end_early() {
    for text in ["# a\rb: c\n", "# a\u{85}b: c\n", "---\n# a\u{2028}b: c\n"] {
        check(text, &[text]);
    }
}

#[test]
fn keeps_directives_with_their_document() {
    check("%YAML 1.2\n---\na: 1\n---\nb: 2\n", &["%YAML 1.2\n---\na: 1\n", "---\nb: 2\n"]);
    check(
        "a: 1\n...\n%YAML 1.1\n# c\n%TAG ! !x\n---\nb: 2\n",
        &["a: 1\n...\n", "%YAML 1.1\n# c\n%TAG ! !x\n---\nb: 2\n"],
    );
}

#[test]
fn skips_a_byte_order_mark() {
    check("\u{FEFF}a: 1\n---\nb: 2\n", &["a: 1\n", "---\nb: 2\n"]);
    check("a: 1\n--- # c\r\n\u{FEFF}b: 2\n", &["a: 1\n", "b: 2\n"]);
    check("\u{FEFF}---\n\u{FEFF}a: 1\n---\n\u{FEFF}---\nb: 2\n", &["a: 1\n", "---\nb: 2\n"]);
    check("a: 1\n...\n\u{FEFF}b: 2\n---\n\u{FEFF}", &["a: 1\n...\n", "b: 2\n"]);
    // A text is not a document's beginning.
    check("--- |\n\u{FEFF}a\n", &["--- |\n\u{FEFF}a\n"]);
}

#[test]
fn cuts_between_json_values() {
    check("{\"a\":1}{\"b\":[{}]}\n{\"c\":2}", &["{\"a\":1}", "{\"b\":[{}]}\n", "{\"c\":2}"]);
    check(" {\"a\":\"}{\"} \n\n {\"b\":\"\\\"}{\"}", &[" {\"a\":\"}{\"} \n\n ", "{\"b\":\"\\\"}{\"}"]);
    check("{\"a\":{}\n---\n{\"b\":1}", &["{\"a\":{}\n", "---\n{\"b\":1}"]);
    for text in ["{\"a\": \"{{b}}{{c}}\"}", "{{ if .x }}{{ end }}\na: b\n", "a: {} {b: c}\n"] {
        check(text, &[text]);
    }
}

#[test]
fn an_error_costs_one_document() {
    let stream = "a: 1\n---\nb: [\n---\nc: 3\n";
    let values: Vec<_> = separate::documents(stream)
        .map(|range| parse_document(&stream[range]).map(|document| tree::of(&document).to_string()).ok())
        .collect();
    assert_eq!(values, [Some("{\"a\":1}".to_owned()), None, Some("{\"c\":3}".to_owned())]);
}
