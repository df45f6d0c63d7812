//! `pod-not-isolated-ingress`

use super::pod_isolation;
use super::policies::Direction;
use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "pod-not-isolated-ingress",
    title: "No policy restricts traffic into the pod",
    severity: Severity::Medium,
    severity_reason: "every pod of the cluster can connect",
    rationale: "Without a policy that selects it, a pod takes connections from every other: one that is broken into reaches all of them.",
    remediation: "Deny ingress in the namespace by default, and admit to each workload who needs it.",
    verify: "plimsoll network list DIR",
    aliases: &[
        alias("kubescape", "C-0030"),
        alias("kubescape", "C-0260"),
        alias("kube-linter", "non-isolated-pod"),
        alias("polaris", "missingNetworkPolicy"),
        alias("kube-score", "pod-networkpolicy"),
        alias("checkov", "CKV2_K8S_6"),
        alias("kubeaudit", "netpols"),
        alias("kyverno", "require-network-policy"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.3.2"),
        maps("nsa-cisa", "network-separation"),
        maps("owasp-k8s-top10", "K05"),
        maps("nist-800-190", "4.3.3"),
        maps("nist-800-53", "AC-4"),
        maps("nist-800-53", "SC-7"),
        maps("mitre", "T1046"),
    ],
    references: &["https://kubernetes.io/docs/concepts/services-networking/network-policies/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app #~ medium metadata.name: Every pod of the cluster may connect to these pods: no policy
  namespace: shop
  labels: {app: app}
spec:
  containers:
    - name: app
      image: app:1
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: shop
  labels: {app: app}
spec:
  containers:
    - name: app
      image: app:1
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: p
  namespace: shop
spec:
  podSelector: {matchLabels: {app: app}}
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app #~ medium
  namespace: shop
  labels: {app: app}
spec:
  containers:
    - name: app
      image: app:1
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: p
  namespace: shop
spec:
  podSelector: {matchLabels: {app: other}}
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app #~ medium
  namespace: shop
  labels: {app: app}
spec:
  containers:
    - name: app
      image: app:1
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: p
  namespace: shop
spec:
  podSelector: {}
  policyTypes: [Egress]
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app #~ medium metadata.name: Every pod of the cluster may connect to these pods: a rule for everybody
  namespace: shop
  labels: {app: app}
spec:
  containers:
    - name: app
      image: app:1
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: p
  namespace: shop
spec:
  podSelector: {}
  ingress: [{}]
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: shop
  labels: {app: app}
spec:
  containers:
    - name: app
      image: app:1
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: p
  namespace: shop
spec:
  podSelector: {}
  ingress: [{ports: [{port: 80}]}]
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: shop
  labels: {app: app}
spec:
  containers:
    - name: app
      image: app:1
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: p
  namespace: shop
spec:
  podSelector: {matchExpressions: [{key: app, operator: In, values: [app, b]}]}
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: shop
  labels: {app: app}
spec:
  hostNetwork: true
  containers:
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app #? info metadata.name: No policy of the input
  namespace: shop
  labels: {app: app}
spec:
  containers:
    - name: app
      image: app:1
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: shop
  labels: {app: app}
spec:
  containers:
    - name: app
      image: app:1
---
apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata:
  name: deny
spec:
  priority: 1
  subject: {namespaces: {}}
  ingress:
    - name: deny
      action: Deny
      from: [{namespaces: {}}]
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    pod_isolation::report(inventory, findings, Direction::Ingress);
}
