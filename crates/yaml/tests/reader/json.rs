//! JSON, and the texts that look like it.

use model::document::Kind;
use yaml::{json, parse_document};

use crate::tree;

/// JSON that both JSON readers take and read alike.
fn agree(text: &str) {
    let document = json::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    let expected: serde_json::Value = serde_json::from_str(text).expect("the text is JSON");
    assert_eq!(tree::of(&document), expected, "{text}");
}

fn refuse(marked: &str, words: &str) {
    let text = marked.replacen('❯', "", 1);
    let error = json::parse(&text).err().unwrap_or_else(|| panic!("{text:?} is taken"));
    assert_eq!(error.offset as usize, marked.find('❯').expect("the text has a mark"), "{text:?}: {error}");
    assert!(error.message.contains(words), "{text:?}: {error}");
}

#[test]
fn reads_json() {
    agree(r#"{"a":1,"b":[true,false,null,-1.5,"x",{}],"c":{"d":[]}}"#);
    agree(" [ 1 ,\r\n\t2 ] \n");
    agree(r#"{"a":"\"\\\/\b\f\n\r\t\u00e4\uD834\uDD1E","ü":"ß\u2028"}"#);
    agree(r#"[0, 10, 0.25, 1.5e-3, 2.55E+1]"#);
    agree(r#"{"":""}"#);
    agree(r#""text""#);
    agree("[\"\u{7f}\u{85}\u{2028}\"]");
}

#[test]
fn gives_every_value_its_place() {
    let text = "{\"a\": [1, \"b\"]}";
    let document = parse_document(text).expect("the text is JSON");
    let sources: Vec<_> =
        (0..document.nodes.len()).map(|id| document.value(model::document::NodeId(id as u32)).source()).collect();
    assert_eq!(sources, [text, "\"a\"", "[1, \"b\"]", "1", "\"b\""]);
    assert_eq!(document.nodes[1].kind, Kind::DoubleQuoted);
    assert_eq!(document.nodes[3].kind, Kind::Plain);
}

#[test]
fn takes_half_of_a_surrogate_pair_as_go_does() {
    let document = json::parse(r#"["\ud834"]"#).expect("Go takes it");
    assert_eq!(tree::of(&document), serde_json::json!(["\u{FFFD}"]));
}

#[test]
fn refuses_what_is_not_json() {
    refuse("{\"a\":1,❯}", "comma");
    refuse("[1,❯]", "comma");
    refuse("{❯a:1}", "double quotes");
    refuse("{\"a\" ❯1}", "`:`");
    refuse("[1 ❯2]", "`,`");
    refuse("{\"a\":1 ❯\"b\":2}", "`,`");
    refuse("[❯01]", "number");
    refuse("[❯1.]", "number");
    refuse("[❯-]", "number");
    refuse("[❯1e999]", "too large");
    refuse("[❯tru]", "double quotes");
    refuse("[❯'a']", "double quotes");
    refuse("[\"a❯\nb\"]", "control character");
    refuse("[\"❯\\x41\"]", "escape");
    refuse("[\"❯\\u12g4\"]", "escape");
    refuse("[❯\"a", "quote is not closed");
    refuse("[1❯", "`]`");
    refuse("{\"a\":1❯", "`}`");
    refuse("{\"a\":❯", "`}`");
    refuse("[1] ❯[2]", "after the end");
    refuse("[1❯}", "`]`");
    refuse("❯", "no JSON value");
}

#[test]
fn what_looks_like_json_may_be_yaml() {
    let document = parse_document("{a: 1, 'b': [c,],}\n").expect("kubectl's YAML reader takes it");
    assert_eq!(tree::of(&document).to_string(), r#"{"a":1,"b":["c"]}"#);
    let error = parse_document("{\"a\": 1,\n\"b\": \"c}").expect_err("the quote is not closed");
    assert!(error.message.contains("quote"), "{error}");
}
