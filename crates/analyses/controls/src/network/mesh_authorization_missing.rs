//! `mesh-authorization-missing`

use super::mesh::{self, Mesh};
use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::{Inventory, ResourceId};
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::{BTreeMap, BTreeSet};

/// The control.
pub static CONTROL: Control = Control {
    id: "mesh-authorization-missing",
    title: "Mesh workload has no authorization policy",
    severity: Severity::Low,
    severity_reason: "any mesh identity may call",
    rationale: "The mesh knows who calls and lets everybody in: any pod with an identity, also one that was taken over, calls every method of the workload.",
    remediation: "Write an AuthorizationPolicy for the workload that names who may call it, or one for the namespace that allows nothing and others beside it.",
    verify: "kubectl get authorizationpolicies.security.istio.io -A",
    aliases: &[
        alias("kyverno", "require-authorizationpolicies"),
        alias("kyverno", "check-linkerd-authorizationpolicy"),
    ],
    mappings: &[maps("owasp-k8s-top10", "K05"), maps("nist-800-53", "AC-4")],
    references: &[
        "https://istio.io/latest/docs/reference/config/security/authorization-policy/",
        "https://linkerd.io/2/reference/authorization-policy/",
    ],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[ROOT],
    check: Check::Inventory(check),
    fixtures: &[
        complete_fixture(
            "apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Pod
metadata:
  name: web #~ low metadata.name: No AuthorizationPolicy refuses anybody
  namespace: shop
  labels: {app: web}
spec: {containers: []}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  rules: [{}]
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  labels: {app: web}
spec: {containers: []}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/gateway]}}]}]
",
        ),
        fixture(
            "apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Pod
metadata:
  name: web #? No AuthorizationPolicy of the input
  namespace: shop
spec: {containers: []}
---
apiVersion: v1
kind: Pod
metadata:
  name: out
  namespace: shop
  labels: {sidecar.istio.io/inject: \"false\"}
spec: {containers: []}
---
apiVersion: v1
kind: Pod
metadata:
  name: elsewhere
  namespace: other
spec: {containers: []}
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata: {name: web, namespace: a, labels: {sidecar.istio.io/inject: \"true\", app: web}}
spec: {containers: []}
---
apiVersion: v1
kind: Pod
metadata:
  name: api #~ No AuthorizationPolicy refuses anybody
  namespace: a
  labels: {sidecar.istio.io/inject: \"true\", app: api}
spec: {containers: []}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: web, namespace: istio-system}
spec:
  selector: {matchLabels: {app: web}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: audit, namespace: a}
spec: {action: AUDIT, rules: [{to: [{operation: {paths: [/x]}}]}]}
---
apiVersion: v1
kind: Pod
metadata:
  name: target #? names its targets by reference
  namespace: b
  labels: {sidecar.istio.io/inject: \"true\"}
spec: {containers: []}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: target, namespace: b}
spec:
  targetRefs: [{kind: Service, name: x}]
",
        ),
        complete_fixture(
            "apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata:
  name: a #~ low metadata.name: No AuthorizationPolicy is for Server `a`
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: b}
---
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {name: p}
spec: {targetRef: {kind: Server, name: b}}
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: c, namespace: other}
---
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {name: p, namespace: other}
spec: {targetRef: {kind: Namespace, name: other}}
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: d, namespace: third}
---
apiVersion: policy.linkerd.io/v1beta1
kind: ServerAuthorization
metadata: {name: p, namespace: third}
spec: {server: {name: d}}
",
        ),
    ],
};

const ROOT: Parameter =
    parameter("root_namespace", Default::Text("istio-system"), "the namespace whose policies are for the whole mesh");

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    check_istio(inventory, findings);
    check_linkerd(inventory, findings);
}

fn check_istio(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let root = inventory.symbols.intern(findings.findings.text(&ROOT));
    let meshes: BTreeMap<Symbol, Mesh> = inventory
        .facts
        .namespaces
        .iter()
        .filter_map(|namespace| {
            let mesh = mesh::of_namespace(inventory, &namespace.mesh)?;
            Some((inventory.resource(namespace.resource).name, mesh))
        })
        .collect();
    let guarded = Guarded::new(inventory, root);
    for workload in &inventory.facts.workloads {
        let namespace = inventory.namespace(workload.resource);
        let mesh = mesh::of_workload(inventory, meshes.get(&namespace).copied(), workload);
        if mesh != Some(Mesh::Istio) {
            continue;
        }
        findings.looked_at(workload.resource);
        if guarded.everywhere
            || guarded.namespaces.contains(&namespace)
            || guarded.workloads.contains(&workload.resource)
        {
            continue;
        }
        let finding = Finding::at_place(workload.place);
        findings.report(workload.resource, if guarded.by_target.contains(&namespace) {
            finding
                .severity(Severity::Info)
                .message("An AuthorizationPolicy of the namespace names its targets by reference: whether it is for this workload is not known")
                .skip()
        } else if inventory.complete {
            finding.message("No AuthorizationPolicy refuses anybody: every identity of the mesh may call the workload")
        } else {
            finding
                .severity(Severity::Info)
                .message("No AuthorizationPolicy of the input is for the workload: whether there is one is not known")
                .skip()
        });
    }
}

/// What policies of Istio are for that refuse somebody.
#[derive(Default)]
struct Guarded {
    everywhere: bool,
    namespaces: BTreeSet<Symbol>,
    workloads: BTreeSet<ResourceId>,
    by_target: BTreeSet<Symbol>,
}

impl Guarded {
    fn new(inventory: &Inventory, root: Symbol) -> Self {
        let mut guarded = Self::default();
        for policy in inventory.facts.mesh.authorization_policies.iter().filter(|policy| policy.restricts) {
            let namespace = inventory.namespace(policy.resource);
            match &policy.selector {
                _ if policy.targeted => drop(guarded.by_target.insert(namespace)),
                None if namespace == root => guarded.everywhere = true,
                None => drop(guarded.namespaces.insert(namespace)),
                Some(selector) if namespace == root => {
                    for populated in inventory.populated_namespaces() {
                        guarded
                            .workloads
                            .extend(inventory.selected(populated, selector).map(|workload| workload.resource));
                    }
                }
                Some(selector) => {
                    guarded.workloads.extend(inventory.selected(namespace, selector).map(|workload| workload.resource));
                }
            }
        }
        guarded
    }
}

fn check_linkerd(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let facts = &inventory.facts.mesh;
    let authorized = facts.authorizations.iter().map(|fact| (inventory.namespace(fact.resource), fact.server));
    let authorized: BTreeSet<(Symbol, Option<Symbol>)> = authorized.collect();
    for server in &facts.servers {
        findings.looked_at(server.resource);
        let resource = inventory.resource(server.resource);
        let has = |server| authorized.contains(&(resource.namespace, server));
        if has(Some(resource.name)) || has(None) {
            continue;
        }
        let finding = Finding::at_place(server.place).value(inventory.symbols.text(resource.name));
        findings.report(server.resource, match inventory.complete {
            true => finding.message("No AuthorizationPolicy is for Server `{value}`: the default says who may call it"),
            false => finding
                .severity(Severity::Info)
                .message("No AuthorizationPolicy of the input is for Server `{value}`: whether there is one is not known")
                .skip(),
        });
    }
}
