//! `deprecated-service-account-field`

use model::control::{Check, Control, alias, fixture};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "deprecated-service-account-field",
    title: "Workload sets the deprecated serviceAccount field",
    severity: Severity::Low,
    severity_reason: "two fields disagree silently",
    rationale: "The pod has two fields for its account. Whoever reads only one of them takes the pod for another than it is, and where the two differ the API server chooses.",
    remediation: "Write the name into `serviceAccountName`, and take `serviceAccount` out.",
    verify: "kubectl get deploy,sts,ds -A -o json | jq -r '.items[] | select(.spec.template.spec.serviceAccount != .spec.template.spec.serviceAccountName) | .metadata.name'",
    aliases: &[alias("kubescape", "C-0294"), alias("kube-linter", "deprecated-service-account-field")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/"],
    umbrella: false,
    fix: FixClass::Safe,
    parameters: &[],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  serviceAccount: shop #~ low spec.serviceAccount: The account `shop` is named in the deprecated field
  containers:
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  serviceAccountName: shop
  containers:
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
  uid: 1-2
spec:
  serviceAccount: shop
  serviceAccountName: shop
  containers:
    - name: app
      image: app:1
---
apiVersion: v1
kind: Pod
metadata:
  name: app
  uid: 1-2
spec:
  serviceAccount: shop #~ low
  serviceAccountName: other
  containers:
    - name: app
      image: app:1
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  serviceAccount: shop #~ low
  serviceAccountName: shop
  containers:
    - name: app
      image: app:1
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let Some(old) = workload.pod.spec.get("serviceAccount") else { return };
    let new = workload.pod.spec.get("serviceAccountName");
    let is_same = new.is_some_and(|new| new.text() == old.text());
    // The API server writes both into what it has stored.
    let metadata = workload.object.metadata;
    let is_stored =
        metadata.is_some_and(|metadata| metadata.get("uid").is_some() || metadata.get("resourceVersion").is_some());
    if is_same && is_stored {
        return;
    }
    let finding = Finding::at_key_of(old).value(Value::text(old));
    let finding = finding.message("The account `{value}` is named in the deprecated field `serviceAccount`");
    // Where both are written, the new one counts.
    findings.report(if new.is_some() { finding.remove() } else { finding.rename("serviceAccountName") });
}
