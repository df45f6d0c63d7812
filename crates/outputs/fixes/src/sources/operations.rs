//! A change as operations of a JSON patch (RFC 6902): for lists whose items have no name to be told by.

use model::document::Value;

use crate::edit::{Action, Patch};
use crate::field::{self, Step};
use crate::tree::{Tree, lacking, named};

/// The operations that make of the object what `patch` makes of it; `None` if something else stands there.
pub(super) fn of(object: Value<'_>, patch: &Patch) -> Option<Vec<Tree>> {
    let path = pointer(&patch.steps);
    let mut operations = Vec::new();
    match &patch.action {
        Action::Remove => operations.push(operation("remove", &path, None)),
        Action::Replace(tree) => operations.push(operation("replace", &path, Some(tree))),
        Action::Merge(tree) => merge(&Tree::of(field::find(object, &patch.steps)?), tree, &path, &mut operations)?,
        Action::Rename(_) => return None,
    }
    (!operations.is_empty()).then_some(operations)
}

fn merge(known: &Tree, added: &Tree, path: &str, out: &mut Vec<Tree>) -> Option<()> {
    match (known, added) {
        (Tree::Null, _) => out.push(operation("replace", path, Some(added))),
        (Tree::Mapping(_), Tree::Mapping(entries)) => {
            for (key, value) in entries {
                let inner = format!("{path}{}", step(key));
                match known.get(key) {
                    Some(known) => merge(known, value, &inner, out)?,
                    None => out.push(operation("add", &inner, Some(value))),
                }
            }
        }
        (Tree::Sequence(items), Tree::Sequence(new)) => {
            for item in new {
                if let Some(at) = named(items, item) {
                    merge(&items[at], item, &format!("{path}/{at}"), out)?;
                }
            }
            out.extend(lacking(items, new).into_iter().map(|item| operation("add", &format!("{path}/-"), Some(item))));
        }
        (known, added) if known == added => {}
        _ => return None,
    }
    Some(())
}

fn operation(word: &str, path: &str, value: Option<&Tree>) -> Tree {
    let text = |text: &str| Tree::Text(text.to_owned());
    let mut entries = vec![("op".to_owned(), text(word)), ("path".to_owned(), text(path))];
    entries.extend(value.map(|value| ("value".to_owned(), value.clone())));
    Tree::Mapping(entries)
}

fn pointer(steps: &[Step]) -> String {
    let one = |each: &Step| match each {
        Step::Key(key) => step(key),
        Step::Index(index) => format!("/{index}"),
    };
    steps.iter().map(one).collect()
}

/// One step of a JSON pointer (RFC 6901).
pub(crate) fn step(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(object: &str, steps: &str, action: Action, expected: Option<&str>) {
        let document = yaml::parse_document(object).unwrap();
        let patch = Patch { steps: field::parse(steps).unwrap(), action };
        let expected = expected.map(|text| Tree::read(text).unwrap());
        assert_eq!(of(document.root(), &patch).map(Tree::Sequence), expected, "{steps}");
    }

    #[test]
    fn operations_say_what_a_patch_does() {
        let read = |text: &str| Tree::read(text).unwrap();
        let object = "rules: [{verbs: ['*', get]}]\nmetadata: {labels: {a/b: c}}\n";
        check(object, "rules[0].verbs[0]", Action::Remove, Some("[{op: remove, path: /rules/0/verbs/0}]"));
        check(
            object,
            "metadata.labels[\"a/b\"]",
            Action::Replace(read("d")),
            Some("[{op: replace, path: /metadata/labels/a~1b, value: d}]"),
        );
        check(
            object,
            "",
            Action::Merge(read("{rules: [{x: 1}], spec: {y: 2}, metadata: {labels: {a/b: c}}}")),
            Some("[{op: add, path: /rules/-, value: {x: 1}}, {op: add, path: /spec, value: {y: 2}}]"),
        );
        check(object, "metadata", Action::Merge(read("{labels: {a/b: d}}")), None);
    }
}
