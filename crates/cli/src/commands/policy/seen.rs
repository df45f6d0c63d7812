//! The objects of an input, kept until all policies are known.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use model::document::{Kind, Value};
use model::finding::{ControlId, Edit, Occurrence, Standing, Status};
use model::inventory::{Inventory, Observed, Results, Verdicts};
use model::origin::RenderingId;
use model::severity::Severity;
use model::symbols::{Symbol, Symbols};
use policy::admission::{Binding, Mistake, Policy, Step, Tree};
use repository::world::Judges;

use crate::arguments::InputArguments;
use crate::commands::input_config;
use crate::loading::{self, Input, Loading};
use crate::{fetched, rendering};

/// An object.
pub(super) struct Seen {
    /// What is written.
    pub(super) tree: Tree,
    /// Fields that expressions may be about, with their lines.
    fields: Vec<(String, u32)>,
    /// Of a policy or a binding: line and column of what the API server would not take, and why.
    pub(super) mistakes: Vec<(u32, u32, String)>,
    /// Of a policy: the lines of its validations.
    pub(super) validations: Vec<u32>,
}

/// The objects of an input.
pub(super) struct Collected {
    /// What was read.
    pub(super) results: Results,
    seen: Vec<Seen>,
}

impl Collected {
    /// The objects in the order of the input.
    pub(super) fn in_order(&self) -> impl Iterator<Item = (&Occurrence, &Seen)> {
        self.results.occurrences.iter().filter_map(|reference| {
            let number: usize = self.results.symbols.text(reference.value).parse().ok()?;
            Some((reference, self.seen.get(number)?))
        })
    }
}

/// How many fields deep an expression is followed to its line.
const DEPTH: usize = 5;

/// Reads paths.
///
/// # Errors
/// What cannot be fetched.
pub(super) fn collect(paths: &[PathBuf], input: &InputArguments) -> anyhow::Result<Collected> {
    let seen = Mutex::new(Vec::new());
    let judge = |observed: Observed<'_>, symbols: &Symbols, verdicts: &mut Verdicts| {
        let found = look(observed, symbols);
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        verdicts.occurrences.push(reference(observed, seen.len(), symbols));
        seen.push(found);
    };
    let resolved = fetched::resolve(paths)?;
    let config = input_config(&resolved.paths, input);
    let options = rendering::options(&input.rendering, None, None)?;
    let each = |_: RenderingId, observed: Observed<'_>, symbols: &Symbols, verdicts: &mut Verdicts| {
        judge(observed, symbols, verdicts);
    };
    let secrets = &controls::secret::mask::secret_spans;
    let rendered = Judges { each: &each, all: &|_, _| {}, secrets };
    let loading = Loading { judge: &judge, judge_all: &|_, _| {}, rendered };
    let mut results =
        loading::load(&Input { config: &config, options: &options }, Inventory::default(), &loading)?.results;
    resolved.show(&mut results);
    Ok(Collected { results, seen: seen.into_inner().unwrap_or_else(PoisonError::into_inner) })
}

fn look(observed: Observed<'_>, symbols: &Symbols) -> Seen {
    let value = observed.object.value;
    let line = |value: Value<'_>| observed.origin.place_of(value, symbols).line;
    let mut tree = Tree::of(value);
    // An item of a list may leave to the list what it is.
    tree.complete("apiVersion", &observed.object.api_version);
    tree.complete("kind", &observed.object.kind);
    let mut fields = Vec::new();
    fields_of(value, "", DEPTH, &mut |path, value| fields.push((path, line(value))));
    let policy = Policy::of(&tree);
    let binding = Binding::of(&tree);
    let of_binding = binding.iter().flat_map(|binding| &binding.mistakes);
    let mistakes = policy.iter().flat_map(|policy| &policy.mistakes).chain(of_binding);
    let mistakes = mistakes.map(|mistake| located(mistake, observed, symbols)).collect();
    let written = policy.is_some().then(|| value.at(&["spec", "validations"])).flatten();
    let validations = written.into_iter().flat_map(Value::items);
    let validations = validations.map(|item| line(item.get("expression").unwrap_or(item))).collect();
    Seen { tree, fields, mistakes, validations }
}

fn fields_of(value: Value<'_>, path: &str, depth: usize, each: &mut dyn FnMut(String, Value<'_>)) {
    let Some(depth) = depth.checked_sub(1) else { return };
    for (key, child) in value.entries() {
        let key = key.text();
        // Only what an expression can name without quotes.
        if key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            let path = if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
            fields_of(child, &path, depth, each);
            each(path, child);
        }
    }
}

/// The place of a mistake in the text of an expression.
fn located(mistake: &Mistake, observed: Observed<'_>, symbols: &Symbols) -> (u32, u32, String) {
    let mut at = observed.object.value;
    for step in &mistake.field {
        let next = match step {
            Step::Field(name) => at.get(name),
            Step::Item(index) => at.items().nth(*index),
        };
        let Some(next) = next else { break };
        at = next;
    }
    let place = observed.origin.place_of(at, symbols);
    let error = &mistake.error;
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let (line, column) = (number(error.line), number(error.column));
    let (line, column) = match at.kind() {
        Kind::Mapping | Kind::Sequence => (place.line, place.column),
        Kind::Literal => {
            let first = at.source().lines().nth(1).unwrap_or_default();
            let indent = number(first.len() - first.trim_start().len());
            (place.line.saturating_add(line), indent.saturating_add(column))
        }
        Kind::SingleQuoted | Kind::DoubleQuoted if line == 1 => (place.line, place.column.saturating_add(column)),
        Kind::Plain if line == 1 => (place.line, place.column.saturating_add(column) - 1),
        _ => (place.line, place.column),
    };
    (line, column, error.message.clone())
}

impl Seen {
    /// The field that an expression is about and its line, where it is about one that is written.
    pub(super) fn field_of(&self, expression: &str) -> Option<(&str, u32)> {
        let mut paths: Vec<&str> = Vec::new();
        for (at, _) in expression.match_indices("object.") {
            let before = expression.get(..at)?.chars().next_back();
            if before.is_some_and(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.')) {
                continue;
            }
            let rest = expression.get(at + "object.".len()..)?;
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))).unwrap_or(rest.len());
            let path = rest.get(..end)?.trim_end_matches('.');
            let is_call = rest.get(end..)?.starts_with('(');
            paths.push(if is_call { path.rsplit_once('.').map_or("", |(path, _)| path) } else { path });
        }
        paths.sort_unstable_by_key(|path| path.len());
        let longest = *paths.last()?;
        let is_within =
            |path: &&str| longest.strip_prefix(*path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        if longest.is_empty() || !paths.iter().all(is_within) {
            return None;
        }
        let mut path = longest;
        loop {
            if let Some((field, line)) = self.fields.iter().find(|(field, _)| field == path) {
                return Some((field, *line));
            }
            path = path.rsplit_once('.')?.0;
        }
    }
}

/// What ties an object to its resource: occurrences are ordered as the input is.
fn reference(observed: Observed<'_>, number: usize, symbols: &Symbols) -> Occurrence {
    Occurrence {
        resource: observed.resource,
        control: ControlId(0),
        status: Status::Skip,
        severity: Severity::Info,
        secret: false,
        standing: Standing::Open,
        place: observed.origin.place_of(observed.object.value, symbols),
        container: Symbol::EMPTY,
        value: symbols.intern(&number.to_string()),
        message: Symbol::EMPTY,
        edit: Edit::None,
        class: None,
    }
}
