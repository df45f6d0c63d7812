//! Documents that nobody would write: every patch changes what it says and nothing else, or is refused.

use fixes::edit::{self, Action, Patch};
use fixes::field::Step;
use fixes::tree::Tree;
use proptest::prelude::*;

/// A value and one of the ways in which it can be written.
#[derive(Clone, Debug)]
enum Written {
    Scalar(&'static str),
    Sequence { items: Vec<Written>, style: Style },
    Mapping { entries: Vec<(&'static str, Written)>, style: Style },
}

#[derive(Clone, Copy, Debug)]
enum Style {
    Flow,
    FlowLines,
    Block { indent: usize, comments: bool },
}

/// How the lines of a text end.
#[derive(Clone, Copy, Debug)]
struct Ends {
    crlf: bool,
    /// The last one does not.
    is_open: bool,
}

fn ends() -> impl Strategy<Value = Ends> {
    any::<(bool, bool)>().prop_map(|(crlf, is_open)| Ends { crlf, is_open })
}

const KEYS: [&str; 8] = ["name", "image", "securityContext", "\"quoted\"", "'single'", "spec", "drop", "x-y"];
const SCALARS: [&str; 12] =
    ["a", "'it''s'", "\"b\\n\"", "1", "true", "null", "~", "", "plain text", "0755", "\"\"", "|\n%block\n"];

fn style() -> impl Strategy<Value = Style> {
    prop_oneof![
        Just(Style::Flow),
        Just(Style::FlowLines),
        (0..5usize, any::<bool>()).prop_map(|(indent, comments)| Style::Block { indent, comments }),
        (2..3usize, any::<bool>()).prop_map(|(indent, comments)| Style::Block { indent, comments }),
    ]
}

fn written() -> impl Strategy<Value = Written> {
    let leaf = prop::sample::select(SCALARS.to_vec()).prop_map(Written::Scalar);
    leaf.prop_recursive(4, 24, 4, |inner| {
        let entries = prop::collection::btree_map(prop::sample::select(KEYS.to_vec()), inner.clone(), 0..4);
        let entries = entries.prop_map(|entries| entries.into_iter().collect::<Vec<_>>()).prop_shuffle();
        prop_oneof![
            (prop::collection::vec(inner, 0..4), style()).prop_map(|(items, style)| Written::Sequence { items, style }),
            (entries, style()).prop_map(|(entries, style)| Written::Mapping { entries, style }),
        ]
    })
}

impl Written {
    fn is_block(&self) -> bool {
        match self {
            Self::Scalar(_) => false,
            Self::Sequence { items, style } => !items.is_empty() && matches!(style, Style::Block { .. }),
            Self::Mapping { entries, style } => !entries.is_empty() && matches!(style, Style::Block { .. }),
        }
    }

    fn flow(&self, indent: usize, out: &mut String) {
        let (open, close, count, style) = match self {
            Self::Scalar(text) => {
                return out.push_str(if text.starts_with('|') || text.is_empty() { "z" } else { text });
            }
            Self::Sequence { items, style } => ('[', ']', items.len(), style),
            Self::Mapping { entries, style } => ('{', '}', entries.len(), style),
        };
        let lines = matches!(style, Style::FlowLines);
        out.push(open);
        for at in 0..count {
            if lines {
                out.push('\n');
                out.push_str(&" ".repeat(indent + 2));
            }
            match self {
                Self::Sequence { items, .. } => items[at].flow(indent + 2, out),
                Self::Mapping { entries, .. } => {
                    out.push_str(entries[at].0);
                    out.push_str(": ");
                    entries[at].1.flow(indent + 2, out);
                }
                Self::Scalar(_) => {}
            }
            if at + 1 < count {
                out.push_str(if lines { "," } else { ", " });
            }
        }
        if lines && count > 0 {
            out.push('\n');
            out.push_str(&" ".repeat(indent + 1));
        }
        out.push(close);
    }

    /// Everything after the key or dash, with the line break. `column` is that of the key or dash.
    fn after(&self, column: usize, out: &mut String) {
        match self {
            Self::Scalar(text) if text.starts_with('|') => {
                out.push_str(" |\n");
                out.push_str(&" ".repeat(column + 2));
                out.push_str("block\n");
            }
            Self::Scalar("") => out.push('\n'),
            _ if !self.is_block() => {
                out.push(' ');
                self.flow(column + 1, out);
                out.push_str(" # why\n");
            }
            Self::Sequence { style: Style::Block { indent, .. }, .. } if out.ends_with(':') => {
                out.push('\n');
                self.block(column + indent, out);
            }
            Self::Sequence { style: Style::Block { indent, comments: false }, .. }
            | Self::Mapping { style: Style::Block { indent, comments: false }, .. }
                if out.ends_with('-') && *indent > 1 =>
            {
                // The first child stands beside the dash.
                let mut inner = String::new();
                self.block(column + indent, &mut inner);
                out.push_str(&inner[column + 1..]);
            }
            Self::Sequence { style: Style::Block { indent, .. }, .. }
            | Self::Mapping { style: Style::Block { indent, .. }, .. } => {
                out.push('\n');
                self.block(column + (*indent).max(1), out);
            }
            Self::Sequence { .. } | Self::Mapping { .. } | Self::Scalar(_) => {}
        }
    }

    fn block(&self, column: usize, out: &mut String) {
        let pad = " ".repeat(column);
        match self {
            Self::Sequence { items, style: Style::Block { comments, .. } } => {
                for item in items {
                    if *comments {
                        out.push_str(&format!("{pad}# item\n"));
                    }
                    out.push_str(&pad);
                    out.push('-');
                    item.after(column, out);
                }
            }
            Self::Mapping { entries, style: Style::Block { comments, .. } } => {
                for (key, value) in entries {
                    if *comments {
                        out.push_str(&format!("\n{pad}# {key}\n"));
                    }
                    out.push_str(&format!("{pad}{key}:"));
                    value.after(column, out);
                }
            }
            _ => {
                out.push_str(&pad);
                self.flow(column, out);
                out.push('\n');
            }
        }
    }
}

/// All places of a tree.
fn places(tree: &Tree, at: &mut Vec<Step>, all: &mut Vec<Vec<Step>>) {
    all.push(at.clone());
    let mut go = |step: Step, inner: &Tree| {
        at.push(step);
        places(inner, at, all);
        at.pop();
    };
    match tree {
        Tree::Sequence(items) => items.iter().enumerate().for_each(|(index, item)| go(Step::Index(index), item)),
        Tree::Mapping(entries) => entries.iter().for_each(|(key, value)| go(Step::Key(key.clone()), value)),
        _ => {}
    }
}

fn action() -> impl Strategy<Value = Action> {
    let trees =
        ["securityContext:\n  allowPrivilegeEscalation: false", "drop: [NET_RAW]", "new: {a: {b: [1, 2]}}\nimage: x"];
    prop_oneof![
        Just(Action::Remove),
        prop::sample::select(vec!["false", "RuntimeDefault", "\"true\"", "[a]"])
            .prop_map(|text| Action::Replace(Tree::read(text).unwrap())),
        Just(Action::Rename("renamed".to_owned())),
        prop::sample::select(trees.to_vec()).prop_map(|text| Action::Merge(Tree::read(text).unwrap())),
    ]
}

fn expected(tree: &Tree, steps: &[Step], action: &Action) -> Option<Tree> {
    let mut tree = tree.clone();
    match action {
        Action::Remove => tree.remove(steps)?,
        Action::Replace(value) => *tree.find(steps)? = value.clone(),
        Action::Rename(name) => {
            let (Step::Key(own), parents) = steps.split_last()? else { return None };
            let Tree::Mapping(entries) = tree.find(parents)? else { return None };
            entries.iter_mut().find(|(key, _)| key == own)?.0.clone_from(name);
        }
        Action::Merge(added) => {
            if !tree.find(steps)?.merge(added) {
                return None;
            }
        }
    }
    Some(tree.sorted())
}

fn comments(text: &str) -> usize {
    text.matches('#').count()
}

fn check(root: &Written, action: Action, pick: prop::sample::Index, ends: Ends) -> Result<(), TestCaseError> {
    let mut text = String::new();
    root.block(0, &mut text);
    if ends.is_open {
        text.truncate(text.trim_end_matches('\n').len());
    }
    if ends.crlf {
        text = text.replace('\n', "\r\n");
    }
    let Some(tree) = Tree::read(&text) else {
        return Err(TestCaseError::fail(format!("not YAML:\n{text}")));
    };
    let mut all = Vec::new();
    places(&tree, &mut Vec::new(), &mut all);
    let steps = all[pick.index(all.len())].clone();
    let patch = Patch { steps: steps.clone(), action };
    match edit::apply(&text, &patch, &|_| false) {
        Ok(applied) => {
            let new = applied.text.clone().unwrap_or_else(|| text.clone());
            let got = Tree::read(&new).unwrap().sorted();
            let wanted = expected(&tree, &steps, &patch.action);
            if matches!(patch.action, Action::Remove) {
                // What holds nothing goes with what it held.
                let is_meant = |end: usize| expected(&tree, &steps[..end], &patch.action).as_ref() == Some(&got);
                prop_assert!((1..=steps.len()).any(is_meant), "\n{}\n---\n{}", text, new);
            } else {
                prop_assert_eq!(Some(&got), wanted.as_ref(), "\n{}\n---\n{}", text, new);
                let breaks = (new.matches("\r\n").count(), new.matches('\n').count());
                let is_kept = if ends.crlf && text.contains('\n') { breaks.0 == breaks.1 } else { breaks.0 == 0 };
                prop_assert!(is_kept, "\n{text:?}\n---\n{new:?}");
                prop_assert_eq!(new.ends_with('\n'), text.ends_with('\n'), "\n{}\n---\n{}", text, new);
            }
            if matches!(patch.action, Action::Merge(_) | Action::Rename(_)) {
                prop_assert_eq!(comments(&new), comments(&text), "\n{}\n---\n{}", text, new);
                let lines =
                    |of: &str, kept: &str| of.lines().filter(|line| !kept.lines().any(|other| other == *line)).count();
                let (gone, came) = (lines(&text, &new), lines(&new, &text));
                // Spread JSON has a line for every value and every bracket that closes.
                prop_assert!(gone <= 2 && came <= 12, "{gone} lines went and {came} came:\n{text}\n---\n{new}");
            }
            if matches!(patch.action, Action::Merge(_)) {
                let again = edit::apply(&new, &patch, &|_| false);
                prop_assert_eq!(again.map(|applied| applied.text), Ok(None));
            }
        }
        Err(refusal) => {
            let is_possible = expected(&tree, &steps, &patch.action).is_some();
            let is_clear = !matches!(refusal, edit::Refusal::Different | edit::Refusal::Syntax | edit::Refusal::Shared);
            prop_assert!(is_clear || !is_possible, "{refusal:?} of {patch:?}\n{text}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn a_patch_does_what_it_says_and_nothing_else(root in written(), action in action(), pick: prop::sample::Index, ends in ends()) {
        check(&root, action, pick, ends)?;
    }
}
