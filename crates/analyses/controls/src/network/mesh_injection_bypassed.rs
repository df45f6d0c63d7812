//! `mesh-injection-bypassed`

use super::mesh;
use model::control::{Check, Control, InventoryFindings, alias, fixture, fixture_with};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "mesh-injection-bypassed",
    title: "Workload opts out of the service mesh",
    severity: Severity::Low,
    severity_reason: "escapes mTLS and authorization",
    rationale: "A pod without the proxy of the mesh speaks plain text, has no identity, and no policy of the mesh is asked for what it sends or takes. Ports that skip the proxy are the same for those connections.",
    remediation: "Delete the label or annotation that takes the pod out, or the list of ports that pass the proxy by. Where a pod cannot be in the mesh, close it with a NetworkPolicy.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.metadata.labels[\"sidecar.istio.io/inject\"] == \"false\" or .metadata.annotations[\"linkerd.io/inject\"] == \"disabled\") | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kyverno", "prevent-disabling-injection-pods"), alias("kyverno", "enforce-sidecar-injection-namespace"), alias("kyverno", "enforce-ambient-mode-namespace"), alias("kyverno", "add-ambient-mode-namespace"), alias("kyverno", "prevent-linkerd-pod-injection-override"), alias("kyverno", "prevent-linkerd-port-skipping"), alias("kyverno", "require-linkerd-mesh-injection"), alias("kubewarden", "IstioNamespaceLabelInjection")],
    mappings: &[],
    references: &["https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/", "https://linkerd.io/2/features/proxy-injection/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[REQUIRED],
    check: Check::Inventory(check),
    fixtures: &[fixture(
"apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata:
      labels:
        app: web
        sidecar.istio.io/inject: \"false\" #~ low spec.template.metadata.labels[\"sidecar.istio.io/inject\"]: `sidecar.istio.io/inject` takes traffic of the pod past the mesh
    spec: {containers: []}
"),
fixture(
"apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata:
      labels:
        app: web
    spec: {containers: []}
"),
fixture(
"apiVersion: v1
kind: Namespace
metadata: {name: a, annotations: {linkerd.io/inject: enabled}}
---
apiVersion: v1
kind: Pod
metadata:
  name: a
  namespace: a
  annotations:
    linkerd.io/inject: disabled #~ `linkerd.io/inject`
    config.linkerd.io/skip-outbound-ports: \"3306\" #~ `config.linkerd.io/skip-outbound-ports`
    config.linkerd.io/skip-inbound-ports: \"\"
spec: {containers: []}
---
apiVersion: v1
kind: Namespace
metadata: {name: b, labels: {istio-injection: disabled, istio.io/rev: x}}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: b, annotations: {sidecar.istio.io/inject: \"false\"}}
spec: {containers: []}
---
apiVersion: v1
kind: Namespace
metadata: {name: c, labels: {istio.io/dataplane-mode: ambient}}
---
apiVersion: v1
kind: Pod
metadata:
  name: c
  namespace: c
  labels:
    istio.io/dataplane-mode: none #~ `istio.io/dataplane-mode`
spec: {containers: []}
---
apiVersion: v1
kind: Pod
metadata:
  name: c
  namespace: unknown
  labels:
    istio.io/dataplane-mode: none #? whether its namespace is in one is not known
spec: {containers: []}
"),
fixture_with(&[("namespaces", "shop, pay")],
"apiVersion: v1
kind: Namespace
metadata:
  name: shop #~ Namespace `shop` has no label that puts its pods into the mesh
---
apiVersion: v1
kind: Namespace
metadata: {name: pay, labels: {istio.io/rev: stable}}
---
apiVersion: v1
kind: Namespace
metadata: {name: other}
"),],
};

const REQUIRED: Parameter = parameter("namespaces", Default::List(&[]), "namespaces whose pods have to be in the mesh");

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let required = findings.findings.list(&REQUIRED);
    for namespace in &inventory.facts.namespaces {
        let name = inventory.symbols.text(inventory.resource(namespace.resource).name);
        if !required.contains(&name) {
            continue;
        }
        findings.looked_at(namespace.resource);
        if mesh::of_namespace(inventory, &namespace.mesh).is_none() {
            let message = "Namespace `{value}` has no label that puts its pods into the mesh, where they have to be";
            findings.report(namespace.resource, Finding::at_place(namespace.place).value(name).message(message));
        }
    }
    for workload in inventory.facts.workloads.iter().filter(|workload| !workload.network.mesh.is_empty()) {
        let settings = &workload.network.mesh;
        let skips = settings.iter().filter(|setting| mesh::passes_by(inventory, setting));
        let namespace = inventory.namespace_named(inventory.namespace(workload.resource));
        let is_in_mesh = namespace.map(|namespace| mesh::of_namespace(inventory, &namespace.mesh).is_some());
        findings.looked_at(workload.resource);
        for setting in mesh::opts_out(inventory, settings).into_iter().chain(skips) {
            let finding = Finding::at_place(setting.place).value(inventory.symbols.text(setting.key));
            findings.report(workload.resource, match is_in_mesh {
                Some(true) => finding.message("`{value}` takes traffic of the pod past the mesh: no identity, no policy, plain text"),
                None if !inventory.complete => finding
                    .severity(Severity::Info)
                    .message("`{value}` takes traffic of the pod past the mesh; whether its namespace is in one is not known")
                    .skip(),
                Some(false) | None => continue,
            });
        }
    }
}
