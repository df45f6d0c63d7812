//! Text into nodes, with the tags that kustomize's YAML reader gives.

use model::document::{Kind, Resolution, Value};
use model::scalar::Scalar;

use crate::node::{Data, Entry, Node, Origin, Tag};
use crate::number;
use crate::resolve;

/// What is wrong with a text, and at which byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub offset: u32,
    pub message: String,
}

/// Nodes that aliases may make of one document.
const MOST_NODES: usize = 2_000_000;

/// Whose rules say what unquoted text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Those of kustomize's tree: YAML 1.2. For objects and patches of them.
    Tree,
    /// Those of kubectl: YAML 1.1. For kustomizations, configurations, and operations of JSON patches.
    Kubectl,
}

/// The documents of a text that are not empty. Their origins are in the file of `base`, moved by its start.
pub(crate) fn documents(text: &str, base: Origin, dialect: Dialect) -> Result<Vec<Node>, Trouble> {
    let mut nodes = Vec::new();
    for range in yaml::separate::documents(text) {
        let offset = range.start as u32;
        let document = yaml::parse_document(&text[range])
            .map_err(|error| Trouble { offset: error.offset.saturating_add(offset), message: error.message })?;
        if document.nodes.len() > MOST_NODES {
            return Err(Trouble { offset, message: "its aliases make more of it than anybody can read".to_owned() });
        }
        if let Some(twice) = document.duplicates.first() {
            let key = document.value(twice.second);
            let message = format!("the key `{}` stands twice in one mapping", key.text());
            return Err(Trouble { offset: key.span().start + offset, message });
        }
        let base = Origin { start: base.start + offset, ..base };
        let mut reader = Reader { base, dialect, wrong_key: None };
        let node = reader.convert(document.root());
        if let Some((start, key)) = reader.wrong_key {
            let message = format!("the key `{key}` is not text: put it in quotes");
            return Err(Trouble { offset: start - base.start + offset, message });
        }
        if !node.is_null() {
            nodes.push(node);
        }
    }
    Ok(nodes)
}

struct Reader {
    base: Origin,
    dialect: Dialect,
    /// A key that is no text, and where it begins.
    wrong_key: Option<(u32, String)>,
}

impl Reader {
    fn origin(&self, value: Value<'_>) -> Origin {
        let span = value.span();
        Origin { start: self.base.start + span.start, end: self.base.start + span.end, ..self.base }
    }

    /// The text of a key. The reader gives what kubectl makes of unquoted ones (`y` is `true`), and kustomize's tree
    /// keeps them; those that are no text to it, it refuses.
    fn key(&mut self, key: Value<'_>, start: u32) -> String {
        let text = key.text();
        let source = key.source();
        let is_quoted = source.starts_with(['"', '\'', '|', '>', '!', '&', '*']);
        let is_same = model::scalar::resolve_key(source).is_some_and(|resolved| resolved == text);
        if is_quoted || self.dialect == Dialect::Kubectl || !is_same {
            return text.into_owned();
        }
        if !matches!(resolve::tag_of(source), Tag::Text) && self.wrong_key.is_none() {
            self.wrong_key = Some((start, source.to_owned()));
        }
        source.to_owned()
    }

    fn convert(&mut self, value: Value<'_>) -> Node {
        let origin = self.origin(value);
        match value.kind() {
            Kind::Mapping => {
                let entries = value.entries().map(|(key, value)| {
                    let key_origin = self.origin(key);
                    let key = self.key(key, key_origin.start);
                    Entry { key, key_origin, value: self.convert(value) }
                });
                Node::new(Data::Mapping(entries.collect()), origin)
            }
            Kind::Sequence => Node::new(Data::Sequence(value.items().map(|item| self.convert(item)).collect()), origin),
            kind => {
                let node = value.document().nodes[value.id().0 as usize];
                let is_plain = match node.resolution {
                    Resolution::ByStyle => kind == Kind::Plain,
                    Resolution::Plain => true,
                    Resolution::Text => false,
                };
                let (text, tag) = match (is_plain, self.dialect) {
                    (false, _) => (value.text().into_owned(), Tag::Text),
                    (true, Dialect::Tree) => in_tree(value),
                    (true, Dialect::Kubectl) => to_kubectl(value),
                };
                let quoted = matches!(kind, Kind::SingleQuoted | Kind::DoubleQuoted | Kind::Literal | Kind::Folded);
                Node { tag, quoted: quoted && !is_plain, origin, data: Data::Scalar(text) }
            }
        }
    }
}

fn in_tree(value: Value<'_>) -> (String, Tag) {
    let text = value.text().into_owned();
    // On its way through kustomize, a point in time in brackets gets quotes because of its colons.
    let tag = if in_flow(value) && text.contains(':') { Tag::Text } else { resolve::tag_of(&text) };
    (text, tag)
}

fn to_kubectl(value: Value<'_>) -> (String, Tag) {
    match value.scalar() {
        Scalar::Null | Scalar::Collection => ("null".to_owned(), Tag::Null),
        Scalar::Bool(value) => (value.to_string(), Tag::Bool),
        Scalar::Int(value) => (value.to_string(), Tag::Int),
        Scalar::Float(value) => {
            let text = number::format_yaml(value);
            let tag = resolve::tag_of(&text);
            (text, tag)
        }
        Scalar::String(text) => (text.into_owned(), Tag::Text),
    }
}

/// Whether a scalar stands in `[…]` or `{…}`: no value of a block ends at a comma or a bracket.
fn in_flow(scalar: Value<'_>) -> bool {
    let after = scalar.document().text.get(scalar.span().end as usize..).unwrap_or_default();
    after.trim_start_matches([' ', '\t', '\r', '\n']).starts_with([',', ']', '}'])
}

/// The lines of a literal block in its file, to find a place of its text there.
pub(crate) struct BlockLines {
    origin: Origin,
    /// For each line of the text: where it begins in the text and in the file.
    lines: Vec<(u32, u32)>,
}

impl BlockLines {
    /// `None` if the scalar at `origin` is no literal block.
    pub(crate) fn new(source: &str, origin: Origin, text: &str) -> Option<Self> {
        let written = source.get(origin.start as usize..origin.end as usize)?;
        if !written.starts_with('|') {
            return None;
        }
        let mut lines = Vec::new();
        let mut at_source = written.find('\n')? + 1;
        let mut at_text = 0;
        for line in text.split_inclusive('\n') {
            let written_line = written.get(at_source..)?.split_inclusive('\n').next().unwrap_or("");
            let indent =
                written_line.trim_end_matches(['\n', '\r']).len().saturating_sub(line.trim_end_matches('\n').len());
            lines.push((at_text, origin.start + (at_source + indent) as u32));
            at_text += line.len() as u32;
            at_source += written_line.len();
        }
        Some(Self { origin, lines })
    }

    fn offset(&self, at: u32) -> u32 {
        let line = self.lines.partition_point(|(start, _)| *start <= at);
        match line.checked_sub(1).and_then(|line| self.lines.get(line)) {
            Some((text, source)) => (source + (at - text)).min(self.origin.end),
            None => self.origin.start,
        }
    }
}

/// Gives a node that was read from the text of a scalar its places in the file.
pub(crate) fn place(node: &mut Node, scalar: Origin, block: Option<&BlockLines>) {
    let placed = |origin: Origin| match block {
        Some(block) => Origin { start: block.offset(origin.start), end: block.offset(origin.end), ..scalar },
        None => scalar,
    };
    node.for_each_mut(&mut |node| {
        node.origin = placed(node.origin);
        if let Some(entries) = node.entries_mut() {
            entries.iter_mut().for_each(|entry| entry.key_origin = placed(entry.key_origin));
        }
    });
}

/// Objects that stand in a list (`kind: …List`) take its place, behind what follows it.
pub(crate) fn without_lists(nodes: Vec<Node>) -> Result<Vec<Node>, (Origin, String)> {
    let mut queue: std::collections::VecDeque<Node> = nodes.into();
    // One document that is a list is unwrapped by the reader before anything else.
    let mut result = Vec::new();
    while let Some(mut node) = queue.pop_front() {
        let kind = node.get("kind").map(Node::as_written).unwrap_or_default().to_owned();
        if !kind.ends_with("List") || node.get("items").is_none() {
            check_identity(&node, &kind)?;
            result.push(node);
            continue;
        }
        let origin = node.origin;
        match node.clear("items").map(|items| items.data) {
            Some(Data::Sequence(items)) => queue.extend(items.into_iter().filter(|item| !item.is_empty())),
            Some(Data::Scalar(text)) if resolve::tag_of(&text) == Tag::Null => {}
            _ => return Err((origin, format!("`items` of a {kind} is not a list"))),
        }
    }
    Ok(result)
}

fn check_identity(node: &Node, kind: &str) -> Result<(), (Origin, String)> {
    if node.entries().is_empty() {
        return Err((
            node.origin,
            "it is not an object: a mapping with `apiVersion` and `kind` is expected".to_owned(),
        ));
    }
    if kind.is_empty() {
        return Err((node.origin, "the object has no `kind`".to_owned()));
    }
    let name = node.at(&["metadata", "name"]).map(Node::as_written).unwrap_or_default();
    if name.is_empty() && !kind.ends_with("List") {
        return Err((node.origin, format!("the {kind} has no `metadata.name`")));
    }
    Ok(())
}
