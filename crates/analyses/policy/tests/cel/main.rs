//! The language against its specification (`cel-spec`, the documentation of Kubernetes' libraries), by tables of
//! expressions and what they are worth.

mod hostile;
mod language;
mod libraries;
mod refused;
mod unknowns;

use policy::cel::{Budget, Environment, Halt, Key, Map, Program, Type, Value, Variables};

/// Variables by their names.
struct Named(Vec<(&'static str, Value)>);

impl Variables for Named {
    fn get(&self, name: &str) -> Option<Result<Value, Halt>> {
        self.0.iter().find(|(own, _)| *own == name).map(|(_, value)| Ok(value.clone()))
    }
}

fn map(entries: Vec<(&str, Value)>) -> Value {
    Value::from(Map::new(entries.into_iter().map(|(key, value)| (Key::String(key.into()), value))))
}

/// What all tables name.
fn variables() -> Named {
    let ports = Value::from(vec![map(vec![("port", Value::Int(80)), ("name", Value::from("http"))])]);
    let labels = map(vec![("app", Value::from("web")), ("tier", Value::from("front"))]);
    let spec = map(vec![("replicas", Value::Int(3)), ("ports", ports), ("paused", Value::Bool(false))]);
    let metadata = map(vec![("name", Value::from("web-1")), ("namespace", Value::from("shop")), ("labels", labels)]);
    let nothing = Value::Unknown("the user".into());
    let known = map(vec![("kubernetes.io/metadata.name", Value::from("shop"))]);
    let Value::Map(known) = known else { panic!("a map is made") };
    let open = Map::open(known.entries().to_vec(), "the labels of the namespace");
    Named(vec![
        (
            "object",
            map(vec![("metadata", metadata), ("spec", spec), ("none", Value::Null), ("half", Value::Double(0.5))]),
        ),
        ("oldObject", Value::Null),
        ("unknown", nothing.clone()),
        ("partly", map(vec![("name", Value::from("x")), ("user", nothing.clone())])),
        ("list", Value::from(vec![Value::Int(1), nothing, Value::Int(3)])),
        ("labels", Value::from(open)),
        ("variables.limit", Value::Int(5)),
    ])
}

fn environment() -> Environment {
    let mut environment = Environment::admission(37);
    for name in ["unknown", "partly", "list", "labels"] {
        environment.declare(name, Type::Dyn);
    }
    environment.declare_composed("limit", Type::Int);
    environment
}

/// A value as a text that tells its type: `1`, `1u`, `1.5d`, `"a"`.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => format!("{value}u"),
        Value::Double(value) => format!("{value}d"),
        Value::String(text) => format!("{text:?}"),
        Value::Bytes(bytes) => format!("b{bytes:?}"),
        Value::Type(name) => name.to_string(),
        Value::Duration(nanoseconds) => format!("{nanoseconds}ns"),
        Value::Optional(None) => "none".to_owned(),
        Value::Optional(Some(held)) => format!("optional({})", shown(held)),
        Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Map(map) => {
            let entry = |(key, value): &(Key, Value)| format!("{}: {}", shown(&key.value()), shown(value));
            format!("{{{}}}", map.entries().iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        other => other.type_name().to_owned(),
    }
}

fn answer(expression: &str) -> String {
    let program = match Program::compile(expression, &environment()) {
        Ok(program) => program,
        Err(error) => return format!("{}:{}: {}", error.line, error.column, error.message),
    };
    match program.evaluate(&variables(), &mut Budget::default()) {
        Ok(value) => shown(&value),
        Err(Halt::Error(message)) => format!("error: {message}"),
        Err(Halt::Unknown(on)) => format!("unknown: {on}"),
        Err(Halt::Spent) => "spent".to_owned(),
    }
}

fn check(table: &[(&str, &str)]) {
    let wrong: Vec<String> = table
        .iter()
        .map(|(expression, expected)| (expression, expected, answer(expression)))
        .filter(|(_, expected, found)| *expected != found)
        .map(|(expression, expected, found)| format!("{expression}\n  expected {expected}\n  found    {found}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
