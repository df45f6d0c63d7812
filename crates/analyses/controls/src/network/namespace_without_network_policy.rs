//! `namespace-without-network-policy`

use super::isolation::{Coverage, Covered, default_deny, user_namespaces};
use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::Inventory;
use model::inventory::Reach;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "namespace-without-network-policy",
    title: "Namespace has no network policy",
    severity: Severity::Medium,
    severity_reason: "flat network",
    rationale: "Where no policy is, every pod of the cluster reaches every other: one that is taken over scans and attacks all of them, and what it finds has often no password.",
    remediation: "Write a NetworkPolicy that denies all and one for each connection that the applications need, with DNS among them.",
    verify: "kubectl get networkpolicies --namespace NAMESPACE",
    aliases: &[
        alias("kubescape", "C-0049"),
        alias("kubescape", "C-0054"),
        alias("kubescape", "C-0206"),
        alias("kubeaudit", "netpols"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.3.2"),
        maps("nsa-cisa", "network-separation"),
        maps("owasp-k8s-top10", "K05"),
        maps("nist-800-190", "4.3.3"),
        maps("nist-800-53", "AC-4"),
        maps("nist-800-53", "SC-7"),
        maps("mitre", "T1046"),
        maps("cis-gke", "4.3.2"),
        maps("cis-aks", "4.4.2"),
        maps("cis-eks", "4.3.2"),
    ],
    references: &["https://kubernetes.io/docs/concepts/services-networking/network-policies/"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        complete_fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: shop #~ medium metadata.name: Namespace `shop` has no network policy
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny
  namespace: shop
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
",
        ),
        fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: shop #? info metadata.name: No network policy of the input
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: kube-system
---
apiVersion: v1
kind: Namespace
metadata:
  name: a
  labels: {team: a}
---
apiVersion: v1
kind: Namespace
metadata:
  name: b #~ `b` has no network policy
---
apiVersion: v1
kind: Namespace
metadata:
  name: c
---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: BaselineAdminNetworkPolicy
metadata: {name: default}
spec:
  subject: {namespaces: {matchLabels: {team: a}}}
  ingress: [{action: Deny, from: [{namespaces: {}}]}]
---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: allow}
spec:
  subject: {namespaces: {}}
  ingress: [{action: Allow, from: [{namespaces: {}}]}]
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: c}
spec:
  endpointSelector: {matchLabels: {app: web}}
  ingress: [{}]
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Namespace
metadata: {name: a}
---
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: all}
spec:
  endpointSelector: {}
  egress: [{}]
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Namespace
metadata: {name: a}
---
apiVersion: v1
kind: Namespace
metadata:
  name: b #~ has no network policy
---
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: a}
spec:
  endpointSelector: {matchLabels: {'k8s:io.kubernetes.pod.namespace': a}}
  ingress: [{}]
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Namespace
metadata: {name: a}
---
apiVersion: v1
kind: Namespace
metadata:
  name: open #~ has no network policy
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: deny}
spec:
  namespaceSelector: projectcalico.org/name not in {'open', \"other\"}
  types: [Ingress]
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: a #? its expression is not read here
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: deny}
spec:
  namespaceSelector: team == 'a' || team == 'b'
  types: [Ingress]
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let facts = &inventory.facts.network;
    let mut covered =
        Covered::by_cluster_policies(inventory, |policy| policy.ingress.isolates || policy.egress.isolates);
    let own =
        facts.other_policies.iter().filter(|policy| policy.namespaces == Reach::Own).map(|policy| policy.resource);
    // Any policy in the namespace counts: what it leaves open is the finding of other controls.
    for resource in facts.policies.iter().map(|policy| policy.resource).chain(own) {
        covered.add(inventory.namespace(resource));
    }
    for (namespace, name) in user_namespaces(inventory) {
        findings.looked_at(namespace.resource);
        let finding = Finding::at_place(namespace.place).value(inventory.symbols.text(name));
        let finding = match covered.has(name) {
            Coverage::Yes => continue,
            Coverage::No if inventory.complete => {
                let message = "Namespace `{value}` has no network policy: every pod of the cluster reaches its pods";
                let finding = finding.message(message);
                match default_deny(&inventory.symbols.text(name)) {
                    Some(policies) => finding.create(policies),
                    None => finding,
                }
            }
            Coverage::No => finding
                .severity(Severity::Info)
                .message("No network policy of the input is for namespace `{value}`: whether there is one is not known")
                .skip(),
            Coverage::Unknown => finding
                .severity(Severity::Info)
                .message("A cluster-wide policy may be for namespace `{value}`: its expression is not read here")
                .skip(),
        };
        findings.report(namespace.resource, finding);
    }
}
