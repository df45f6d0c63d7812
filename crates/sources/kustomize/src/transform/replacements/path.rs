//! The paths of replacements: fields, indexes, `*` for every item, and `[field=value]` where the value is a regular
//! expression.

use regex::Regex;

use super::made;
use crate::node::{Data, Entry, Kind, Node, Origin};

type Visit<'v> = &'v mut dyn FnMut(&mut Node) -> Result<(), String>;

/// Calls `visit` for every field that the path leads to; returns how many there were.
pub(super) fn visit(
    node: &mut Node,
    path: &[String],
    create: Option<Kind>,
    origin: Origin,
    visit: Visit<'_>,
) -> Result<usize, String> {
    Walk { create, origin }.follow(node, path, visit)
}

struct Walk {
    create: Option<Kind>,
    origin: Origin,
}

impl Walk {
    fn follow(&self, node: &mut Node, path: &[String], visit: Visit<'_>) -> Result<usize, String> {
        let Some((part, rest)) = path.split_first() else {
            visit(node)?;
            return Ok(1);
        };
        if let Ok(index) = part.parse::<usize>() {
            return self.index(node, index, rest, visit);
        }
        if part.starts_with('[') && part.ends_with(']') {
            return self.choice(node, part, rest, visit);
        }
        if part == "*" {
            let mut count = 0;
            for item in items(node)? {
                count += self.follow(item, rest, visit)?;
            }
            return Ok(count);
        }
        self.field(node, part, rest, visit)
    }

    /// What is made for a part, by what follows it.
    fn kind_before(&self, rest: &[String]) -> Option<Kind> {
        let create = self.create?;
        Some(match rest.first() {
            None => create,
            Some(next) if next.is_empty() => create,
            Some(next) if (next.starts_with('[') && next.ends_with(']')) || next.parse::<usize>().is_ok() => {
                Kind::Sequence
            }
            Some(_) => Kind::Mapping,
        })
    }

    fn field(&self, node: &mut Node, name: &str, rest: &[String], visit: Visit<'_>) -> Result<usize, String> {
        if node.is_null() {
            return Ok(0);
        }
        let kind = node.kind();
        let Some(entries) = node.entries_mut() else {
            return Err(format!("`{name}` is looked for in {}", kind.name()));
        };
        let at = match (entries.iter().position(|entry| entry.key == name), self.kind_before(rest)) {
            (Some(at), _) => at,
            (None, None) => return Ok(0),
            (None, Some(kind)) => {
                let value = made(kind, self.origin);
                entries.push(Entry { key: name.to_owned(), key_origin: self.origin, value });
                entries.len() - 1
            }
        };
        let value = &mut entries[at].value;
        if value.kind() == Kind::Scalar && !rest.is_empty() && !value.is_null() {
            return Err(format!("`{name}` is a single value"));
        }
        self.follow(value, rest, visit)
    }

    fn index(&self, node: &mut Node, index: usize, rest: &[String], visit: Visit<'_>) -> Result<usize, String> {
        let made = self.kind_before(rest).map(|kind| made(kind, self.origin));
        let items = items(node)?;
        if let (Some(made), true) = (made, items.len() == index) {
            items.push(made);
        }
        let length = items.len();
        match items.get_mut(index) {
            Some(item) => self.follow(item, rest, visit),
            None => Err(format!("the list has no item {index}: it has {length}")),
        }
    }

    fn choice(&self, node: &mut Node, part: &str, rest: &[String], visit: Visit<'_>) -> Result<usize, String> {
        let Some((name, value)) = part[1..part.len() - 1].split_once('=') else {
            return Err(format!("`{part}` should be `[field=value]`"));
        };
        let pattern = Regex::new(value).map_err(|_| format!("`{value}` is not a regular expression"))?;
        let create = self.create.is_some();
        let origin = self.origin;
        let items = items(node)?;
        let mut count = 0;
        for round in 0..2 {
            for item in items.iter_mut() {
                count += match name {
                    "" if pattern.is_match(item.as_written()) => {
                        visit(item)?;
                        1
                    }
                    "" => 0,
                    _ if item.get(name).is_some_and(|found| pattern.is_match(found.as_written())) => {
                        self.follow(item, rest, visit)?
                    }
                    _ => 0,
                };
            }
            if count > 0 || !create || round == 1 {
                break;
            }
            let text = Node::scalar(value, origin);
            items.push(match name {
                "" => text,
                _ => {
                    let entry = Entry { key: name.to_owned(), key_origin: origin, value: text };
                    Node::new(Data::Mapping(vec![entry]), origin)
                }
            });
        }
        Ok(count)
    }
}

fn items(node: &mut Node) -> Result<&mut Vec<Node>, String> {
    let kind = node.kind();
    match &mut node.data {
        Data::Sequence(items) => Ok(items),
        _ => Err(format!("a list is expected, and this is {}", kind.name())),
    }
}
