//! How the plugin words what it forbids: lists, quotes, plurals, and who set something.

use std::borrow::Cow;
use std::collections::BTreeSet;

use model::document::Value;
use model::pod::{Container, Pod, SecurityContext};

/// Why a check does not let a pod pass.
pub(super) struct Forbidden {
    pub(super) reason: &'static str,
    pub(super) detail: String,
}

impl Forbidden {
    /// Adds this to the reasons before it.
    pub(super) fn append_to(&self, text: &mut String) {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(self.reason);
        if !self.detail.is_empty() {
            text.push_str(" (");
            text.push_str(&self.detail);
            text.push(')');
        }
    }
}

/// Texts, sorted and without repetition.
pub(super) type Set<'d> = BTreeSet<Cow<'d, str>>;

/// The text of a field; empty if it is not set, as the API has it.
pub(super) fn text_of(value: Option<Value<'_>>) -> Cow<'_, str> {
    value.filter(|value| !value.is_null()).map(Value::text).unwrap_or_default()
}

/// Whether a boolean field is true.
pub(super) fn is_true(value: Option<Value<'_>>) -> bool {
    value.and_then(Value::as_bool) == Some(true)
}

/// Whether a boolean field is set, and false.
pub(super) fn is_false(value: Option<Value<'_>>) -> bool {
    value.and_then(Value::as_bool) == Some(false)
}

/// `one` for a single thing, `many` for any other number.
pub(super) fn plural(count: usize, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}

/// `"a", "b"`. Nothing is escaped.
pub(super) fn quoted<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let mut list = String::new();
    for text in texts {
        list.push_str(if list.is_empty() { "\"" } else { ", \"" });
        list.push_str(text.as_ref());
        list.push('"');
    }
    list
}

/// Names of containers, in the order of the pod, with repetitions.
pub(super) struct Names<'d>(Vec<Cow<'d, str>>);

impl<'d> Names<'d> {
    /// The names of the containers that are `chosen`.
    pub(super) fn of(pod: &Pod<'d>, mut chosen: impl FnMut(&Container<'d>) -> bool) -> Self {
        Self(pod.containers.iter().filter(|container| chosen(container)).map(|it| text_of(it.name)).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// `container "a"`, `containers "a", "b"`.
    pub(super) fn text(&self) -> String {
        containers(self.0.len(), &self.0)
    }
}

/// `container "a"`, `containers "a", "b"`, for names of which there are `count`.
pub(super) fn containers<T: AsRef<str>>(count: usize, names: impl IntoIterator<Item = T>) -> String {
    format!("{} {}", plural(count, "container", "containers"), quoted(names))
}

/// Who set something: the pod, or containers of it.
pub(super) struct Setters<'d> {
    pub(super) pod: bool,
    pub(super) containers: Names<'d>,
}

impl<'d> Setters<'d> {
    /// Those whose security context is `wrong`. The pod's is asked about first.
    pub(super) fn of(pod: &Pod<'d>, mut wrong: impl FnMut(&SecurityContext<'d>) -> bool) -> Self {
        Self {
            pod: pod.security_context.as_ref().is_some_and(&mut wrong),
            containers: Names::of(pod, |container| container.security_context.as_ref().is_some_and(&mut wrong)),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.pod && self.containers.is_empty()
    }

    /// `pod`, `container "a"`, or both.
    pub(super) fn parts(&self) -> Vec<String> {
        let mut parts = Vec::new();
        if self.pod {
            parts.push("pod".to_owned());
        }
        if !self.containers.is_empty() {
            parts.push(self.containers.text());
        }
        parts
    }

    /// `pod and container "a"`.
    pub(super) fn text(&self) -> String {
        self.parts().join(" and ")
    }
}
