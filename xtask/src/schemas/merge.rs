//! All versions in one: what is the same in all of them is written once, what differs says in which it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::distil::Distilled;
use super::enumerations::Enumerations;
use super::lifecycle::Lifecycles;

/// A set of minor versions.
type Versions = BTreeSet<u32>;

/// Everything that was read so far.
#[derive(Default)]
pub(crate) struct Merged {
    versions: Versions,
    kinds: BTreeMap<(String, String), (String, Versions)>,
    definitions: BTreeMap<String, Definition>,
    /// What is deprecated and removed when.
    pub(crate) lifecycles: Lifecycles,
}

#[derive(Default)]
struct Definition {
    versions: Versions,
    fields: BTreeMap<String, Field>,
}

#[derive(Default)]
struct Field {
    /// The types that it had, and when.
    shapes: BTreeMap<String, Versions>,
    /// Whether every version that has it requires it: what one does not require was never needed.
    required: Option<bool>,
    /// The texts that it may be, and when.
    values: BTreeMap<String, Versions>,
}

const HEAD: &str = "\
# What the API servers of Kubernetes accept. Written by `cargo xtask schemas`, which says where it comes from.
#
# versions: the minor versions that are known.
# kind:     API version, kind, definition, in which versions, deprecated in, removed in, use instead.
# def:      a definition; its fields follow: name, type, `!` if it is required, in which versions.
#           Types: text bool int32 int64 number quantity int-or-text time bytes any list(…) map(…) one-of(a|b),
#           lenient(…) and lenient-or-bool(…), where unknown fields are let pass; or the name of a definition.
#           Versions: `31-33,35`; none means all; `-33` and `31-` are open at one end.
";

impl Merged {
    /// Adds one version.
    pub(crate) fn add(&mut self, version: u32, distilled: &Distilled, enumerations: &Enumerations) {
        self.versions.insert(version);
        for (kind, definition) in &distilled.kinds {
            let (name, versions) = self.kinds.entry(kind.clone()).or_default();
            name.clone_from(definition);
            versions.insert(version);
        }
        for (name, fields) in &distilled.definitions {
            let definition = self.definitions.entry(name.clone()).or_default();
            definition.versions.insert(version);
            for (field_name, read) in fields {
                let field = definition.fields.entry(field_name.clone()).or_default();
                field.shapes.entry(read.shape.clone()).or_default().insert(version);
                field.required = Some(field.required.unwrap_or(true) && read.required);
                for value in enumerations.get(&(name.clone(), field_name.clone())).into_iter().flatten() {
                    field.values.entry(value.clone()).or_default().insert(version);
                }
            }
        }
    }

    /// The file.
    pub(crate) fn write(&self) -> String {
        let mut out = HEAD.to_owned();
        let versions: Vec<String> = self.versions.iter().map(u32::to_string).collect();
        writeln!(out, "versions\t{}", versions.join(",")).expect("a text takes everything");
        let kinds: BTreeSet<&(String, String)> = self.kinds.keys().chain(self.lifecycles.keys()).collect();
        for kind in kinds {
            let line = self.kind(kind);
            if !line.is_empty() {
                writeln!(out, "kind\t{}", line.trim_end_matches('\t')).expect("a text takes everything");
            }
        }
        for (name, definition) in &self.definitions {
            writeln!(out, "def\t{name}").expect("a text takes everything");
            for (name, field) in &definition.fields {
                self.write_field(name, field, &definition.versions, &mut out);
            }
        }
        out
    }

    fn kind(&self, key: &(String, String)) -> String {
        let (api_version, kind) = key;
        let known = self.kinds.get(key);
        let lifecycle = self.lifecycles.get(key).cloned().unwrap_or_default();
        // A type of Go that is no kind of the API.
        if known.is_none() && lifecycle.removed.is_none() {
            return String::new();
        }
        let definition = known.map_or("", |(definition, _)| definition);
        let versions = known.map_or_else(String::new, |(_, versions)| self.range(versions, &self.versions));
        let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
        let instead = if lifecycle.deprecated.is_some() || self.is_gone(key) { self.replacement(key) } else { None };
        let instead = instead.map(|(version, kind)| format!("{version} {kind}")).unwrap_or_default();
        let (deprecated, removed) = (number(lifecycle.deprecated), number(lifecycle.removed));
        format!("{api_version}\t{kind}\t{definition}\t{versions}\t{deprecated}\t{removed}\t{instead}")
    }

    /// Whether the newest version does not have it.
    fn is_gone(&self, key: &(String, String)) -> bool {
        let newest = self.versions.last();
        self.kinds.get(key).is_some_and(|(_, versions)| versions.last() != newest)
    }

    /// What takes the place of a kind in the end: what is named may be gone by now, or nothing may be named.
    fn replacement(&self, key: &(String, String)) -> Option<(String, String)> {
        let mut at = key.clone();
        for _ in 0..4 {
            match self.lifecycles.get(&at).and_then(|lifecycle| lifecycle.replacement.clone()) {
                Some(next) => at = next,
                None => break,
            }
        }
        if at != *key {
            return Some(at);
        }
        let group = |api_version: &str| api_version.split_once('/').map_or("", |(group, _)| group).to_owned();
        let stable = self.kinds.keys().find(|other| {
            let version = other.0.rsplit('/').next().unwrap_or_default();
            other.1 == key.1
                && group(&other.0) == group(&key.0)
                && !version.contains("alpha")
                && !version.contains("beta")
                && !self.is_gone(other)
        });
        stable.filter(|stable| *stable != key).cloned()
    }

    fn write_field(&self, name: &str, field: &Field, all: &Versions, out: &mut String) {
        for (shape, versions) in &field.shapes {
            let values: Vec<String> =
                field.values.iter().map(|(value, known)| self.value(value, known, field)).collect();
            let shape = if values.is_empty() {
                shape.clone()
            } else {
                shape.replace("text", &format!("one-of({})", values.join("|")))
            };
            let required = if field.required == Some(true) { "!" } else { "" };
            let line = format!("\t{name}\t{shape}\t{required}\t{}", self.range(versions, all));
            writeln!(out, "{}", line.trim_end_matches('\t')).expect("a text takes everything");
        }
    }

    /// A value of an enumeration, with its versions if other values have more.
    fn value(&self, value: &str, known: &Versions, field: &Field) -> String {
        let all: Versions = field.values.values().flatten().copied().collect();
        match self.range(known, &all).as_str() {
            "" => value.to_owned(),
            range => format!("{value}@{range}"),
        }
    }

    /// `31-33,35`; empty if it is `all`.
    fn range(&self, versions: &Versions, all: &Versions) -> String {
        if versions == all {
            return String::new();
        }
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for &version in versions {
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == version => *last = version,
                _ => runs.push((version, version)),
            }
        }
        let (oldest, newest) = (self.versions.first().copied(), self.versions.last().copied());
        let parts = runs.into_iter().map(|(first, last)| match (first, last) {
            (first, last) if first == last && Some(first) != oldest && Some(last) != newest => first.to_string(),
            (first, last) if Some(first) == oldest => format!("-{last}"),
            (first, last) if Some(last) == newest => format!("{first}-"),
            (first, last) => format!("{first}-{last}"),
        });
        parts.collect::<Vec<_>>().join(",")
    }
}
