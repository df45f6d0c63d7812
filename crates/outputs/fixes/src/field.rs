//! Field paths as findings have them, read back: `spec.containers[0].image`, `metadata.annotations["example.com/a"]`.

use model::document::{Value, push_key};

/// One step from a value to one in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// The value under this key.
    Key(String),
    /// The item of this number.
    Index(usize),
}

/// The steps of a path; `None` if it is not one.
pub fn parse(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[\"") {
            let (key, after) = quoted(after)?;
            steps.push(Step::Key(key));
            rest = after;
        } else if let Some(after) = rest.strip_prefix('[') {
            let (number, after) = after.split_once(']')?;
            steps.push(Step::Index(number.parse().ok()?));
            rest = after;
        } else {
            let word = if steps.is_empty() { rest } else { rest.strip_prefix('.')? };
            let end = word.find(['.', '[']).unwrap_or(word.len());
            if end == 0 {
                return None;
            }
            steps.push(Step::Key(word[..end].to_owned()));
            rest = &word[end..];
        }
    }
    Some(steps)
}

/// A key after its `["`, and what follows its `"]`.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut key = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => key.push(chars.next()?.1),
            '"' => return Some((key, text[at + 1..].strip_prefix(']')?)),
            _ => key.push(c),
        }
    }
    None
}

/// The path of these steps, as findings write it.
pub fn path(steps: &[Step]) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Key(key) => push_key(key, &mut path),
            Step::Index(index) => path.push_str(&format!("[{index}]")),
        }
    }
    path
}

/// The last entry of `mapping` under `key`, whatever its value: the one that counts.
pub fn entry<'d>(mapping: Value<'d>, key: &str) -> Option<(Value<'d>, Value<'d>)> {
    mapping.entries().filter(|(name, _)| name.is_key(key)).last()
}

/// The value at the end of one step.
pub fn step<'d>(value: Value<'d>, step: &Step) -> Option<Value<'d>> {
    match step {
        Step::Key(key) => entry(value, key).map(|(_, value)| value),
        Step::Index(index) => value.items().nth(*index),
    }
}

/// The value at the end of the steps, a null one too.
pub fn find<'d>(root: Value<'d>, steps: &[Step]) -> Option<Value<'d>> {
    steps.iter().try_fold(root, step)
}

/// The steps from the root of the document to `value`.
pub fn steps_to(value: Value<'_>) -> Vec<Step> {
    let mut at = value.document().root();
    let mut steps = Vec::new();
    while at.id() != value.id() {
        let next = if at.is_mapping() {
            // A key is reached by its own name, as its value is.
            let mut entries = at.entries().filter(|(key, inner)| key.id() == value.id() || inner.contains(value));
            entries.next().map(|(key, inner)| (Step::Key(key.text().into_owned()), inner, key.id() == value.id()))
        } else {
            let mut items = at.items().enumerate().filter(|(_, item)| item.contains(value));
            items.next().map(|(index, item)| (Step::Index(index), item, false))
        };
        let Some((step, inner, is_key)) = next else { break };
        steps.push(step);
        if is_key {
            break;
        }
        at = inner;
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_they_are_written() {
        for text in
            ["", "spec", "spec.containers[0].image", "metadata.annotations[\"example.com/a\\\"b\"]", "a[1][2].b"]
        {
            assert_eq!(path(&parse(text).unwrap()), text);
        }
        assert_eq!(parse("a..b"), None);
        assert_eq!(parse("a[x]"), None);
    }
}
