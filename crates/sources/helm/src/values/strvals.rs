//! The grammar of `--set` and its kin: `a.b[0]=c,d={e,f}`.

use std::sync::Arc;

use super::read;
use super::tree::{Node, Place, Table, Tree};

/// No list is made longer than this by an index. Source: Helm, `strvals.MaxIndex`.
const MAX_INDEX: i64 = 65_536;
/// Names are nested no deeper. Source: Helm, `strvals.MaxNestedNameLevel`.
const MAX_NESTED: usize = 30;

/// How what follows `=` is read.
pub(crate) enum Style<'r> {
    /// `--set`: numbers, booleans and null are recognized.
    Typed,
    /// `--set-string`: text.
    Text,
    /// `--set-json`: JSON.
    Json,
    /// `--set-file`: the content of the file that it names.
    File(&'r dyn Fn(&str) -> Result<String, String>),
    /// `--set-literal`: everything after the first `=`.
    Literal,
}

/// Why parsing stopped. The end of the text is an ordinary end in most places.
enum Stop {
    End,
    Error(String),
}

impl From<String> for Stop {
    fn from(message: String) -> Self {
        Self::Error(message)
    }
}

struct Parser<'t> {
    chars: std::iter::Peekable<std::str::Chars<'t>>,
    style: Style<'t>,
    /// Where what is set is written.
    place: Option<Place>,
}

/// Sets what `text` says in `values`.
pub(crate) fn parse_into(text: &str, style: Style<'_>, place: Option<Place>, values: &mut Table) -> Result<(), String> {
    let mut parser = Parser { chars: text.chars().peekable(), style, place };
    loop {
        match parser.key(values, 0) {
            Ok(()) => {}
            Err(Stop::End) => return Ok(()),
            Err(Stop::Error(message)) => return Err(message),
        }
    }
}

fn set(values: &mut Table, key: &str, node: Node) {
    if !key.is_empty() {
        values.insert(Arc::from(key), node);
    }
}

fn set_index(list: &mut Vec<Node>, index: i64, node: Node) -> Result<(), String> {
    if index < 0 {
        return Err(format!("negative {index} index not allowed"));
    }
    if index > MAX_INDEX {
        return Err(format!("index of {index} is greater than maximum supported index of {MAX_INDEX}"));
    }
    let index = index as usize;
    if list.len() <= index {
        list.resize_with(index + 1, Node::default);
    }
    list[index] = node;
    Ok(())
}

impl Parser<'_> {
    /// Reads until one of `stops`; `None` at the end of the text.
    fn until(&mut self, stops: &[char]) -> (String, Option<char>) {
        let mut read = String::new();
        while let Some(c) = self.chars.next() {
            if stops.contains(&c) {
                return (read, Some(c));
            }
            if c == '\\' && !matches!(self.style, Style::Literal) {
                match self.chars.next() {
                    Some(next) => read.push(next),
                    None => return (read, None),
                }
            } else {
                read.push(c);
            }
        }
        (read, None)
    }

    /// A value, at the place where it is written.
    fn leaf(&self, tree: Tree) -> Node {
        Node { tree, place: self.place.clone() }
    }

    fn is_literal(&self) -> bool {
        matches!(self.style, Style::Literal)
    }

    fn key(&mut self, values: &mut Table, level: usize) -> Result<(), Stop> {
        let stops: &[char] = if self.is_literal() { &['=', '[', '.'] } else { &['=', '[', ',', '.'] };
        let (name, stop) = self.until(stops);
        match stop {
            None if name.is_empty() => Err(Stop::End),
            None => Err(Stop::Error(format!("key {} has no value", crate::format::quoted(&name)))),
            Some('[') => self.list(values, &name, level),
            Some('=') => self.assign(values, &name),
            Some(',') => {
                set(values, &name, self.leaf(Tree::Text(Arc::from(""))));
                let name = crate::format::quoted(&name);
                Err(Stop::Error(format!("key {name} has no value (cannot end with ,)")))
            }
            Some(_) => self.nested(values, &name, level + 1),
        }
    }

    fn list(&mut self, values: &mut Table, name: &str, level: usize) -> Result<(), Stop> {
        let index = self.index()?;
        let mut list = match values.get(name).map(|node| &node.tree) {
            None => Vec::new(),
            Some(Tree::List(list)) => list.clone(),
            Some(other) => return Err(Stop::Error(unconvertible(other, "[]interface {}"))),
        };
        let result = self.item(&mut list, index, level);
        set(values, name, Node::new(Tree::List(list)));
        result
    }

    fn nested(&mut self, values: &mut Table, name: &str, level: usize) -> Result<(), Stop> {
        if level > MAX_NESTED {
            let message =
                format!("value name nested level is greater than maximum supported nested level of {MAX_NESTED}");
            return Err(Stop::Error(message));
        }
        let mut inner = match values.get(name).map(|node| &node.tree) {
            None => Table::new(),
            Some(Tree::Map(map)) => map.clone(),
            Some(other) => return Err(Stop::Error(unconvertible(other, "map[string]interface {}"))),
        };
        let result = self.key(&mut inner, level);
        if result.is_ok() && inner.is_empty() {
            return Err(Stop::Error(format!("key map {} has no value", crate::format::quoted(name))));
        }
        if !inner.is_empty() {
            set(values, name, Node::new(Tree::Map(inner)));
        }
        result
    }

    fn assign(&mut self, values: &mut Table, name: &str) -> Result<(), Stop> {
        if self.is_literal() {
            let rest: String = self.chars.by_ref().collect();
            set(values, name, self.leaf(Tree::Text(Arc::from(rest))));
            return Ok(());
        }
        if matches!(self.style, Style::Json) {
            let tree = self.json()?;
            set(values, name, self.leaf(tree));
            return Ok(());
        }
        if self.chars.peek().is_none() {
            set(values, name, self.leaf(Tree::Text(Arc::from(""))));
            return Err(Stop::End);
        }
        let tree = self.value()?;
        set(values, name, self.leaf(tree));
        Ok(())
    }

    /// A list in braces, or everything up to a comma.
    fn value(&mut self) -> Result<Tree, Stop> {
        if self.chars.peek() != Some(&'{') {
            let (text, _) = self.until(&[',']);
            return Ok(self.typed(&text)?);
        }
        self.chars.next();
        let mut list = Vec::new();
        loop {
            let (text, stop) = self.until(&[',', '}']);
            match stop {
                None => return Err(Stop::Error("list must terminate with '}'".to_owned())),
                Some('}') => {
                    if self.chars.peek() == Some(&',') {
                        self.chars.next();
                    }
                    list.push(Node::new(self.typed(&text)?));
                    return Ok(Tree::List(list));
                }
                Some(_) => list.push(Node::new(self.typed(&text)?)),
            }
        }
    }

    fn index(&mut self) -> Result<i64, Stop> {
        let (text, stop) = self.until(&[']']);
        if stop.is_none() {
            return Err(Stop::End);
        }
        text.parse().map_err(|_| {
            let text = crate::format::quoted(&text);
            Stop::Error(format!("error parsing index: strconv.Atoi: parsing {text}: invalid syntax"))
        })
    }

    fn item(&mut self, list: &mut Vec<Node>, index: i64, level: usize) -> Result<(), Stop> {
        if index < 0 {
            return Err(Stop::Error(format!("negative {index} index not allowed")));
        }
        let (text, stop) = self.until(&['[', '.', '=']);
        if !text.is_empty() {
            let text = crate::format::quoted(&text);
            return Err(Stop::Error(format!("unexpected data at end of array index: {text}")));
        }
        let present = usize::try_from(index).ok().and_then(|index| list.get(index));
        match stop {
            None => Err(Stop::End),
            Some('=') => {
                let tree = self.item_value()?;
                Ok(set_index(list, index, self.leaf(tree))?)
            }
            Some('[') => {
                let next = self.index()?;
                let mut inner = match present.map(|node| &node.tree) {
                    None | Some(Tree::Null) => Vec::new(),
                    Some(Tree::List(list)) => list.clone(),
                    Some(other) => return Err(Stop::Error(unconvertible(other, "[]interface {}"))),
                };
                self.item(&mut inner, next, level)?;
                Ok(set_index(list, index, Node::new(Tree::List(inner)))?)
            }
            Some(_) => {
                let mut inner = present.and_then(Node::as_map).cloned().unwrap_or_default();
                self.key(&mut inner, level)?;
                Ok(set_index(list, index, Node::new(Tree::Map(inner)))?)
            }
        }
    }

    fn item_value(&mut self) -> Result<Tree, Stop> {
        match self.style {
            Style::Literal => Ok(Tree::Text(Arc::from(self.chars.by_ref().collect::<String>()))),
            Style::Json => self.json(),
            _ if self.chars.peek().is_none() => Ok(Tree::Text(Arc::from(""))),
            _ => self.value(),
        }
    }

    fn typed(&self, text: &str) -> Result<Tree, String> {
        match &self.style {
            Style::File(read) => Ok(Tree::Text(Arc::from(read(text)?))),
            Style::Typed => Ok(typed(text)),
            _ => Ok(Tree::Text(Arc::from(text))),
        }
    }

    /// One JSON value, and the blanks and the comma after it. Nothing is null.
    fn json(&mut self) -> Result<Tree, Stop> {
        if self.is_empty_value() {
            return Ok(Tree::Null);
        }
        let rest: String = self.chars.clone().collect();
        let mut stream = serde_json::Deserializer::from_str(&rest).into_iter::<serde_json::Value>();
        let value = match stream.next() {
            Some(Ok(value)) => value,
            Some(Err(error)) => return Err(Stop::Error(error.to_string())),
            None => return Err(Stop::End),
        };
        let consumed = rest[..stream.byte_offset()].chars().count();
        for _ in 0..consumed {
            self.chars.next();
        }
        self.is_empty_value();
        Ok(read::from_json(&value))
    }

    /// Skips blanks; a comma or the end makes the value empty.
    fn is_empty_value(&mut self) -> bool {
        loop {
            match self.chars.peek() {
                None => return true,
                Some(',') => {
                    self.chars.next();
                    return true;
                }
                Some(c) if c.is_whitespace() => {
                    self.chars.next();
                }
                Some(_) => return false,
            }
        }
    }
}

fn unconvertible(found: &Tree, wanted: &str) -> String {
    let found = match found {
        Tree::Null => return format!("unable to parse key: interface conversion: interface {{}} is nil, not {wanted}"),
        Tree::Bool(_) => "bool",
        Tree::Int(_) => "int64",
        Tree::Float(_) => "float64",
        Tree::Text(_) => "string",
        Tree::List(_) => "[]interface {}",
        Tree::Map(_) => "map[string]interface {}",
    };
    format!("unable to parse key: interface conversion: interface {{}} is {found}, not {wanted}")
}

fn typed(text: &str) -> Tree {
    if text.eq_ignore_ascii_case("true") {
        return Tree::Bool(true);
    }
    if text.eq_ignore_ascii_case("false") {
        return Tree::Bool(false);
    }
    if text.eq_ignore_ascii_case("null") {
        return Tree::Null;
    }
    if text == "0" {
        return Tree::Int(0);
    }
    let is_number = !text.starts_with('0') && !text.is_empty();
    match text.parse::<i64>() {
        Ok(value) if is_number => Tree::Int(value),
        _ => Tree::Text(Arc::from(text)),
    }
}
