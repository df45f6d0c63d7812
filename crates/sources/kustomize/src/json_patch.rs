//! JSON patches (RFC 6902), with what the library that kustomize uses adds: negative indexes, and `replace` of a field
//! that is not there.

use crate::context::{Context, Error};
use crate::fields::Fields;
use crate::node::{Data, Entry, Node, Origin, Tag};
use crate::number;
use crate::print::is_plain_in_block;
use crate::resolve::{self, Json};

/// One operation.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub origin: Origin,
    operation: String,
    path: String,
    from: String,
    /// `None` is null.
    value: Option<Node>,
}

/// The operations of a document that is a list of them.
pub(crate) fn read(document: &Node, context: &Context<'_>) -> Result<Vec<Operation>, Error> {
    let mut operations = Vec::new();
    for item in document.items() {
        let fields = Fields::new(item, "", context)?;
        let text = |name: &str| item.get(name).map(|node| node.as_written().to_owned()).unwrap_or_default();
        if item.get("op").is_none() || item.get("path").is_none() {
            return Err(fields.error("an operation of a JSON patch needs `op` and `path`"));
        }
        let value = item.get("value").filter(|value| !value.is_null()).cloned();
        let (operation, path, from) = (text("op"), text("path"), text("from"));
        operations.push(Operation { origin: item.origin, operation, path, from, value });
    }
    Ok(operations)
}

/// All operations, one after another.
///
/// # Errors
/// One does not apply.
pub(crate) fn apply(object: &mut Node, operations: &[Operation]) -> Result<(), (Origin, String)> {
    as_json(object).map_err(|message| (object.origin, message))?;
    for operation in operations {
        apply_one(object, operation).map_err(|message| {
            (operation.origin, format!("`{}` of `{}` does not apply: {message}", operation.operation, operation.path))
        })?;
    }
    Ok(())
}

fn null(origin: Origin) -> Node {
    Node { tag: Tag::Null, ..Node::scalar("null", origin) }
}

fn apply_one(object: &mut Node, operation: &Operation) -> Result<(), String> {
    let value = || {
        let mut value = operation.value.clone().unwrap_or_else(|| null(operation.origin));
        as_json(&mut value).map(|()| value)
    };
    match operation.operation.as_str() {
        "add" => add(object, &operation.path, value()?),
        "remove" => remove(object, &operation.path).map(|_| ()),
        "replace" => replace(object, &operation.path, value()?),
        "move" => {
            let moved = remove(object, &operation.from)?;
            add(object, &operation.path, moved)
        }
        "copy" => {
            let copied = get(object, &operation.from)?.cloned().unwrap_or_else(|| null(operation.origin));
            add(object, &operation.path, copied)
        }
        "test" => {
            let expected = value()?;
            let found = if operation.path.is_empty() { Some(&*object) } else { get(object, &operation.path)? };
            let is_equal = match found {
                Some(found) => same(found, &expected),
                None => expected.is_null(),
            };
            if is_equal { Ok(()) } else { Err("the value is another".to_owned()) }
        }
        other => Err(format!("there is no operation `{other}`")),
    }
}

/// The collection that a path ends in, and the key there.
fn container<'n>(object: &'n mut Node, path: &str) -> Result<(&'n mut Node, String), String> {
    let parts: Vec<String> = path.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
    let Some((last, parents)) = parts.get(1..).and_then(<[String]>::split_last) else {
        return Err("the path has to begin with `/`".to_owned());
    };
    let mut node = object;
    for part in parents {
        let missing = || format!("there is no `{part}` on the way");
        node = match &mut node.data {
            Data::Mapping(entries) => {
                let entry = entries.iter_mut().find(|entry| entry.key == *part).ok_or_else(missing)?;
                &mut entry.value
            }
            Data::Sequence(items) => {
                let at = index(part, items.len())?;
                items.get_mut(at).ok_or_else(missing)?
            }
            Data::Scalar(_) => return Err(missing()),
        };
        if !matches!(node.data, Data::Mapping(_) | Data::Sequence(_)) {
            return Err(format!("`{part}` holds a single value"));
        }
    }
    Ok((node, last.clone()))
}

/// An index of a list of that length; negative ones count from the end.
fn index(text: &str, length: usize) -> Result<usize, String> {
    let number: i64 =
        text.strip_prefix('+').unwrap_or(text).parse().map_err(|_| format!("`{text}` is no index of a list"))?;
    let at = if number < 0 { number + length as i64 } else { number };
    match usize::try_from(at) {
        Ok(at) if at < length => Ok(at),
        _ => Err(format!("the list has no item {text}: it has {length}")),
    }
}

fn get<'n>(object: &'n mut Node, path: &str) -> Result<Option<&'n Node>, String> {
    let (node, key) = container(object, path)?;
    match &node.data {
        Data::Sequence(items) => Ok(Some(&items[index(&key, items.len())?])),
        _ => Ok(node.get(&key)),
    }
}

fn put(entries: &mut Vec<Entry>, key: String, value: Node) {
    match entries.iter_mut().find(|entry| entry.key == key) {
        Some(entry) => entry.value = value,
        None => entries.push(Entry { key, key_origin: value.origin, value }),
    }
}

fn add(object: &mut Node, path: &str, value: Node) -> Result<(), String> {
    let (node, key) = container(object, path)?;
    match &mut node.data {
        Data::Mapping(entries) => put(entries, key, value),
        Data::Sequence(items) if key == "-" => items.push(value),
        Data::Sequence(items) => {
            let at = index(&key, items.len() + 1)?;
            items.insert(at, value);
        }
        Data::Scalar(_) => return Err("it leads into a single value".to_owned()),
    }
    Ok(())
}

fn remove(object: &mut Node, path: &str) -> Result<Node, String> {
    let (node, key) = container(object, path)?;
    match &mut node.data {
        Data::Sequence(items) => {
            let at = index(&key, items.len())?;
            Ok(items.remove(at))
        }
        _ => node.clear(&key).ok_or_else(|| "there is nothing to remove".to_owned()),
    }
}

fn replace(object: &mut Node, path: &str, value: Node) -> Result<(), String> {
    if path.is_empty() {
        if matches!(value.data, Data::Scalar(_)) {
            return Err("the whole object can be replaced by a mapping only".to_owned());
        }
        *object = value;
        return Ok(());
    }
    let (node, key) = container(object, path)?;
    match &mut node.data {
        Data::Mapping(entries) => put(entries, key, value),
        Data::Sequence(items) => {
            let at = index(&key, items.len())?;
            items[at] = value;
        }
        Data::Scalar(_) => return Err("it leads into a single value".to_owned()),
    }
    Ok(())
}

/// Whether two nodes are the same JSON.
fn same(a: &Node, b: &Node) -> bool {
    match (&a.data, &b.data) {
        (Data::Mapping(first), Data::Mapping(second)) => {
            let is_there = |entry: &Entry| b.get(&entry.key).is_some_and(|other| same(&entry.value, other));
            first.len() == second.len() && first.iter().all(is_there)
        }
        (Data::Sequence(first), Data::Sequence(second)) => {
            first.len() == second.len() && first.iter().zip(second).all(|(a, b)| same(a, b))
        }
        (Data::Scalar(_), Data::Scalar(_)) => match (resolve::value_of(a), resolve::value_of(b)) {
            (Ok(Json::Int(a)), Ok(Json::Float(b))) | (Ok(Json::Float(b)), Ok(Json::Int(a))) => a as f64 == b,
            (Ok(a), Ok(b)) => a == b,
            _ => false,
        },
        _ => false,
    }
}

/// Turns all values into what they are after a way through JSON: every number a float, every text written as it has
/// to be.
fn as_json(node: &mut Node) -> Result<(), String> {
    let mut trouble = None;
    node.for_each_mut(&mut |node| {
        let value = match resolve::value_of(node) {
            Ok(value) => value,
            Err(_) => {
                trouble = Some(format!("`{}` is not what its tag says", node.as_written()));
                return;
            }
        };
        if !matches!(node.data, Data::Scalar(_)) {
            return;
        }
        let (text, tag, quoted) = match value {
            Json::Null => ("null".to_owned(), Tag::Null, false),
            Json::Bool(value) => (value.to_string(), Tag::Bool, false),
            Json::Int(value) => number_text(value as f64),
            Json::Float(value) => number_text(value),
            Json::Text(text) => {
                let is_plain = resolve::is_text_in_1_1(&text)
                    && !text.contains('\n')
                    && is_plain_in_block(&text)
                    && !text.is_empty();
                (text.into_owned(), Tag::Text, !is_plain)
            }
        };
        (node.tag, node.quoted, node.data) = (tag, quoted, Data::Scalar(text));
    });
    trouble.map_or(Ok(()), Err)
}

fn number_text(value: f64) -> (String, Tag, bool) {
    let text = number::format_yaml(value);
    let tag = resolve::tag_of(&text);
    (text, tag, false)
}
