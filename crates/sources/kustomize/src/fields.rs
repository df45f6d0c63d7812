//! Fields of configuration, read strictly as Go reads JSON: unknown ones are an error, and a number is no text.

use std::borrow::Cow;

use crate::context::{Context, Error};
use crate::node::{Data, Kind, Node, Tag};
use crate::resolve;
use crate::resource::Gvk;

/// A mapping of configuration, and where it stands.
pub(crate) struct Fields<'n, 'c> {
    pub node: &'n Node,
    /// Its path in the file, such as `images[0]`.
    pub path: String,
    context: &'c Context<'c>,
}

impl<'n, 'c> Fields<'n, 'c> {
    pub(crate) fn new(node: &'n Node, path: impl Into<String>, context: &'c Context<'_>) -> Result<Self, Error> {
        // The context is only asked for the places of errors.
        let fields = Self { node, path: path.into(), context };
        match node.kind() {
            Kind::Mapping => Ok(fields),
            _ if node.is_null() => Ok(fields),
            kind => Err(fields.wrong(node, &fields.path, "a mapping", kind.name())),
        }
    }

    fn below(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn wrong(&self, node: &Node, path: &str, expected: &str, found: &str) -> Error {
        let path = if path.is_empty() { "the document" } else { path };
        self.context.error(node.origin, format!("`{path}` has to be {expected}, and is {found}"))
    }

    pub(crate) fn error(&self, message: impl Into<String>) -> Error {
        self.context.error(self.node.origin, message)
    }

    /// No field but these.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Error> {
        for entry in self.node.entries() {
            if !known.iter().any(|name| name.eq_ignore_ascii_case(&entry.key)) {
                let place = if self.path.is_empty() { String::new() } else { format!(" in `{}`", self.path) };
                let message = format!("the field `{}`{place} is not known", entry.key);
                let error = self.context.error(entry.key_origin, message);
                let nearest = known.iter().find(|name| is_near(name, &entry.key));
                return Err(match nearest {
                    Some(name) => error.hint(format!("did you mean `{name}`?")),
                    None => error.hint("remove it: kustomize refuses fields that it does not know"),
                });
            }
        }
        Ok(())
    }

    /// The value of a field that is not null. Go does not mind the case of names.
    pub(crate) fn get(&self, name: &str) -> Option<&'n Node> {
        let entries = self.node.entries();
        let entry = entries.iter().rev().find(|entry| entry.key.eq_ignore_ascii_case(name))?;
        Some(&entry.value).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Error> {
        let Some(node) = self.get(name) else { return Ok(None) };
        self.text_of(node, &self.below(name)).map(Some)
    }

    fn text_of(&self, node: &Node, path: &str) -> Result<String, Error> {
        let is_word = !node.quoted && node.tag != Tag::Unset && !resolve::is_text_in_1_1(node.as_written());
        let is_text = node.tag == Tag::Text && (node.quoted || !is_word);
        if node.kind() == Kind::Scalar && is_text {
            return Ok(node.as_written().to_owned());
        }
        let found = match (node.kind(), node.tag) {
            (Kind::Scalar, Tag::Int | Tag::Float) => "a number",
            (Kind::Scalar, Tag::Bool | Tag::Text) => "true or false",
            (Kind::Scalar, Tag::Null) => "nothing",
            (Kind::Scalar, Tag::Time) => return Ok(node.as_written().to_owned()),
            (kind, _) => kind.name(),
        };
        let error = self.wrong(node, path, "text", found);
        Err(if node.kind() == Kind::Scalar { error.hint("put it in quotes") } else { error })
    }

    pub(crate) fn is_true(&self, name: &str) -> Result<bool, Error> {
        let Some(node) = self.get(name) else { return Ok(false) };
        let text = node.as_written();
        let is_word = node.kind() == Kind::Scalar && !node.quoted;
        match text {
            "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "y" | "Y" | "on" | "On" | "ON" if is_word => Ok(true),
            "false" | "False" | "FALSE" | "no" | "No" | "NO" | "n" | "N" | "off" | "Off" | "OFF" if is_word => {
                Ok(false)
            }
            _ => Err(self.wrong(node, &self.below(name), "true or false", "something else")),
        }
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>, Error> {
        let Some(node) = self.get(name) else { return Ok(None) };
        match resolve::value_of(node) {
            Ok(resolve::Json::Int(value)) => Ok(i64::try_from(value).ok()),
            Ok(resolve::Json::Float(value)) if value.fract() == 0.0 && value.abs() < 9e15 => Ok(Some(value as i64)),
            _ => Err(self.wrong(node, &self.below(name), "a whole number", "something else")),
        }
    }

    /// The texts of a list, with their nodes.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<(String, &'n Node)>, Error> {
        let mut texts = Vec::new();
        for (at, item) in self.items(name)?.iter().enumerate() {
            // Go reads null as the empty text.
            let path = format!("{}[{at}]", self.below(name));
            let text = if item.is_null() { String::new() } else { self.text_of(item, &path)? };
            texts.push((text, item));
        }
        Ok(texts)
    }

    /// The names and texts of a mapping, in the order of the names.
    pub(crate) fn text_map(&self, name: &str) -> Result<Vec<(String, &'n Node)>, Error> {
        let Some(node) = self.get(name) else { return Ok(Vec::new()) };
        if node.kind() != Kind::Mapping {
            return Err(self.wrong(node, &self.below(name), "a mapping", node.kind().name()));
        }
        let mut pairs = Vec::new();
        for entry in node.entries() {
            if !entry.value.is_null() {
                self.text_of(&entry.value, &format!("{}.{}", self.below(name), entry.key))?;
            }
            pairs.push((entry.key.clone(), &entry.value));
        }
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(pairs)
    }

    pub(crate) fn items(&self, name: &str) -> Result<&'n [Node], Error> {
        let Some(node) = self.get(name) else { return Ok(&[]) };
        match &node.data {
            Data::Sequence(items) => Ok(items),
            _ => Err(self.wrong(node, &self.below(name), "a list", node.kind().name())),
        }
    }

    /// The mappings of a list.
    pub(crate) fn mappings(&self, name: &str) -> Result<Vec<Fields<'n, 'c>>, Error> {
        let items = self.items(name)?.iter().enumerate();
        items.map(|(at, item)| Fields::new(item, format!("{}[{at}]", self.below(name)), self.context)).collect()
    }

    /// The mapping under a name.
    pub(crate) fn mapping(&self, name: &str) -> Result<Option<Fields<'n, 'c>>, Error> {
        self.get(name).map(|node| Fields::new(node, self.below(name), self.context)).transpose()
    }

    /// `group`, `version` and `kind`.
    pub(crate) fn gvk(&self) -> Result<Gvk, Error> {
        Ok(Gvk {
            group: self.text("group")?.unwrap_or_default(),
            version: self.text("version")?.unwrap_or_default(),
            kind: self.text("kind")?.unwrap_or_default(),
        })
    }
}

fn is_near(name: &str, other: &str) -> bool {
    let shared = name.bytes().zip(other.bytes()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
    name.len().abs_diff(other.len()) <= 2 && shared + 3 >= name.len().max(other.len())
}

/// The parts of a path. A separator behind `\` does not separate, and the path may begin with one.
pub(crate) fn split_path(path: &str, separator: char) -> Vec<Cow<'_, str>> {
    let rest = path.strip_prefix(separator).unwrap_or(path);
    let mut parts: Vec<Cow<'_, str>> = Vec::with_capacity(8);
    for part in rest.split(separator) {
        match parts.last_mut() {
            Some(last) if last.ends_with('\\') => {
                let last = last.to_mut();
                last.pop();
                last.push(separator);
                last.push_str(part);
            }
            _ => parts.push(Cow::Borrowed(part)),
        }
    }
    parts
}

/// As `split_path` at points, where those in `[…]` do not separate: `[a.b/c]` is a key, `[name=x.y]` a choice among
/// the items of a list.
pub(crate) fn split_selector_path(path: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut split = split_path(path, '.').into_iter().map(Cow::into_owned);
    while let Some(part) = split.next() {
        if !part.starts_with('[') || part.ends_with(']') {
            parts.push(part);
            continue;
        }
        let mut text = part;
        for more in split.by_ref() {
            text.push('.');
            text.push_str(&more);
            if more.ends_with(']') {
                break;
            }
        }
        parts.push(if text.contains('=') { text } else { text.trim_matches(['[', ']']).to_owned() });
    }
    parts
}
