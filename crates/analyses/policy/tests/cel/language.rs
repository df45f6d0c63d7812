//! Literals, operators, conversions, comprehensions: the language definition.

use crate::check;

#[test]
fn literals_are_read() {
    check(&[
        ("0x1F", "31"),
        ("-0x1F", "-31"),
        ("42u", "42u"),
        ("0xFFu", "255u"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("1.5", "1.5d"),
        (".5e1", "5d"),
        ("1e3", "1000d"),
        ("'a' + \"b\"", "\"ab\""),
        ("'''a\nb'''", "\"a\\nb\""),
        ("r'\\n'", "\"\\\\n\""),
        ("'\\x41\\u00e9\\U0001F600\\101'", "\"Aé😀A\""),
        ("'\\a\\b\\f\\n\\r\\t\\v\\\\\\'\\\"\\`\\?'", "\"\\u{7}\\u{8}\\u{c}\\n\\r\\t\\u{b}\\\\'\\\"`?\""),
        ("b'é\\xff\\377'", "b[195, 169, 255, 255]"),
        ("br'\\x'", "b[92, 120]"),
        ("true // it is", "true"),
        ("null", "null"),
        ("[1, 2,]", "[1, 2]"),
        ("{'a': 1, 'b': 2,}", "{\"a\": 1, \"b\": 2}"),
    ]);
}

#[test]
fn operators_bind_as_they_should() {
    check(&[
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 2 - 3", "5"),
        ("2 * 7 / 3 % 3", "1"),
        ("-7 / 2", "-3"),
        ("-7 % 2", "-1"),
        ("--1", "1"),
        ("!!true", "true"),
        ("-(1 + 1)", "-2"),
        ("1 < 2 == true", "true"),
        ("true || false && false", "true"),
        ("false ? 1 : true ? 2 : 3", "2"),
        ("1 + 1 == 2 && 'a' in ['a']", "true"),
    ]);
}

#[test]
fn arithmetic_is_checked() {
    check(&[
        ("9223372036854775807 + 1", "error: integer overflow"),
        ("-9223372036854775807 - 2", "error: integer overflow"),
        ("9223372036854775807 * 2", "error: integer overflow"),
        ("-(-9223372036854775807 - 1)", "error: integer overflow"),
        ("(-9223372036854775807 - 1) / -1", "error: integer overflow"),
        ("0u - 1u", "error: unsigned integer overflow"),
        ("18446744073709551615u + 1u", "error: unsigned integer overflow"),
        ("1 / 0", "error: division by zero"),
        ("1 % 0", "error: modulus by zero"),
        ("1.0 / 0.0 > 1.0", "true"),
        ("1u / 0u", "error: division by zero"),
    ]);
}

#[test]
fn values_of_different_types_are_equal_only_as_numbers() {
    check(&[
        ("dyn(1) == 1u", "true"),
        ("dyn(1) == 1.0", "true"),
        ("dyn(1) == '1'", "false"),
        ("dyn(null) == 0", "false"),
        ("dyn(1u) < 1.5", "true"),
        ("dyn(-1) < 1u", "true"),
        ("1 < 2u", "true"),
        ("[1, 2] == [1, 2]", "true"),
        ("{'a': 1, 'b': 2} == {'b': 2, 'a': 1}", "true"),
        ("dyn([1]) == [1.0]", "true"),
        ("double('NaN') == double('NaN')", "false"),
        ("double('NaN') < 1.0", "error: NaN values cannot be ordered"),
        ("'a' < 'b' && b'a' < b'b' && false < true", "true"),
        ("dyn(1) < 'a'", "error: no such overload"),
        ("type(1) == int && type(type(1)) == type", "true"),
        ("type(null) == null_type && type({}) == map", "true"),
        ("1 in [1, 2]", "true"),
        ("dyn(1.0) in [1, 2]", "true"),
        ("'app' in object.metadata.labels", "true"),
        ("1/0 in []", "false"),
    ]);
}

#[test]
fn one_side_of_a_logical_operator_may_fail() {
    check(&[
        ("1/0 == 1 || true", "true"),
        ("true || 1/0 == 1", "true"),
        ("1/0 == 1 && false", "false"),
        ("1/0 == 1 || false", "error: division by zero"),
        ("1/0 == 1 && true", "error: division by zero"),
        ("object.missing || object.other", "error: no such key: missing"),
        ("true ? 1 : 1/0", "1"),
        ("1/0 == 1 ? 1 : 2", "error: division by zero"),
        ("object.spec.replicas ? 1 : 2", "error: no such overload"),
    ]);
}

#[test]
fn fields_are_selected_and_asked_for() {
    check(&[
        ("object.spec.replicas", "3"),
        ("object['spec']['replicas']", "3"),
        ("object.metadata.namespace", "\"shop\""),
        ("object.spec.ports[0].port", "80"),
        ("object.missing", "error: no such key: missing"),
        ("object.spec.ports[1]", "error: index out of bounds: 1"),
        ("object.spec.ports[-1]", "error: index out of bounds: -1"),
        ("object.spec.replicas.x", "error: no such key: x"),
        ("has(object.spec.replicas)", "true"),
        ("has(object.missing)", "false"),
        ("has(object.none)", "true"),
        ("has(object.missing.x)", "error: no such key: missing"),
        ("oldObject == null", "true"),
        ("[1, 2, 3][dyn(1u)]", "2"),
        ("{1: 'a'}[dyn(1u)]", "\"a\""),
        ("variables.limit + 1", "6"),
        ("has(variables.limit)", "true"),
    ]);
}

#[test]
fn values_are_converted() {
    check(&[
        ("int('12')", "12"),
        ("int(2.9)", "2"),
        ("int(-2.9)", "-2"),
        ("int(12u)", "12"),
        ("int(timestamp('1970-01-01T00:01:00Z'))", "60"),
        ("uint(3)", "3u"),
        ("double(3)", "3d"),
        ("double('1e3')", "1000d"),
        ("string(1.0)", "\"1\""),
        ("string(1000000.0)", "\"1e+06\""),
        ("string(123456.0)", "\"123456\""),
        ("string(-5)", "\"-5\""),
        ("string(b'abc')", "\"abc\""),
        ("string(true)", "\"true\""),
        ("string(duration('1h30m'))", "\"5400s\""),
        ("string(timestamp('2024-02-29T12:00:00.120Z'))", "\"2024-02-29T12:00:00.12Z\""),
        ("bytes('é')", "b[195, 169]"),
        ("bool('true') && bool('1') && !bool('F')", "true"),
        ("int(dyn(object.metadata.name))", "error: type conversion error from 'string' to 'int'"),
        ("int(object.half * 1e30)", "error: integer overflow"),
        ("uint(object.spec.replicas - 4)", "error: unsigned integer overflow"),
        ("string(object.spec.ports)", "error: no such overload: string(list)"),
    ]);
}

#[test]
fn times_and_durations_are_reckoned_with() {
    check(&[
        ("duration('1h') + duration('30m') == duration('5400s')", "true"),
        ("timestamp('2024-01-01T00:00:00Z') + duration('24h') == timestamp('2024-01-02T00:00:00Z')", "true"),
        ("timestamp('2024-03-01T00:00:00Z') - timestamp('2024-02-28T00:00:00Z') == duration('48h')", "true"),
        ("timestamp('2024-01-01T02:00:00+02:00') == timestamp('2024-01-01T00:00:00Z')", "true"),
        ("timestamp('2024-02-29T12:34:56.789Z').getFullYear()", "2024"),
        ("timestamp('2024-02-29T12:34:56.789Z').getMonth()", "1"),
        ("timestamp('2024-02-29T12:34:56.789Z').getDate()", "29"),
        ("timestamp('2024-02-29T12:34:56.789Z').getDayOfMonth()", "28"),
        ("timestamp('2024-02-29T12:34:56.789Z').getDayOfYear()", "59"),
        ("timestamp('2024-02-29T12:34:56.789Z').getDayOfWeek()", "4"),
        ("timestamp('2024-02-29T12:34:56.789Z').getMilliseconds()", "789"),
        ("timestamp('2024-02-29T23:30:00Z').getHours('+01:00')", "0"),
        ("timestamp('2024-02-29T23:30:00Z').getDate('UTC')", "29"),
        ("timestamp('2024-01-01T00:00:00Z').getHours('Europe/Berlin')", "unknown: the time zone `Europe/Berlin`"),
        ("duration('3h25m').getMinutes()", "205"),
        ("timestamp('9999-12-31T23:59:59Z') + duration('1s')", "error: timestamp overflow"),
        ("duration('2562047h') + duration('2562047h')", "error: integer overflow"),
    ]);
}

#[test]
fn lists_and_maps_are_walked() {
    check(&[
        ("[1, 2, 3].all(x, x > 0)", "true"),
        ("[].all(x, 1/0 == x)", "true"),
        ("[0, 1].all(x, 1/x > 5)", "false"),
        ("[0, 1].all(x, 1/x > 0)", "error: division by zero"),
        ("[0, 1].exists(x, 1/x > 0)", "true"),
        ("[0, 1].exists(x, 1/x > 5)", "error: division by zero"),
        ("[1, 2, 2].exists_one(x, x == 2)", "false"),
        ("[1, 2, 3].exists_one(x, x == 2)", "true"),
        ("[1, 2, 3].map(x, x * 2)", "[2, 4, 6]"),
        ("[1, 2, 3].map(x, x > 1, x * 2)", "[4, 6]"),
        ("[1, 2, 3].filter(x, x > 1)", "[2, 3]"),
        ("{'a': 1}.map(k, k)", "[\"a\"]"),
        ("{'a': 1, 'b': 2}.exists(k, k == 'b')", "true"),
        ("[[1, 2], [3]].map(x, x.map(x, x + 1))", "[[2, 3], [4]]"),
        ("object.spec.replicas.all(x, true)", "error: got 'types.Int', expected iterable type"),
        ("['a', 'b'].all(i, v, i < 2 && v != 'c')", "true"),
        ("{'a': 1}.exists(k, v, k == 'a' && v == 1)", "true"),
        ("[1, 2].existsOne(i, v, v == 2)", "true"),
        ("['a', 'b'].transformList(i, v, string(i) + v)", "[\"0a\", \"1b\"]"),
        ("['a', 'b'].transformList(i, v, i > 0, v)", "[\"b\"]"),
        ("['a', 'b'].transformMap(i, v, v + v)", "{0: \"aa\", 1: \"bb\"}"),
        ("{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v * 10)", "{\"b\": 20}"),
        ("{'a': 'x'}.transformMapEntry(k, v, {v: k})", "{\"x\": \"a\"}"),
        ("[1, 1].transformMapEntry(i, v, {v: i})", "error: insert failed: key 1 already exists"),
        ("[3, 1, 2].sortBy(x, -x)", "[3, 2, 1]"),
    ]);
}

#[test]
fn optional_values_are_followed() {
    check(&[
        ("object.?spec.?replicas", "optional(3)"),
        ("object.?missing.?x", "none"),
        ("object.?spec.replicas", "optional(3)"),
        ("object.?missing.orValue(1)", "1"),
        ("object.?missing.or(object.?half)", "optional(0.5d)"),
        ("object.?spec.or(optional.of(1/0)).hasValue()", "true"),
        ("object.spec.ports[?4]", "none"),
        ("object.spec.ports[?0].name", "optional(\"http\")"),
        ("{'a': 1}[?'a']", "optional(1)"),
        ("optional.none().value()", "error: optional.none() dereference"),
        ("optional.of(1).optMap(x, x + 1)", "optional(2)"),
        ("optional.none().optMap(x, x)", "none"),
        ("object.?spec.optFlatMap(s, s.?replicas)", "optional(3)"),
        ("optional.ofNonZeroValue('')", "none"),
        ("optional.ofNonZeroValue('a')", "optional(\"a\")"),
        ("[?object.?missing.x, ?object.?half, object.half]", "[0.5d, 0.5d]"),
        ("{?'a': object.?missing.x, 'b': object.half}", "{\"b\": 0.5d}"),
        ("[1, 2].first().value() + [1, 2].last().value()", "3"),
        ("[optional.of(1), optional.none()].unwrapOpt()", "[1]"),
        ("has(object.?spec.replicas)", "true"),
    ]);
}
