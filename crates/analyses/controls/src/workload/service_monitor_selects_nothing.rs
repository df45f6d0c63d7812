//! `service-monitor-selects-nothing`

use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "service-monitor-selects-nothing",
    title: "ServiceMonitor selects no Service",
    severity: Severity::Info,
    severity_reason: "no metrics",
    rationale: "Nothing is measured: alerts that stand on these figures never come, and silence looks like health.",
    remediation: "Let the selector match the labels of the Service, and `namespaceSelector` its namespace.",
    verify: "kubectl get servicemonitor -A -o yaml",
    aliases: &[alias("kube-linter", "dangling-servicemonitor")],
    mappings: &[],
    references: &["https://prometheus-operator.dev/docs/developer/getting-started/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        complete_fixture(
            "apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: db
spec:
  selector: #~ info spec.selector: The monitor selects no Service
    matchLabels:
      tier: db
",
        ),
        complete_fixture(
            "apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: db
spec:
  selector:
    matchLabels:
      tier: db
---
apiVersion: v1
kind: Service
metadata:
  name: db
  labels:
    tier: db
spec:
  clusterIP: None
  selector:
    app: db
",
        ),
        fixture(
            "apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: db
spec:
  selector: #? was not seen
    matchLabels:
      tier: db
",
        ),
        complete_fixture(
            "apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: db
spec:
  namespaceSelector:
    matchNames: [other]
  selector: #~ info
    matchLabels:
      tier: db
---
apiVersion: v1
kind: Service
metadata:
  name: db
  labels:
    tier: db
spec:
  clusterIP: None
  selector:
    app: db
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    for monitor in &inventory.facts.monitors {
        findings.looked_at(monitor.resource);
        let is_chosen = |namespace| monitor.namespaces.as_ref().is_none_or(|chosen| chosen.contains(&namespace));
        let mut services = inventory.facts.network.services.iter();
        let finds = services.any(|service| {
            is_chosen(inventory.namespace(service.resource)) && monitor.selector.matches(&service.labels)
        });
        if finds {
            continue;
        }
        let finding = Finding::at_place(monitor.place);
        let finding = if inventory.complete {
            finding.message("The monitor selects no Service: nothing is measured")
        } else {
            finding.message("Whether there is a Service for the monitor was not seen").skip()
        };
        findings.report(monitor.resource, finding);
    }
}
