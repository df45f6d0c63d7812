//! `limit-range-missing`

use super::namespaces;
use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::{ContainerDefaults, Inventory};
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::BTreeMap;

/// The control.
pub static CONTROL: Control = Control {
    id: "limit-range-missing",
    title: "Namespace has no LimitRange",
    severity: Severity::Low,
    severity_reason: "containers without limits run unbounded",
    rationale: "A container that states no limit may take what it likes of its node. A LimitRange gives each container of the namespace limits that nobody has to remember.",
    remediation: "Add a LimitRange of type `Container` with `default` and `defaultRequest` for `cpu` and `memory`.",
    verify: "kubectl get limitrange -A",
    aliases: &[alias("trivy", "KSV-0039"), alias("kubewarden", "NamespaceLimitRangeMinMax")],
    mappings: &[maps("nsa-cisa", "resource-policies"), maps("owasp-k8s-top10", "K04"), maps("nist-800-53", "SC-6")],
    references: &["https://kubernetes.io/docs/concepts/policy/limit-range/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: shop #~ low metadata.name: No LimitRange gives
",
        ),
        fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: v1
kind: LimitRange
metadata:
  name: all
  namespace: shop
spec:
  limits:
    - type: Container
      default:
        cpu: 1
        memory: 512Mi
      defaultRequest:
        cpu: 100m
        memory: 128Mi
",
        ),
        fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: shop #~ low
---
apiVersion: v1
kind: LimitRange
metadata:
  name: all
  namespace: shop
spec:
  limits:
    - type: Container
      default:
        memory: 512Mi
      defaultRequest:
        cpu: 100m
        memory: 128Mi
",
        ),
        // The maximum is the default, and the default the request.
        fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: v1
kind: LimitRange
metadata:
  name: all
  namespace: shop
spec:
  limits:
    - type: Container
      max:
        cpu: 1
        memory: 512Mi
",
        ),
        fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: v1
kind: LimitRange
metadata:
  name: cpu
  namespace: shop
spec:
  limits:
    - type: Container
      default:
        cpu: 1
---
apiVersion: v1
kind: LimitRange
metadata:
  name: memory
  namespace: shop
spec:
  limits:
    - type: Container
      max:
        memory: 512Mi
---
apiVersion: v1
kind: Namespace
metadata:
  name: pods #~ low
---
apiVersion: v1
kind: LimitRange
metadata:
  name: all
  namespace: pods
spec:
  limits:
    - type: Pod
      max:
        cpu: 1
        memory: 512Mi
    - type: Container
      min:
        cpu: 1
        memory: 512Mi
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    // Several add up: each gives what the ones before it have not given.
    let mut given: BTreeMap<Symbol, [bool; 4]> = BTreeMap::new();
    for range in &inventory.facts.limit_ranges {
        let ContainerDefaults { cpu_limit, memory_limit, storage_limit: _, cpu_request, memory_request } =
            range.defaults;
        let all = given.entry(inventory.namespace(range.resource)).or_default();
        for (known, own) in all.iter_mut().zip([cpu_limit, memory_limit, cpu_request, memory_request]) {
            *known |= own;
        }
    }
    for namespace in &inventory.facts.namespaces {
        let name = inventory.resource(namespace.resource).name;
        if namespaces::is_system(&inventory.symbols.text(name)) {
            continue;
        }
        findings.looked_at(namespace.resource);
        if given.get(&name) != Some(&[true; 4]) {
            let message = "No LimitRange gives containers of the namespace default limits and requests";
            findings.report(namespace.resource, Finding::at_place(namespace.place).message(message));
        }
    }
}
