//! What a change brings: findings that were not there, beside those that were hidden behind something worse.

use std::collections::BTreeMap;

use model::control::Group;
use model::severity::Severity;

use crate::plan::{self, Scanned};

/// What a finding is known by where objects come and go, and files with them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Known {
    /// The object, as a report names it.
    pub object: String,
    /// What it was rendered from, and with which values or by which overlay; none for a manifest.
    pub rendered: Option<(String, String)>,
    /// The control.
    pub control: &'static str,
    /// The container. What the finding says of it may change with what is around it, and is no other finding then.
    pub container: String,
}

impl Known {
    fn is_about_the_object_of(&self, other: &Self) -> bool {
        (&self.object, &self.rendered) == (&other.object, &other.rendered)
    }
}

/// How often each was found, and how bad it is.
pub type Findings = BTreeMap<Known, (usize, Severity)>;

/// All findings, without those that only sum up others.
pub fn findings(scanned: &Scanned) -> Findings {
    let mut found = Findings::new();
    for (known, severity) in plan::known(scanned) {
        let (count, worst) = found.entry(known).or_insert((0, severity));
        *count += 1;
        *worst = (*worst).max(severity);
    }
    found
}

/// What is found more often than before. Where something worse of the same object is gone, what it hid comes to light; an
/// object that is no longer valid is another matter.
pub fn brought<'f>(before: &'f Findings, after: &'f Findings) -> impl Iterator<Item = &'f Known> {
    let count = |findings: &Findings, known: &Known| findings.get(known).map_or(0, |(count, _)| *count);
    let is_more = move |known: &Known| count(after, known) > count(before, known);
    let is_revealed = move |new: &Known, severity: Severity| {
        let hid = |(known, (_, worse)): (&Known, &(usize, Severity))| {
            known.is_about_the_object_of(new) && *worse > severity && count(after, known) < count(before, known)
        };
        before.iter().any(hid)
            && controls::explain::find(new.control).iter().all(|control| control.group != Group::Namespace)
    };
    let more = after.iter().filter(move |(known, _)| is_more(known));
    more.filter(move |(known, (_, severity))| !is_revealed(known, *severity)).map(|(known, _)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(all: &[(&str, &'static str, Severity)]) -> Findings {
        let known = |object: &str, control| Known {
            object: object.to_owned(),
            rendered: None,
            control,
            container: String::new(),
        };
        all.iter().map(|(object, control, severity)| (known(object, control), (1, *severity))).collect()
    }

    fn check(before: &[(&str, &'static str, Severity)], after: &[(&str, &'static str, Severity)], expected: &[&str]) {
        let (before, after) = (found(before), found(after));
        let told: Vec<&str> = brought(&before, &after).map(|known| known.control).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn what_was_there_before_is_not_brought() {
        let host = ("Pod/n/p", "host-pid", Severity::High);
        check(&[host], &[host], &[]);
        check(&[host], &[], &[]);
        check(&[], &[host], &["host-pid"]);
        // The same of another object is another one.
        check(&[host], &[host, ("Pod/n/q", "host-pid", Severity::High)], &["host-pid"]);
    }

    #[test]
    fn what_something_worse_of_the_same_object_hid_is_not_brought() {
        let privileged = ("Pod/n/p", "privileged-container", Severity::High);
        let hidden = ("Pod/n/p", "host-users-namespace", Severity::Low);
        check(&[privileged], &[hidden], &[]);
        check(&[privileged], &[privileged, hidden], &["host-users-namespace"]);
        check(&[privileged], &[("Pod/n/q", "host-users-namespace", Severity::Low)], &["host-users-namespace"]);
        check(&[hidden], &[privileged], &["privileged-container"]);
    }
}
