//! Expressions are worth what cel-go says they are, in the environment of the API server: values, types, errors, refusals
//! and their places, on random expressions.
//!
//! The reference is `e2e/cel-oracle`, whose README says how to build it. `PLIMSOLL_CEL_ORACLE` names the binary; without it
//! this test says that it is left out. `PLIMSOLL_CEL_CASES` is how many expressions are compared.

#![expect(clippy::unwrap_used, reason = "what a test cannot go on without fails it")]
#![expect(clippy::disallowed_types, reason = "the reference is another program")]
#![expect(clippy::disallowed_methods, reason = "the environment says where the reference is")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::thread;

use policy::cel::{Budget, Environment, Halt, Key, Map, Program, Type, Value, Variables};
use serde_json::{Value as Json, json};

/// What may stand for a name in braces; at the end of the depth, only what has none.
const GRAMMAR: &[(&str, &[&str])] = &[
    (
        "int",
        &[
            "-3",
            "0",
            "1",
            "2",
            "7",
            "9223372036854775807",
            "0x1F",
            "-9223372036854775808",
            "object.a",
            "object.spec.replicas",
            "object.list[2]",
            "object.list[4]",
            "({int} + {int})",
            "({int} - {int})",
            "({int} * {int})",
            "({int} / {int})",
            "({int} % {int})",
            "-({int})",
            "size({text})",
            "{texts}.size()",
            "{text}.indexOf({text})",
            "{text}.lastIndexOf({text}, {int})",
            "int({any})",
            "({bool} ? {int} : {int})",
            "{list}.sum()",
            "{list}.max()",
            "{time}.getDayOfYear()",
            "{time}.getHours(\"-05:30\")",
            "{length}.getMinutes()",
            "{quantity}.asInteger()",
            "{quantity}.compareTo({quantity})",
            "{maybe}.orValue({int})",
            "{version}.minor()",
            "{range}.prefixLength()",
            "{list}.indexOf({int})",
        ],
    ),
    ("uint", &["0u", "7u", "18446744073709551615u", "({uint} + {uint})", "({uint} - {uint})", "uint({any})"]),
    (
        "double",
        &[
            "1.5",
            "-2.25",
            "1e300",
            "123456789.125",
            "0.00001",
            "1000000.0",
            "object.d",
            "({double} * {double})",
            "({double} / {double})",
            "double({any})",
            "{quantity}.asApproximateFloat()",
        ],
    ),
    (
        "text",
        &[
            "\"abc\"",
            "''",
            "\"a-b-c\"",
            "\"Zürich\"",
            "r\"a\\d+\"",
            "\"12\"",
            "\" x\\t\"",
            "\"\\u00e9\\x41\"",
            "\"1h30m\"",
            "\"😀x\"",
            "object.s",
            "object.name",
            "({text} + {text})",
            "string({any})",
            "{text}.upperAscii()",
            "{text}.trim()",
            "{text}.charAt({int})",
            "{text}.substring({int}, {int})",
            "{text}.replace({text}, {text}, {int})",
            "{texts}.join({text})",
            "{text}.find(\"[a-z]+\")",
            "strings.quote({text})",
            "\"%s and %d\".format([{any}, {any}])",
            "\"%.2f %e\".format([{double}, {double}])",
            "\"%x\".format([{any}])",
            "\"%b%o\".format([{int}, {uint}])",
            "\"%s\".format([{any}])",
            "{url}.getHost()",
            "{url}.getEscapedPath()",
            "{maybe}.orValue({text})",
        ],
    ),
    (
        "texts",
        &[
            "object.names",
            "[\"a\", \"b\"]",
            "[{text}, {text}]",
            "{text}.split(\",\")",
            "{text}.split(\"\", {int})",
            "{text}.findAll(\"[a-z]\")",
            "{texts}.map(x, x + \"z\")",
            "{texts}.filter(x, x.startsWith({text}))",
        ],
    ),
    (
        "list",
        &[
            "object.list",
            "object.mixed",
            "[]",
            "[3, 1, 2]",
            "[{int}, {int}]",
            "({list} + {list})",
            "{list}.map(x, x + 1)",
            "{list}.filter(x, {test})",
            "{list}.reverse()",
            "{list}.distinct()",
            "{list}.slice({int}, {int})",
            "lists.range(3)",
            "[2, 3, 1].sortBy(x, -x)",
            "{list}.transformList(i, v, i + v)",
            "[?{sure}, ?{sure}]",
            "[[1, [2]], [3]].flatten({int})",
        ],
    ),
    (
        "map",
        &[
            "object.map",
            "object.labels",
            "{\"b\": 2, \"a\": 1}",
            "{}",
            "{{text}: {int}}",
            "{list}.transformMap(k, v, v)",
            "{?\"k\": {sure}, \"z\": 1}",
            "{texts}.transformMapEntry(k, v, {v: k})",
        ],
    ),
    ("sure", &["optional.of(1)", "optional.ofNonZeroValue(0)", "optional.of({int})"]),
    (
        "maybe",
        &[
            "object.?a",
            "object.?zz",
            "object.?map.x",
            "object.?labels.?app",
            "object.?n.?x",
            "optional.none()",
            "optional.of({any})",
            "{maybe}.or({maybe})",
            "{maybe}.optMap(x, x + 1)",
            "{list}.first()",
            "{sure}",
        ],
    ),
    (
        "length",
        &[
            "duration(\"1h\")",
            "duration(\"-1.5s\")",
            "duration(\"2562047h\")",
            "({length} + {length})",
            "({time} - {time})",
        ],
    ),
    (
        "time",
        &[
            "timestamp(\"2024-02-29T12:34:56.789Z\")",
            "timestamp(\"9999-12-31T23:59:59Z\")",
            "timestamp(0)",
            "timestamp(\"2023-01-01T00:00:00+02:00\")",
            "({time} + {length})",
            "timestamp({text})",
        ],
    ),
    (
        "quantity",
        &[
            "quantity(\"1Gi\")",
            "quantity(\"1.5Gi\")",
            "quantity(\"100m\")",
            "quantity(\"1e3\")",
            "quantity(\"0.1n\")",
            "quantity(\"12345678901234567890\")",
            "quantity(\"9Ei\")",
            "quantity(\"abc\")",
            "quantity(\"-0.3Ki\")",
            "{quantity}.add({quantity})",
            "{quantity}.sub({int})",
        ],
    ),
    (
        "address",
        &["ip(\"10.0.0.1\")", "ip(\"fe80::1\")", "ip(\"1.2.3\")", "ip(\"::ffff:1.2.3.4\")", "ip(\"01.2.3.4\")"],
    ),
    ("range", &["cidr(\"10.0.0.0/8\")", "cidr(\"::/0\")", "cidr(\"1.2.3.4/33\")", "cidr(\"10.1.2.3/16\")"]),
    ("version", &["semver(\"1.2.3\")", "semver(\"1.2.3-rc.1\")", "semver(\"v1.2\", true)", "semver(\"01.2.3\")"]),
    (
        "url",
        &[
            "url(\"https://a.b:80/p?k=1&k=2#f\")",
            "url(\"http://[::1]:8080/x y\")",
            "url(\"abc\")",
            "url(\"https://h:x/\")",
        ],
    ),
    (
        "test",
        &["x > 1", "x == 2", "x in [1, 2]", "x != null", "1/x > 0", "x > 0 || true", "type(x) == int", "x < \"b\""],
    ),
    (
        "bool",
        &[
            "true",
            "false",
            "object.b",
            "has(object.a)",
            "has(object.zz)",
            "has(object.map.x)",
            "object.zz == 1",
            "1/0 == 1",
            "({bool} && {bool})",
            "({bool} || {bool})",
            "!{bool}",
            "{int} < {int}",
            "{int} >= {double}",
            "{text} <= {text}",
            "{any} == {any}",
            "dyn({any}) == dyn({any})",
            "dyn({any}) < dyn({any})",
            "{any} in {list}",
            "{text} in {map}",
            "{list}.all(x, {test})",
            "{list}.exists(x, {test})",
            "{map}.exists_one(x, {test})",
            "{list}.all(i, x, {test})",
            "{text}.contains({text})",
            "{text}.matches(\"^[a-z]+$\")",
            "{list}.isSorted()",
            "{quantity}.isLessThan({quantity})",
            "{address}.isLoopback()",
            "{range}.containsIP({address})",
            "{range}.containsCIDR({range})",
            "{version}.isGreaterThan({version})",
            "sets.contains({list}, {list})",
            "{maybe}.hasValue()",
            "{time} < {time}",
            "isURL({text})",
            "isQuantity({text})",
            "isIP({text})",
            "format.dns1123Label().validate({text}).hasValue()",
            "({bool} ? {bool} : {bool})",
            "dyn({any}).startsWith({text})",
        ],
    ),
    (
        "any",
        &[
            "{int}",
            "{uint}",
            "{double}",
            "{text}",
            "{texts}",
            "{list}",
            "{map}",
            "{maybe}",
            "{length}",
            "{time}",
            "{bool}",
            "{quantity}",
            "{address}",
            "{url}",
            "null",
            "object.n",
            "object.mixed",
            "b\"\\xff\"",
            "({any} + {any})",
            "type({any})",
            "dyn({any}).size()",
            "object.a.b",
            "object.list.x",
            "object.n.x",
            "{version}",
            "{range}",
        ],
    ),
];

/// A small generator of numbers, always the same.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

fn generate(numbers: &mut Numbers, kind: &str, depth: usize, out: &mut String) {
    let all = GRAMMAR.iter().find(|(name, _)| *name == kind).unwrap().1;
    let is_leaf = |text: &&&str| !GRAMMAR.iter().any(|(name, _)| text.contains(&format!("{{{name}}}")));
    let leaves: Vec<&&str> = all.iter().filter(is_leaf).collect();
    let text = if depth == 0 && !leaves.is_empty() {
        *leaves[numbers.below(leaves.len())]
    } else {
        all[numbers.below(all.len())]
    };
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let after = &rest[at + 1..];
        let name = after.split('}').next().unwrap_or_default();
        out.push_str(&rest[..at]);
        if GRAMMAR.iter().any(|(own, _)| *own == name) && after.contains('}') {
            generate(numbers, name, depth.saturating_sub(1), out);
            rest = &after[name.len() + 1..];
        } else {
            out.push('{');
            rest = after;
        }
    }
    out.push_str(rest);
}

struct Object(Value);

impl Variables for Object {
    fn get(&self, name: &str) -> Option<Result<Value, Halt>> {
        (name == "object").then(|| Ok(self.0.clone()))
    }
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => number.as_i64().map_or_else(|| Value::Double(number.as_f64().unwrap()), Value::Int),
        Json::String(text) => Value::from(&**text),
        Json::Array(items) => Value::from(items.iter().map(value).collect::<Vec<_>>()),
        Json::Object(entries) => {
            Value::from(Map::new(entries.iter().map(|(key, inner)| (Key::String(key.as_str().into()), value(inner)))))
        }
    }
}

/// A value as a text of the language.
fn text(value: &Value) -> String {
    let mut environment = Environment::of_minor(37);
    environment.declare("object", Type::Dyn);
    let program = Program::compile("string(object)", &environment).unwrap();
    match program.evaluate(&Object(value.clone()), &mut Budget::default()) {
        Ok(Value::String(text)) => text.to_string(),
        other => format!("{other:?}"),
    }
}

/// As the oracle shows values.
fn shown(value: &Value) -> String {
    let hexadecimal = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut out, byte| {
            write!(out, "{byte:02x}").unwrap();
            out
        })
    };
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => format!("{value}u"),
        Value::Double(_) => format!("{}d", text(value)),
        Value::String(text) => format!("s{}", hexadecimal(text.as_bytes())),
        Value::Bytes(bytes) => format!("b{}", hexadecimal(bytes)),
        Value::Type(name) => format!("type {name}"),
        Value::Duration(_) | Value::Timestamp(_) => format!("{}({})", value.type_name(), text(value)),
        Value::Optional(None) => "none".to_owned(),
        Value::Optional(Some(held)) => format!("optional({})", shown(held)),
        Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Map(map) => {
            let entry = |(key, value): &(Key, Value)| format!("{}: {}", shown(&key.value()), shown(value));
            let mut entries: Vec<String> = map.entries().iter().map(entry).collect();
            entries.sort();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.type_name().to_owned(),
    }
}

/// As the oracle answers.
fn answer(expression: &str, environment: &Environment, object: &Object) -> Json {
    let program = match Program::compile(expression, environment) {
        Ok(program) => program,
        Err(error) if error.message.starts_with("program instantiation failed: ") => {
            return json!({ "refused": error.message });
        }
        Err(error) => return json!({ "refused": error.message, "line": error.line, "column": error.column }),
    };
    let output = program.output().to_string();
    match program.evaluate(object, &mut Budget::default()) {
        Ok(value) => json!({ "type": output, "value": shown(&value) }),
        Err(Halt::Error(message)) => json!({ "type": output, "error": message }),
        Err(halt) => json!({ "type": output, "halt": format!("{halt:?}") }),
    }
}

#[test]
fn expressions_are_worth_what_cel_go_says() {
    let Some(oracle) = std::env::var("PLIMSOLL_CEL_ORACLE").ok().filter(|path| !path.is_empty()) else {
        let line = "left out: comparison with cel-go: PLIMSOLL_CEL_ORACLE is not set\n";
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return;
    };
    let count: usize = std::env::var("PLIMSOLL_CEL_CASES").map_or(20_000, |count| count.parse().unwrap());
    let object = json!({
        "a": 1, "s": "text", "d": 1.5, "n": null, "b": true, "name": "web-1", "list": [1, 2, 3], "mixed": [1, "a", null],
        "names": ["b", "a"], "labels": { "app": "web", "tier": "x" }, "map": { "x": 1 }, "spec": { "replicas": 3 },
    });
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut expressions = BTreeSet::new();
    while expressions.len() < count {
        let mut expression = String::new();
        let depth = 2 + numbers.below(3);
        generate(&mut numbers, "any", depth, &mut expression);
        if expression.len() < 1000 {
            expressions.insert(expression);
        }
    }
    let questions: String = expressions
        .iter()
        .map(|expression| format!("{}\n", json!({ "expression": expression, "object": object })))
        .collect();
    let mut child = Command::new(oracle).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = thread::Builder::new().spawn(move || stdin.write_all(questions.as_bytes())).unwrap();
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());

    let mut environment = Environment::of_minor(37);
    environment.declare("object", Type::Dyn);
    let object = Object(value(&object));
    let (mut equal, mut left_out, mut refused) = (0, 0, 0);
    let mut wrong = Vec::new();
    for (expression, line) in expressions.iter().zip(String::from_utf8(output.stdout).unwrap().lines()) {
        let expected: Json = serde_json::from_str(line).unwrap();
        let own = answer(expression, &environment, &object);
        refused += usize::from(expected.get("refused").is_some());
        if own == expected {
            equal += 1;
        } else if line.contains("internal error") {
            // cel-go itself fails there.
            left_out += 1;
        } else {
            wrong.push(format!("{expression}\n  cel-go {expected}\n  own    {own}"));
        }
    }
    println!("{count} expressions, {refused} of them refused: {equal} equal, {left_out} where cel-go fails itself");
    assert!(
        wrong.is_empty(),
        "{} differ\n{}",
        wrong.len(),
        wrong.iter().take(40).cloned().collect::<Vec<_>>().join("\n")
    );
    assert_eq!(equal + left_out, count);
}
