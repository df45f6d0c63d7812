//! Why a template failed, in the words of Go, and as Helm shows them.

use std::rc::Rc;

/// Why a text is no template.
#[derive(Clone, Debug)]
pub(crate) struct ParseError {
    pub(crate) line: u32,
    pub(crate) message: String,
    /// The line of the action that the trouble is in, if it is another.
    pub(crate) started: Option<u32>,
    pub(crate) offset: u32,
}

impl ParseError {
    /// As Go says it, for a template of this name.
    pub(crate) fn as_go(&self, name: &str) -> String {
        let started = match self.started {
            // "action in action" would be said twice.
            Some(line) if self.message.ends_with(" action") => format!(" started at {name}:{line}"),
            Some(line) => format!(" in action started at {name}:{line}"),
            None => String::new(),
        };
        format!("template: {name}:{}: {}{started}", self.line, self.message)
    }

    /// As Helm says it.
    pub(crate) fn as_helm(&self, name: &str) -> String {
        let whole = self.as_go(name);
        let parts: Vec<&str> = whole.split(": ").collect();
        let location = parts.get(1).copied().unwrap_or_default();
        let message = parts.last().copied().unwrap_or_default();
        format!("parse error at ({location}): {message}")
    }
}

/// Why executing stopped.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) message: String,
    /// Whether the machine says where, as `template: …: executing …`.
    pub(crate) is_located: bool,
    /// The template and the byte in it.
    pub(crate) place: Option<(u32, u32)>,
    /// What it is made of.
    pub(crate) cause: Option<Rc<Failure>>,
}

/// What `fail` and `required` say stands between these, so that Helm finds it in the end.
const WARNING: (&str, &str) = ("HELM_ERR_START", "HELM_ERR_END");

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_located: false, place: None, cause: None }
    }

    /// What the author of a chart says to its user.
    pub(crate) fn warning(message: &str) -> Self {
        Self::new(format!("{}{message}{}", WARNING.0, WARNING.1))
    }

    /// A failure because of another, with words before it.
    pub(crate) fn because(words: &str, cause: Self) -> Self {
        Self {
            message: format!("{words}{}", cause.message),
            is_located: false,
            place: cause.place,
            cause: Some(Rc::new(cause)),
        }
    }

    /// As Helm says it, for the template file `name`. Source: Helm, `reformatExecErrorMsg`.
    pub(crate) fn as_helm(&self, name: &str) -> String {
        if !self.is_located {
            return self.message.clone();
        }
        let mut parts = self.message.splitn(3, ": ");
        let (Some(_), Some(location), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return format!("execution error in ({name}): {}", self.message);
        };
        if let Some(warning) = warning_in(rest) {
            return format!("execution error at ({location}): {warning}");
        }
        let mut traces: Vec<Trace> = Vec::new();
        let mut current = Some(self);
        while let Some(failure) = current {
            let Some(trace) = Trace::parse(&failure.message) else { return self.message.clone() };
            if traces.last() != Some(&trace) {
                traces.push(trace);
            }
            current = failure.cause.as_deref();
        }
        traces.iter().map(Trace::show).collect::<String>().trim().to_owned()
    }
}

fn warning_in(text: &str) -> Option<&str> {
    let start = text.find(WARNING.0)? + WARNING.0.len();
    let end = text.rfind(WARNING.1)?;
    text.get(start..end)
}

#[derive(PartialEq, Eq)]
struct Trace {
    location: String,
    message: String,
    executed: String,
}

impl Trace {
    fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("template: ")?;
        if rest.starts_with("no template ") {
            return Some(Self { location: String::new(), message: text.to_owned(), executed: String::new() });
        }
        let cut = |message: &str| message.split(" template:").next().unwrap_or(message).to_owned();
        if let Some((location, after)) = rest.split_once(": executing ")
            && let Some((function, after)) = after.strip_prefix('"').and_then(|after| after.split_once('"'))
            && let Some((place, message)) = after.strip_prefix(" at <").and_then(|after| after.split_once(">: "))
        {
            return Some(Self {
                location: location.to_owned(),
                message: cut(message),
                executed: format!("executing \"{function}\" at <{place}>:"),
            });
        }
        let (location, message) = rest.rsplit_once(": ")?;
        Some(Self { location: location.to_owned(), message: cut(message), executed: String::new() })
    }

    fn show(&self) -> String {
        let mut out = String::new();
        for (text, end) in [(&self.location, "\n  "), (&self.executed, "\n    "), (&self.message, "\n")] {
            if !text.is_empty() {
                out.push_str(text);
                out.push_str(end);
            }
        }
        out
    }
}
