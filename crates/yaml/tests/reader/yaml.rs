//! YAML, and what kubectl makes of it.

use yaml::{SyntaxError, parse_document};

use crate::tree;

/// The document as JSON.
fn check(yaml: &str, json: &str) {
    let document = parse_document(yaml).unwrap_or_else(|error| panic!("{yaml:?}: {error} at {}", error.offset));
    assert_eq!(tree::of(&document).to_string(), json, "{yaml:?}");
}

/// The text is refused; `mark` stands where, and the message has `words`.
fn refuse(marked: &str, words: &str) -> SyntaxError {
    let yaml = marked.replacen('❯', "", 1);
    let error = parse_document(&yaml).err().unwrap_or_else(|| panic!("{yaml:?} is taken"));
    assert_eq!(error.offset as usize, marked.find('❯').expect("the text has a mark"), "{yaml:?}: {error}");
    assert!(error.message.contains(words), "{yaml:?}: {error}");
    error
}

#[test]
fn reads_blocks() {
    check(
        "a: 1\nb:\n  c: x\n  d:\n  - 1\n  - e: 2\n    f: 3\n  - - 4\n",
        r#"{"a":1,"b":{"c":"x","d":[1,{"e":2,"f":3},[4]]}}"#,
    );
    check("- a\n-\n  b: c\n- \n- d", r#"["a",{"b":"c"},null,"d"]"#);
    check("# why\na: b # because\n\n#c: d\n", r#"{"a":"b"}"#);
    check("a:\nb:\n", r#"{"a":null,"b":null}"#);
    check("a: b: c".replace(": c", ":c").as_str(), r#"{"a":"b:c"}"#);
    check("a: x#y\nurl: http://x:80/#z\n", r#"{"a":"x#y","url":"http://x:80/#z"}"#);
    check("text", r#""text""#);
    check("", "null");
    check("---\n", "null");
    check("--- # nothing\n...\n", "null");
    check("%YAML 1.1\n--- text\n...\n", r#""text""#);
    check("\u{FEFF}a: b\n", r#"{"a":"b"}"#);
}

#[test]
fn reads_flow_collections() {
    check("a: {b: c, d: [1, 'x', \"y\"], e: }", r#"{"a":{"b":"c","d":[1,"x","y"],"e":null}}"#);
    check("a: [\n  b, # why\n  c,\n]\n", r#"{"a":["b","c"]}"#);
    check("a: {}\nb: []\nc: [{}, []]\n", r#"{"a":{},"b":[],"c":[{},[]]}"#);
    check("{\"a\":1,\"b\":[true,null]} # no JSON\n", r#"{"a":1,"b":[true,null]}"#);
    check("[a: b, c]", r#"[{"a":"b"},"c"]"#);
    check("a: {b, c: d}", r#"{"a":{"b":null,"c":"d"}}"#);
}

#[test]
fn reads_texts_of_several_lines() {
    check("a: b\n  c\n\n  d\n", r#"{"a":"b c\nd"}"#);
    check("a: \"b\n  c\\n\\\n  d\"\n", r#"{"a":"b c\nd"}"#);
    check("a: |\n  b\n   c\n\nd: >-\n  e\n  f\n", r#"{"a":"b\n c\n","d":"e f"}"#);
    check("a: |2\n   b\n", r#"{"a":" b\n"}"#);
    check("- |+\n b\n\n- >\n\n- c", r#"["b\n\n","","c"]"#);
    check("a: |\n  b", r#"{"a":"b\n"}"#);
}

#[test]
fn reads_lines_of_other_systems() {
    check("a: 1\r\nb: |\r\n  x\r\n  y\r\nc: 'd\r\n  e'\r\n", r#"{"a":1,"b":"x\ny\n","c":"d e"}"#);
    check("a:\tb\nc: d\t# e\n", r#"{"a":"b","c":"d"}"#);
}

#[test]
fn names_fields_as_kubectl_does() {
    check("yes: 1\n", r#"{"true":1}"#);
    check("a: {n: 1, 1: 2, 0755: 3, 1.10: 4, 'yes': 5}", r#"{"a":{"1":2,"1.1":4,"493":3,"false":1,"yes":5}}"#);
    check("? a\n: b\n", r#"{"a":"b"}"#);
    refuse("a:\n  ❯~: b\n", "key is null");
    refuse("a: {❯18446744073709551615: b}", "too large for a key");
    refuse("? ❯[a]\n: b", "as a key");
}

#[test]
fn follows_tags_as_kubectl_does() {
    check(
        "a: !!str 1\nb: !!int \"0x1F\"\nc: !!float 3\nd: !!bool \"yes\"\ne: !!null ''\nf: !!binary aGVsbG8=\ng: !foo 12\nh: ! 12\ni: !!str\n",
        r#"{"a":"1","b":31,"c":3,"d":true,"e":null,"f":"hello","g":"12","h":"12","i":""}"#,
    );
    check("{!!str yes: !!map {}, b: !!seq []}", r#"{"b":[],"yes":{}}"#);
    refuse("a: !!int ❯1.5\n", "no `!!int`");
    refuse("a: !!float ❯abc\n", "no `!!float`");
    refuse("a: !!binary ❯aGVsbG8\n", "base64");
}

#[test]
fn expands_aliases() {
    check("a: &x {b: [1]}\nc: *x\nd: [*x, &y yes, *y]\n", r#"{"a":{"b":[1]},"c":{"b":[1]},"d":[{"b":[1]},true,true]}"#);
    check("&k a: *k\n*k : *k\n", r#"{"a":"a"}"#);
    check("&k yes: &v\nb: {*k : *v}\n", r#"{"b":{"true":null},"true":null}"#);
    refuse("a: ❯*x\n", "anchor that is not there");
    refuse("a: &x {b: [❯*x]}\n", "would never end");
    refuse("a: &x [1]\n❯*x : b\n", "cannot be a key");
}

#[test]
fn an_alias_stands_where_its_anchor_stands() {
    let text = "a: &x {b: c}\nd: *x\n";
    let document = parse_document(text).expect("the text is YAML");
    let value = document.root().at(&["d", "b"]).expect("the alias is expanded");
    assert_eq!(value.span().start as usize, text.find("c}").expect("the text has it"));
}

#[test]
fn merges_as_kubectl_does() {
    let anchors = "a: &a {x: 1, k: 2}\nb: &b {k: 3, z: 4}\n";
    let merged = |merge: &str, json: &str| {
        let yaml = format!("{anchors}c:\n{merge}");
        let document = parse_document(&yaml).unwrap_or_else(|error| panic!("{yaml}: {error}"));
        let value = tree::of(&document);
        assert_eq!(value["c"].to_string(), json, "{yaml}");
        assert_eq!(document.duplicates, [], "{yaml}");
        let names = document.root().get("c").expect("it is there").entries().count();
        assert_eq!(names, value["c"].as_object().map_or(0, serde_json::Map::len), "{yaml}");
    };
    merged("  <<: *a\n", r#"{"k":2,"x":1}"#);
    merged("  <<: *a\n  x: 5\n", r#"{"k":2,"x":5}"#);
    // kubectl merges where `<<` stands, so that it wins over the keys before.
    merged("  x: 5\n  <<: *a\n", r#"{"k":2,"x":1}"#);
    merged("  <<: [*a, *b]\n", r#"{"k":2,"x":1,"z":4}"#);
    merged("  <<: [*b, {k: 7, q: 8}]\n  z: 9\n", r#"{"k":3,"q":8,"z":9}"#);
    merged("  <<: *a\n  <<: *b\n", r#"{"k":3,"x":1,"z":4}"#);
    merged("  <<: {<<: *a, w: 1}\n  d: {<<: *b}\n", r#"{"d":{"k":3,"z":4},"k":2,"w":1,"x":1}"#);
    merged("  '<<': 1\n", r#"{"<<":1}"#);
    merged("  !!merge '<<': *a\n", r#"{"k":2,"x":1}"#);
    refuse("a: {<<: ❯1}", "merges mappings");
    refuse("a: &a {}\nb: {<<: [*a, ❯[]]}", "merges mappings");
}

#[test]
fn finds_keys_that_stand_twice() {
    let duplicates = |yaml: &str| {
        let document = parse_document(yaml).unwrap_or_else(|error| panic!("{yaml:?}: {error}"));
        let place = |id| document.value(id).span().start;
        document.duplicates.iter().map(|twice| (place(twice.first), place(twice.second))).collect::<Vec<_>>()
    };
    assert_eq!(duplicates("a: 1\nb: 2\na: 3\n"), [(0, 10)]);
    assert_eq!(duplicates("a: 1\n'a': 2\n\"\\x61\": 3\n"), [(0, 5), (0, 12)]);
    assert_eq!(duplicates("yes: 1\n'true': 2\n"), [(0, 7)]);
    assert_eq!(duplicates("- {a: 1, a: 2}\n- {b: 1, b: 2}\n"), [(3, 9), (18, 24)]);
    assert_eq!(duplicates("{\"a\": {\"b\": 1}, \"c\": {\"b\": 1}}"), []);
    assert_eq!(duplicates("{\"a\": 1, \"a\": 1}"), [(1, 9)]);
    assert_eq!(duplicates("x: &x {a: 1, a: 2}\ny: *x\n"), [(7, 13)]);
    let many: String = (0..100).map(|n| format!("k{n}: 1\n")).collect();
    assert_eq!(duplicates(&many), []);
    assert_eq!(duplicates(&format!("{many}k7: 2\n")).len(), 1);
}

#[test]
fn says_what_is_wrong() {
    refuse("a: ❯'b", "quote");
    refuse("a: b❯: c\n", "quotes");
    refuse("a: ❯@b\n", "quotes");
    refuse("a: ❯\"\\z\"\n", "backslash");
    refuse("a: b\n  c❯: d\n", "indented too far");
    refuse("a:\n\t❯- b\n", "tab");
    refuse("a: ❯[b", "`]`");
    refuse("a: b\n❯---\nc: d\n", "second document");
    refuse("a: ❯\0\n", "U+0000");
    refuse("a: ❯\u{85}b\n", "U+0085");
    refuse("&x❯:a: b\n", "name of an anchor");
    refuse("a: {❯?privileged: true}\n", "kubectl takes what follows for a key");
    refuse("a: {b❯:, c}\n", "space is missing");
}
