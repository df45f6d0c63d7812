//! Input that is made to hurt: answered with a clear message or the right tree, in bounded time and memory.
//!
//! No test looks at a clock. Each input is so large that a reader whose time grows with its square would not end,
//! and one that recurses would overflow the stack of the test.

use yaml::{parse_document, separate};

use crate::tree;

/// Every document of the text is read, and all values looked at; the first error is returned.
fn read(text: &str) -> Result<usize, String> {
    let mut nodes = 0;
    for range in separate::documents(text) {
        let document = parse_document(&text[range]).map_err(|error| {
            assert!(!error.message.chars().any(char::is_control), "{}", error.message);
            assert!((error.offset as usize) <= text.len());
            error.message
        })?;
        for id in 0..document.nodes.len() as u32 {
            let value = document.value(model::document::NodeId(id));
            let _ = (value.scalar(), value.source());
        }
        nodes += document.nodes.len();
    }
    Ok(nodes)
}

fn refuse(text: &str, words: &str) {
    let message = read(text).expect_err("hostile text");
    assert!(message.contains(words), "{message}");
}

const DEEP: &str = "more than 1,000 levels";

#[test]
fn deep_nesting() {
    refuse(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)), DEEP);
    refuse(&"[".repeat(100_000), DEEP);
    refuse(&"{a: ".repeat(50_000), DEEP);
    refuse(&"{\"a\":".repeat(50_000), DEEP);
    refuse(&"- ".repeat(100_000), DEEP);
    refuse(&format!("a: {}", "[".repeat(100_000)), DEEP);
    refuse(&"? ".repeat(100_000), "");
    let blocks: String = (0..5_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    refuse(&blocks, DEEP);
    let lists: String = (0..5_000).map(|depth| format!("{}-\n", " ".repeat(depth))).collect();
    refuse(&lists, DEEP);
}

#[test]
fn nesting_up_to_the_limit() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(read(&nested(1_000)), Ok(1_000));
    refuse(&nested(1_001), DEEP);
    assert_eq!(read(&format!("a: {} # YAML", nested(999))), Ok(1_001));
}

#[test]
fn unclosed_collections_and_quotes() {
    refuse(&format!("[{}", "1,".repeat(200_000)), "`]`");
    refuse(&format!("{{\"a\": [{}", "{},".repeat(200_000)), "`]`");
    refuse(&format!("a: \"{}", "x\n  ".repeat(200_000)), "quote is not closed");
    refuse(&format!("a: '{}", "''".repeat(200_000)), "quote is not closed");
    refuse(&"a: '\n---\n".repeat(50_000), "quote");
}

#[test]
fn alias_bombs() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    refuse(&bomb, "excessive aliasing");
    let wide = format!("a: &a [{}]\nb: [{}]\n", "1, ".repeat(2_000), "*a, ".repeat(20_000));
    refuse(&wide, "excessive aliasing");
    let chain: String = (1..5_000).map(|n| format!("a{n}: &a{n} [*a{}]\n", n - 1)).collect();
    refuse(&format!("a0: &a0 []\n{chain}"), "excessive aliasing");
}

#[test]
fn merge_bombs_and_cycles() {
    let chain: String = (1..5_000).map(|n| format!("a{n}: &a{n} {{<<: *a{}, k{n}: 1}}\n", n - 1)).collect();
    refuse(&format!("a0: &a0 {{}}\n{chain}"), "excessive aliasing");
    refuse("a: &a {<<: *a}\n", "never end");
    refuse("a: &a {b: {<<: [*a]}}\n", "never end");
    refuse("a: &a [*b]\nb: &b [*a]\n", "anchor that is not there");
    let nested = "{<<: ".repeat(900) + "{}" + &"}".repeat(900);
    assert_eq!(read(&nested), Ok(1));
}

#[test]
fn many_aliases_of_small_things() {
    let text = format!("a: &a x\nb: [{}]\n", "*a, ".repeat(500));
    assert_eq!(read(&text), Ok(505));
}

#[test]
fn long_keys_and_values() {
    let long = "x".repeat(2_000_000);
    refuse(&format!("{long}: 1\n"), "1,024 characters");
    refuse(&format!("a:\n  \"{long}\": 1\n"), "1,024 characters");
    assert_eq!(read(&format!("{{\"{long}\": 1}}")), Ok(3));
    assert_eq!(read(&format!("a: {long}\nb: '{long}'\n")), Ok(5));
}

#[test]
fn two_million_lines() {
    for indicator in ["|", ">", "|+", ">-"] {
        let text = format!("a: {indicator}\n{}", "  x\n".repeat(2_000_000));
        let document = parse_document(&text).expect("a long text");
        assert_eq!(document.root().get("a").expect("it is there").text().matches('x').count(), 2_000_000);
    }
    assert_eq!(read(&format!("a: |\n{}b: 1\n", "\n".repeat(2_000_000))), Ok(5));
    assert_eq!(read(&format!("a: \"{}\"\n", "x\n  ".repeat(500_000))), Ok(3));
    assert_eq!(read(&"# x\n".repeat(2_000_000)), Ok(0));
    assert_eq!(read(&"---\n".repeat(500_000)), Ok(0));
    assert_eq!(read(&"%x\n".repeat(500_000)), Ok(0));
    assert_eq!(read(&"--- 1\n".repeat(100_000)), Ok(100_000));
}

#[test]
fn two_hundred_thousand_keys() {
    let keys: String = (0..200_000).map(|n| format!("k{n}: 1\n")).collect();
    assert_eq!(read(&keys), Ok(400_001));
    let same = "k: 1\n".repeat(200_000);
    assert_eq!(parse_document(&same).expect("kubectl takes it").duplicates.len(), 199_999);
    let general = format!("{keys}z: !!str x\n");
    assert_eq!(read(&general), Ok(400_003));
    let json: String = (0..200_000).map(|n| format!("\"k{n}\":1,")).collect();
    assert_eq!(read(&format!("{{{json}\"k0\":2}}")), Ok(400_003));
    let merged = format!("a: &a\n  x: 1\nb:\n  <<: *a\n{}", keys.replace('k', "  k"));
    assert!(read(&merged).is_ok());
}

#[test]
fn streams_of_json() {
    assert_eq!(read(&"{\"a\":1}".repeat(100_000)), Ok(300_000));
    assert_eq!(read(&"{} ".repeat(100_000)), Ok(100_000));
    refuse(&format!("{}{{", "{}".repeat(100_000)), "`}`");
    refuse(&"}{".repeat(100_000), "");
    refuse(&"{\"}{\"".repeat(100_000), "");
}

#[test]
fn bytes_that_are_not_text() {
    refuse("a: \0\n", "U+0000");
    refuse(&format!("{}\0", "a: 1\n".repeat(100_000)), "U+0000");
    refuse("a:\u{7f}\n", "U+007F");
    refuse("a: \u{1b}[31m\n", "U+001B");
    refuse("# \u{85}hostNetwork: true\n", "U+0085");
    refuse("a: [\"\0\"]\n", "U+0000");
    refuse("[\"\0\"]", "control character");
    refuse("a: \u{FFFE}\n", "U+FFFE");
}

#[test]
fn tabs() {
    refuse("a:\n\tb: c\n", "tab");
    refuse(&format!("a:\n{}b: c\n", "\t".repeat(200_000)), "tab");
    assert_eq!(read("a: \"b\tc\"\n"), Ok(3));
    assert_eq!(read("a: |\n  b\tc\n  \td\n"), Ok(3));
    assert_eq!(tree::of(&parse_document("a: b\tc\n").expect("a tab in text")).to_string(), r#"{"a":"b\tc"}"#);
}
