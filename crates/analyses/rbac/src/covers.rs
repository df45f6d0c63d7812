//! Whether rules that somebody holds cover rules that he would hand on.
//!
//! Source: `component-helpers/auth/rbac/validation/policy_comparator.go`. Wanted rules are split into atoms, and every
//! atom must be covered by one rule alone.

use model::symbols::{Symbol, Symbols};

use crate::rule::Words;

/// More atoms than this are not split off one set of rules: a file may ask for a product of long lists.
const MOST_ATOMS: usize = 1_000_000;

/// An atom that nothing covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The verb.
    pub verb: Symbol,
    /// The group.
    pub group: Symbol,
    /// The resource; empty for a URL.
    pub resource: Symbol,
    /// The name of the object, if there is one.
    pub name: Option<Symbol>,
    /// The URL; empty for a resource.
    pub url: Symbol,
}

enum Wanted {
    Resource { group: Symbol, resource: Symbol, name: Option<Symbol> },
    Url(Symbol),
}

/// The first atom of `wanted` that no rule of `owner` covers; none if all are covered.
pub(crate) fn first_missing<'a>(
    owner: &[&Words],
    wanted: impl IntoIterator<Item = &'a Words>,
    star: Symbol,
    symbols: &Symbols,
) -> Option<Missing> {
    let mut atoms = 0;
    for rule in wanted {
        let found = each_atom(rule, |verb, wanted| {
            atoms += 1;
            atoms > MOST_ATOMS || !owner.iter().any(|owner| covers(owner, verb, &wanted, star, symbols))
        });
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Calls `fails` with every atom until it says yes.
fn each_atom(rule: &Words, mut fails: impl FnMut(Symbol, Wanted) -> bool) -> Option<Missing> {
    let missing = |verb, group, resource, name, url| Some(Missing { verb, group, resource, name, url });
    for &group in &rule.groups {
        for &resource in &rule.resources {
            for &verb in &rule.verbs {
                if rule.names.is_empty() && fails(verb, Wanted::Resource { group, resource, name: None }) {
                    return missing(verb, group, resource, None, Symbol::EMPTY);
                }
                for &name in &rule.names {
                    if fails(verb, Wanted::Resource { group, resource, name: Some(name) }) {
                        return missing(verb, group, resource, Some(name), Symbol::EMPTY);
                    }
                }
            }
        }
    }
    for &url in &rule.urls {
        for &verb in &rule.verbs {
            if fails(verb, Wanted::Url(url)) {
                return missing(verb, Symbol::EMPTY, Symbol::EMPTY, None, url);
            }
        }
    }
    None
}

fn covers(owner: &Words, verb: Symbol, wanted: &Wanted, star: Symbol, symbols: &Symbols) -> bool {
    if !owner.verbs.contains(&star) && !owner.verbs.contains(&verb) {
        return false;
    }
    match wanted {
        // A URL has no group, resource and name: an owner with names never covers it.
        Wanted::Url(url) => {
            let url = symbols.text(*url);
            owner.names.is_empty() && owner.urls.iter().any(|owner| url_covers(&symbols.text(*owner), &url))
        }
        Wanted::Resource { group, resource, name } => {
            let names = match name {
                None => owner.names.is_empty(),
                Some(name) => owner.names.is_empty() || owner.names.contains(name),
            };
            names
                && (owner.groups.contains(&star) || owner.groups.contains(group))
                && resource_covers(owner, *resource, star, symbols)
        }
    }
}

fn resource_covers(owner: &Words, resource: Symbol, star: Symbol, symbols: &Symbols) -> bool {
    if owner.resources.contains(&star) || owner.resources.contains(&resource) {
        return true;
    }
    let text = symbols.text(resource);
    let Some((_, subresource)) = text.split_once('/') else { return false };
    owner.resources.iter().any(|owner| symbols.text(*owner).strip_prefix("*/") == Some(subresource))
}

/// Whether a URL of a rule covers that of another.
fn url_covers(owner: &str, url: &str) -> bool {
    owner == url || (owner.ends_with('*') && url.starts_with(owner.trim_end_matches('*')))
}
