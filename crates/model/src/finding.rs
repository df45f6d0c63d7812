//! What an analysis answers: occurrences, each with its control, resource and place.
//!
//! An occurrence is small (a scan may have a million). Its message is a template that is kept once:
//! `{container}` and `{value}` are filled in when somebody reads it.

use std::borrow::Cow;

use crate::document::{Span, Value};
use crate::exception::ExceptionId;
use crate::fix::FixClass;
use crate::inventory::ResourceId;
use crate::parameter::{Parameter, Settings, Words};
use crate::place::{LineIndex, Place};
use crate::pod::Container;
use crate::severity::Severity;
use crate::symbols::{Symbol, Symbols};

/// What a control says of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Status {
    /// Looked at, and it is as it should be.
    Pass,
    /// The answer needs something that was not seen.
    Skip,
    /// It is wrong.
    Fail,
}

impl Status {
    /// The word, as it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Skip => "skip",
            Self::Fail => "fail",
        }
    }
}

/// The index of a control in the registry of all controls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ControlId(pub u16);

/// What to write instead, where that can be said of the place itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Nothing can be proposed.
    None,
    /// Take the field out: its key and its value.
    Remove,
    /// Take out that field of the object, whatever the place is.
    RemoveAt(Symbol),
    /// Write this in place of the value.
    Replace(Symbol),
    /// Write these lines into the mapping or sequence item at the place: YAML, two spaces a level.
    Insert(Symbol),
    /// Give the field this name.
    Rename(Symbol),
    /// Write these lines into the mapping at that field of the object, whatever the place is.
    Set {
        /// The path of the field; empty for the object itself.
        field: Symbol,
        /// YAML, two spaces a level.
        lines: Symbol,
    },
    /// Write these objects beside this one: YAML documents.
    Create(Symbol),
}

impl Edit {
    /// The same with these texts in place of its own.
    pub(crate) fn with_texts(self, text: &impl Fn(Symbol) -> Symbol) -> Self {
        match self {
            Self::None => Self::None,
            Self::Remove => Self::Remove,
            Self::RemoveAt(field) => Self::RemoveAt(text(field)),
            Self::Replace(value) => Self::Replace(text(value)),
            Self::Insert(lines) => Self::Insert(text(lines)),
            Self::Rename(name) => Self::Rename(text(name)),
            Self::Set { field, lines } => Self::Set { field: text(field), lines: text(lines) },
            Self::Create(documents) => Self::Create(text(documents)),
        }
    }
}

/// Whether somebody has to do something about a finding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Somebody has.
    #[default]
    Open,
    /// It is old debt: the baseline has it.
    Known,
    /// Somebody accepts it.
    Excepted(ExceptionId),
}

impl Standing {
    /// The word, as it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Known => "known",
            Self::Excepted(_) => "excepted",
        }
    }
}

/// One place where a control has something to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The resource it is about.
    pub resource: ResourceId,
    /// The control that says it.
    pub control: ControlId,
    /// What it says.
    pub status: Status,
    /// How bad it is here; the control's own severity unless the circumstances raise or lower it.
    pub severity: Severity,
    /// Whether the value at the place is a secret, which nobody may print.
    pub secret: bool,
    /// Whether somebody has to do something about it.
    pub standing: Standing,
    /// Where.
    pub place: Place,
    /// The container it is about, or nothing.
    pub container: Symbol,
    /// The value found, or nothing. Never the value of a secret.
    pub value: Symbol,
    /// The template of the message.
    pub message: Symbol,
    /// What to write instead.
    pub edit: Edit,
    /// Who may decide about that, where it is not as the control has it.
    pub class: Option<FixClass>,
}

impl Occurrence {
    /// The same in a list of resources that has `base` others before it.
    pub fn moved(mut self, base: u32) -> Self {
        self.resource.0 += base;
        self
    }
}

/// A finding as a check describes it, before it is filed.
#[must_use = "a finding counts when it is reported"]
pub struct Finding<'d> {
    at: At<'d>,
    status: Status,
    severity: Option<Severity>,
    secret: bool,
    container: Cow<'d, str>,
    value: Cow<'d, str>,
    message: Cow<'d, str>,
    edit: Proposal<'d>,
    class: Option<FixClass>,
}

enum At<'d> {
    Value(Value<'d>),
    Key(Value<'d>),
    Missing { parent: Value<'d>, field: &'static str },
    Part { value: Value<'d>, span: Span },
    Place(Place),
}

impl At<'_> {
    /// Whether the mapping that `lines` would be written into has their first key, whatever its value.
    fn has_key_of(&self, lines: &str) -> bool {
        let Self::Missing { parent, field } = self else { return false };
        let key = lines.split(':').next().unwrap_or(lines);
        deepest(*parent, field).entries().any(|(name, _)| name.is_key(key))
    }
}

/// The last of the mappings that `field` leads through from `parent`, as far as they are there.
fn deepest<'d>(parent: Value<'d>, field: &str) -> Value<'d> {
    let mut deepest = parent;
    for key in field.split('.') {
        let Some(next) = deepest.get(key) else { break };
        deepest = next;
    }
    deepest
}

enum Proposal<'d> {
    None,
    Remove,
    RemoveAt(Value<'d>),
    Replace(Cow<'d, str>),
    Insert(Cow<'d, str>),
    Rename(&'static str),
    Set { parent: Value<'d>, lines: Cow<'d, str> },
    Create(Cow<'d, str>),
}

impl<'d> Finding<'d> {
    /// Something is wrong with this value. It is shown as found unless `secret` is called.
    pub fn at(value: Value<'d>) -> Self {
        let shown = if value.is_scalar() { value.text() } else { Cow::Borrowed("") };
        Self { value: shown, ..Self::blank(At::Value(value)) }
    }

    /// Something is wrong with this field as a whole: its key is marked, not its value.
    pub fn at_key_of(value: Value<'d>) -> Self {
        Self::blank(At::Key(value))
    }

    /// `field`, a path such as `securityContext.privileged`, is missing from `parent`.
    /// The place is the deepest part of it that is there.
    pub fn missing(parent: Value<'d>, field: &'static str) -> Self {
        Self::blank(At::Missing { parent, field })
    }

    /// Something is wrong with a part of the text of this value; `span` is relative to the document.
    pub fn at_part(value: Value<'d>, span: Span) -> Self {
        Self::blank(At::Part { value, span })
    }

    /// Something is wrong at a place that was kept in the inventory.
    pub fn at_place(place: Place) -> Self {
        Self::blank(At::Place(place))
    }

    fn blank(at: At<'d>) -> Self {
        Self {
            at,
            status: Status::Fail,
            severity: None,
            secret: false,
            container: Cow::Borrowed(""),
            value: Cow::Borrowed(""),
            message: Cow::Borrowed(""),
            edit: Proposal::None,
            class: None,
        }
    }

    /// The message: state, then consequence. `{container}` and `{value}` stand for what is told beside it.
    pub fn message(self, message: impl Into<Cow<'d, str>>) -> Self {
        Self { message: message.into(), ..self }
    }

    /// The container it is about.
    pub fn container(self, container: &Container<'d>) -> Self {
        self.container_name(container.name())
    }

    /// The name of the container it is about.
    pub fn container_name(self, name: impl Into<Cow<'d, str>>) -> Self {
        Self { container: name.into(), ..self }
    }

    /// The value to show, in place of the text at the place.
    pub fn value(self, value: impl Into<Cow<'d, str>>) -> Self {
        Self { value: value.into(), ..self }
    }

    /// The value at the place is a secret: it is pointed at, and never kept.
    pub fn secret(self) -> Self {
        Self { secret: true, value: Cow::Borrowed(""), ..self }
    }

    /// A severity other than the control's own.
    pub fn severity(self, severity: Severity) -> Self {
        Self { severity: Some(severity), ..self }
    }

    /// Not known: the answer needs something that was not seen.
    pub fn skip(self) -> Self {
        Self { status: Status::Skip, ..self }
    }

    /// The mend is to take the field out.
    pub fn remove(self) -> Self {
        Self { edit: Proposal::Remove, ..self }
    }

    /// The mend is to take out `value`, wherever the place is.
    pub fn removing(self, value: Value<'d>) -> Self {
        Self { edit: Proposal::RemoveAt(value), ..self }
    }

    /// The mend is to write `text` in place of the value.
    pub fn replace(self, text: impl Into<Cow<'d, str>>) -> Self {
        Self { edit: Proposal::Replace(text.into()), ..self }
    }

    /// The mend is to write these lines of YAML into the mapping at the place.
    pub fn insert(self, lines: impl Into<Cow<'d, str>>) -> Self {
        Self { edit: Proposal::Insert(lines.into()), ..self }
    }

    /// The mend is to give the field at the place this name.
    pub fn rename(self, name: &'static str) -> Self {
        Self { edit: Proposal::Rename(name), ..self }
    }

    /// The mend is to write these lines of YAML into the mapping `parent`, wherever the place is.
    pub fn set(self, parent: Value<'d>, lines: impl Into<Cow<'d, str>>) -> Self {
        Self { edit: Proposal::Set { parent, lines: lines.into() }, ..self }
    }

    /// The mend is to write these objects, YAML documents, beside this one.
    pub fn create(self, documents: impl Into<Cow<'d, str>>) -> Self {
        Self { edit: Proposal::Create(documents.into()), ..self }
    }

    /// Who may decide about the mend, where that is not as the control has it.
    pub fn class(self, class: FixClass) -> Self {
        Self { class: Some(class), ..self }
    }
}

/// Where checks of one object file their findings.
pub struct Findings<'a> {
    /// Texts.
    pub symbols: &'a Symbols,
    /// Where the findings go.
    pub occurrences: &'a mut Vec<Occurrence>,
    /// The resource that is looked at.
    pub resource: ResourceId,
    /// The control that looks.
    pub control: ControlId,
    /// Its severity.
    pub severity: Severity,
    /// The text of the object, if there is one.
    pub origin: Option<Origin<'a>>,
    /// Whether the control said that it does not apply here.
    pub not_applicable: bool,
    /// The id of the control, by which its settings are found.
    pub control_name: &'static str,
    /// What users have set.
    pub settings: &'a Settings,
}

/// The text that findings point into.
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    /// The object: field paths start here.
    pub root: Value<'a>,
    /// The lines of its document.
    pub lines: &'a LineIndex,
}

impl<'a> Findings<'a> {
    /// Files a finding.
    pub fn report(&mut self, finding: Finding<'_>) {
        let Finding { at, status, severity, secret, container, value, message, edit, class } = finding;
        let place = self.resolve(&at);
        let edit = match edit {
            Proposal::None => Edit::None,
            Proposal::Remove => Edit::Remove,
            Proposal::RemoveAt(value) => Edit::RemoveAt(self.place_of(value).field),
            Proposal::Replace(text) => Edit::Replace(self.symbols.intern(&text)),
            // A key that is there with the value null must not be written a second time.
            Proposal::Insert(text) if at.has_key_of(&text) => Edit::None,
            Proposal::Insert(text) => Edit::Insert(self.symbols.intern(&text)),
            Proposal::Rename(name) => Edit::Rename(self.symbols.intern(name)),
            Proposal::Create(text) => Edit::Create(self.symbols.intern(&text)),
            Proposal::Set { parent, lines } => {
                Edit::Set { field: self.place_of(parent).field, lines: self.symbols.intern(&lines) }
            }
        };
        self.occurrences.push(Occurrence {
            resource: self.resource,
            control: self.control,
            status,
            severity: severity.unwrap_or(self.severity),
            secret,
            standing: Standing::Open,
            place,
            container: self.symbols.intern(&container),
            value: self.symbols.intern(shorten(&value)),
            message: self.symbols.intern(&message),
            edit,
            class,
        });
    }

    /// The control does not apply to this object: it is neither passed nor failed.
    pub fn not_applicable(&mut self) {
        self.not_applicable = true;
    }

    /// The number that a parameter of the control has.
    pub fn number(&self, parameter: &'static Parameter) -> Option<i64> {
        self.settings.number(self.control_name, parameter)
    }

    /// Whether a parameter of the control is on.
    pub fn switch(&self, parameter: &'static Parameter) -> bool {
        self.settings.switch(self.control_name, parameter)
    }

    /// The words that a parameter of the control has.
    pub fn list(&self, parameter: &'static Parameter) -> Words<'a> {
        self.settings.list(self.control_name, parameter)
    }

    /// The text that a parameter of the control has.
    pub fn text(&self, parameter: &'static Parameter) -> &'a str {
        self.settings.text(self.control_name, parameter)
    }

    /// The place of a value, to be kept in the inventory.
    pub fn place_of(&self, value: Value<'_>) -> Place {
        self.resolve(&At::Value(value))
    }

    fn resolve(&self, at: &At<'_>) -> Place {
        let Some(origin) = self.origin else {
            return if let At::Place(place) = at { *place } else { Place::default() };
        };
        origin.resolve(at, self.symbols)
    }
}

impl Origin<'_> {
    /// The place of a value, to be kept in the inventory.
    pub fn place_of(&self, value: Value<'_>, symbols: &Symbols) -> Place {
        self.resolve(&At::Value(value), symbols)
    }

    /// The place of a field that is missing from `parent`, to be kept in the inventory.
    pub fn place_of_missing(&self, parent: Value<'_>, field: &'static str, symbols: &Symbols) -> Place {
        self.resolve(&At::Missing { parent, field }, symbols)
    }

    fn resolve(&self, at: &At<'_>, symbols: &Symbols) -> Place {
        if let At::Place(place) = at {
            return *place;
        }
        let mut path = self.lines.take_text();
        let span = match at {
            At::Place(_) => Span::default(),
            At::Value(value) => {
                self.path(*value, &mut path);
                value.span()
            }
            At::Part { value, span } => {
                self.path(*value, &mut path);
                *span
            }
            At::Key(value) => {
                self.path(*value, &mut path);
                self.anchor(*value)
            }
            At::Missing { parent, field } => {
                self.path(*parent, &mut path);
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(field);
                self.anchor(deepest(*parent, field))
            }
        };
        let text = self.root.document().text;
        let place = Place { field: symbols.intern(&path), ..self.lines.place(text, span) };
        self.lines.give_back(path);
        place
    }

    fn path(&self, value: Value<'_>, path: &mut String) {
        self.lines.path(self.root, value, path);
    }

    /// What is marked when a whole mapping is meant: the key it stands under; for an item of a sequence and for
    /// the object itself its name, or else its first key.
    fn anchor(&self, value: Value<'_>) -> Span {
        let value = self.root.document().value(value.id());
        self.lines.anchor(value.id(), || {
            if let Some(key) = self.lines.key(self.root, value) {
                return key.span();
            }
            let named = value.at(&["metadata", "name"]).or_else(|| value.get("name"));
            let first = || value.entries().next().map(|(key, _)| key);
            named.or_else(first).map_or_else(|| value.span(), Value::span)
        })
    }
}

/// The longest value that is kept for display, in bytes.
const LONGEST_VALUE: usize = 200;

fn shorten(text: &str) -> &str {
    if text.len() <= LONGEST_VALUE {
        return text;
    }
    let mut end = LONGEST_VALUE;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Fills `{container}` and `{value}` into a message.
pub fn render_message(template: &str, container: &str, value: &str) -> String {
    let mut out = String::with_capacity(template.len() + container.len() + value.len());
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("{container}") {
            out.push_str(container);
            rest = after;
        } else if let Some(after) = rest.strip_prefix("{value}") {
            out.push_str(value);
            rest = after;
        } else {
            out.push('{');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_with_braces_is_not_filled_again() {
        assert_eq!(render_message("`{container}` sets `{value}` {x}", "{value}", "v"), "`{value}` sets `v` {x}");
    }
}
