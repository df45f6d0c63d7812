//! Text of manifests, written member by member in one of the many styles that people and tools use.
//! What is said comes from the recipes; how it looks (YAML or JSON, indentation, quotes, comments) is decided here.

use super::random::Random;
use super::scalar::{self, Quotes};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    Yaml,
    Json,
}

/// How several objects share one file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrapping {
    /// Documents after `---`. JSON has none, so there it is one object only.
    Documents,
    /// `kind: List`, with the kind before the items.
    List,
    /// `kind: List` as `kubectl get` prints it: the kind comes after the items.
    Export,
}

#[derive(Clone, Copy)]
pub(crate) struct Style {
    pub(crate) syntax: Syntax,
    pub(crate) step: usize,
    /// Columns between a key and the dashes of its sequence: 0 as kubectl prints, or 2 as many people write.
    pub(crate) dash_offset: usize,
    pub(crate) quotes: Quotes,
    /// Short lists in `[…]` and short maps in `{…}`.
    pub(crate) flow: bool,
    pub(crate) comments: bool,
    pub(crate) anchors: bool,
}

impl Style {
    pub(crate) const KUBECTL_YAML: Style = Style {
        syntax: Syntax::Yaml,
        step: 2,
        dash_offset: 0,
        quotes: Quotes::Plain,
        flow: false,
        comments: false,
        anchors: false,
    };
    pub(crate) const KUBECTL_JSON: Style = Style { syntax: Syntax::Json, step: 4, ..Style::KUBECTL_YAML };
}

pub(crate) struct Draft {
    pub(crate) random: Random,
    pub(crate) style: Style,
    wrapping: Wrapping,
    text: String,
    column: usize,
    objects: usize,
    /// A dash has been written, and the next key goes on its line.
    after_dash: bool,
    /// No member has been written into the innermost JSON container.
    first: bool,
}

const COMMENTS: &[&str] = &[
    "keep in sync with the runbook",
    "see the incident review of last spring",
    "raised after the load test",
    "owner: platform; ask before you change this",
    "temporary, remove when the migration is done",
    "größer als nötig, aber stabil",
    "the default of the chart is too low for us: OOM at night",
    "nosemgrep",
];

impl Draft {
    pub(crate) fn new(random: Random, style: Style, wrapping: Wrapping) -> Draft {
        let mut draft = Draft {
            random,
            style,
            wrapping,
            text: String::with_capacity(64 * 1024),
            column: 0,
            objects: 0,
            after_dash: false,
            first: true,
        };
        draft.start();
        draft
    }

    /// Starts another file in the same memory.
    pub(crate) fn restart(&mut self, random: Random, style: Style, wrapping: Wrapping) {
        self.text.clear();
        (self.random, self.style, self.wrapping) = (random, style, wrapping);
        (self.column, self.objects, self.after_dash, self.first) = (0, 0, false, true);
        self.start();
    }

    /// Bytes written since the start or the last `clear`.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Forgets what was written, and goes on at the same place of the file.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
    }

    /// Text as it is: for files that are not manifests.
    pub(crate) fn raw(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// One object of the file.
    pub(crate) fn object(&mut self, body: impl FnOnce(&mut Draft)) {
        self.objects += 1;
        match (self.wrapping, self.style.syntax) {
            (Wrapping::Documents, Syntax::Yaml) => {
                if self.objects > 1 || self.style.dash_offset > 0 && self.random.percent(40) {
                    self.text.push_str("---\n");
                }
                body(self);
            }
            (Wrapping::Documents, Syntax::Json) => {
                self.nest(['{', '}'], body);
                self.text.push('\n');
            }
            (Wrapping::List | Wrapping::Export, _) => self.item(body),
        }
    }

    /// Ends the file.
    pub(crate) fn finish(&mut self) {
        let kubectl = self.wrapping == Wrapping::Export;
        match (self.wrapping, self.style.syntax) {
            (Wrapping::Documents, _) | (Wrapping::List, Syntax::Yaml) => {}
            (Wrapping::Export, Syntax::Yaml) => {
                self.text.push_str("kind: List\nmetadata:\n  resourceVersion: \"\"\n");
            }
            (Wrapping::List | Wrapping::Export, Syntax::Json) => {
                self.column = self.style.step;
                self.new_line();
                self.text.push(']');
                self.first = false;
                if kubectl {
                    self.text("kind", "List");
                    self.map("metadata", |draft| draft.text("resourceVersion", ""));
                }
                self.text.push_str("\n}\n");
            }
        }
    }

    pub(crate) fn map(&mut self, key: &str, body: impl FnOnce(&mut Draft)) {
        self.key(key);
        self.members(body);
    }

    /// A map that can be said again with `alias`, if the style has anchors.
    pub(crate) fn anchored_map(&mut self, key: &str, anchor: &str, body: impl FnOnce(&mut Draft)) {
        self.key(key);
        if self.style.anchors {
            self.text.push_str(" &");
            self.text.push_str(anchor);
        }
        self.members(body);
    }

    /// **Invariant:** an anchor of this name stands before, in the same document.
    pub(crate) fn alias(&mut self, key: &str, anchor: &str) {
        self.key(key);
        self.text.push_str(" *");
        self.text.push_str(anchor);
        self.text.push('\n');
    }

    pub(crate) fn list(&mut self, key: &str, body: impl FnOnce(&mut Draft)) {
        self.key(key);
        if self.style.syntax == Syntax::Json {
            return self.nest(['[', ']'], body);
        }
        self.text.push('\n');
        let start = self.text.len();
        self.column += self.style.dash_offset;
        body(self);
        self.column -= self.style.dash_offset;
        self.say_empty(start, " []\n");
    }

    /// A map in a list.
    pub(crate) fn item(&mut self, body: impl FnOnce(&mut Draft)) {
        if self.style.syntax == Syntax::Json {
            self.separate();
            return self.nest(['{', '}'], body);
        }
        self.dash();
        self.after_dash = true;
        self.column += 2;
        body(self);
        self.column -= 2;
        if std::mem::take(&mut self.after_dash) {
            self.text.push_str("{}\n");
        }
    }

    pub(crate) fn text_item(&mut self, value: &str) {
        match self.style.syntax {
            Syntax::Json => {
                self.separate();
                scalar::push_json(&mut self.text, value);
            }
            Syntax::Yaml => {
                self.dash();
                scalar::push(&mut self.text, value, self.style.quotes);
                self.text.push('\n');
            }
        }
    }

    pub(crate) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        match self.style.syntax {
            Syntax::Json => scalar::push_json(&mut self.text, value),
            Syntax::Yaml => {
                self.text.push(' ');
                scalar::push(&mut self.text, value, self.style.quotes);
                self.end_line();
            }
        }
    }

    pub(crate) fn number(&mut self, key: &str, value: usize) {
        self.bare(key, &value.to_string());
    }

    pub(crate) fn flag(&mut self, key: &str, value: bool) {
        self.bare(key, if value { "true" } else { "false" });
    }

    pub(crate) fn strings(&mut self, key: &str, values: &[&str]) {
        if self.style.syntax == Syntax::Yaml && self.style.flow && values.len() < 6 {
            self.key(key);
            self.text.push_str(" [");
            for (index, value) in values.iter().enumerate() {
                self.text.push_str(if index > 0 { ", " } else { "" });
                scalar::push_flow(&mut self.text, value);
            }
            self.text.push(']');
            return self.end_line();
        }
        self.list(key, |draft| values.iter().for_each(|value| draft.text_item(value)));
    }

    pub(crate) fn pairs(&mut self, key: &str, pairs: &[(&str, &str)]) {
        if self.style.syntax == Syntax::Yaml && self.style.flow && pairs.len() < 3 {
            self.key(key);
            self.text.push_str(" {");
            for (index, (name, value)) in pairs.iter().enumerate() {
                self.text.push_str(if index > 0 { ", " } else { "" });
                self.text.push_str(name);
                self.text.push_str(": ");
                scalar::push_flow(&mut self.text, value);
            }
            self.text.push('}');
            return self.end_line();
        }
        self.map(key, |draft| pairs.iter().for_each(|(name, value)| draft.text(name, value)));
    }

    /// Lines as they are, in a block scalar. The first line must not begin with a space.
    pub(crate) fn block(&mut self, key: &str, content: &str) {
        self.key(key);
        if self.style.syntax == Syntax::Json {
            return scalar::push_json(&mut self.text, content);
        }
        self.text.push_str(if content.ends_with('\n') { " |\n" } else { " |-\n" });
        for line in content.lines() {
            if !line.is_empty() {
                spaces(&mut self.text, self.column + self.style.step);
                self.text.push_str(line);
            }
            self.text.push('\n');
        }
    }

    /// A sentence that goes on over several lines without any mark, as older generators write it.
    /// It must not contain `: ` or ` #`.
    pub(crate) fn prose(&mut self, key: &str, words: &str) {
        if self.style.syntax == Syntax::Json {
            return self.text(key, words);
        }
        self.key(key);
        let mut width = self.column + key.len() + 1;
        for word in words.split(' ') {
            if width + word.len() > 80 && width > self.column + 12 {
                self.text.push('\n');
                spaces(&mut self.text, self.column + self.style.step);
                width = self.column + self.style.step;
            } else {
                self.text.push(' ');
            }
            self.text.push_str(word);
            width += word.len() + 1;
        }
        self.text.push('\n');
    }

    /// A comment on its own line, if the style has comments.
    pub(crate) fn comment(&mut self, text: &str) {
        if !self.style.comments || self.after_dash {
            return;
        }
        spaces(&mut self.text, self.column);
        self.text.push_str("# ");
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn start(&mut self) {
        match (self.wrapping, self.style.syntax) {
            (Wrapping::Documents, _) => {}
            (wrapping, Syntax::Yaml) => {
                let kind = if wrapping == Wrapping::List { "kind: List\n" } else { "" };
                self.text.push_str("apiVersion: v1\n");
                self.text.push_str(kind);
                self.text.push_str("items:\n");
                self.column = self.style.dash_offset;
            }
            (wrapping, Syntax::Json) => {
                self.text.push('{');
                self.column = self.style.step;
                self.text("apiVersion", "v1");
                if wrapping == Wrapping::List {
                    self.text("kind", "List");
                }
                self.key("items");
                self.text.push('[');
                self.first = true;
                self.column += self.style.step;
            }
        }
    }

    /// A value that is the same without quotes in YAML and JSON: a number, a boolean, `null`.
    pub(crate) fn bare(&mut self, key: &str, value: &str) {
        self.key(key);
        if self.style.syntax == Syntax::Json {
            return self.text.push_str(value);
        }
        self.text.push(' ');
        self.text.push_str(value);
        self.end_line();
    }

    fn members(&mut self, body: impl FnOnce(&mut Draft)) {
        if self.style.syntax == Syntax::Json {
            return self.nest(['{', '}'], body);
        }
        self.text.push('\n');
        let start = self.text.len();
        self.column += self.style.step;
        body(self);
        self.column -= self.style.step;
        self.say_empty(start, " {}\n");
    }

    /// A block collection without members does not exist: it needs brackets on the line of its key.
    fn say_empty(&mut self, start: usize, brackets: &str) {
        if self.text.len() == start {
            self.text.pop();
            self.text.push_str(brackets);
        }
    }

    fn nest(&mut self, [open, close]: [char; 2], body: impl FnOnce(&mut Draft)) {
        self.text.push(open);
        self.first = true;
        self.column += self.style.step;
        body(self);
        self.column -= self.style.step;
        if !std::mem::replace(&mut self.first, false) {
            self.new_line();
        }
        self.text.push(close);
    }

    fn key(&mut self, key: &str) {
        if self.style.syntax == Syntax::Json {
            self.separate();
            scalar::push_json(&mut self.text, key);
            self.text.push_str(": ");
            return;
        }
        if !std::mem::take(&mut self.after_dash) {
            spaces(&mut self.text, self.column);
        }
        self.text.push_str(key);
        self.text.push(':');
    }

    fn dash(&mut self) {
        if !std::mem::take(&mut self.after_dash) {
            spaces(&mut self.text, self.column);
        }
        self.text.push_str("- ");
    }

    fn separate(&mut self) {
        if !std::mem::replace(&mut self.first, false) {
            self.text.push(',');
        }
        self.new_line();
    }

    fn new_line(&mut self) {
        self.text.push('\n');
        spaces(&mut self.text, self.column);
    }

    fn end_line(&mut self) {
        if self.style.comments && self.random.percent(3) {
            let comment = self.random.pick(COMMENTS);
            self.text.push_str("  # ");
            self.text.push_str(comment);
        }
        self.text.push('\n');
    }
}

fn spaces(text: &mut String, count: usize) {
    const SPACES: &str = "                                                                ";
    let mut left = count;
    while left > SPACES.len() {
        text.push_str(SPACES);
        left -= SPACES.len();
    }
    text.push_str(&SPACES[..left]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(style: Style, wrapping: Wrapping, body: impl Fn(&mut Draft)) -> String {
        let mut draft = Draft::new(Random::new(1), style, wrapping);
        body(&mut draft);
        draft.finish();
        draft.as_str().to_owned()
    }

    fn pod(draft: &mut Draft) {
        draft.object(|draft| {
            draft.text("kind", "Pod");
            draft.map("empty", |_| {});
            draft.list("containers", |draft| {
                draft.item(|draft| {
                    draft.text("name", "true");
                    draft.strings("args", &["a: b", "x"]);
                });
            });
            draft.block("script", "echo\n  two\n");
        });
    }

    #[test]
    fn writes_yaml_as_kubectl_does() {
        let text = write(Style::KUBECTL_YAML, Wrapping::Documents, pod);
        assert_eq!(
            text,
            "kind: Pod\nempty: {}\ncontainers:\n- name: \"true\"\n  args:\n  - \"a: b\"\n  - x\nscript: |\n  echo\n    two\n"
        );
    }

    #[test]
    fn writes_json_as_kubectl_does() {
        let text = write(Style { step: 1, ..Style::KUBECTL_JSON }, Wrapping::Export, |draft| {
            draft.object(|draft| {
                draft.text("kind", "Pod");
                draft.map("empty", |_| {});
                draft.strings("args", &["a", "b"]);
                draft.number("port", 80);
            });
        });
        let expected = "{\n \"apiVersion\": \"v1\",\n \"items\": [\n  {\n   \"kind\": \"Pod\",\n   \"empty\": {},\n   \
                        \"args\": [\n    \"a\",\n    \"b\"\n   ],\n   \"port\": 80\n  }\n ],\n \"kind\": \"List\",\n \
                        \"metadata\": {\n  \"resourceVersion\": \"\"\n }\n}\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn writes_the_kind_of_a_list_before_or_after_its_items() {
        let write =
            |wrapping| write(Style::KUBECTL_YAML, wrapping, |draft| draft.object(|draft| draft.text("kind", "Pod")));
        assert_eq!(write(Wrapping::List), "apiVersion: v1\nkind: List\nitems:\n- kind: Pod\n");
        assert!(write(Wrapping::Export).starts_with("apiVersion: v1\nitems:\n- kind: Pod\nkind: List\n"));
    }

    #[test]
    fn indents_and_flows_where_the_style_says_so() {
        let style = Style { dash_offset: 2, step: 4, flow: true, ..Style::KUBECTL_YAML };
        let text = write(style, Wrapping::List, |draft| {
            draft.object(|draft| {
                draft.strings("args", &["a", "1"]);
                draft.map("spec", |draft| draft.list("ports", |draft| draft.item(|draft| draft.number("port", 80))));
            });
        });
        assert!(
            text.ends_with("  - args: [\"a\", \"1\"]\n    spec:\n        ports:\n          - port: 80\n"),
            "{text}"
        );
    }
}
