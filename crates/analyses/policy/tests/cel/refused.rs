//! What the API server refuses when a policy is made, with its words and the place.

use policy::cel::{Environment, Program, Type};

use crate::check;

#[test]
fn what_is_not_declared() {
    check(&[
        ("foo", "1:1: undeclared reference to 'foo' (in container '')"),
        ("foo(1)", "1:4: undeclared reference to 'foo' (in container '')"),
        ("object.foo(1)", "1:11: undeclared reference to 'foo' (in container '')"),
        ("[1].all(x, y)", "1:12: undeclared reference to 'y' (in container '')"),
        ("[1].all(x, true) && x", "1:21: undeclared reference to 'x' (in container '')"),
        ("request.foo", "1:8: undefined field 'foo'"),
        ("variables.foo", "1:10: undefined field 'foo'"),
        ("cel.bind(x, 1, x)", "1:1: undeclared reference to 'cel' (in container '')"),
        ("math.greatest(1, 2)", "1:1: undeclared reference to 'math' (in container '')"),
        ("params.x", "1:1: undeclared reference to 'params' (in container '')"),
        ("Pod{}", "1:4: undeclared reference to 'Pod' (in container '')"),
    ]);
}

#[test]
fn what_has_the_wrong_types() {
    check(&[
        ("1 + 'a'", "1:3: found no matching overload for '_+_' applied to '(int, string)'"),
        ("1 == 1.0", "1:3: found no matching overload for '_==_' applied to '(int, double)'"),
        ("'a'.startsWith(1)", "1:15: found no matching overload for 'startsWith' applied to 'string.(int)'"),
        ("request.name + 1", "1:14: found no matching overload for '_+_' applied to '(string, int)'"),
        ("'a' && true", "1:1: expected type 'bool' but found 'string'"),
        ("[1, 'a']", "1:5: expected type 'int' but found 'string'"),
        ("{'a': 1, 'b': 'c'}", "1:15: expected type 'int' but found 'string'"),
        (
            "1u.all(x, true)",
            "1:1: expression of type 'uint' cannot be range of a comprehension (must be list, map, or dynamic)",
        ),
        (
            "'a'.all(x, true)",
            "1:1: expression of type 'string' cannot be range of a comprehension (must be list, map, or dynamic)",
        ),
        ("'a'.b", "1:4: type 'string' does not support field selection"),
        ("size(1)", "1:5: found no matching overload for 'size' applied to '(int)'"),
        ("true\n  && 1", "2:6: expected type 'bool' but found 'int'"),
    ]);
}

#[test]
fn literals_that_are_nothing() {
    check(&[
        ("duration('1x')", "1:10: invalid duration argument"),
        ("timestamp('yesterday')", "1:11: invalid timestamp argument"),
        ("'a'.matches('(')", "1:13: invalid matches argument"),
        ("int('a')", "1:4: program instantiation failed: type conversion error from 'string' to 'int'"),
        ("9223372036854775808", "1:1: invalid int literal"),
        (
            "'%d'.format(['a'])",
            "1:14: error during formatting: decimal clause can only be used on integers, was given string",
        ),
        ("'%s'.format(['a', 'b'])", "1:12: too many arguments supplied to string.format (expected 1, got 2)"),
        ("has(object)", "1:5: invalid argument to has() macro"),
        ("[1].map(1, 2)", "1:9: argument is not an identifier"),
        ("while", "1:1: reserved identifier: while"),
        ("1 +", "1:4: Syntax error: mismatched input '<EOF>' expecting an expression"),
        ("'a", "1:1: Syntax error: token recognition error: the text has no end"),
    ]);
}

#[test]
fn types_of_results_are_known() {
    let mut environment = Environment::admission(37);
    environment.declare_params();
    let output = |expression| Program::compile(expression, &environment).map(|program| program.output().clone());
    assert_eq!(output("object.spec.x"), Ok(Type::Dyn));
    assert_eq!(output("object.spec.x > 1"), Ok(Type::Bool));
    assert_eq!(output("params == null ? 1 : 2"), Ok(Type::Int));
    assert_eq!(output("[1].map(x, string(x))"), Ok(Type::list(Type::String)));
    assert_eq!(output("optional.of(true).orValue(false)"), Ok(Type::Bool));
    assert_eq!(output("request.userInfo.groups"), Ok(Type::list(Type::String)));
    assert_eq!(output("object.x + object.y"), Ok(Type::Dyn));
}

#[test]
fn older_versions_have_fewer_functions() {
    let taken = |minor, expression| Program::compile(expression, &Environment::admission(minor)).is_ok();
    for (since, expression) in [
        (28, "quantity('1') == quantity('1')"),
        (30, "isIP('a')"),
        (31, "format.uri().validate('a').hasValue()"),
        (33, "isSemver('a')"),
        (34, "[1].distinct() == [1]"),
        (37, "[1].includes(1)"),
    ] {
        assert!(taken(since, expression), "1.{since} has {expression}");
        assert!(!taken(since - 1, expression), "1.{} does not have {expression}", since - 1);
    }
}
