//! One patch at a time: what stands in the text before and after it.

use fixes::edit::{self, Action, Patch, Refusal};
use fixes::field;
use fixes::tree::Tree;

fn patch(at: &str, action: Action) -> Patch {
    Patch { steps: field::parse(at).unwrap(), action }
}

fn merge(lines: &str) -> Action {
    Action::Merge(Tree::read(lines).unwrap())
}

fn replace(text: &str) -> Action {
    Action::Replace(Tree::read(text).unwrap())
}

fn apply(text: &str, at: &str, action: Action) -> Result<Option<String>, Refusal> {
    edit::apply(text, &patch(at, action), &|_| false).map(|applied| applied.text)
}

fn check(before: &str, at: &str, action: Action, after: &str) {
    match apply(before, at, action) {
        Ok(Some(text)) => assert_eq!(text, after, "\n--- before\n{before}\n--- got\n{text}"),
        other => panic!("{other:?} of\n{before}"),
    }
}

#[test]
fn entries_stand_in_the_order_that_people_know() {
    check(
        "a:\n  - name: x\n    image: y # pinned\n    resources: {}\n",
        "a[0]",
        merge("securityContext:\n  allowPrivilegeEscalation: false"),
        "a:\n  - name: x\n    image: y # pinned\n    securityContext:\n      allowPrivilegeEscalation: false\n    resources: {}\n",
    );
    check(
        "spec:\n  # The pods.\n  containers: []\n",
        "spec",
        merge("hostUsers: false"),
        "spec:\n  hostUsers: false\n  # The pods.\n  containers: []\n",
    );
}

#[test]
fn several_entries_make_one_block() {
    check(
        "spec:\n  containers: []\n",
        "spec",
        merge("securityContext:\n  seccompProfile:\n    type: RuntimeDefault\n  runAsNonRoot: true"),
        "spec:\n  securityContext:\n    seccompProfile:\n      type: RuntimeDefault\n    runAsNonRoot: true\n  containers: []\n",
    );
}

#[test]
fn the_indentation_is_that_of_the_place() {
    check(
        "a:\n    b:\n        c: 1\nd:\n  e: 1\n",
        "a.b",
        merge("f:\n  g: [x]"),
        "a:\n    b:\n        c: 1\n        f:\n            g: [x]\nd:\n  e: 1\n",
    );
    check(
        "drop:\n- A\n- B\nother:\n  list:\n  - x\n",
        "other",
        merge("new: [z]"),
        "drop:\n- A\n- B\nother:\n  list:\n  - x\n  new:\n  - z\n",
    );
}

#[test]
fn lists_keep_their_style() {
    check("drop:\n-   A\n# end\nx: 1\n", "", merge("drop: [B]"), "drop:\n-   A\n-   B\n# end\nx: 1\n");
    check("drop: [A] # why\n", "", merge("drop: [B]"), "drop: [A, B] # why\n");
    check("drop: []\n", "", merge("drop: [B]"), "drop: [B]\n");
    check(
        "a:\n  drop:\n    - 'A'\n    # not B\n",
        "a",
        merge("drop: [C]"),
        "a:\n  drop:\n    - 'A'\n    # not B\n    - C\n",
    );
}

#[test]
fn line_ends_and_the_end_of_the_text_stay() {
    check("a:\r\n  b: 1\r\nc: 2\r\n", "a", merge("d:\n  e: 1"), "a:\r\n  b: 1\r\n  d:\r\n    e: 1\r\nc: 2\r\n");
    check("a:\n  b: 1", "a", merge("d: 1"), "a:\n  b: 1\n  d: 1");
    check("a: 1\r\nb: 2", "b", Action::Remove, "a: 1\r\n");
    check("\u{FEFF}a:\n  b: 1\n", "", merge("c: 1"), "\u{FEFF}a:\n  b: 1\nc: 1\n");
    check("---\na: 1\n...\n", "", merge("c: 1"), "---\na: 1\nc: 1\n...\n");
}

#[test]
fn null_and_empty_values_are_filled() {
    check("a:\n  b: # later\nc: 1\n", "a", merge("b:\n  d: 1"), "a:\n  b: # later\n    d: 1\nc: 1\n");
    check("a: null\nc: 1\n", "", merge("a:\n  d: 1"), "a:\n  d: 1\nc: 1\n");
    check("a: {}  # none\nc: 1\n", "", merge("a:\n  d: 1"), "a:  # none\n  d: 1\nc: 1\n");
    check("a: ~\n", "", merge("a: 1"), "a: 1\n");
    check("a: {b: {}}\n", "a", merge("b:\n  c: d"), "a: {b: {c: d}}\n");
}

#[test]
fn block_scalars_end_where_they_end() {
    check("a:\n  b: |\n    text\n\n  c: 1\n", "a", merge("d: 1"), "a:\n  b: |\n    text\n\n  c: 1\n  d: 1\n");
    check("a:\n  b: |+\n    text\n\nc: 1\n", "a", merge("d: 1"), "a:\n  b: |+\n    text\n\n  d: 1\nc: 1\n");
    check("a:\n  b: >-\n    text\n  c: 1\n", "a.b", replace("x"), "a:\n  b: x\n  c: 1\n");
}

#[test]
fn flow_and_json_keep_their_layout() {
    check("{a: {b: 1}}\n", "a", merge("c: true"), "{a: {b: 1, c: true}}\n");
    check("{\"a\":{\"b\":1}}", "a", merge("c: x"), "{\"a\":{\"b\":1,\"c\":\"x\"}}");
    check(
        "{\n\t\"a\": {\n\t\t\"b\": 1\n\t}\n}\n",
        "a",
        merge("c:\n  d: [x]"),
        "{\n\t\"a\": {\n\t\t\"b\": 1,\n\t\t\"c\": {\n\t\t\t\"d\": [\n\t\t\t\t\"x\"\n\t\t\t]\n\t\t}\n\t}\n}\n",
    );
    check("{\n  \"a\": {}\n}\n", "a", merge("c: 1"), "{\n  \"a\": {\n    \"c\": 1\n  }\n}\n");
    check(
        "a: {\n  b: 1, # one\n  c: 2 # two\n}\n",
        "a",
        merge("d: 3"),
        "a: {\n  b: 1, # one\n  c: 2, # two\n  d: 3\n}\n",
    );
}

#[test]
fn values_keep_their_quotes() {
    check("a: 'x' # why\n", "a", replace("z"), "a: 'z' # why\n");
    check("a: \"x\"\n", "a", replace("z"), "a: \"z\"\n");
    check("a: x\n", "a", replace("\"true\""), "a: \"true\"\n");
    check("a: yes\n", "a", replace("false"), "a: false\n");
    check("\"a\": \"x\"\n", "", Action::Replace(Tree::read("b: 1").unwrap()), "{b: 1}\n");
    check("{\"a\": true}", "a", replace("false"), "{\"a\": false}");
    check(
        "'serviceAccount': x\n",
        "serviceAccount",
        Action::Rename("serviceAccountName".into()),
        "'serviceAccountName': x\n",
    );
}

#[test]
fn entries_go_with_their_lines() {
    check("a: 1\nb:\n  c: 1 # one\n# two\nd: 2\n", "b", Action::Remove, "a: 1\n# two\nd: 2\n");
    check("l:\n  - a: 1\n    b: 2\n", "l[0].a", Action::Remove, "l:\n  - b: 2\n");
    check("l:\n  - a: 1\n    # two\n    b: 2\n", "l[0].a", Action::Remove, "l:\n  -\n    # two\n    b: 2\n");
    check("l:\n  - a: 1\n    b: 2\n", "l[0].b", Action::Remove, "l:\n  - a: 1\n");
    check("l:\n- a\n- b\n- c\n", "l[1]", Action::Remove, "l:\n- a\n- c\n");
    check("l: [a, b, c]\n", "l[2]", Action::Remove, "l: [a, b]\n");
    check("l: [a, b, c]\n", "l[0]", Action::Remove, "l: [b, c]\n");
    check("l: [a]\n", "l[0]", Action::Remove, "l: []\n");
    check("l:\n  - a\nm: 1\n", "l[0]", Action::Remove, "l: []\nm: 1\n");
    check("{\n  \"a\": 1,\n  \"b\": 2\n}\n", "b", Action::Remove, "{\n  \"a\": 1\n}\n");
    check("{\n  \"a\": 1,\n  \"b\": 2\n}\n", "a", Action::Remove, "{\n  \"b\": 2\n}\n");
    check("a: 1\nk: |\n  text\nb: 2\n", "k", Action::Remove, "a: 1\nb: 2\n");
}

#[test]
fn what_is_left_of_a_list_stands_beside_its_key() {
    let remove = |before: &str, at: &str, after: &str| check(before, at, Action::Remove, after);
    remove("a:\n  # Why.\n  - x # y\nb: 1\n", "a[0]", "a: []\n  # Why.\nb: 1\n");
    remove("a: &all # y\n  - x", "a[0]", "a: &all [] # y\n");
    remove("a:\n  b: |\n    c\nd: 1\n", "a.b", "a: {}\nd: 1\n");
    remove("-\n  # x-y\n  x-y: 1\n- b\n", "[0]", "- b\n");
    remove("- - |\n    a\n  - b\n", "[0][0]", "- - b\n");
}

#[test]
fn what_would_hold_nothing_goes_too() {
    check(
        "name: a\nsecurityContext:\n  capabilities:\n    add:\n      - X\nimage: b\n",
        "securityContext.capabilities.add[0]",
        Action::Remove,
        "name: a\nimage: b\n",
    );
    check("emptyDir:\n  medium: Memory\n", "emptyDir.medium", Action::Remove, "emptyDir: {}\n");
}

#[test]
fn an_anchor_changes_only_what_is_meant() {
    let text = "a: &x\n  b: 1\nc: *x\n";
    let refused = apply(text, "c", merge("d: 1"));
    assert_eq!(refused, Err(Refusal::Elsewhere("a".to_owned())));
    let applied = edit::apply(text, &patch("c", merge("d: 1")), &|_| true).unwrap();
    assert_eq!(applied.text.as_deref(), Some("a: &x\n  b: 1\n  d: 1\nc: *x\n"));
    assert_eq!(applied.also, ["a"]);
    // What a mapping merges is not its own; what is added to it is.
    let merged = "base: &base {b: 1}\na:\n  <<: *base\n  c: 1\n";
    check(merged, "a", merge("d: 1"), "base: &base {b: 1}\na:\n  <<: *base\n  c: 1\n  d: 1\n");
    let changed = apply(merged, "a.b", replace("2"));
    assert_eq!(changed, Err(Refusal::Elsewhere("base.b".to_owned())));
    let shared = "base: &base\n  b: 1\na:\n  <<: *base\n";
    assert!(apply(shared, "base", merge("d: 1")).is_err(), "what merges it would have it as well");
}

#[test]
fn what_stands_there_is_not_written_over() {
    assert_eq!(apply("a: 1\n", "", merge("a: 2")), Err(Refusal::Occupied("a".to_owned())));
    assert_eq!(apply("a: 1\n", "", merge("a: 1")), Ok(None));
    assert_eq!(apply("drop: [ALL]\n", "", merge("drop: [NET_RAW]")), Ok(None));
    assert_eq!(apply("a: 1\n", "b", Action::Remove), Err(Refusal::Gone));
}

/// Lines that end with a carriage return alone are none to a reader of bytes: what cannot be written is refused.
#[test]
fn carriage_returns_alone_are_no_trouble() {
    let text = "spec:\r  a: |\r\n    b\r\n    c\r\n  d: 'e\r\n    f'\r\n";
    for at in ["spec", "spec.a", "spec.d"] {
        for action in [Action::Remove, Action::Rename("z".to_owned()), merge("x: 1")] {
            if let Ok(Some(new)) = apply(text, at, action) {
                assert!(yaml::parse_document(&new).is_ok(), "{new:?}");
            }
        }
    }
}
