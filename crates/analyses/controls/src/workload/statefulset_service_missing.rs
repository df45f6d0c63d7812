//! `statefulset-service-missing`

use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::inventory::ServiceFact;
use model::object::Object;
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::BTreeMap;

/// The control.
pub static CONTROL: Control = Control {
    id: "statefulset-service-missing",
    title: "StatefulSet has no headless Service",
    severity: Severity::Low,
    severity_reason: "no stable names",
    rationale: "Pods of the StatefulSet have no names that last: replicas do not find each other, and clients talk to whichever pod they get.",
    remediation: "Add a Service with `clusterIP: None` that selects the pods, and name it in `serviceName`.",
    verify: "kubectl get sts -A -o custom-columns=NAMESPACE:.metadata.namespace,NAME:.metadata.name,SERVICE:.spec.serviceName",
    aliases: &[alias("kube-score", "statefulset-has-servicename")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::ObjectAndInventory(check, check_services),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: db
spec:
  clusterIP: 10.0.0.9
  selector:
    app: db
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
spec:
  serviceName: db #~ low spec.serviceName: The Service `db` has an address of its own
  template:
    metadata:
      labels:
        app: db
    spec:
      containers:
        - name: db
          image: db:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: db
spec:
  clusterIP: None
  selector:
    app: db
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
spec:
  serviceName: db
  template:
    metadata:
      labels:
        app: db
    spec:
      containers:
        - name: db
          image: db:1
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
spec: #~ The StatefulSet names no Service
  template:
    metadata:
      labels:
        app: db
    spec:
      containers:
        - name: db
          image: db:1
",
        ),
        fixture(
            "apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
spec:
  serviceName: db #? was not seen
  template:
    metadata:
      labels:
        app: db
    spec:
      containers:
        - name: db
          image: db:1
",
        ),
        complete_fixture(
            "apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
spec:
  serviceName: db #~ There is no Service `db`
  template:
    metadata:
      labels:
        app: db
    spec:
      containers:
        - name: db
          image: db:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: db
spec:
  clusterIP: None
  selector:
    app: other
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
spec:
  serviceName: db #~ The Service `db` does not select the pods
  template:
    metadata:
      labels:
        app: db
    spec:
      containers:
        - name: db
          image: db:1
",
        ),
    ],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !object.is("apps", "StatefulSet") {
        return findings.not_applicable();
    }
    let name = object.value.at(&["spec", "serviceName"]);
    if name.is_none_or(|name| name.text().is_empty()) {
        let message = "The StatefulSet names no Service: its pods have no names that last";
        let finding = name.map_or_else(|| Finding::missing(object.value, "spec.serviceName"), Finding::at);
        findings.report(finding.message(message));
    }
}

fn check_services(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    if inventory.facts.governing_services.is_empty() {
        return;
    }
    let name =
        |service: &ServiceFact| (inventory.namespace(service.resource), inventory.resource(service.resource).name);
    let services: BTreeMap<(Symbol, Symbol), &ServiceFact> =
        inventory.facts.network.services.iter().map(|service| (name(service), service)).collect();
    for governed in &inventory.facts.governing_services {
        let key = (inventory.namespace(governed.resource), governed.service);
        let finding = Finding::at_place(governed.place).value(inventory.symbols.text(governed.service));
        let workloads = &inventory.facts.workloads;
        let at = workloads.partition_point(|workload| workload.resource < governed.resource);
        let labels = workloads.get(at).filter(|workload| workload.resource == governed.resource).map(|w| &w.labels);
        let finding = match services.get(&key) {
            None if inventory.complete => finding.message("There is no Service `{value}` in the namespace"),
            None => finding.message("Whether there is a Service `{value}` was not seen").skip(),
            Some(service) if !service.headless => {
                finding.message("The Service `{value}` has an address of its own: pods get no names that last")
            }
            Some(service) => {
                let selects = |labels| !service.selector.is_empty() && service.selector.matches(labels);
                if labels.is_none_or(|labels| selects(labels)) {
                    continue;
                }
                finding.message("The Service `{value}` does not select the pods of the StatefulSet")
            }
        };
        findings.report(governed.resource, finding);
    }
}
