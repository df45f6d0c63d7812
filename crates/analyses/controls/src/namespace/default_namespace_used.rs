//! `default-namespace-used`

use super::namespaces;
use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "default-namespace-used",
    title: "Objects live in the default namespace",
    severity: Severity::Low,
    severity_reason: "no boundary for quota, policy and RBAC",
    rationale: "Objects of the default namespace share it with everything that nobody gave a place: no quota, no policy and no role can be drawn around them.",
    remediation: "Set `metadata.namespace` to a namespace of the application.",
    verify: "kubectl get all,cm,secret,sa,ingress -n default",
    aliases: &[
        alias("kubescape", "C-0061"),
        alias("kubescape", "C-0212"),
        alias("trivy", "KSV-0110"),
        alias("kube-linter", "use-namespace"),
        alias("checkov", "CKV_K8S_21"),
        alias("checkov", "CKV_K8S_160"),
        alias("datree", "WORKLOAD_INCORRECT_NAMESPACE_VALUE_DEFAULT"),
        alias("kyverno", "disallow-default-namespace"),
        alias("kubewarden", "ControllerProhibitNamespace"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.6.4"),
        maps("nsa-cisa", "network-separation"),
        maps("stig", "V-242383"),
        maps("owasp-k8s-top10", "K04"),
        maps("owasp-k8s-top10", "K05"),
        maps("nist-800-53", "CM-6"),
        maps("nist-800-53", "SC-2"),
        maps("cis-gke", "4.6.4"),
        maps("cis-aks", "4.7.3"),
        maps("cis-eks", "4.5.2"),
    ],
    references: &["https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[UNSET],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  namespace: default #~ low metadata.namespace: The object stands in the default namespace
",
        ),
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  namespace: shop
",
        ),
        fixture(
            "apiVersion: v1
kind: Secret
metadata: #~ info metadata.namespace: The namespace is not stated
  name: app
",
        ),
        // An empty one is none.
        fixture(
            "apiVersion: v1
kind: Secret
metadata:
  name: app
  namespace: '' #~ info metadata.namespace: The namespace is not stated
",
        ),
        fixture_with(
            &[("unset_is_default", "none")],
            "apiVersion: v1
kind: Secret
metadata:
  name: app
",
        ),
        fixture(
            "apiVersion: v1
kind: ServiceAccount
metadata:
  name: default
  namespace: default
---
apiVersion: v1
kind: Service
metadata:
  name: kubernetes
  namespace: default
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: reader
---
apiVersion: v1
kind: Namespace
metadata:
  name: default
",
        ),
        fixture(
            "apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: app
  namespace: default #~ low
spec:
  template:
    spec:
      containers:
        - name: app
          image: app:1
",
        ),
    ],
};

const UNSET: Parameter = parameter(
    "unset_is_default",
    Default::Text("info"),
    "the severity of an object that names no namespace; `none` says nothing of it",
);

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let is_subject = namespaces::holds_a_pod(object) || namespaces::is_in_one(object.group(), &object.kind);
    if !is_subject || is_built_in(object) {
        return findings.not_applicable();
    }
    let Some(metadata) = object.metadata else { return };
    match metadata.get("namespace") {
        Some(namespace) if namespace.text() == "default" => {
            let message = "The object stands in the default namespace, where nothing separates it from others";
            findings.report(Finding::at(namespace).message(message));
        }
        Some(namespace) if !namespace.text().is_empty() => {}
        unstated => {
            let Some(severity) = Severity::from_name(findings.text(&UNSET)) else { return };
            let message = "The namespace is not stated: who applies the object decides, and the default is `default`";
            let finding = unstated.map_or_else(|| Finding::missing(metadata, "namespace"), Finding::at);
            findings.report(finding.severity(severity).message(message));
        }
    }
}

/// What every cluster has there.
fn is_built_in(object: &Object<'_>) -> bool {
    matches!(
        (&*object.kind, &*object.name()),
        ("Service" | "Endpoints" | "EndpointSlice", "kubernetes")
            | ("ServiceAccount", "default")
            | ("ConfigMap", "kube-root-ca.crt")
    )
}
