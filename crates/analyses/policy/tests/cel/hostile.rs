//! Expressions that are made to be dear, deep or wrong: they end, and soon.

use policy::cel::{Budget, Program};
use proptest::prelude::*;

use crate::{answer, check, environment, variables};

#[test]
fn bombs_are_stopped() {
    let ten = "[1,1,1,1,1,1,1,1,1,1]";
    let nested = (0..8).fold("true".to_owned(), |inner, depth| format!("{ten}.all(x{depth}, {inner})"));
    let doubled = (0..40).fold("[1]".to_owned(), |list, depth| format!("{list}.map(a{depth}, [a{depth}, a{depth}])"));
    let grown = (0..60)
        .fold("'aaaaaaaaaaaaaaaa'".to_owned(), |text, depth| format!("[{text}].map(a{depth}, a{depth} + a{depth})[0]"));
    let equal = format!("{doubled} == {doubled}");
    let shown = format!("'%s'.format([{doubled}])");
    check(&[
        (&nested, "spent"),
        ("lists.range(10000000)", "spent"),
        ("lists.range(2000).all(x, lists.range(2000).all(y, x + y >= 0))", "spent"),
        (&grown, "spent"),
        (&equal, "spent"),
        (&shown, "spent"),
        ("lists.range(900000).map(x, x).size()", "spent"),
        ("'a'.matches('(' + 'a{1000}' + '){1000}')", "error: error parsing regexp: `(a{1000}){1000}`"),
        (
            "quantity('1e2000000000').add(quantity('1n')).sign()",
            "1:50: found no matching overload for 'sign' applied to 'kubernetes.Quantity.()'",
        ),
        ("sign(quantity('1e2000000000').add(quantity('1n')))", "spent"),
    ]);
}

#[test]
fn what_is_too_deep_or_too_large_is_refused() {
    let deep = |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(5000), close.repeat(5000));
    let too_deep = "expression recursion limit exceeded: ";
    for expression in [
        deep("(", "1", ")"),
        deep("[", "1", "]"),
        deep("{1:", "1", "}"),
        deep("f(", "1", ")"),
        deep("true ? 1 : ", "1", ""),
        deep("", "1", " + 1"),
        deep("", "object", ".a"),
        deep("", "object", "[0]"),
    ] {
        assert!(answer(&expression).contains(too_deep), "{}", answer(&expression));
    }
    let copied = deep("", "optional.of(1)", ".optMap(x, x)");
    let told = answer(&copied);
    assert!(told.contains(too_deep) || told.contains("parts"), "{told}");
    assert!(answer(&"a".repeat(200_000)).contains("code point size"));
    let wide = format!("{}true", "true && ".repeat(10_000));
    assert_eq!(answer(&wide), "true");
    let nested_types =
        (0..100).fold("1".to_owned(), |inner, depth| format!("[{inner}].map(x{depth}, {{x{depth}: x{depth}}})[0]"));
    answer(&nested_types);
}

#[test]
fn a_policy_has_one_budget() {
    let mut budget = Budget::default();
    let program = Program::compile("lists.range(900000).size() > 0", &environment()).unwrap();
    let mut count = 0;
    while program.evaluate(&variables(), &mut budget).is_ok() {
        count += 1;
    }
    assert_eq!(count, 11);
    assert!(budget.is_exhausted());
}

/// Pieces that expressions are made of, and what does not fit.
const PIECES: &[&str] = &[
    "object",
    ".",
    "spec",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "'a'",
    "b'\\xff'",
    "1",
    "-1",
    "9223372036854775807",
    "0u",
    "1.5",
    "true",
    "null",
    "&&",
    "||",
    "?",
    ":",
    "+",
    "-",
    "*",
    "/",
    "%",
    "==",
    "<",
    "in",
    ",",
    "x",
    ".all(x, ",
    ".map(x, ",
    ".exists(i, v, ",
    ".filter(x, ",
    "has(",
    "size(",
    ".?",
    "[?",
    "quantity('1Gi')",
    "ip('::1')",
    "duration('1s')",
    "timestamp(0)",
    ".matches('a')",
    ".format([",
    "'%s %d'",
    ".optMap(x, ",
    "list",
    "unknown",
    "labels",
    "!",
    "\"",
    "\\",
    "é",
    "\n",
    "//",
    ".split('')",
    ".replace('', 'bb')",
    ".sort()",
    ".flatten(3)",
    "semver('1.2.3')",
    "url('/a?b')",
    ".substring(1)",
    ".indexOf('a', 1)",
    "string(",
    "type(",
    ".transformMap(k, v, ",
    "cidr('::/0')",
    ".join()",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(text in "\\PC{0,60}") {
        answer(&text);
    }

    #[test]
    fn any_pieces_are_answered(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..20)) {
        answer(&pieces.concat());
        answer(&pieces.join(" "));
    }

    #[test]
    fn damaged_expressions_are_answered(at in 0usize..200, length in 0usize..4, piece in prop::sample::select(PIECES)) {
        let whole = "object.spec.ports.all(p, p.port > 1 && p.name.matches('^[a-z]+$')) || [1, 2].map(x, x * 2).sum() == \
                     quantity('1Gi').asInteger() ? '%s is %d'.format([object.metadata.name, 3]) : {'a': timestamp(0)}.?a";
        let letters: Vec<char> = whole.chars().collect();
        let at = at.min(letters.len());
        let rest = (at + length).min(letters.len());
        let damaged: String = letters[..at].iter().copied().chain(piece.chars()).chain(letters[rest..].iter().copied()).collect();
        answer(&damaged);
    }
}
