//! kubectl is asked what it makes of the same texts. Where it is not installed that is said, and nothing else is.
//!
//! What kubectl takes, we take and read alike. What kubectl refuses never reaches a cluster, so that it matters
//! less; where we take more is listed.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::Value;
use yaml::parse_document;

use crate::{agree, tree};

/// What kubectl makes of each text as the `spec` of an object: `None` if it refuses. No answer without kubectl.
fn ask(texts: &[String]) -> Option<Vec<Option<Value>>> {
    if Command::new("kubectl").args(["version", "--client"]).output().is_err() {
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder can be made");
    for (number, text) in texts.iter().enumerate() {
        fs::write(folder.path().join(format!("{number:05}.yaml")), object(number, text))
            .expect("a file can be written");
    }
    Some(answers(folder.path(), texts.len()))
}

fn object(number: usize, spec: &str) -> String {
    format!("apiVersion: example.com/v1\nkind: Thing\nmetadata: {{name: t{number}}}\n{spec}")
}

/// One run for all files; kubectl goes on after those that it refuses.
fn answers(folder: &Path, count: usize) -> Vec<Option<Value>> {
    let arguments = ["label", "--local", "--dry-run=client", "-o", "json", "x=y", "-f"];
    let output = Command::new("kubectl").args(arguments).arg(folder).output().expect("kubectl runs");
    let objects = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    let mut answers = vec![None; count];
    for object in objects {
        let object = object.expect("kubectl writes JSON");
        let name = object["metadata"]["name"].as_str().and_then(|name| name.strip_prefix('t')).expect("a name of ours");
        let number: usize = name.parse().expect("a number");
        answers[number] = Some(object);
    }
    answers
}

/// Numbers are equal if their values are; whether they are written with a fraction is a matter of taste.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => a == b || (!(a.is_i64() && b.is_i64()) && a.as_f64() == b.as_f64()),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        _ => one == other,
    }
}

/// Texts on which the answers differ, with both answers; none without kubectl.
fn differences(texts: &[String]) -> BTreeMap<String, String> {
    let mut differences = BTreeMap::new();
    let Some(answers) = ask(texts) else {
        // Past the test harness, which would swallow it.
        let count = texts.len();
        writeln!(std::io::stderr(), "LEFT OUT: kubectl is not installed: {count} texts are not compared with it")
            .expect("it can be said");
        return differences;
    };
    for ((number, text), answer) in texts.iter().enumerate().zip(answers) {
        let object = object(number, text);
        let ours = parse_document(&object).map(|document| {
            let mut ours = tree::of(&document);
            if let Some(metadata) = ours.get_mut("metadata").and_then(Value::as_object_mut) {
                metadata.insert("labels".to_owned(), serde_json::json!({"x": "y"}));
            }
            ours
        });
        let difference = match (&ours, &answer) {
            (Ok(ours), Some(answer)) if same(ours, answer) => continue,
            (Err(_), None) => continue,
            (Ok(ours), Some(answer)) => format!("ours {ours}, kubectl's {answer}"),
            (Ok(_), None) => "refused".to_owned(),
            (Err(error), Some(answer)) => format!("we refuse: {error}, kubectl's {answer}"),
        };
        differences.insert(text.clone(), difference);
    }
    differences
}

/// What YAML 1.1 makes into something else than text, and what looks so.
const PLAIN: &[&str] = &[
    "",
    "~",
    "null",
    "Null",
    "NULL",
    "nULL",
    "y",
    "Y",
    "yes",
    "Yes",
    "YES",
    "yEs",
    "n",
    "N",
    "no",
    "No",
    "NO",
    "true",
    "True",
    "TRUE",
    "tRUE",
    "false",
    "False",
    "FALSE",
    "on",
    "On",
    "ON",
    "off",
    "Off",
    "OFF",
    "oFF",
    "0",
    "-0",
    "+0",
    "00",
    "1",
    "+1",
    "-1",
    "0755",
    "-0755",
    "0o17",
    "0O17",
    "0o8",
    "0x1F",
    "0X1f",
    "0x",
    "0xg",
    "0b101",
    "0B101",
    "0b2",
    "0b",
    "0b+1",
    "0b-1",
    "-0b1",
    "-0b-1",
    "1_000",
    "1__0",
    "1_",
    "_1",
    "-_1",
    "0_1",
    "0x_F",
    "0999",
    "08",
    "09.5",
    "1.5",
    "1.",
    ".5",
    "+.5",
    "-.5",
    ".5e1",
    "._5",
    ".5_",
    ".2_5",
    ".5_e1",
    "1_0.5",
    "1e3",
    "1e+3",
    "1E-3",
    "1e",
    "e1",
    "1.e3",
    "1e400",
    "1e-400",
    "-1e400",
    "0x1p-2",
    "1.2.3",
    "10.0.0.1",
    "12:30:45",
    "190:20:30.15",
    "2001-12-14",
    "2001-12-14t21:59:43.10-05:00",
    "2001-12-14 21:59:43.10",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "12345678901234567890123",
    "0xFFFFFFFFFFFFFFFF",
    "0xFFFFFFFFFFFFFFFFF",
    "0777777777777777777777",
    "07777777777777777777777777",
    "1152921504606846976.0",
    "9007199254740993.0",
    "1e20",
    "1e21",
    "1e22",
    "0.1",
    "0.000001",
    "0.0000001",
    "123456789.125",
    "3.4028235e38",
    "1e39",
    "0.00001",
    "012345678",
    "-0.0",
    "100m",
    "10Gi",
    "+",
    "-.",
    "..",
    "...a",
    "+.nan",
    "inf",
    "Infinity",
    "NaN",
    "=",
    "x",
    "١",
    "1 2",
    "--listen",
    "-a",
    "1,000",
    "1e3x",
    "0b1_1",
    "0o_17",
    "+0x1F",
    "-0x1F",
    "+0755",
    "0X",
    "1_2.3_4e0_1",
    "+1_0",
    "1.5.",
    "1e1.5",
    "e",
    "E1",
    "0e0",
    "0x1e3",
    "0xe+1",
];

#[test]
fn on_unquoted_text() {
    let value = |text: &&str| format!("spec:\n  value: {text}\n  list: [{text}]\n");
    let key = |text: &&str| format!("spec:\n  {text}: value\n");
    let mut texts: Vec<String> =
        PLAIN.iter().filter(|text| !text.is_empty()).flat_map(|text| [value(text), key(text)]).collect();
    texts.retain(|text| !text.contains("[1,000]"));
    assert_eq!(differences(&texts), BTreeMap::new());
}

/// What kubectl has no JSON for, and we can say.
#[test]
fn on_numbers_that_are_none() {
    let numbers = [".inf", ".Inf", "-.INF", "+.inf", ".nan", ".NaN"];
    let texts = numbers.map(|text| format!("spec: {text}\n"));
    let refused = differences(&texts).into_values().filter(|difference| difference != "refused").count();
    assert_eq!(refused, 0);
    let texts = numbers.map(|text| format!("spec: {{{text}: 1}}\n"));
    assert_eq!(differences(&texts), BTreeMap::new());
}

const DOCUMENTS: &[&str] = &[
    "a: &x {p: 1, q: 2}\nspec: {q: 0, <<: *x}\n",
    "a: &x {p: 1, q: 2}\nspec: {<<: *x, q: 0}\n",
    "a: &x {p: 1, q: 2}\nspec: {<<: [{p: 5, r: 6}, *x]}\n",
    "a: &x {p: 1, q: 2}\nb: &y {<<: *x, q: 3}\nspec: {<<: *y}\nc: {<<: *x, <<: *y}\n",
    "spec: {<<: 3}\n",
    "spec: {'<<': {q: 1}, !!merge '<<': {r: 1}}\n",
    "spec: {! <<: {q: 1}}\n",
    "spec: {!!str <<: {q: 1}}\n",
    "spec: [&x yes, *x, {*x : 1}, !!str yes, !!int '0x1F', !!float 3, !!null '', !foo 12, ! 12, !!binary aGVsbG8=]\n",
    "spec: [!!str , !!map {}, !!seq [], !!bool 'no', !!timestamp 2001-01-01, !!merge <<]\n",
    "spec: !!int 1.5\n",
    "spec: !!int 1e3\n",
    "spec: !!int\n",
    "spec: !!float abc\n",
    "spec: !!null x\n",
    "spec: !!binary aGVsbG8\n",
    "spec: !!binary 'aGVs bG8='\n",
    "spec: {null: 1}\n",
    "spec: {? [a] : b}\n",
    "spec: *x\n",
    "spec: &x [*x]\n",
    "spec:\n  a: 1\n  a: 2\n  b: {c: 1, c: 2}\n",
    "spec: b: c\n",
    "spec: - b\n",
    "spec: @x\n",
    "spec: {b: , c}\n",
    "spec: {, b}\n",
    "spec: [a, , b]\n",
    "spec: [,]\n",
    "spec: [a: b, c]\n",
    "spec: {http://x: z, a: http://x:80/#a}\n",
    "spec: {b:c}\n",
    "spec: {\"b\":c, 'd':[e]}\n",
    "spec: {\"b\" :c}\n",
    "spec: [x\n  y, 'a\n\n  b', \"c\n  d\\\n  e\"]\n",
    "spec: {\nb: c\n}\n",
    "spec: |\n   x\n  y\n",
    "spec: |2\n    x\n",
    "spec: |+\n  x\n\n\nb: >-\n  x\n   y\n  z\n\n  w\n",
    "spec: >\n\n  a\n  b\n\n\n  c\n    d\n\n    e\n  f\n\n",
    "spec: |\n  x",
    "spec: >+\n  x",
    "spec: |\nb: c\n",
    "spec: |  # why\n  x # no\n # yes\n",
    "spec:\n- |\n a\n- b\n- - c\n  - d: e\n    f:\n    - g\n",
    "spec: a\n  b\n\n  c # d\n",
    "spec: 'a''b'\n",
    "spec: \"\\0\\a\\b\\t\\n\\v\\f\\r\\e\\ \\\"\\\\\\N\\_\\L\\P\\x41\\u00e9\\U0001F600\"\n",
    "spec: x#y # z\n",
    "spec: ? a\n",
    "? spec\n: a\n",
    "spec:\ta\t# b\n",
    "spec:\r\n  a: |\r\n    b\r\n    c\r\n  d: 'e\r\n    f'\r\n",
    "spec:\n  a: 1\n b: 2\n",
    "spec:\n  a: b\n    c: d\n",
    "spec: \"\\z\"\n",
    "spec: ''x\n",
    "spec: \"a\" \"b\"\n",
    "spec: [a\n",
    "spec: {a]\n",
    "spec: %x\n",
    "spec: a%x\n",
    "spec: `x`\n",
    "spec: -\n",
    "spec: {a: 1, a: 2}\n",
    "spec: é\n",
];

#[test]
fn on_documents() {
    let texts: Vec<String> = DOCUMENTS.iter().map(|&text| text.to_owned()).collect();
    assert_eq!(differences(&texts), BTreeMap::new());
}

/// Where we take more than kubectl: YAML 1.2 has come since, and its JSON reader takes these.
#[test]
fn we_take_some_texts_of_newer_yaml() {
    let texts = ["spec: \"\\/\"\n", "spec: \"\\uD834\\uDD1E\"\n", "spec: [:b]\n", "spec: [a?b]\n"].map(str::to_owned);
    for (text, difference) in differences(&texts) {
        assert_eq!(difference, "refused", "{text}");
    }
}

/// Random documents: whatever kubectl takes, we take and read alike.
#[test]
fn on_random_documents() {
    let mut runner = TestRunner::deterministic();
    let (soup, documents) = (agree::soup(), agree::documents());
    let mut random = |number: usize| {
        let text = if number.is_multiple_of(2) {
            soup.new_tree(&mut runner).expect("a text can be made").current()
        } else {
            documents.new_tree(&mut runner).expect("a document can be made").current()
        };
        format!("spec:\n  {}\n", text.replace('\n', "\n  "))
    };
    let count = std::env::var("KUBECTL_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(1_000);
    let texts: Vec<String> = (0..count).map(&mut random).filter(|text| !is_known(text)).collect();
    let mut differences = differences(&texts);
    differences.retain(|_, difference| difference != "refused");
    assert_eq!(differences, BTreeMap::new());
}

/// What kubectl takes and YAML 1.2 does not, in texts that nobody writes: we refuse it.
fn is_known(text: &str) -> bool {
    let has = |marks: &[&str]| marks.iter().any(|mark| text.contains(mark));
    // A lone dash as text, and a key that ends with its colon, in flow collections.
    has(&["-,", "-]", "-}", "-[", "-{", ":,", ":]", ":}", ":[", ":{"])
        // A comment without a space before it.
        || has(&["|#", ">#", "|-#", ">+#", "'#", "\"#", "]#", "}#", "[#", "{#", ",#"])
        // A key of its own, or text, in flow collections.
        || has(&["{?", "[?", ", ?", ",?"])
        // An escape of YAML 1.1's reader.
        || text.contains("\\'")
        // A block scalar whose indicator stands on a line of its own, indented less than a value.
        || text.lines().any(|line| line.trim_start().starts_with(['|', '>', '?']))
        // Names of anchors and tags that end before a sign.
        || has(&["&x", "*x", "!!["])
}
