//! YAML and JSON into trees, typed as `sigs.k8s.io/yaml` types them on the way through JSON.

use std::sync::Arc;

use model::document::{Document, Kind, Resolution, Span, Value};
use model::provenance::SourceFile;
use model::scalar::Scalar;
use yaml::separate;

use super::tree::{Node, Place, Table, Tree};

/// Why a text holds no values.
#[derive(Clone, Debug, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ReadError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What Helm says of it, where that is known.
    pub(crate) library: Option<String>,
}

struct Reader<'f> {
    file: Option<&'f Arc<SourceFile>>,
    base: u32,
}

/// Reads the values in a part of a text. `null` and an empty text are an empty mapping.
pub(crate) fn table(
    text: &str,
    part: std::ops::Range<usize>,
    file: Option<&Arc<SourceFile>>,
) -> Result<Table, ReadError> {
    let mut all = Table::new();
    for range in separate::documents(text.get(part.clone()).unwrap_or("")) {
        let range = range.start + part.start..range.end + part.start;
        let base = range.start;
        let reader = Reader { file, base: u32::try_from(base).unwrap_or(u32::MAX) };
        let document = parse(text, range)?;
        let node = reader.node(document.root()).map_err(|error| locate(text, base, error))?;
        match node.tree {
            Tree::Map(map) => merge(&mut all, map),
            Tree::Null => {}
            other => {
                let message = format!("values are a mapping, and this is {}", name(&other));
                return Err(ReadError { line: line_of(text, base), message, library: None });
            }
        }
    }
    Ok(all)
}

/// Reads the first document of a text, as `yaml.Unmarshal` does.
pub(crate) fn value(text: &str) -> Result<Node, ReadError> {
    let Some(range) = separate::documents(text).next() else { return Ok(Node::default()) };
    let base = range.start;
    let document = parse(text, range)?;
    Reader { file: None, base: 0 }.node(document.root()).map_err(|error| locate(text, base, error))
}

/// A value of a document, without places.
pub(crate) fn of_document(value: Value<'_>) -> Result<Node, String> {
    Reader { file: None, base: 0 }.node(value).map_err(|_| "this cannot be the name of a field".to_owned())
}

fn parse(text: &str, range: std::ops::Range<usize>) -> Result<Document<'_>, ReadError> {
    let base = range.start;
    yaml::parse_document(&text[range]).map_err(|error| {
        let offset = base + error.offset as usize;
        let library = error.library.map(|library| library.text(line_of(text, base) - 1));
        ReadError { line: line_of(text, offset), message: error.message, library }
    })
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = &text.as_bytes()[..offset.min(text.len())];
    1 + memchr::memchr_iter(b'\n', before).count()
}

struct BadKey(u32);

fn locate(text: &str, base: usize, error: BadKey) -> ReadError {
    let line = line_of(text, base + error.0 as usize);
    ReadError { line, message: "this cannot be the name of a field".to_owned(), library: None }
}

impl Reader<'_> {
    fn node(&self, value: Value<'_>) -> Result<Node, BadKey> {
        let Span { start, end } = value.span();
        let tree = match value.kind() {
            Kind::Mapping => {
                let mut map = Table::new();
                for (key, value) in value.entries() {
                    let name = key_name(key).ok_or(BadKey(key.span().start))?;
                    map.insert(Arc::from(name), self.node(value)?);
                }
                Tree::Map(map)
            }
            Kind::Sequence => Tree::List(value.items().map(|item| self.node(item)).collect::<Result<_, _>>()?),
            _ => scalar(value),
        };
        let span = Span { start: start + self.base, end: end + self.base };
        Ok(Node { tree, place: self.file.map(|file| Place { file: Arc::clone(file), span }) })
    }
}

fn key_name(key: Value<'_>) -> Option<String> {
    if !key.is_scalar() {
        return None;
    }
    let node = key.document().nodes[key.id().0 as usize];
    let is_plain =
        (node.kind == Kind::Plain && node.resolution == Resolution::ByStyle) || node.resolution == Resolution::Plain;
    if is_plain {
        return model::scalar::resolve_key(&key.text()).map(std::borrow::Cow::into_owned);
    }
    Some(key.text().into_owned())
}

fn scalar(value: Value<'_>) -> Tree {
    match value.scalar() {
        Scalar::Null | Scalar::Collection => Tree::Null,
        Scalar::Bool(value) => Tree::Bool(value),
        Scalar::Int(value) => Tree::Float(value as f64),
        Scalar::Float(value) => Tree::Float(value),
        Scalar::String(text) => Tree::Text(Arc::from(text.as_ref())),
    }
}

pub(crate) fn name(tree: &Tree) -> &'static str {
    match tree {
        Tree::Null => "null",
        Tree::Bool(_) => "a boolean",
        Tree::Int(_) | Tree::Float(_) => "a number",
        Tree::Text(_) => "text",
        Tree::List(_) => "a list",
        Tree::Map(_) => "a mapping",
    }
}

/// Values of `over` win; mappings are merged.
pub(crate) fn merge(base: &mut Table, over: Table) {
    for (key, node) in over {
        match (base.get_mut(&key), node) {
            (Some(Node { tree: Tree::Map(below), .. }), Node { tree: Tree::Map(above), .. }) => merge(below, above),
            (_, node) => {
                base.insert(key, node);
            }
        }
    }
}

#[derive(PartialEq)]
enum Form {
    Map,
    List,
    Scalar,
}

fn form(tree: &Tree) -> Form {
    match tree {
        Tree::Map(_) => Form::Map,
        Tree::List(_) => Form::List,
        _ => Form::Scalar,
    }
}

/// The same as Kustomize merges values: null takes away what is there, and says nothing itself.
/// Source: kyaml, `merge2`.
///
/// # Errors
/// The path of what is a mapping or list in one of them and something else in the other.
pub(crate) fn merge_over(base: &mut Table, over: Table) -> Result<(), String> {
    for (key, mut node) in over {
        if matches!(node.tree, Tree::Null) {
            base.remove(&key);
            continue;
        }
        let below = base.get_mut(&key).filter(|below| !matches!(below.tree, Tree::Null));
        match (below.map(|below| &mut below.tree), &mut node.tree) {
            (Some(Tree::Map(below)), Tree::Map(above)) => {
                merge_over(below, std::mem::take(above)).map_err(|path| format!("{key}.{path}"))?;
            }
            (Some(below), above) if form(below) != form(above) => return Err(key.to_string()),
            (None, Tree::Map(above)) => {
                let mut own = Table::new();
                merge_over(&mut own, std::mem::take(above))?;
                base.insert(key, Node { tree: Tree::Map(own), place: node.place });
            }
            _ => {
                base.insert(key, node);
            }
        }
    }
    Ok(())
}

/// A JSON value as Go's decoder types it.
pub(crate) fn from_json(value: &serde_json::Value) -> Tree {
    match value {
        serde_json::Value::Null => Tree::Null,
        serde_json::Value::Bool(value) => Tree::Bool(*value),
        serde_json::Value::Number(number) => Tree::Float(number.as_f64().unwrap_or(f64::INFINITY)),
        serde_json::Value::String(text) => Tree::Text(Arc::from(text.as_str())),
        serde_json::Value::Array(items) => Tree::List(items.iter().map(|item| Node::new(from_json(item))).collect()),
        serde_json::Value::Object(map) => {
            Tree::Map(map.iter().map(|(key, value)| (Arc::from(key.as_str()), Node::new(from_json(value)))).collect())
        }
    }
}
