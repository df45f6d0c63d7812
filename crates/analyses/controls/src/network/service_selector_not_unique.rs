//! `service-selector-not-unique`

use super::service_pods::ServicePods;
use model::control::{Check, Control, InventoryFindings, alias, fixture};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::{Inventory, ServiceFact, WorkloadFact};
use model::labels::Selector;
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::BTreeMap;

/// The control.
pub static CONTROL: Control = Control {
    id: "service-selector-not-unique",
    title: "Two Services or workloads share one selector",
    severity: Severity::Low,
    severity_reason: "traffic reaches the wrong pods",
    rationale: "Two Services with one selector send to the same pods; a selector that fits two applications sends to both. Clients reach what they did not ask for, with the rights that were meant for something else.",
    remediation: "Give every application a label of its own, and select by it.",
    verify: "kubectl get services -A -o json | jq -r '.items[] | select(.spec.selector) | \"\\(.metadata.namespace) \\(.spec.selector) \\(.metadata.name)\"' | sort",
    aliases: &[
        alias("gatekeeper", "K8sUniqueServiceSelector"),
        alias("kyverno", "require-unique-service-selector"),
        alias("kubewarden", "unique-service-selector-policy"),
    ],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web} #~ low spec.selector: The Service has the same selector as Service `shop`
---
apiVersion: v1
kind: Service
metadata:
  name: shop
spec:
  selector: {app: web} #~ the same selector as Service `web`
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
---
apiVersion: v1
kind: Service
metadata:
  name: shop
spec:
  selector: {app: shop}
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: db
spec:
  selector: {app: db} #~ info spec.selector
---
apiVersion: v1
kind: Service
metadata:
  name: db-pods
spec:
  clusterIP: None
  selector: {app: db} #~ info spec.selector
---
apiVersion: v1
kind: Service
metadata:
  name: db
  namespace: other
spec:
  selector: {app: db}
---
apiVersion: v1
kind: Service
metadata:
  name: db
  namespace: other
spec:
  selector: {app: db}
---
apiVersion: v1
kind: Service
metadata: {name: a}
spec: {}
---
apiVersion: v1
kind: Service
metadata: {name: b}
spec: {}
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {tier: front} #~ low spec.selector: The Service leads to pods of `web` and of `shop`, which differ in `app`
---
apiVersion: v1
kind: Pod
metadata: {name: a, labels: {tier: front, app: web}}
spec: {containers: []}
---
apiVersion: v1
kind: Pod
metadata: {name: b, labels: {tier: front, app: shop}}
spec: {containers: []}
---
apiVersion: v1
kind: Pod
metadata: {name: c, labels: {tier: front}}
spec: {containers: []}
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
---
apiVersion: v1
kind: Pod
metadata: {name: a, labels: {app: web, version: stable}}
spec: {containers: []}
---
apiVersion: v1
kind: Pod
metadata: {name: b, labels: {app: web, version: canary}}
spec: {containers: []}
",
        ),
    ],
};

/// Labels that say which application a pod is of. Pods that differ in one of them are of different ones.
const OWNERS: &[&str] =
    &["app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component", "app", "k8s-app"];

/// Names of Services with one selector: of those with an address and of those without, two each at the most.
type Names = [Vec<Symbol>; 2];

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let owners: Vec<Symbol> = OWNERS.iter().map(|label| inventory.symbols.intern(label)).collect();
    let sharing = sharing(inventory);
    let mut pods = ServicePods::new(inventory);
    let mut unrelated_of: BTreeMap<(Symbol, &Selector), Option<Unrelated>> = BTreeMap::new();
    for service in &inventory.facts.network.services {
        let Some(selected) = pods.of(service) else { continue };
        findings.looked_at(service.resource);
        if let Some((other, severity)) =
            sharing.get(&key(inventory, service)).and_then(|names| other(inventory, service, names))
        {
            let message = "The Service has the same selector as Service `{value}`: both lead to the same pods";
            let finding = Finding::at_place(service.selector_place).value(inventory.symbols.text(other));
            findings.report(service.resource, finding.severity(severity).message(message));
        }
        let group = unrelated_of.entry(key(inventory, service));
        if let Some((label, first, second)) = *group.or_insert_with(|| unrelated(&selected.workloads, &owners)) {
            let text = |symbol| inventory.symbols.text(symbol);
            let message = format!(
                "The Service leads to pods of `{}` and of `{}`, which differ in `{{value}}`",
                text(first),
                text(second)
            );
            findings.report(
                service.resource,
                Finding::at_place(service.selector_place).value(text(label)).message(message),
            );
        }
    }
}

fn key<'i>(inventory: &Inventory, service: &'i ServiceFact) -> (Symbol, &'i Selector) {
    (inventory.namespace(service.resource), &service.selector)
}

fn sharing(inventory: &Inventory) -> BTreeMap<(Symbol, &Selector), Names> {
    let mut sharing: BTreeMap<(Symbol, &Selector), Names> = BTreeMap::new();
    for service in &inventory.facts.network.services {
        let names = sharing.entry(key(inventory, service)).or_default();
        let name = inventory.resource(service.resource).name;
        let same_sort = &mut names[usize::from(service.headless)];
        if same_sort.len() < 2 && !same_sort.contains(&name) {
            same_sort.push(name);
        }
    }
    sharing
}

/// Another Service with the selector of this one. One for clients and one for the names of the pods is how a
/// StatefulSet is published, and weighs less.
fn other(inventory: &Inventory, service: &ServiceFact, names: &Names) -> Option<(Symbol, Severity)> {
    let own = inventory.resource(service.resource).name;
    let find = |headless: bool| names[usize::from(headless)].iter().copied().find(|name| *name != own);
    let same_sort = find(service.headless).map(|name| (name, CONTROL.severity));
    same_sort.or_else(|| find(!service.headless).map(|name| (name, Severity::Info)))
}

/// A label of owners, and two values that it has.
type Unrelated = (Symbol, Symbol, Symbol);

fn unrelated(workloads: &[&WorkloadFact], owners: &[Symbol]) -> Option<Unrelated> {
    owners.iter().find_map(|owner| {
        let mut values = workloads
            .iter()
            .filter_map(|workload| workload.labels.iter().rev().find(|(key, _)| key == owner).map(|(_, value)| *value));
        let first = values.next()?;
        let second = values.find(|value| *value != first)?;
        Some((*owner, first, second))
    })
}
