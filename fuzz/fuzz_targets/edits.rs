//! Patches into any text: what is written is a document that means what was meant, or the patch is refused.
#![no_main]

use fixes::edit::{self, Action, Patch};
use fixes::field::Step;
use fixes::tree::Tree;
use libfuzzer_sys::fuzz_target;

fn places(tree: &Tree, at: &mut Vec<Step>, all: &mut Vec<Vec<Step>>) {
    if all.len() > 64 {
        return;
    }
    all.push(at.clone());
    let inner: Vec<(Step, &Tree)> = match tree {
        Tree::Sequence(items) => items.iter().enumerate().map(|(index, item)| (Step::Index(index), item)).collect(),
        Tree::Mapping(entries) => entries.iter().map(|(key, value)| (Step::Key(key.clone()), value)).collect(),
        _ => Vec::new(),
    };
    for (step, inner) in inner {
        at.push(step);
        places(inner, at, all);
        at.pop();
    }
}

fuzz_target!(|data: (u8, u8, &str)| {
    let (action, place, text) = data;
    let Some(tree) = Tree::read(text) else { return };
    let mut all = Vec::new();
    places(&tree, &mut Vec::new(), &mut all);
    let read = |text| Tree::read(text).expect("it is YAML");
    let action = match action % 5 {
        0 => Action::Remove,
        1 => Action::Replace(read("RuntimeDefault")),
        2 => Action::Rename("renamed".to_owned()),
        3 => Action::Merge(read("drop: [NET_RAW]")),
        _ => Action::Merge(read("securityContext:\n  runAsNonRoot: true")),
    };
    let is_merge = matches!(action, Action::Merge(_));
    let patch = Patch { steps: all[usize::from(place) % all.len()].clone(), action };
    if let Ok(applied) = edit::apply(text, &patch, &|_| true)
        && let Some(new) = applied.text
    {
        assert!(Tree::read(&new).is_some(), "what is written is a document");
        if is_merge {
            let again = edit::apply(&new, &patch, &|_| true).map(|applied| applied.text);
            assert_eq!(again, Ok(None), "a second time changes nothing");
        }
    }
});
