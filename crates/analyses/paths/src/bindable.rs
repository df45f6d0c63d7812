//! Rights that a subject does not have and may bind to itself, where that is not everything: the rules of roles that it may
//! bind by name, and of the Roles of a namespace.

use std::collections::BTreeMap;

use model::symbols::Symbol;
use rbac::{RoleId, RoleRule, SubjectKey};

use crate::edges::bind::{self, BIND, BIND_OF_NAMESPACE, OF_CLUSTER, OF_NAMESPACE, leads_to_everything};
use crate::edges::combined::{self, Combination};
use crate::world::{Right, RightId, World};

/// What somebody may bind to itself.
pub(crate) struct Bindable {
    /// Who, and the rights that let it.
    pub(crate) by: Combination,
    /// What it gains.
    pub(crate) gains: Vec<RightId>,
}

type Key = (RoleId, u32, Option<Symbol>);

/// Roles, each with the scope that it may be bound in.
type Targets = Vec<(RoleId, Option<Symbol>)>;

/// Finds them, and gives all rights with those that only they have at the end.
pub(crate) fn find(world: &World<'_>) -> (Vec<Bindable>, Vec<Right>) {
    let mut rights: Vec<Right> = world.rights().map(|(_, right)| right.clone()).collect();
    let key = |right: &Right| (right.rule.origin, right.rule.index, right.scope);
    let mut numbers: BTreeMap<Key, RightId> = rights.iter().map(key).zip((0..).map(RightId)).collect();
    let held: BTreeMap<SubjectKey, &[RightId]> = world.holders().collect();
    let mut found = Vec::new();
    for (by, targets) in targets(world) {
        let held = held.get(&by.subject).copied().unwrap_or_default();
        let holds = |rule: RoleRule, scope: Option<Symbol>| {
            [None, scope].iter().any(|scope| {
                numbers.get(&(rule.origin, rule.index, *scope)).is_some_and(|id| held.binary_search(id).is_ok())
            })
        };
        let rules = targets
            .iter()
            .flat_map(|(role, scope)| world.rbac.role(*role).rules.iter().map(move |&rule| (rule, *scope)));
        let gained: Vec<(RoleRule, Option<Symbol>)> = rules.filter(|(rule, scope)| !holds(*rule, *scope)).collect();
        let mut gains: Vec<RightId> = gained
            .into_iter()
            .map(|(rule, scope)| {
                *numbers.entry((rule.origin, rule.index, scope)).or_insert_with(|| {
                    rights.push(Right { rule, scope, bindings: Vec::new() });
                    RightId(rights.len() as u32 - 1)
                })
            })
            .collect();
        gains.sort_unstable();
        gains.dedup();
        if !gains.is_empty() {
            found.push(Bindable { by, gains });
        }
    }
    (found, rights)
}

/// Who may bind which roles, and in which scopes.
fn targets(world: &World<'_>) -> Vec<(Combination, Targets)> {
    let mut all = Vec::new();
    for combination in combined::holders(world, &[OF_CLUSTER, BIND]) {
        if combination.scope.is_none() && !leads_to_everything(world, &combination, OF_CLUSTER) {
            let roles = bind::bindable(world, &combination, OF_CLUSTER).unwrap_or_default();
            let targets = roles.into_iter().map(|role| (role, None)).collect();
            all.push((combination, targets));
        }
    }
    for combination in combined::holders(world, &[OF_NAMESPACE, BIND]) {
        if !leads_to_everything(world, &combination, OF_NAMESPACE) {
            let namespaces = scopes(world, &combination);
            let roles = bind::bindable(world, &combination, OF_NAMESPACE).unwrap_or_default();
            let in_all = |role: RoleId| namespaces.iter().map(move |&namespace| (role, Some(namespace)));
            let targets = roles.into_iter().flat_map(in_all).collect();
            all.push((combination, targets));
        }
    }
    for combination in combined::holders(world, &[OF_NAMESPACE, BIND_OF_NAMESPACE]) {
        let namespaces = scopes(world, &combination);
        let may_bind =
            |name: Symbol| combination.names[1].iter().any(|names| names.is_empty() || names.contains(&name));
        let referred = bind::referred(world, &combination, OF_NAMESPACE);
        let is_referred = |role: RoleId| referred.as_ref().is_none_or(|referred| referred.contains(&role));
        let roles = (0..).map(RoleId).zip(world.rbac.roles()).filter(|(id, role)| {
            is_referred(*id)
                && !role.cluster
                && role.first == *id
                && namespaces.binary_search(&role.namespace).is_ok()
                && may_bind(role.name)
        });
        let targets = roles.map(|(id, role)| (id, Some(role.namespace))).collect();
        all.push((combination, targets));
    }
    all
}

/// The namespaces that a combination holds in.
fn scopes(world: &World<'_>, combination: &Combination) -> Vec<Symbol> {
    combination.scope.map_or_else(|| world.namespaces().to_vec(), |namespace| vec![namespace])
}
