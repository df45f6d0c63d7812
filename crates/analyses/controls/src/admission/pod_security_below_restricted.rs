//! `pod-security-below-restricted`

use super::enforcement::{Demands, PluginLevel};
use super::pod_security_not_enforced::{CONTROL as ENFORCED, SYSTEM};
use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::{EnforcedLevel, Inventory};
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "pod-security-below-restricted",
    title: "Namespace admits pods that are not restricted",
    severity: Severity::Low,
    severity_reason: "root, capabilities and escalation stay possible",
    rationale: "The level `baseline` keeps pods from the node, and leaves them root, default capabilities and ways to more privilege: what an attack on the node starts with.",
    remediation: "Label the namespace `pod-security.kubernetes.io/enforce: restricted`, after a dry run has shown which pods have to be hardened first.",
    verify: "kubectl label --dry-run=server --overwrite namespace NAME pod-security.kubernetes.io/enforce=restricted",
    aliases: &[alias("kubescape", "C-0197"), alias("kubescape", "C-0198"), alias("kubescape", "C-0199"), alias("kubescape", "C-0200"), alias("kubescape", "C-0201"), alias("kyverno", "podsecurity-subrule-restricted")],
    mappings: &[maps("cis-kubernetes", "5.2.6"), maps("cis-kubernetes", "5.2.7"), maps("cis-kubernetes", "5.2.8"), maps("cis-kubernetes", "5.2.9"), maps("nsa-cisa", "pod-security"), maps("owasp-k8s-top10", "K04"), maps("nist-800-53", "CM-6"), maps("cis-eks", "4.2.5"), maps("cis-aks", "4.2.8")],
    references: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[fixture(
"apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: baseline #~ low metadata.labels[\"pod-security.kubernetes.io/enforce\"]: The namespace enforces the level `baseline`
"),
fixture(
"apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: restricted
"),
fixture(
"apiVersion: v1
kind: Namespace
metadata:
  name: shop #~ low metadata.name: Namespace `shop` does not enforce
---
apiVersion: v1
kind: Namespace
metadata: {name: invalid, labels: {pod-security.kubernetes.io/enforce: strict}}
---
apiVersion: v1
kind: Namespace
metadata: {name: kube-public}
"),
fixture(
"apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: baseline}}
---
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: psa}
spec:
  validationFailureAction: enforce
  rules:
    - match: {resources: {kinds: [Pod]}}
      validate: {podSecurity: {level: restricted}}
"),
fixture(
"apiVersion: pod-security.admission.config.k8s.io/v1
kind: PodSecurityConfiguration
defaults: {enforce: restricted}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata:
  name: own
  labels:
    pod-security.kubernetes.io/enforce: privileged #~ the level `privileged`
"),],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    // Which namespaces are the cluster's own is said once, for the control that asks whether anything is enforced.
    let system = findings.findings.settings.list(ENFORCED.id, &SYSTEM);
    let demands = Demands::new(inventory);
    for namespace in &inventory.facts.namespaces {
        let symbol = inventory.resource(namespace.resource).name;
        let name = inventory.symbols.text(symbol);
        if name.is_empty() || system.contains(&name) {
            continue;
        }
        findings.looked_at(namespace.resource);
        let level = demands.plugin_level(inventory, namespace, symbol);
        let finding = match level {
            PluginLevel::Label(EnforcedLevel::Restricted, _)
            | PluginLevel::Default(EnforcedLevel::Restricted)
            | PluginLevel::Invalid(..) => continue,
            _ if demands.engine_restricts(symbol) => continue,
            PluginLevel::Label(level, place) => Finding::at_place(place)
                .value(if level == EnforcedLevel::Baseline { "baseline" } else { "privileged" })
                .message("The namespace enforces the level `{value}`: root, capabilities and escalation are taken")
                .replace("restricted"),
            PluginLevel::Default(_) | PluginLevel::Exempt | PluginLevel::Unknown => {
                Finding::at_place(namespace.place).value(name).message(
                    "Namespace `{value}` does not enforce `restricted`: root, capabilities and escalation are taken",
                )
            }
        };
        findings.report(namespace.resource, finding);
    }
}
