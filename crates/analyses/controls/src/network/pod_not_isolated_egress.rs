//! `pod-not-isolated-egress`

use super::pod_isolation;
use super::policies::Direction;
use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture, maps};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "pod-not-isolated-egress",
    title: "No policy restricts traffic out of the pod",
    severity: Severity::Medium,
    severity_reason: "exfiltration and metadata access are free",
    rationale: "A pod that may connect to everything sends out what it finds, fetches what it needs, and asks the metadata service for the identity of its node.",
    remediation: "Deny egress in the namespace by default, and admit what each workload calls, DNS first.",
    verify: "plimsoll network list DIR",
    aliases: &[
        alias("kubescape", "C-0030"),
        alias("polaris", "missingNetworkPolicy"),
        alias("kube-score", "pod-networkpolicy"),
        alias("kubeaudit", "netpols"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.3.2"),
        maps("nsa-cisa", "network-separation"),
        maps("owasp-k8s-top10", "K05"),
        maps("owasp-k8s-top10", "K08"),
        maps("nist-800-190", "4.3.3"),
        maps("nist-800-190", "4.4.2"),
        maps("nist-800-53", "AC-4"),
        maps("nist-800-53", "SC-7"),
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
  name: app #~ medium metadata.name: These pods may connect to everything: no policy
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
  podSelector: {}
  policyTypes: [Egress]
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
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app #~ medium metadata.name: These pods may connect to everything: a rule
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
  egress: [{}]
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
  egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]
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
  policyTypes: [Egress]
  egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]}]
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
  egress: [{ports: [{port: 53, protocol: UDP}]}]
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
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    pod_isolation::report(inventory, findings, Direction::Egress);
}
