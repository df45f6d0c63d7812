//! Templates as YAML: what a template writes, without what it does.
//!
//! The shadow of a template has as many bytes on as many lines. Actions that stand on lines of their own are comments in
//! it, others are words; what is literal is as it is. So the places of one are the places of the other, and a change is
//! written, and proven, in the shadow. What is no template is its own shadow.

use std::borrow::Cow;
use std::ops::Range;

/// A template and its shadow.
#[derive(Clone, Debug)]
pub(crate) struct Shadow<'t> {
    /// The YAML.
    pub(crate) text: Cow<'t, str>,
    blocks: Vec<Block>,
}

/// What a condition or loop, with its end, holds.
#[derive(Clone, Debug)]
struct Block {
    /// What the action says.
    says: String,
    /// From the first byte of the action to the end of the line of its `end`.
    range: Range<usize>,
    /// Where each of its branches but the first begins.
    branches: Vec<usize>,
}

/// An action, from its first to its last brace.
struct Action {
    range: Range<usize>,
    says: String,
}

/// Longer templates are not looked at.
const LONGEST: usize = 4 << 20;

impl<'t> Shadow<'t> {
    /// The shadow of `text`.
    pub(crate) fn of(text: &'t str) -> Self {
        if text.len() > LONGEST || !text.contains("{{") {
            return Self { text: Cow::Borrowed(text), blocks: Vec::new() };
        }
        let actions = actions(text);
        Self { text: Cow::Owned(shadow(text, &actions)), blocks: blocks(text, &actions) }
    }

    /// The place for what is to stand at `at`, in the same blocks as `anchor` and in no other: behind those that `at`
    /// is in and `anchor` is not.
    pub(crate) fn outside(&self, at: usize, anchor: usize) -> usize {
        let others = self.blocks.iter().filter(|block| block.holds(at) && !block.holds_both(anchor, at));
        others.map(|block| block.range.end).max().unwrap_or(at)
    }

    /// What the outermost block says that holds `at` and not `anchor`.
    pub(crate) fn condition(&self, at: usize, anchor: usize) -> Option<&str> {
        let mut others = self.blocks.iter().filter(|block| block.holds(at) && !block.holds_both(anchor, at));
        let first = others.next()?;
        // Of several, each has its own condition.
        if others.next().is_some() { None } else { Some(&first.says) }
    }
}

impl Block {
    fn holds(&self, at: usize) -> bool {
        self.range.start < at && at < self.range.end
    }

    fn holds_both(&self, a: usize, b: usize) -> bool {
        let branch = |at: usize| self.branches.partition_point(|&start| start <= at);
        self.holds(a) && self.holds(b) && branch(a) == branch(b)
    }
}

/// The actions of a template, as Go's lexer finds them.
fn actions(text: &str) -> Vec<Action> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("{{").map(|start| at + start) {
        let Some(end) = end_of_action(text, start + 2) else { break };
        let inner = text[start + 2..end - 2].trim_start_matches('-').trim_end_matches('-');
        found.push(Action { range: start..end, says: inner.trim().to_owned() });
        at = end;
    }
    found
}

/// The byte after the braces that close what begins at `at`.
fn end_of_action(text: &str, at: usize) -> Option<usize> {
    let inner = text[at..].trim_start_matches("- ").trim_start();
    if inner.starts_with("/*") {
        let close = text[at..].find("*/")? + at;
        return Some(text[close..].find("}}")? + close + 2);
    }
    let bytes = text.as_bytes();
    let mut at = at;
    while at < bytes.len() {
        match bytes[at] {
            b'}' if bytes.get(at + 1) == Some(&b'}') => return Some(at + 2),
            quote @ (b'"' | b'\'' | b'`') => {
                at += 1;
                while *bytes.get(at)? != quote {
                    at += if bytes[at] == b'\\' && quote != b'`' { 2 } else { 1 };
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn shadow(text: &str, actions: &[Action]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for Action { range, .. } in actions {
        let words = bytes[range.clone()].iter_mut().filter(|byte| !matches!(**byte, b'\n' | b'\r'));
        words.for_each(|byte| *byte = b'X');
    }
    for line in own_lines(text, actions) {
        // The white space in an action is a part of it.
        if let Some(byte) = bytes[line].iter_mut().find(|byte| !matches!(byte, b' ' | b'\t')) {
            *byte = b'#';
        }
    }
    // Each action was replaced as a whole, so that no character is torn.
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// The lines on which nothing but actions stands.
fn own_lines(text: &str, actions: &[Action]) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut rest = actions.iter().peekable();
    for line in text.split_inclusive('\n') {
        let (from, to) = (start, start + line.len());
        start = to;
        let mut at = from;
        let mut is_own = true;
        let mut has_action = false;
        while let Some(action) = rest.peek().filter(|action| action.range.start < to) {
            has_action = true;
            is_own &= text[at..action.range.start.max(at)].trim().is_empty();
            at = action.range.end.min(to).max(at);
            if action.range.end > to {
                break;
            }
            rest.next();
        }
        if has_action && is_own && text[at..to].trim().is_empty() {
            lines.push(from..to);
        }
    }
    lines
}

fn blocks(text: &str, actions: &[Action]) -> Vec<Block> {
    let mut open: Vec<Block> = Vec::new();
    let mut done = Vec::new();
    for Action { range, says } in actions {
        match says.split_whitespace().next().unwrap_or("") {
            "if" | "with" | "range" | "define" | "block" => {
                open.push(Block { says: says.clone(), range: range.clone(), branches: Vec::new() });
            }
            "else" => {
                if let Some(block) = open.last_mut() {
                    block.branches.push(range.start);
                }
            }
            "end" => {
                if let Some(mut block) = open.pop() {
                    let line = text[range.end..].find('\n').map_or(text.len(), |end| range.end + end + 1);
                    block.range.end = line;
                    done.push(block);
                }
            }
            _ => {}
        }
    }
    done.sort_by_key(|block| block.range.start);
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let shadow = Shadow::of(text);
        assert_eq!(shadow.text, expected);
        assert_eq!(shadow.text.len(), text.len());
    }

    #[test]
    fn actions_are_comments_on_their_own_lines_and_words_elsewhere() {
        check("a: 1\n{{- if .b }}\nb: {{ .c }}d\n{{- end }}\n", "a: 1\n#XXXXXXXXXXX\nb: XXXXXXXXd\n#XXXXXXXXX\n");
        check("a: \"{{ print \"}}\" }}\"\n", "a: \"XXXXXXXXXXXXXXXX\"\n");
        check("  {{/* }} */}}\na:\n  {{- x\n    y }}\n", "  #XXXXXXXXXXX\na:\n  #XXXX\n#XXXXXXX\n");
    }

    #[test]
    fn blocks_are_left_behind() {
        let text = "a:\n{{- if .b }}\n  b: 1\n{{- else }}\n  c: 1\n{{- end }}\n  d: 1\n";
        let shadow = Shadow::of(text);
        let at = |what: &str| text.find(what).unwrap();
        assert_eq!(shadow.outside(at("b: 1"), at("a:")), at("  d: 1"));
        assert_eq!(shadow.outside(at("d: 1"), at("a:")), at("d: 1"));
        assert_eq!(shadow.outside(at("b: 1") + 1, at("b: 1")), at("b: 1") + 1);
        assert_eq!(shadow.outside(at("c: 1"), at("b: 1")), at("  d: 1"));
        assert_eq!(shadow.condition(at("b: 1"), at("a:")), Some("if .b"));
    }
}
