//! `secret-or-configmap-reference-missing`

use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::BTreeSet;

/// The control.
pub static CONTROL: Control = Control {
    id: "secret-or-configmap-reference-missing",
    title: "Workload refers to a Secret or ConfigMap that does not exist",
    severity: Severity::Low,
    severity_reason: "pod stuck, or later creator controls its input",
    rationale: "The pod does not start. Whoever may create an object of that name decides what the pod reads when it does.",
    remediation: "Create the object, or mark the reference `optional: true` if the program can do without.",
    verify: "kubectl get events -A --field-selector reason=FailedMount",
    aliases: &[alias("kube-linter", "env-value-from")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/configuration/secret/#restriction-secret-must-exist"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      envFrom:
        - configMapRef:
            name: settings #~ low spec.containers[0].envFrom[0].configMapRef.name: There is no ConfigMap `settings`
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
---
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      envFrom:
        - configMapRef:
            name: settings
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      envFrom:
        - configMapRef:
            name: settings #? was not seen
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Secret
metadata:
  name: db
  namespace: other
---
apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  imagePullSecrets:
    - name: registry #~ There is no Secret `registry`
  containers:
    - name: app
      image: app:1
      env:
        - name: A
          valueFrom:
            secretKeyRef:
              name: db #~ There is no Secret `db`
              key: x
        - name: B
          valueFrom:
            secretKeyRef:
              name: none
              key: x
              optional: true
  volumes:
    - name: v
      projected:
        sources:
          - configMap:
              name: kube-root-ca.crt
          - secret:
              name: p #~ spec.volumes[0].projected.sources[1].secret.name
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let [secret, config_map] = ["Secret", "ConfigMap"].map(|kind| inventory.symbols.intern(kind));
    let is_one = |kind: Symbol| kind == secret || kind == config_map;
    let known: BTreeSet<(bool, Symbol, Symbol)> = inventory
        .resources
        .iter()
        .filter(|resource| is_one(resource.kind))
        .map(|resource| (resource.kind == secret, resource.namespace, resource.name))
        .collect();
    for workload in &inventory.facts.workloads {
        findings.looked_at(workload.resource);
        let namespace = inventory.namespace(workload.resource);
        for reference in &workload.references {
            let is_root_ca = inventory.symbols.text(reference.name) == "kube-root-ca.crt";
            if is_root_ca || known.contains(&(reference.is_secret, namespace, reference.name)) {
                continue;
            }
            // Secrets are seldom kept beside manifests: only a set that is whole says that one is not there.
            if !inventory.complete {
                let kind = if reference.is_secret { "a Secret" } else { "a ConfigMap" };
                let finding = Finding::at_place(reference.place).value(inventory.symbols.text(reference.name));
                let message = format!("Whether there is {kind} `{{value}}` in the namespace was not seen");
                findings.report(workload.resource, finding.message(message).skip());
                continue;
            }
            let message = if reference.is_secret {
                "There is no Secret `{value}` in the namespace: the pod does not start"
            } else {
                "There is no ConfigMap `{value}` in the namespace: the pod does not start"
            };
            let finding = Finding::at_place(reference.place).value(inventory.symbols.text(reference.name));
            findings.report(workload.resource, finding.message(message));
        }
    }
}
