//! What a user may set for a control, and what holds where nothing was set.
//!
//! Where settings come from (a file, the command line) is left to the program; here is what they mean.

use std::collections::HashMap;

/// Something about a control that its user decides.
#[derive(Debug)]
pub struct Parameter {
    /// Its name in settings, `snake_case`, unique in the control.
    pub name: &'static str,
    /// What it decides, as a clause.
    pub meaning: &'static str,
    /// What holds where nothing was set.
    pub default: Default,
    /// Whether the control has nothing to say before this, or another that is required, is set.
    pub required: bool,
}

/// What holds where nothing was set, and with it what may be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// Yes or no.
    Switch(bool),
    /// A whole number, or none.
    Number(Option<i64>),
    /// Words; their order says nothing.
    List(&'static [&'static str]),
    /// One word, or none.
    Text(&'static str),
}

/// What was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Yes or no.
    Switch(bool),
    /// A whole number.
    Number(i64),
    /// Words.
    List(Vec<String>),
    /// One word.
    Text(String),
}

/// The words of a list, as set or by default.
#[derive(Clone, Copy, Debug)]
pub enum Words<'a> {
    /// Set by the user.
    Given(&'a [String]),
    /// By default.
    Default(&'static [&'static str]),
}

impl<'a> Words<'a> {
    /// The words.
    pub fn iter(self) -> impl Iterator<Item = &'a str> {
        let (given, default) = match self {
            Self::Given(words) => (words, &[][..]),
            Self::Default(words) => (&[][..], words),
        };
        given.iter().map(String::as_str).chain(default.iter().copied())
    }

    /// Whether `word` is one of them.
    pub fn contains(self, word: &str) -> bool {
        self.iter().any(|known| known == word)
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.iter().next().is_none()
    }
}

impl Parameter {
    /// What may be set, as a user is told.
    pub fn kind(&self) -> &'static str {
        match self.default {
            Default::Switch(_) => "true or false",
            Default::Number(_) => "a number",
            Default::List(_) => "a list",
            Default::Text(_) => "a text",
        }
    }

    /// What holds by default, as a user is told.
    pub fn default_text(&self) -> String {
        match self.default {
            Default::Switch(on) => on.to_string(),
            Default::Number(number) => number.map_or_else(|| "not set".to_owned(), |number| number.to_string()),
            Default::List([]) | Default::Text("") => "not set".to_owned(),
            Default::List(words) => words.join(", "),
            Default::Text(text) => text.to_owned(),
        }
    }

    /// The setting that `text` writes down; words of a list are separated by commas. `None` if it is of another kind.
    pub fn parse(&self, text: &str) -> Option<Setting> {
        Some(match self.default {
            Default::Switch(_) => Setting::Switch(text.parse().ok()?),
            Default::Number(_) => Setting::Number(text.parse().ok()?),
            Default::List(_) => {
                let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
                Setting::List(words.map(str::to_owned).collect())
            }
            Default::Text(_) => Setting::Text(text.to_owned()),
        })
    }
}

/// Everything that was set, by control and parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    given: HashMap<(&'static str, &'static str), Setting>,
}

impl Settings {
    /// Sets `parameter` of the control with that id.
    pub fn set(&mut self, control: &'static str, parameter: &'static Parameter, setting: Setting) {
        self.given.insert((control, parameter.name), setting);
    }

    /// The same with what `other` sets in the place of what is set here.
    pub fn with(mut self, other: &Self) -> Self {
        self.given.extend(other.given.iter().map(|(key, setting)| (*key, setting.clone())));
        self
    }

    fn find(&self, control: &'static str, parameter: &Parameter) -> Option<&Setting> {
        if self.given.is_empty() {
            return None;
        }
        self.given.get(&(control, parameter.name))
    }

    /// The number, if there is one.
    pub fn number(&self, control: &'static str, parameter: &Parameter) -> Option<i64> {
        match (self.find(control, parameter), parameter.default) {
            (Some(Setting::Number(number)), _) => Some(*number),
            (_, Default::Number(number)) => number,
            _ => None,
        }
    }

    /// Whether it is on.
    pub fn switch(&self, control: &'static str, parameter: &Parameter) -> bool {
        match (self.find(control, parameter), parameter.default) {
            (Some(Setting::Switch(on)), _) => *on,
            (_, default) => default == Default::Switch(true),
        }
    }

    /// The text, empty if there is none.
    pub fn text(&self, control: &'static str, parameter: &Parameter) -> &str {
        match (self.find(control, parameter), parameter.default) {
            (Some(Setting::Text(text)), _) => text,
            (_, Default::Text(text)) => text,
            _ => "",
        }
    }

    /// The words, none if nothing is set.
    pub fn list(&self, control: &'static str, parameter: &Parameter) -> Words<'_> {
        match (self.find(control, parameter), parameter.default) {
            (Some(Setting::List(words)), _) => Words::Given(words),
            (_, Default::List(words)) => Words::Default(words),
            _ => Words::Default(&[]),
        }
    }

    /// Whether a control with these parameters has what it needs to say anything: a switch called `enabled` is on, and
    /// of the parameters that it cannot do without at least one is set.
    pub fn configures(&self, control: &'static str, parameters: &'static [Parameter]) -> bool {
        let is_set = |parameter| self.find(control, parameter).is_some_and(|setting| !setting.is_empty());
        let mut required = parameters.iter().filter(|parameter| parameter.required).peekable();
        let is_off = |parameter: &Parameter| parameter.name == ENABLED.name && !self.switch(control, parameter);
        (required.peek().is_none() || required.any(is_set)) && !parameters.iter().any(is_off)
    }
}

impl Setting {
    fn is_empty(&self) -> bool {
        match self {
            Self::Switch(on) => !on,
            Self::Number(_) => false,
            Self::List(words) => words.is_empty(),
            Self::Text(text) => text.is_empty(),
        }
    }
}

/// A parameter with a default.
pub const fn parameter(name: &'static str, default: Default, meaning: &'static str) -> Parameter {
    Parameter { name, meaning, default, required: false }
}

/// A parameter without which the control has nothing to say.
pub const fn required(name: &'static str, default: Default, meaning: &'static str) -> Parameter {
    Parameter { name, meaning, default, required: true }
}

/// The switch of a control that is off unless somebody wants it.
pub const ENABLED: Parameter =
    parameter("enabled", Default::Switch(false), "whether this control, which not everybody agrees with, runs");
