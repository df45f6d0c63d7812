//! Whether a role or binding of the input is what Kubernetes ships, in any version: a label and a name are quickly
//! written, so that what it grants and to whom is compared.

use std::sync::LazyLock;

use crate::built_in::{self, BuiltIn, BuiltInRole};
use crate::compile::{BindingId, RoleId, RoleRule, Source, SubjectKey};
use crate::evaluator::Evaluator;
use crate::identity::SERVICE_ACCOUNT;
use crate::rule::{Words, url_matches};

/// What any version ships.
static ALL: LazyLock<BuiltIn> = LazyLock::new(built_in::of_any_version);

const LABEL: (&str, &str) = ("kubernetes.io/bootstrapping", "rbac-defaults");

impl Evaluator<'_> {
    /// Whether a role is one that every cluster has: it is not in the input, or has the label, the name, and no rule that is
    /// not shipped under that name by some version. What is aggregated into it is of other roles.
    pub fn is_shipped_role(&self, id: RoleId) -> bool {
        let role = self.role(id);
        if role.source == Source::BuiltIn {
            return true;
        }
        let symbols = &self.inventory().symbols;
        if !role.labels.contains(&(symbols.intern(LABEL.0), symbols.intern(LABEL.1))) {
            return false;
        }
        self.compiled().shipped_roles(|| self.find_shipped_roles()).get(id.0 as usize) == Some(&true)
    }

    /// Whether a role grants no more than what is shipped under its name, with the label or without.
    pub fn has_shipped_rules(&self, id: RoleId) -> bool {
        let role = self.role(id);
        let shipped: Vec<&BuiltInRole> = self.shipped_under(&self.text(role.namespace), &self.text(role.name));
        let is_own = |rule: &&RoleRule| {
            self.aggregated_from(id, **rule).is_none() && self.role(rule.origin).source != Source::BuiltIn
        };
        let mut own = role.rules.iter().filter(is_own);
        !shipped.is_empty() && own.all(|rule| self.is_shipped_rule(&self.rule(*rule).words, &shipped))
    }

    fn find_shipped_roles(&self) -> Vec<bool> {
        (0..self.roles().len() as u32).map(|id| self.has_shipped_rules(RoleId(id))).collect()
    }

    /// The same of a binding: it refers to the shipped role and names nobody else.
    pub fn is_shipped_binding(&self, id: BindingId) -> bool {
        let binding = self.binding(id);
        if binding.source == Source::BuiltIn {
            return true;
        }
        let symbols = &self.inventory().symbols;
        let label = (symbols.intern(LABEL.0), symbols.intern(LABEL.1));
        if !self.binding_fact(id).is_some_and(|fact| fact.labels.contains(&label)) {
            return false;
        }
        let [namespace, name, role] = [binding.namespace, binding.name, binding.role_name].map(|text| self.text(text));
        let kind = if binding.cluster_role { "ClusterRole" } else { "Role" };
        let mut shipped =
            ALL.bindings.iter().filter(|shipped| (shipped.namespace, shipped.name) == (&*namespace, &*name));
        shipped.any(|shipped| {
            let subjects = || binding.subjects.iter().all(|subject| self.is_among(*subject, &shipped.subjects));
            (shipped.role_kind, shipped.role) == (kind, &*role) && subjects()
        })
    }

    fn is_among(&self, subject: SubjectKey, shipped: &[(&str, &str, &str)]) -> bool {
        shipped.iter().any(|(kind, namespace, name)| match (subject, *kind) {
            (SubjectKey::Nobody, _) => true,
            (SubjectKey::User(user), "User") => self.text(user) == *name,
            (SubjectKey::User(user), "ServiceAccount") => {
                let account = self.text(user);
                account.strip_prefix(SERVICE_ACCOUNT).and_then(|rest| rest.split_once(':')) == Some((namespace, name))
            }
            (SubjectKey::Group(group), "Group") => self.text(group) == *name,
            _ => false,
        })
    }

    fn shipped_under(&self, namespace: &str, name: &str) -> Vec<&'static BuiltInRole> {
        ALL.roles.iter().filter(|role| (role.namespace, role.name) == (namespace, name)).collect()
    }

    /// Whether every combination of a rule is in one that is shipped. A controller writes what it has aggregated into the
    /// role: where the roles that it came from are not here, rules for groups of custom resources are theirs.
    fn is_shipped_rule(&self, words: &Words, shipped: &[&BuiltInRole]) -> bool {
        let is_grown = shipped.iter().any(|role| role.aggregates.is_some());
        let texts = |list: &[model::symbols::Symbol]| list.iter().map(|word| self.text(*word)).collect::<Vec<_>>();
        let [verbs, groups, resources, names, urls] =
            [&words.verbs, &words.groups, &words.resources, &words.names, &words.urls].map(|list| texts(list));
        let mut rules: Vec<&[Vec<&'static str>; 5]> = shipped.iter().flat_map(|role| &role.rules).collect();
        if is_grown {
            let sources = ALL.roles.iter().filter(|role| role.name.starts_with("system:aggregate-to-"));
            rules.extend(sources.flat_map(|role| &role.rules));
        }
        let has = |list: &[&str], word: &str| list.contains(&"*") || list.contains(&word);
        let is_custom = |group: &str| is_grown && group.contains('.') && !group.ends_with(".k8s.io");
        let holds = |verb: &str, group: &str, resource: &str| {
            is_custom(group)
                || rules.iter().any(|[of_verbs, of_groups, of_resources, of_names, _]| {
                    let named = of_names.is_empty()
                        || !names.is_empty() && names.iter().all(|name| of_names.contains(&&**name));
                    has(of_verbs, verb) && has(of_groups, group) && has(of_resources, resource) && named
                })
        };
        let holds_url = |verb: &str, url: &str| {
            rules.iter().any(|[of_verbs, _, _, _, of_urls]| {
                has(of_verbs, verb) && of_urls.iter().any(|shipped| url_matches(shipped, url))
            })
        };
        verbs.iter().all(|verb| {
            groups.iter().all(|group| resources.iter().all(|resource| holds(verb, group, resource)))
                && urls.iter().all(|url| holds_url(verb, url))
        })
    }
}
