//! New entries and items, written where they belong in the style of their neighbours.

use model::document::Value;

use super::layout::Layout;
use super::render::{self, Style};
use super::{Refusal, Splice, order};
use crate::field::{self, Step};
use crate::tree::{Tree, lacking, named};

/// Writes entries into mappings.
pub(super) struct Insertion<'d> {
    pub(super) layout: Layout<'d>,
    pub(super) splices: Vec<Splice>,
}

impl<'d> Insertion<'d> {
    /// Merges `added` into what is at the end of `steps`.
    pub(super) fn merge(&mut self, steps: &[Step], added: &Tree) -> Result<(), Refusal> {
        let value = field::find(self.layout.root, steps).ok_or(Refusal::Gone)?;
        let entries = match added {
            Tree::Mapping(entries) => entries,
            Tree::Sequence(items) if value.is_sequence() => {
                self.merge_named(steps, value, items)?;
                self.append(value, items, self.anchor(steps));
                return Ok(());
            }
            _ => return Err(Refusal::Occupied(field::path(steps))),
        };
        if value.is_null() {
            return self.fill(steps, value, added);
        }
        if !value.is_mapping() {
            return Err(Refusal::Occupied(field::path(steps)));
        }
        let mut new: Vec<(&str, &Tree)> = Vec::new();
        for (key, tree) in entries {
            let Some((_, known)) = field::entry(value, key) else {
                new.push((key, tree));
                continue;
            };
            let mut inner = steps.to_vec();
            inner.push(Step::Key(key.clone()));
            match tree {
                _ if known.is_null() => self.fill(&inner, known, tree)?,
                Tree::Mapping(_) if known.is_mapping() => self.merge(&inner, tree)?,
                Tree::Sequence(items) if known.is_sequence() => {
                    self.merge_named(&inner, known, items)?;
                    self.append(known, items, self.anchor(&inner));
                }
                _ if Tree::of(known) == *tree => {}
                _ => return Err(Refusal::Occupied(field::path(&inner))),
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        if self.layout.is_flow(value) {
            if self.layout.children(value).is_empty() && !self.is_json() && !self.layout.is_in_flow(steps_before(steps))
            {
                let tree = Tree::Mapping(new.into_iter().map(|(key, tree)| (key.to_owned(), tree.clone())).collect());
                return self.fill(steps, value, &tree);
            }
            let written: Vec<String> = new.iter().map(|(key, tree)| self.flow_entry(value, key, tree)).collect();
            let keys: Vec<&str> = new.iter().map(|(key, _)| *key).collect();
            self.add_to_flow(value, &keys, &written);
            return Ok(());
        }
        self.add_to_block(value, &new, self.anchor(steps));
        Ok(())
    }

    /// Where the entry or item at the end of `steps` begins.
    fn anchor(&self, steps: &[Step]) -> usize {
        let Some((last, parents)) = steps.split_last() else { return 0 };
        let Some(parent) = field::find(self.layout.root, parents) else { return 0 };
        let first = match last {
            Step::Key(name) => field::entry(parent, name).map(|(key, _)| key),
            Step::Index(_) => field::step(parent, last),
        };
        first.map_or(0, |first| Layout::range(first).start)
    }

    fn is_json(&self) -> bool {
        self.layout.is_json()
    }

    /// Puts `tree` in the place of a value that is null or an empty mapping.
    fn fill(&mut self, steps: &[Step], value: Value<'d>, tree: &Tree) -> Result<(), Refusal> {
        let range = Layout::range(value);
        if self.is_json() || self.layout.is_in_flow(steps_before(steps)) {
            let text = self.flow_value(tree, self.layout.leading(range.start));
            let space = if range.is_empty() { " " } else { "" };
            self.splices.push(Splice::new(range, format!("{space}{text}")));
            return Ok(());
        }
        let style = Style::near(&self.layout, range.start);
        let Some((Step::Key(name), parents)) = steps.split_last() else { return Err(Refusal::Unclear) };
        let parent = field::find(self.layout.root, parents).ok_or(Refusal::Gone)?;
        let (key, _) = field::entry(parent, name).ok_or(Refusal::Gone)?;
        let mut lines = render::entry(name, tree, &style);
        let first = lines.remove(0);
        let blank_start = range.start - trailing_blanks(&self.layout.text[..range.start]);
        let rest = first.split_once(": ").map(|(_, rest)| format!(" {rest}")).unwrap_or_default();
        self.splices.push(Splice::new(blank_start..range.end, rest));
        if lines.is_empty() {
            return Ok(());
        }
        let column = self.layout.column(Layout::range(key).start);
        let anchor = Layout::range(key).start;
        self.insert_lines(self.layout.next_line(range.end), &indented(&lines, column), anchor);
        Ok(())
    }

    /// Merges items into those of the same name.
    fn merge_named(&mut self, steps: &[Step], list: Value<'d>, items: &[Tree]) -> Result<(), Refusal> {
        let known: Vec<Tree> = list.items().map(Tree::of).collect();
        for item in items {
            let Some(at) = named(&known, item) else { continue };
            let mut steps = steps.to_vec();
            steps.push(Step::Index(at));
            self.merge(&steps, item)?;
        }
        Ok(())
    }

    /// Adds the items that a list lacks to its end.
    fn append(&mut self, list: Value<'d>, items: &[Tree], anchor: usize) {
        let known: Vec<Tree> = list.items().map(Tree::of).collect();
        let new = lacking(&known, items);
        let children = self.layout.children(list);
        let Some((first, _)) = children.first().copied().filter(|_| !new.is_empty()) else {
            if !new.is_empty() {
                let written: Vec<String> = new.iter().map(|item| self.flow_value(item, "")).collect();
                self.add_to_flow(list, &[], &written);
            }
            return;
        };
        if self.layout.is_flow(list) {
            let written: Vec<String> = new.iter().map(|item| self.flow_value(item, "")).collect();
            return self.add_to_flow(list, &[], &written);
        }
        let start = Layout::range(first).start;
        let style = Style::near(&self.layout, start);
        let dash = self.layout.column(Layout::range(list).start);
        let gap = self.layout.column(start).saturating_sub(dash + 1).max(1);
        let mut lines = Vec::new();
        for item in new {
            for line in render::item(item, &style) {
                let (head, tail) = line.split_at(1);
                lines.push(format!("{head}{}{}", " ".repeat(gap - 1), tail));
            }
        }
        let (last, _) = children[children.len() - 1];
        let end = self.layout.end_of(last, last);
        // Comments under the last item are the list's own where nothing else in their column follows.
        let next = self.layout.text[end..].lines().skip(1).find(|line| {
            let line = line.trim_start();
            !line.is_empty() && !line.starts_with('#')
        });
        let is_last = next.is_none_or(|next| next.len() - next.trim_start().len() < dash);
        let at = self.after_block(end, if is_last { dash.saturating_sub(1) } else { dash });
        self.insert_lines(at, &indented(&lines, dash), anchor);
    }

    /// The entry `key` as it is written into the flow mapping `value`.
    fn flow_entry(&self, value: Value<'d>, key: &str, tree: &Tree) -> String {
        let flow = self.layout.flow(value);
        let indent = flow.own_lines.as_deref().unwrap_or("");
        if self.is_json() {
            return format!("{}:{}{}", render::quote(key), flow.space, self.flow_value(tree, indent));
        }
        let quoted = self.layout.children(value).first().is_some_and(|(key, _)| key.source().starts_with('"'));
        let name = if quoted { render::quote(key) } else { render::key_text(key) };
        format!("{name}: {}", render::flow(tree))
    }

    fn flow_value(&self, tree: &Tree, indent: &str) -> String {
        if !self.is_json() {
            return render::flow(tree);
        }
        let flow = self.layout.flow(self.layout.root);
        let spread = self.layout.spread().map(|unit| (indent, unit));
        render::json(tree, flow.space, spread).replace('\n', self.layout.line_break())
    }

    /// Writes children into a collection in brackets: each where its key belongs, items at the end.
    fn add_to_flow(&mut self, value: Value<'d>, keys: &[&str], written: &[String]) {
        let flow = self.layout.flow(value);
        let children = self.layout.children(value);
        let range = Layout::range(value);
        if children.is_empty() {
            let text = match &flow.own_lines {
                Some(indent) => {
                    let line_break = self.layout.line_break();
                    let outer = self.layout.leading(range.start);
                    let joined = written.join(&format!(",{line_break}{indent}"));
                    format!("{line_break}{indent}{joined}{line_break}{outer}")
                }
                None => written.join(&format!(",{}", flow.space)),
            };
            self.splices.push(Splice::new(range.start + 1..range.end - 1, text));
            return;
        }
        let names: Vec<String> = children.iter().map(|(key, _)| key.text().into_owned()).collect();
        for (number, text) in written.iter().enumerate() {
            let after = match keys.get(number) {
                Some(key) => order::after(&names, key),
                None => Some(children.len() - 1),
            };
            match after {
                Some(after) => self.after_in_flow(children[after], text, flow.own_lines.as_deref(), flow.space),
                None => {
                    let at = Layout::range(children[0].0).start;
                    let gap = match &flow.own_lines {
                        Some(indent) => format!("{}{indent}", self.layout.line_break()),
                        None => flow.space.to_owned(),
                    };
                    self.splices.push(Splice::new(at..at, format!("{text},{gap}")));
                }
            }
        }
    }

    fn after_in_flow(&mut self, child: (Value<'d>, Value<'d>), text: &str, own_lines: Option<&str>, space: &str) {
        let end = self.layout.end_of(child.0, child.1);
        let Some(indent) = own_lines else {
            return self.splices.push(Splice::new(end..end, format!(",{space}{text}")));
        };
        let rest = self.layout.rest_of_line(end);
        let after_comma = rest.trim_start().strip_prefix(',');
        let is_over = |rest: &str| rest.trim().is_empty() || rest.trim_start().starts_with('#');
        let line_break = self.layout.line_break();
        match after_comma {
            // The comment of the line stays on it.
            Some(after) if is_over(after) => {
                let at = self.layout.line_end(end);
                self.splices.push(Splice::new(at..at, format!("{line_break}{indent}{text},")));
            }
            None if is_over(rest) && !rest.trim().is_empty() => {
                self.splices.push(Splice::new(end..end, ",".to_owned()));
                let at = self.layout.line_end(end);
                self.splices.push(Splice::new(at..at, format!("{line_break}{indent}{text}")));
            }
            _ => self.splices.push(Splice::new(end..end, format!(",{line_break}{indent}{text}"))),
        }
    }

    /// Writes entries into a block mapping.
    fn add_to_block(&mut self, mapping: Value<'d>, new: &[(&str, &Tree)], anchor: usize) {
        let children = self.layout.children(mapping);
        let start = Layout::range(mapping).start;
        let own_line = children.iter().map(|(key, _)| Layout::range(*key).start).find(|&at| self.layout.is_first(at));
        let column = self
            .layout
            .column(own_line.or(children.first().map(|(key, _)| Layout::range(*key).start)).unwrap_or(start));
        let style = Style::near(&self.layout, start);
        let names: Vec<String> = children.iter().map(|(key, _)| key.text().into_owned()).collect();
        let mut ordered: Vec<(&str, &Tree)> = Vec::new();
        for &(key, tree) in new {
            // Of several new ones at one place each stands where it belongs among the others.
            let known: Vec<String> = ordered.iter().map(|(key, _)| (*key).to_owned()).collect();
            let at = order::after(&known, key).map_or(0, |at| at + 1);
            ordered.insert(at, (key, tree));
        }
        for (key, tree) in ordered {
            let lines = indented(&render::entry(key, tree, &style), column);
            let at = match order::after(&names, key) {
                _ if children.is_empty() => self.after_block(Layout::range(mapping).end, column),
                None if self.layout.is_first(Layout::range(children[0].0).start) => {
                    self.before_block(Layout::range(children[0].0).start, column)
                }
                after => {
                    let (key, value) = children[after.unwrap_or(0)];
                    self.after_block(self.layout.end_of(key, value), column)
                }
            };
            self.insert_lines(at, &lines, anchor);
        }
    }

    /// The line on which something in `column` may begin before what begins at `at`: above its comments.
    fn before_block(&self, at: usize, column: usize) -> usize {
        let mut start = self.layout.line_start(at);
        while start > 0 {
            let above = self.layout.line_start(start - 1);
            let line = &self.layout.text[above..start];
            if !line.trim_start().starts_with('#') || self.layout.leading(above).len() != column || above == start {
                break;
            }
            start = above;
        }
        start
    }

    /// The line on which something in `column` may begin after what ends at `end`: below comments that are deeper.
    fn after_block(&self, end: usize, column: usize) -> usize {
        let text = self.layout.text;
        let mut at = if end > 0 && text[..end].ends_with('\n') { end } else { self.layout.next_line(end) };
        let mut look = at;
        while look < text.len() {
            let line = self.layout.rest_of_line(look);
            let next = self.layout.next_line(look);
            if line.trim().is_empty() {
                look = next;
            } else if line.trim_start().starts_with('#') && self.layout.leading(look).len() > column {
                look = next;
                at = next;
            } else {
                break;
            }
        }
        at
    }

    /// Puts whole lines before the line that begins at `at`, or at the end. They belong to what begins at `anchor`.
    fn insert_lines(&mut self, at: usize, lines: &[String], anchor: usize) {
        let line_break = self.layout.line_break();
        let text = lines.join(line_break);
        let is_open_end = at == self.layout.text.len() && !self.layout.text.ends_with('\n');
        let text = if is_open_end { format!("{line_break}{text}") } else { format!("{text}{line_break}") };
        self.splices.push(Splice { anchor: Some(anchor), ..Splice::new(at..at, text) });
    }
}

fn steps_before(steps: &[Step]) -> &[Step] {
    steps.split_last().map_or(steps, |(_, before)| before)
}

fn trailing_blanks(text: &str) -> usize {
    text.len() - text.trim_end_matches([' ', '\t']).len()
}

fn indented(lines: &[String], column: usize) -> Vec<String> {
    let pad = " ".repeat(column);
    lines.iter().map(|line| format!("{pad}{line}")).collect()
}
