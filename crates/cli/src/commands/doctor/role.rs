//! The smallest role that a feature can do with, from what the cluster has.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use cluster::discovery::Discovery;
use cluster::features::Feature;
use cluster::lists::{Scope, wanted};

/// Group, plural names: a rule.
type Rules = BTreeMap<String, Vec<String>>;

/// A ClusterRole, or with `namespaces` a Role in each and a ClusterRole for the namespaces themselves.
pub(super) fn yaml(discovery: &Discovery, namespaces: &[String], feature: Feature) -> String {
    let scope = Scope { feature, ..Scope::default() };
    let (mut all, mut inside) = (Rules::new(), Rules::new());
    for wanted in wanted(discovery, &scope) {
        let resource = wanted.resource;
        if resource.namespaced {
            inside.entry(resource.group.clone()).or_default().push(resource.name.clone());
        }
        all.entry(resource.group).or_default().push(resource.name);
    }
    let name = format!("plimsoll-{}", feature.name());
    let mut out = format!("# What `{}` needs, and nothing else. Bind it to whoever runs it:\n", feature.command());
    let account = "--serviceaccount=NAMESPACE:NAME";
    if namespaces.is_empty() {
        let _ = writeln!(out, "#   kubectl create clusterrolebinding {name} --clusterrole={name} {account}");
        note_secrets(&all, &mut out);
        role(("ClusterRole", &name, None), &all, feature, &[], &mut out);
        return out;
    }
    let namespace_name = format!("{name}-namespaces");
    let _ = writeln!(
        out,
        "#   kubectl create clusterrolebinding {namespace_name} --clusterrole={namespace_name} {account}"
    );
    for namespace in namespaces {
        let _ = writeln!(out, "#   kubectl create rolebinding {name} -n {namespace} --role={name} {account}");
    }
    note_secrets(&inside, &mut out);
    let of_names = Rules::from([(String::new(), vec!["namespaces".to_owned()])]);
    role(("ClusterRole", &namespace_name, None), &of_names, feature, namespaces, &mut out);
    for namespace in namespaces {
        out.push_str("---\n");
        role(("Role", &name, Some(namespace)), &inside, feature, &[], &mut out);
    }
    out
}

/// Whoever may list Secrets may read them: that has to be said where it is given.
fn note_secrets(rules: &Rules, out: &mut String) {
    if rules.get("").is_some_and(|names| names.iter().any(|name| name == "secrets")) {
        out.push_str(
            "# `list` on secrets is a right to their values, for which Plimsoll never asks. Without it Secrets are\n\
             # not observed, and everything else is.\n",
        );
    }
}

fn role(
    (kind, name, namespace): (&str, &str, Option<&str>),
    rules: &Rules,
    feature: Feature,
    names: &[String],
    out: &mut String,
) {
    let _ = write!(out, "apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata:\n  name: {name}\n");
    if let Some(namespace) = namespace {
        let _ = writeln!(out, "  namespace: {namespace}");
    }
    out.push_str("rules:\n");
    for (group, resources) in rules {
        let quoted = if group.is_empty() { "\"\"" } else { group };
        let _ = writeln!(out, "- apiGroups: [{quoted}]\n  resources:");
        for resource in resources {
            let _ = writeln!(out, "  - {resource}");
        }
        if !names.is_empty() {
            let _ = writeln!(out, "  resourceNames: [{}]", names.join(", "));
        }
        let _ = writeln!(out, "  verbs: [{}]", feature.verbs().join(", "));
    }
}
