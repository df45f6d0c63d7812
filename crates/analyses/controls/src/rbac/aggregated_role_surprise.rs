//! `aggregated-role-surprise`

use model::control::{Check, Control, InventoryFindings, fixture, maps};
use model::fix::FixClass;
use std::collections::BTreeMap;

use model::finding::Finding;
use model::inventory::Inventory;
use model::severity::Severity;
use rbac::capability::Capabilities;
use rbac::{RoleId, RoleRule, catalogue};

use super::grants;

/// The control.
pub static CONTROL: Control = Control {
    id: "aggregated-role-surprise",
    title: "Aggregation widens a role silently",
    severity: Severity::Medium,
    severity_reason: "anyone who can label a ClusterRole changes admin/edit/view",
    rationale: "A label adds the rules of this role to another, for everybody who is bound to that one: `view` that reads Secrets is no longer what people think they grant.",
    remediation: "Take the rule out of the aggregated role, or bind the role by itself.",
    verify: "kubectl get clusterroles -l rbac.authorization.k8s.io/aggregate-to-view=true",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K02"), maps("nist-800-53", "AC-6")],
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
  labels:
    rbac.authorization.k8s.io/aggregate-to-view: 'true'
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [get]} #~ medium rules[0]: `r` adds
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
  labels:
    rbac.authorization.k8s.io/aggregate-to-view: 'true'
rules:
  - {apiGroups: ['example.com'], resources: [things], verbs: [get]}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
  labels:
    rbac.authorization.k8s.io/aggregate-to-view: 'true'
rules:
  - {apiGroups: ['example.com'], resources: ['*'], verbs: ['*']} #~ medium
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: r
rules:
  - {apiGroups: [''], resources: [secrets], verbs: [get]}
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let Some(capabilities) = grants::judged_rights(inventory, findings) else { return };
    let evaluator = capabilities.evaluator();
    inventory.facts.roles.iter().for_each(|role| findings.looked_at(role.resource));
    let mut grown: BTreeMap<RoleId, Vec<String>> = BTreeMap::new();
    for (id, role) in (0..).map(RoleId).zip(evaluator.roles()) {
        let mut origins: Vec<RoleId> =
            role.rules.iter().filter_map(|rule| evaluator.aggregated_from(id, *rule)).collect();
        origins.dedup();
        for origin in origins {
            let of = grown.entry(origin).or_default();
            let name = format!("`{}`", evaluator.text(role.name));
            if !of.contains(&name) {
                of.push(name);
            }
        }
    }
    for (id, roles) in grown {
        let Some(fact) = evaluator.role_fact(id).filter(|_| !grants::is_default_role(evaluator, id)) else { continue };
        let role = evaluator.role(id);
        let own = || role.rules.iter().filter(|rule| rule.origin == id);
        let by_itself = own().find_map(|rule| Some((*rule, surprise(&capabilities, *rule)?)));
        // Several rules together may give what none of them gives.
        let Some((rule, what)) = by_itself.or_else(|| together(&capabilities, id)) else { continue };
        let message = format!("`{{value}}` adds to {} {what}, for everybody who is bound to them", roles.join(", "));
        let finding = Finding::at_place(fact.rules[rule.index as usize].place).value(evaluator.text(role.name));
        findings.report(fact.resource, finding.message(message));
    }
}

/// Something that is bad in the whole cluster and takes several rules of a role, and the first of them.
fn together(capabilities: &Capabilities<'_>, id: RoleId) -> Option<(RoleRule, String)> {
    let (dangers, _) = capabilities.of_role(id, None);
    let worst = dangers.iter().max_by_key(|danger| catalogue::ALL[*danger].severity)?;
    let danger = &catalogue::ALL[worst];
    let rule = capabilities.rule_of(id, None, worst).filter(|_| danger.severity >= Severity::High)?;
    let rule = capabilities.evaluator().role(id).rules[rule as usize];
    (rule.origin == id).then(|| (rule, format!("that they can {}", danger.title)))
}

/// What of a rule nobody expects: a wildcard, or something that is bad in the whole cluster.
fn surprise(capabilities: &Capabilities<'_>, rule: RoleRule) -> Option<String> {
    let compiled = capabilities.evaluator().rule(rule);
    if compiled.words.verbs.is_empty() {
        return None;
    }
    let dangers = capabilities.of_rule(rule);
    let worst = dangers.iter().max_by_key(|danger| catalogue::ALL[*danger].severity);
    if let Some(danger) = worst.filter(|danger| catalogue::ALL[*danger].severity >= Severity::High) {
        return Some(format!("that they can {}", catalogue::ALL[danger].title));
    }
    let wild = compiled.has_every_resource() || compiled.has_every_group() || compiled.has_every_verb();
    wild.then(|| "a wildcard".to_owned())
}
