//! Lists whose items have keys. The steps are those of kyaml's `walkAssociativeSequence`, one by one, because their
//! corners (items without a key, several keys, items that are there twice) come from how the steps follow each other.

use super::{Directive, Outcome, Sides, directive_of};
#[cfg(test)]
use crate::node::Origin;
use crate::node::{Data, Kind, Node};
use crate::schema::Shape;

/// More items than this are not compared with each other.
const LONGEST: usize = 20_000;

pub(super) fn merge(
    object: Option<Node>,
    patch: Option<Node>,
    items: Option<Shape<'_>>,
    keys: &[String],
    depth: usize,
) -> Result<Outcome, String> {
    let object = object.filter(|node| !node.is_null());
    let Some(object) = object else {
        return match patch {
            Some(patch) if !patch.is_null() => merge_patch(patch, items, keys, depth),
            _ => Ok(Outcome::Gone),
        };
    };
    let Some(mut patch) = patch else { return merge_items(object, None, items, keys, depth) };
    if patch.is_null() {
        return Ok(Outcome::Gone);
    }
    match take_directive(&mut patch)? {
        Directive::Delete => Ok(Outcome::Gone),
        Directive::Replace => merge_patch(patch, items, keys, depth),
        Directive::Merge => merge_items(object, Some(patch), items, keys, depth),
    }
}

/// A list that only the patch has: merged with itself.
pub(super) fn merge_patch(
    patch: Node,
    items: Option<Shape<'_>>,
    keys: &[String],
    depth: usize,
) -> Result<Outcome, String> {
    let lists = Lists { object: patch, patch: None, is_patch: true };
    lists.merge(items, keys, depth)
}

fn merge_items(
    object: Node,
    patch: Option<Node>,
    items: Option<Shape<'_>>,
    keys: &[String],
    depth: usize,
) -> Result<Outcome, String> {
    Lists { object, patch, is_patch: false }.merge(items, keys, depth)
}

/// Takes an item that is nothing but `$patch` out of a list.
fn take_directive(patch: &mut Node) -> Result<Directive, String> {
    let Some(item) = patch.items().iter().find(|item| item.get("$patch").is_some()) else {
        return Ok(Directive::Merge);
    };
    if item.entries().len() > 1 {
        return Ok(Directive::Merge);
    }
    let text = item.get("$patch").map(Node::as_written).unwrap_or_default().to_owned();
    let directive = directive_of(&text)?;
    if let Data::Sequence(list) = &mut patch.data {
        set_item(list, None, &["$patch".to_owned()], &[text]);
    }
    Ok(directive)
}

struct Lists {
    object: Node,
    patch: Option<Node>,
    /// The object's list is the patch's own.
    is_patch: bool,
}

impl Lists {
    fn merge(mut self, items: Option<Shape<'_>>, keys: &[String], depth: usize) -> Result<Outcome, String> {
        let length = self.object.items().len() + self.patch.as_ref().map_or(0, |patch| patch.items().len());
        if length > LONGEST {
            return Err(format!("a list of more than {LONGEST} items cannot be merged"));
        }
        let whole = [String::new()];
        let keys = if keys.is_empty() { &whole } else { keys };
        let mut values = self.values(keys);
        if keys.len() > 1 {
            unite(&mut values);
        }
        let mut added: Vec<Node> = Vec::new();
        let mut last_keys = keys.to_vec();
        for at in 0..values.len() {
            let (valid_keys, valid_values) = valid(&values, &values[at], keys);
            self.merge_item(&mut added, &valid_keys, &valid_values, items, depth)?;
            last_keys = valid_keys;
        }
        let from_patch = self.is_patch;
        let mut list = self.object;
        if !values.is_empty() {
            let own = match &mut list.data {
                Data::Sequence(own) => std::mem::take(own),
                _ => Vec::new(),
            };
            append(&mut added, own, &last_keys);
            list.data = Data::Sequence(added);
        }
        Ok(Outcome::Is { node: list, from_patch })
    }

    /// The keys of all items, those of the patch first.
    fn values(&self, keys: &[String]) -> Vec<Vec<String>> {
        let mut all: Vec<Vec<String>> = Vec::new();
        let mut seen = foldhash::HashSet::default();
        let lists = [self.patch.as_ref(), Some(&self.object)];
        for item in lists.into_iter().flatten().flat_map(|list| list.items()) {
            let values: Vec<String> = keys
                .iter()
                .map(|key| match key.as_str() {
                    "" => item.as_written().to_owned(),
                    key => {
                        let value = item.get(key).filter(|value| !value.is_empty());
                        value.map(Node::as_written).unwrap_or_default().to_owned()
                    }
                })
                .collect();
            if seen.insert(values.clone()) {
                all.push(values);
            }
        }
        all
    }

    fn merge_item(
        &mut self,
        added: &mut Vec<Node>,
        keys: &[String],
        values: &[String],
        shape: Option<Shape<'_>>,
        depth: usize,
    ) -> Result<(), String> {
        let (own_keys, own_values) = valid(&[values.to_vec()], values, keys);
        let at = find(self.object.items(), &own_keys, &own_values);
        let object = at.map(|at| self.object.items()[at].clone());
        let patch = self.patch.as_ref();
        let patch =
            patch.and_then(|list| find(list.items(), &own_keys, &own_values).map(|at| list.items()[at].clone()));
        let sides = match (self.is_patch, object) {
            (true, Some(node)) => Sides::Patch(node),
            (_, object) => Sides::Both(object, patch),
        };
        let outcome = super::merge(sides, shape, depth + 1)?;
        let Data::Sequence(list) = &mut self.object.data else { return Ok(()) };
        let (mut node, from_patch) = match outcome {
            Outcome::Is { node, from_patch } if !node.is_null() && !node.is_empty_mapping() => (node, from_patch),
            _ => {
                set_item(list, None, keys, values);
                return Ok(());
            }
        };
        for (key, value) in keys.iter().zip(values).filter(|(_, value)| !value.is_empty()) {
            if key.is_empty() {
                let mut text = Node::scalar(value.clone(), node.origin);
                text.quote_ambiguous();
                node.set_scalar(text);
            } else if node.get(key).is_none() {
                node.set(key, Node::scalar(value.clone(), node.origin));
            }
        }
        // The object's item is the same node as the merged one, unless the patch's took its place.
        if let Some(at) = at.filter(|_| !from_patch || self.is_patch) {
            list[at] = node.clone();
        }
        set_item(added, Some(node), keys, values);
        Ok(())
    }
}

/// The keys that some item has a value for, and the values of this one.
fn valid(all: &[Vec<String>], values: &[String], keys: &[String]) -> (Vec<String>, Vec<String>) {
    let has_value = |at: usize| all.iter().any(|values| values.get(at).is_some_and(|value| !value.is_empty()));
    let used: Vec<usize> = (0..keys.len()).filter(|&at| has_value(at)).collect();
    if used.is_empty() {
        return (keys.to_vec(), values.to_vec());
    }
    let values_of = |at: &usize| values.get(*at).cloned().unwrap_or_default();
    (used.iter().map(|&at| keys[at].clone()).collect(), used.iter().map(values_of).collect())
}

/// Items whose keys differ only where one of them has none are the same item.
fn unite(all: &mut [Vec<String>]) {
    for first in 0..all.len() {
        for second in 0..all.len() {
            if let Some(united) = united(&all[first], &all[second]) {
                all[first].clone_from(&united);
                all[second] = united;
            }
        }
    }
}

fn united(first: &[String], second: &[String]) -> Option<Vec<String>> {
    let mut is_shared = false;
    let mut values = Vec::with_capacity(first.len());
    for (a, b) in first.iter().zip(second) {
        match (a == b, a.is_empty(), b.is_empty()) {
            (true, ..) => is_shared = true,
            (false, false, false) => return None,
            _ => {}
        }
        values.push(if a.is_empty() { b.clone() } else { a.clone() });
    }
    is_shared.then_some(values)
}

/// The first item whose keys have these values.
fn find(items: &[Node], keys: &[String], values: &[String]) -> Option<usize> {
    if keys.first().is_none_or(String::is_empty) {
        let value = values.first().map(String::as_str).unwrap_or_default();
        return items.iter().position(|item| item.as_written() == value);
    }
    let is_match = |item: &Node| {
        keys.iter().zip(values).all(|(key, value)| item.get(key).is_some_and(|found| found.as_written() == value))
    };
    items.iter().position(|item| item.kind() == Kind::Mapping && is_match(item))
}

/// Puts an item where the one with its keys stands, or at the end; without an item, removes it. Items that are null or
/// empty go, too.
fn set_item(list: &mut Vec<Node>, item: Option<Node>, keys: &[String], values: &[String]) {
    let is_keyed =
        keys.first().is_some_and(|key| !key.is_empty()) && values.first().is_some_and(|value| !value.is_empty());
    let mut found_one = false;
    let mut kept = Vec::with_capacity(list.len() + 1);
    for own in list.drain(..) {
        if own.is_null() || own.is_empty_mapping() {
            continue;
        }
        if own.kind() != Kind::Mapping && is_keyed {
            kept.push(own);
            continue;
        }
        if !has_values(&own, keys, values) {
            if !values.is_empty() {
                kept.push(own);
            }
            continue;
        }
        found_one = true;
        kept.extend(item.clone());
    }
    *list = kept;
    if let Some(item) = item.filter(|item| !found_one && !item.is_null()) {
        list.push(item);
    }
}

fn has_values(item: &Node, keys: &[String], values: &[String]) -> bool {
    let mut found = false;
    for (at, key) in keys.iter().enumerate() {
        // Where there are fewer values than keys, the last comparison counts again.
        if let Some(value) = values.get(at) {
            found = match key.as_str() {
                "" => item.as_written() == value,
                key => item.get(key).is_some_and(|own| value.is_empty() || own.as_written() == value),
            };
        }
        if !found {
            return false;
        }
    }
    true
}

/// Appends items; one whose keys are there takes the place of that one.
fn append(list: &mut Vec<Node>, items: Vec<Node>, keys: &[String]) {
    for item in items {
        if keys.first().is_none_or(String::is_empty) {
            let value = item.as_written().to_owned();
            set_item(list, Some(item), &[String::new()], &[value]);
            continue;
        }
        let mut values = Vec::new();
        for key in keys {
            match item.get(key) {
                Some(value) => values.push(value.as_written().to_owned()),
                None => list.push(item.clone()),
            }
        }
        if keys.len() > 1 {
            set_item(list, None, keys, &values);
        }
        set_item(list, Some(item), keys, &values);
    }
}

/// An item without an origin of its own.
#[cfg(test)]
fn item(text: &str) -> Node {
    Node::scalar(text, Origin::NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_replaces_the_item_of_that_name_and_appends_others() {
        let mut list = vec![item("a"), item("b")];
        set_item(&mut list, Some(item("b")), &[String::new()], &["b".to_owned()]);
        set_item(&mut list, Some(item("c")), &[String::new()], &["c".to_owned()]);
        assert_eq!(list.iter().map(Node::as_written).collect::<Vec<_>>(), ["a", "b", "c"]);
    }
}
