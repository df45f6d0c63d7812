//! Which namespaces policies are for: those in them, and those for many at once.

use model::inventory::{Inventory, NamespaceFact, OtherPolicyFact, Reach};
use model::labels::Selector;
use model::symbols::Symbol;
use std::collections::BTreeSet;

/// Namespaces that belong to the cluster and not to its users.
pub(crate) const SYSTEM: &[&str] = &["kube-system", "kube-public", "kube-node-lease"];

/// Namespaces for which something holds.
#[derive(Default)]
pub(crate) struct Covered {
    names: BTreeSet<Symbol>,
    all: bool,
    /// Whether a policy may cover some, by an expression that is not read.
    unknown: bool,
}

/// Policies with which a namespace denies all, and its pods may ask for names; `None` for what is no name of a namespace.
pub(crate) fn default_deny(namespace: &str) -> Option<String> {
    let is_label = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if namespace.is_empty() || namespace.len() > 63 || !namespace.bytes().all(is_label) {
        return None;
    }
    // What YAML would take for something else than text.
    let is_plain = namespace.starts_with(|c: char| c.is_ascii_lowercase())
        && !matches!(namespace, "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n");
    let namespace = if is_plain { namespace.to_owned() } else { format!("\"{namespace}\"") };
    Some(format!(
        "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny
  namespace: {namespace}
spec:
  podSelector: {{}}
  policyTypes: [Ingress, Egress]
---
# Without names hardly anything works.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-dns
  namespace: {namespace}
spec:
  podSelector: {{}}
  policyTypes: [Egress]
  egress:
    - to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: kube-system
          podSelector:
            matchLabels:
              k8s-app: kube-dns
      ports:
        - protocol: UDP
          port: 53
        - protocol: TCP
          port: 53
"
    ))
}

/// Whether a namespace is covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coverage {
    /// It is.
    Yes,
    /// Nothing that is known covers it.
    No,
    /// Something may.
    Unknown,
}

impl Covered {
    /// The namespaces whose pods, all of them, some policy for many namespaces does this to.
    pub(crate) fn by_cluster_policies(inventory: &Inventory, does: impl Fn(&OtherPolicyFact) -> bool) -> Self {
        let mut covered = Self::default();
        let mut seen: BTreeSet<&Selector> = BTreeSet::new();
        for policy in inventory.facts.network.other_policies.iter().filter(|policy| does(policy)) {
            match (&policy.namespaces, &policy.pods) {
                (Reach::Own, Some(pods)) if pods.is_empty() => covered.add(inventory.namespace(policy.resource)),
                (Reach::Own, Some(_)) => {}
                (Reach::Selected(_), Some(pods)) if !pods.is_empty() => {}
                (Reach::Selected(selector), Some(_)) if selector.is_empty() => covered.all = true,
                (Reach::Selected(selector), Some(_)) => {
                    if seen.insert(selector) {
                        let selected = inventory.selected_namespaces(selector);
                        covered.names.extend(selected.map(|namespace| inventory.resource(namespace.resource).name));
                    }
                }
                (Reach::Unknown, _) | (_, None) => covered.unknown = true,
            }
        }
        covered
    }

    /// Adds a namespace.
    pub(crate) fn add(&mut self, namespace: Symbol) {
        self.names.insert(namespace);
    }

    /// Whether the namespace of that name is covered.
    pub(crate) fn has(&self, name: Symbol) -> Coverage {
        match self.all || self.names.contains(&name) {
            true => Coverage::Yes,
            false if self.unknown => Coverage::Unknown,
            false => Coverage::No,
        }
    }
}

/// The Namespaces of users, each with its name.
pub(crate) fn user_namespaces(inventory: &Inventory) -> impl Iterator<Item = (&NamespaceFact, Symbol)> {
    let system: Vec<Symbol> = SYSTEM.iter().filter_map(|name| inventory.symbols.find(name)).collect();
    let namespaces = inventory.facts.namespaces.iter();
    let named = namespaces.map(|namespace| (namespace, inventory.resource(namespace.resource).name));
    named.filter(move |(_, name)| !name.is_empty() && !system.contains(name))
}
