//! `service-external-name-internal`

use model::control::{Check, Control, alias, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;
use std::net::IpAddr;

/// The control.
pub static CONTROL: Control = Control {
    id: "service-external-name-internal",
    title: "ExternalName Service points at localhost or a cluster address",
    severity: Severity::Medium,
    severity_reason: "abuses ingress controllers and SSRF",
    rationale: "A name that leads to the machine that asks, or into another namespace, makes proxies and controllers send requests on behalf of whoever made the Service: to their own administrative ports, to cloud metadata, past network policies.",
    remediation: "Let `externalName` be a DNS name outside the cluster, or delete the Service. For a Service of another namespace let clients use its own name.",
    verify: "kubectl get services -A -o json | jq -r '.items[] | select(.spec.type == \"ExternalName\") | \"\\(.metadata.namespace)/\\(.metadata.name) \\(.spec.externalName)\"'",
    aliases: &[alias("kyverno", "no-localhost-service")],
    mappings: &[maps("owasp-k8s-top10", "K05")],
    references: &["https://kubernetes.io/docs/concepts/services-networking/service/#externalname"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  type: ExternalName
  externalName: localhost #~ medium spec.externalName: The Service leads to `localhost`
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  type: ExternalName
  externalName: api.example.com
",
        ),
        fixture(
            "apiVersion: v1
kind: Service
metadata:
  name: a
  namespace: shop
spec:
  type: ExternalName
  externalName: 169.254.169.254 #~ leads to the address
---
apiVersion: v1
kind: Service
metadata:
  name: b
  namespace: shop
spec:
  type: ExternalName
  externalName: \"::1\" #~ leads to the address
---
apiVersion: v1
kind: Service
metadata:
  name: c
  namespace: shop
spec:
  type: ExternalName
  externalName: Admin.Localhost. #~ asks its own machine
---
apiVersion: v1
kind: Service
metadata:
  name: d
  namespace: shop
spec:
  type: ExternalName
  externalName: db.payments.svc.cluster.local #~ in another namespace
---
apiVersion: v1
kind: Service
metadata:
  name: e
  namespace: shop
spec:
  type: ExternalName
  externalName: db.shop.svc
---
apiVersion: v1
kind: Service
metadata:
  name: f
spec:
  type: ExternalName
  externalName: db.shop.svc #? whether that is another namespace
---
apiVersion: v1
kind: Service
metadata:
  name: g
  namespace: shop
spec:
  type: ClusterIP
  externalName: localhost
---
apiVersion: v1
kind: Service
metadata:
  name: h
  namespace: shop
spec:
  type: ExternalName
  externalName: svc.example.com
",
        ),
    ],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let kind = object.value.at(&["spec", "type"]);
    if !object.is("", "Service") || kind.is_none_or(|kind| kind.text() != "ExternalName") {
        return findings.not_applicable();
    }
    let Some(target) = object.value.at(&["spec", "externalName"]) else { return };
    let name = target.text().trim_end_matches('.').to_ascii_lowercase();
    let finding = Finding::at(target);
    if name == "localhost" || name.ends_with(".localhost") {
        let message = "The Service leads to `{value}`: whoever asks for it asks its own machine";
        findings.report(finding.message(message));
    } else if name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        let message =
            "The Service leads to the address `{value}`, which is no name: it points wherever its author likes";
        findings.report(finding.message(message));
    } else if let Some(namespace) = namespace_of(&name) {
        let own = object.namespace();
        if own.is_empty() {
            let message = "The Service leads to `{value}`: whether that is another namespace than its own is not known";
            findings.report(finding.message(message).skip());
        } else if namespace != own {
            let message =
                "The Service leads to `{value}`, which is in another namespace: policies for that name do not hold";
            findings.report(finding.message(message));
        }
    }
}

/// The namespace that a name inside the cluster is in: `web.shop.svc`, `web.shop.svc.cluster.local`.
fn namespace_of(name: &str) -> Option<&str> {
    let labels: Vec<&str> = name.split('.').collect();
    let at = labels.iter().rposition(|label| *label == "svc").filter(|at| *at >= 2)?;
    Some(labels[at - 1])
}
