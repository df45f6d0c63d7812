//! `resource-quota-missing`

use super::namespaces;
use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::BTreeSet;

/// The control.
pub static CONTROL: Control = Control {
    id: "resource-quota-missing",
    title: "Namespace has no ResourceQuota",
    severity: Severity::Low,
    severity_reason: "one tenant exhausts the cluster",
    rationale: "Without a quota one namespace can take all processors, memory and pod slots of the cluster: a program that runs wild, or somebody who mines coins, starves all the others.",
    remediation: "Give the namespace a ResourceQuota that bounds pods, or CPU and memory.",
    verify: "kubectl get resourcequota -A",
    aliases: &[
        alias("trivy", "KSV-0040"),
        alias("kubewarden", "NamespaceResourceQuotas"),
        alias("kubewarden", "NamespacePodQuota"),
        alias("kubewarden", "rancher-project-quotas-namespace-validator"),
        alias("kyverno", "restrict-pod-count"),
    ],
    mappings: &[
        maps("nsa-cisa", "resource-policies"),
        maps("owasp-k8s-top10", "K04"),
        maps("nist-800-53", "SC-5"),
        maps("nist-800-53", "SC-6"),
    ],
    references: &["https://kubernetes.io/docs/concepts/policy/resource-quotas/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: shop #~ low metadata.name: No ResourceQuota bounds
",
        ),
        fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: v1
kind: ResourceQuota
metadata:
  name: all
  namespace: shop
spec:
  hard:
    pods: 20
",
        ),
        fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: shop #~ low
---
apiVersion: v1
kind: ResourceQuota
metadata:
  name: all
  namespace: shop
spec:
  hard:
    cpu: 4
    services: 2
",
        ),
        fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: v1
kind: ResourceQuota
metadata:
  name: all
  namespace: shop
spec:
  hard:
    requests.cpu: 4
    limits.memory: 8Gi
---
apiVersion: v1
kind: ResourceQuota
metadata:
  name: none
  namespace: other
spec:
  hard: {} #~ low spec.hard: The quota bounds nothing
---
apiVersion: v1
kind: Namespace
metadata:
  name: kube-system
",
        ),
        // A quota with scopes is for some pods alone.
        fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: shop #~ low metadata.name: No ResourceQuota bounds
---
apiVersion: v1
kind: ResourceQuota
metadata:
  name: jobs
  namespace: shop
spec:
  scopes: [Terminating]
  hard:
    pods: 20
---
apiVersion: v1
kind: ResourceQuota
metadata:
  name: important
  namespace: shop
spec:
  scopeSelector:
    matchExpressions:
      - {scopeName: PriorityClass, operator: In, values: [high]}
  hard:
    cpu: 4
    memory: 8Gi
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let facts = &inventory.facts;
    let bounding = facts.quotas.iter().filter(|quota| quota.bounds);
    let bounded: BTreeSet<Symbol> = bounding.map(|quota| inventory.namespace(quota.resource)).collect();
    for quota in facts.quotas.iter().filter(|quota| quota.empty) {
        findings.report(quota.resource, Finding::at_place(quota.place).message("The quota bounds nothing"));
    }
    for namespace in &facts.namespaces {
        let name = inventory.resource(namespace.resource).name;
        if namespaces::is_system(&inventory.symbols.text(name)) {
            continue;
        }
        findings.looked_at(namespace.resource);
        if !bounded.contains(&name) {
            let message = "No ResourceQuota bounds what the namespace takes of the cluster";
            findings.report(namespace.resource, Finding::at_place(namespace.place).message(message));
        }
    }
}
