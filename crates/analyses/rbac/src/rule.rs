//! A rule, compiled: what of a request it matches.
//!
//! Source: `pkg/apis/rbac/v1/evaluation_helpers.go`.

use model::inventory::RuleFact;
use model::symbols::{Symbol, Symbols};

use crate::request::Request;

/// The lists of a rule, as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Words {
    /// `verbs`.
    pub verbs: Box<[Symbol]>,
    /// `apiGroups`.
    pub groups: Box<[Symbol]>,
    /// `resources`.
    pub resources: Box<[Symbol]>,
    /// `resourceNames`.
    pub names: Box<[Symbol]>,
    /// `nonResourceURLs`.
    pub urls: Box<[Symbol]>,
}

impl From<&RuleFact> for Words {
    fn from(fact: &RuleFact) -> Self {
        let RuleFact { verbs, groups, resources, names, urls, place: _ } = fact;
        Self {
            verbs: verbs.clone(),
            groups: groups.clone(),
            resources: resources.clone(),
            names: names.clone(),
            urls: urls.clone(),
        }
    }
}

/// A rule that answers fast.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What it says.
    pub words: Words,
    /// The verbs that have a bit, all of them if `*` is there.
    verbs: u64,
    all_groups: bool,
    all_resources: bool,
    /// `exec` for `*/exec`.
    subresources: Box<[Symbol]>,
    /// Whether a verb is one of constrained impersonation, on what is impersonated.
    constrained: bool,
    urls: Box<[Box<str>]>,
}

/// Verbs by their bits; a verb without a bit is compared by its name.
pub(crate) struct Vocabulary {
    verbs: Vec<Symbol>,
    pub(crate) star: Symbol,
}

/// Bit 63 is "every verb".
const EVERY: u64 = 1 << 63;

const VERBS: [&str; 17] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "bind",
    "escalate",
    "impersonate",
    "approve",
    "sign",
    "attest",
    "use",
    "post",
    "head",
];

impl Vocabulary {
    pub(crate) fn new(symbols: &Symbols) -> Self {
        Self { verbs: VERBS.iter().map(|verb| symbols.intern(verb)).collect(), star: symbols.intern("*") }
    }

    pub(crate) fn bit(&self, verb: Symbol) -> u64 {
        let at = self.verbs.iter().position(|known| *known == verb);
        at.map_or(0, |at| 1 << at)
    }
}

/// A request in symbols.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    verb: Symbol,
    bit: u64,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Resource { group: Symbol, combined: Symbol, subresource: Symbol, name: Symbol },
    Path(String),
}

impl Asked {
    pub(crate) fn new(request: &Request, vocabulary: &Vocabulary, symbols: &Symbols) -> Self {
        let verb = symbols.intern(request.verb());
        let what = match request {
            Request::Path { path, .. } => What::Path(path.clone()),
            Request::Resource(resource) => What::Resource {
                group: symbols.intern(&resource.group),
                combined: symbols.intern(&resource.combined()),
                subresource: symbols.intern(&resource.subresource),
                name: symbols.intern(&resource.name),
            },
        };
        Self { verb, bit: vocabulary.bit(verb), what }
    }
}

impl Rule {
    pub(crate) fn new(words: Words, vocabulary: &Vocabulary, symbols: &Symbols) -> Self {
        let star = vocabulary.star;
        let subresource = |resource: &Symbol| {
            let text = symbols.text(*resource);
            text.strip_prefix("*/").map(|name| symbols.intern(name))
        };
        let verbs = match words.verbs.contains(&star) {
            true => EVERY,
            false => words.verbs.iter().fold(0, |bits, verb| bits | vocabulary.bit(*verb)),
        };
        Self {
            verbs,
            all_groups: words.groups.contains(&star),
            all_resources: words.resources.contains(&star),
            constrained: words.verbs.iter().any(|verb| symbols.text(*verb).starts_with("impersonate-on:")),
            subresources: words.resources.iter().filter_map(subresource).collect(),
            urls: words.urls.iter().map(|url| symbols.text(*url).into()).collect(),
            words,
        }
    }

    /// Whether it is every verb on every resource of every group, without names.
    pub fn is_everything(&self) -> bool {
        self.verbs == EVERY && self.all_groups && self.all_resources && self.words.names.is_empty()
    }

    /// Whether `verbs` has `*`.
    pub fn has_every_verb(&self) -> bool {
        self.verbs == EVERY
    }

    /// Whether it has `resourceNames`.
    pub(crate) fn is_for_names(&self) -> bool {
        !self.words.names.is_empty()
    }

    /// Whether `apiGroups` has `*`.
    pub fn has_every_group(&self) -> bool {
        self.all_groups
    }

    /// Whether `resources` has `*`.
    pub fn has_every_resource(&self) -> bool {
        self.all_resources
    }

    /// The wanted verbs that it has, as bits.
    pub(crate) fn verbs_among(&self, wanted: u64) -> u64 {
        if self.verbs == EVERY { wanted } else { self.verbs & wanted }
    }

    /// Whether it has a verb that begins with `impersonate-on:`.
    pub(crate) fn has_constrained_verb(&self) -> bool {
        self.verbs == EVERY || self.constrained
    }

    pub(crate) fn allows(&self, asked: &Asked) -> bool {
        let named = match &asked.what {
            What::Path(_) => true,
            What::Resource { name, .. } => self.words.names.is_empty() || self.words.names.contains(name),
        };
        named && self.allows_apart_from_names(asked)
    }

    pub(crate) fn allows_apart_from_names(&self, asked: &Asked) -> bool {
        if self.verbs != EVERY && (self.verbs & asked.bit == 0) && !self.names_verb(asked) {
            return false;
        }
        match &asked.what {
            What::Path(path) => self.urls.iter().any(|url| url_matches(url, path)),
            What::Resource { group, combined, subresource, name: _ } => {
                (self.all_groups || self.words.groups.contains(group)) && self.matches_resource(*combined, *subresource)
            }
        }
    }

    fn names_verb(&self, asked: &Asked) -> bool {
        asked.bit == 0 && self.words.verbs.contains(&asked.verb)
    }

    pub(crate) fn matches_resource(&self, combined: Symbol, subresource: Symbol) -> bool {
        self.all_resources
            || self.words.resources.contains(&combined)
            || (!subresource.is_empty() && self.subresources.contains(&subresource))
    }
}

/// Whether a URL of a rule is that path: `*`, the same, or what begins as it does before its last `*`.
pub(crate) fn url_matches(url: &str, path: &str) -> bool {
    url == "*" || url == path || (url.ends_with('*') && path.starts_with(url.trim_end_matches('*')))
}
