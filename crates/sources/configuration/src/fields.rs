//! Reads mappings strictly: what is not expected is an error with its place.

use model::document::Value;
use model::nearest::nearest;
use model::place::LineIndex;

/// What is wrong with a file of the user's, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// What is wrong, and what to do.
    pub message: String,
}

/// A file that is read, and what was wrong with it so far.
pub struct Reader<'d> {
    root: Value<'d>,
    lines: LineIndex,
    /// What is wrong, in the order in which it was found.
    pub problems: Vec<Problem>,
}

impl<'d> Reader<'d> {
    /// Reads the document with this root, which begins on that line of its file.
    pub fn new(root: Value<'d>, first_line: u32) -> Self {
        Self { root, lines: LineIndex::new(first_line), problems: Vec::new() }
    }

    /// The root of the document.
    pub fn root(&self) -> Value<'d> {
        self.root
    }

    /// Line and column of a value.
    pub fn position(&self, value: Value<'d>) -> (u32, u32) {
        self.lines.position(self.root.document().text, value.span().start)
    }

    /// Says that something is wrong with `value`.
    pub fn problem(&mut self, value: Value<'d>, message: impl Into<String>) {
        let (line, column) = self.position(value);
        self.problems.push(Problem { line, column, message: message.into() });
    }

    /// The entries of a mapping, after every key that is not one of `known` was complained about.
    /// Anything but a mapping is complained about as well, and has no entries.
    pub fn entries(&mut self, value: Value<'d>, what: &str, known: &[&str]) -> Vec<(String, Value<'d>)> {
        let mut entries: Vec<(String, Value<'d>)> = Vec::new();
        if !value.is_mapping() {
            if !value.is_null() {
                self.problem(value, format!("{what} is a mapping"));
            }
            return entries;
        }
        for (key, child) in value.entries() {
            let name = key.text().into_owned();
            if !known.is_empty() && !known.contains(&name.as_str()) {
                let hint = match nearest(&name, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    // Nobody reads so many: what they are is told where they are explained.
                    None if known.len() > MOST_LISTED => "it is none of those that there are".to_owned(),
                    None => format!("there are {}", list(known)),
                };
                self.problem(key, format!("{what} has no key `{name}`: {hint}"));
            } else if entries.iter().any(|(earlier, _)| *earlier == name) {
                self.problem(key, format!("`{name}` stands twice"));
            } else {
                entries.push((name, child));
            }
        }
        entries
    }

    /// A text, or a number or boolean as it is written.
    pub fn text(&mut self, value: Value<'d>, what: &str) -> Option<String> {
        if value.is_scalar() && !value.is_null() {
            return Some(value.text().into_owned());
        }
        self.problem(value, format!("{what} is a text"));
        None
    }

    /// Several texts; one alone stands for a list of one.
    pub fn texts(&mut self, value: Value<'d>, what: &str) -> Vec<String> {
        if value.is_null() {
            return Vec::new();
        }
        if value.is_scalar() {
            return vec![value.text().into_owned()];
        }
        if value.is_mapping() {
            self.problem(value, format!("{what} is a list"));
            return Vec::new();
        }
        value.items().filter_map(|item| self.text(item, what)).collect()
    }
}

/// The most keys that a message lists.
const MOST_LISTED: usize = 16;

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
