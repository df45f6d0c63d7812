//! `ineffective-rule`

use model::control::{Check, Control, InventoryFindings, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use model::symbols::Symbol;
use rbac::{Evaluator, RoleId, Rule, resources};

use super::grants;

/// The control.
pub static CONTROL: Control = Control {
    id: "ineffective-rule",
    title: "RBAC rule has no effect",
    severity: Severity::Info,
    severity_reason: "false sense, or becomes live later",
    rationale: "The rule looks as if it granted something, and does not: the program that needs it fails, or somebody mends it by a wildcard. Some come to life when a kind of that name is installed.",
    remediation: "Write the rule as the API server reads it: plurals in lower case, subresources by their names, groups without versions.",
    verify: "plimsoll rbac subjects SUBJECT",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K02")],
    references: &["https://kubernetes.io/docs/concepts/security/rbac-good-practices/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: ['pods/*'], verbs: [get]} #~ info rules[0]: `pods/*` matches nothing
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [pods/log], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [nodes], verbs: [get]} #~ info rules[0]: `nodes` are of the whole cluster
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: r
  namespace: shop
rules:
  - {apiGroups: [''], resources: [nodes], verbs: [get]} #~ info
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {nonResourceURLs: [/metrics], verbs: [get]} #~ info
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [Pod], verbs: [get]} #~ info rules[0]: `Pod` matches nothing; the resource is `pods`
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [users], verbs: [impersonate]} #~ info
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [get], resourceNames: ['*']} #~ info rules[0]: `*` is a name
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [create], resourceNames: [tls]} #~ info
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [pods], verbs: [read]} #~ info rules[0]: `read` is no verb
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['core'], resources: [pods], verbs: [get]} #~ info
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['apps/v1'], resources: [deployments], verbs: [get]} #~ info
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - {kind: User, name: jane, apiGroup: ''}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - {kind: User, name: jane, apiGroup: v1} #~ info subjects[0].name
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [namespaces], verbs: [patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: ['rbac.authorization.k8s.io'], resources: [clusterroles], verbs: [bind]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: b
  namespace: shop
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: r
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let Some(capabilities) = grants::judged_rights(inventory, findings) else { return };
    let evaluator = capabilities.evaluator();
    let holders = grants::holders(evaluator);
    grants::look_at_all(inventory, findings);
    for (id, role) in (0..).map(RoleId).zip(evaluator.roles()) {
        let Some(fact) = evaluator.role_fact(id).filter(|_| !grants::is_default_role(evaluator, id)) else { continue };
        let bound = holders.of(id);
        let in_namespaces = !role.cluster
            || (!bound.is_empty() && bound.iter().all(|(binding, _)| !evaluator.binding(*binding).cluster));
        for rule in role.rules.iter().filter(|rule| rule.origin == id) {
            let Some((word, why)) = defect(evaluator, evaluator.rule(*rule), in_namespaces) else { continue };
            let finding = Finding::at_place(fact.rules[rule.index as usize].place).value(word);
            findings.report(fact.resource, finding.message(why));
        }
    }
    for fact in &inventory.facts.bindings {
        for subject in &fact.subjects {
            let (kind, group) = (evaluator.text(subject.kind), evaluator.text(subject.api_group));
            let wanted = if kind == "ServiceAccount" { "" } else { "rbac.authorization.k8s.io" };
            if group.is_empty() || group == wanted {
                continue;
            }
            let message = format!(
                "A subject of the kind {kind} is of the group `{wanted}`, not `{{value}}`: the API server refuses the binding"
            );
            findings.report(fact.resource, Finding::at_place(subject.place).value(group).message(message));
        }
    }
}

/// Verbs that the API server or one of its authorizers asks about.
const VERBS: [&str; 23] = [
    "*",
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "proxy",
    "use",
    "bind",
    "escalate",
    "impersonate",
    "approve",
    "sign",
    "attest",
    "head",
    "post",
    "put",
    "options",
    "connect",
    "redirect",
];

/// The first word of a rule that has no effect, and why.
fn defect(evaluator: &Evaluator<'_>, rule: &Rule, in_namespaces: bool) -> Option<(String, String)> {
    let texts = |words: &[Symbol]| -> Vec<String> { words.iter().map(|word| evaluator.text(*word)).collect() };
    let (verbs, groups, resources) =
        (texts(&rule.words.verbs), texts(&rule.words.groups), texts(&rule.words.resources));
    let (names, urls) = (texts(&rule.words.names), texts(&rule.words.urls));
    of_groups(&groups)
        .or_else(|| of_resources(&resources))
        .or_else(|| of_other_groups(&groups, &resources))
        .or_else(|| of_urls(&verbs, &urls))
        .or_else(|| of_verbs(&verbs, &groups, &resources))
        .or_else(|| of_names(&verbs, &resources, &names))
        .or_else(|| of_scope(&verbs, &groups, &resources, &urls).filter(|_| in_namespaces))
}

fn of_groups(groups: &[String]) -> Option<(String, String)> {
    let wrong = groups.iter().find(|group| matches!(&***group, "core" | "v1") || group.contains('/'))?;
    let why = "`{value}` is no API group: the rule matches nothing of it. Groups have no version, and the core group is the empty text";
    Some((wrong.clone(), why.to_owned()))
}

fn of_resources(resources: &[String]) -> Option<(String, String)> {
    for resource in resources {
        if resource.ends_with("/*") {
            let why = "`{value}` matches nothing: there is no wildcard for the subresources of one resource";
            return Some((resource.clone(), why.to_owned()));
        }
        let plural = resource.split_once('/').map_or(&**resource, |(plural, _)| plural);
        let known = resources::meant(plural).filter(|_| !resources::is_plural(plural) && plural != "*");
        if let Some(known) = known {
            let why = format!("`{{value}}` matches nothing; the resource is `{}`", known.plural);
            return Some((resource.clone(), why));
        }
    }
    None
}

/// A resource that is in none of the groups of the rule, all of which are known.
fn of_other_groups(groups: &[String], resources: &[String]) -> Option<(String, String)> {
    if groups.is_empty() || !groups.iter().all(|group| resources::is_group(group)) {
        return None;
    }
    resources.iter().find_map(|resource| {
        let plural = resource.split_once('/').map_or(&**resource, |(plural, _)| plural);
        let is_there = groups.iter().any(|group| resources::find(group, plural).is_some());
        let known = resources::meant(plural).filter(|known| !is_there && known.plural == plural)?;
        let of =
            if known.group.is_empty() { "the core group, `\"\"`".to_owned() } else { format!("`{}`", known.group) };
        Some((resource.clone(), format!("`{{value}}` is in none of the groups of the rule; it is of {of}")))
    })
}

/// Verbs of URLs are methods of HTTP.
fn of_urls(verbs: &[String], urls: &[String]) -> Option<(String, String)> {
    const METHODS: [&str; 9] = ["*", "get", "head", "post", "put", "patch", "delete", "options", "connect"];
    let wrong = verbs.iter().find(|verb| !METHODS.contains(&&***verb)).filter(|_| !urls.is_empty())?;
    Some((wrong.clone(), "`{value}` is asked of resources; URLs are asked by methods, such as `get`".to_owned()))
}

fn of_verbs(verbs: &[String], groups: &[String], resources: &[String]) -> Option<(String, String)> {
    // What custom APIs ask about is theirs to say.
    let is_known = groups.iter().any(|group| resources.iter().any(|plural| resources::find(group, plural).is_some()));
    let is_wrong = |verb: &&String| {
        !VERBS.contains(&&***verb) && !verb.contains(':') && (is_known || VERBS.contains(&&*verb.to_lowercase()))
    };
    let wrong = verbs.iter().find(is_wrong)?;
    Some((wrong.clone(), "`{value}` is no verb of the API: nobody asks for it".to_owned()))
}

fn of_names(verbs: &[String], resources: &[String], names: &[String]) -> Option<(String, String)> {
    if let Some(wild) = names.iter().find(|name| name.contains('*')) {
        let why = "`{value}` is a name like any other in `resourceNames`: there is no wildcard";
        return Some((wild.clone(), why.to_owned()));
    }
    let are_objects = !resources.is_empty() && resources.iter().all(|resource| !resource.contains('/'));
    if names.is_empty() || !are_objects {
        return None;
    }
    let nameless = |verb: &&String| matches!(&***verb, "create" | "deletecollection");
    if let Some(verb) = verbs.iter().find(nameless) {
        let why = "`{value}` is asked without a name, so that a rule with `resourceNames` never matches it";
        return Some((verb.clone(), why.to_owned()));
    }
    let verb = verbs.iter().find(|verb| matches!(&***verb, "list" | "watch"))?;
    let why = "`{value}` with `resourceNames` allows only requests that select one name (`--field-selector metadata.name=NAME`)";
    Some((verb.clone(), why.to_owned()))
}

fn of_scope(verbs: &[String], groups: &[String], resources: &[String], urls: &[String]) -> Option<(String, String)> {
    if let Some(url) = urls.first() {
        let why = "The URL `{value}` is granted in a namespace: that has no effect";
        return Some((url.clone(), why.to_owned()));
    }
    for group in groups {
        for resource in resources {
            let plural = resource.split_once('/').map_or(&**resource, |(plural, _)| plural);
            let binds = plural == "clusterroles" && verbs.iter().any(|verb| matches!(&**verb, "bind" | "*"));
            // A request for a Namespace by its name carries that name.
            let is_named = plural == "namespaces" && group.is_empty();
            let of_cluster = resources::find(group, plural).is_some_and(|known| !known.namespaced);
            if of_cluster && !binds && !is_named {
                let why = "`{value}` are of the whole cluster: granted in a namespace they have no effect";
                return Some((resource.clone(), why.to_owned()));
            }
        }
    }
    None
}
