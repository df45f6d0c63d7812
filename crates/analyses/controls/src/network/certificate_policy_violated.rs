//! `certificate-policy-violated`

use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "certificate-policy-violated",
    title: "Certificate request breaks policy",
    severity: Severity::Low,
    severity_reason: "weak or over-broad certificates",
    rationale: "A certificate that lives long is useful to a thief for long; one for many names or a wildcard opens all of them at once. TLS below 1.2 can be broken on the way.",
    remediation: "Keep `duration` short and let cert-manager renew. Ask for the names that one service needs, from an issuer that is meant for it. Set `minVersion: VersionTLS12` or above.",
    verify: "kubectl get certificates -A -o custom-columns=NAMESPACE:.metadata.namespace,NAME:.metadata.name,DURATION:.spec.duration,ISSUER:.spec.issuerRef.name",
    aliases: &[
        alias("kyverno", "cert-manager-limit-dnsnames"),
        alias("kyverno", "cert-manager-limit-duration"),
        alias("kyverno", "cert-manager-restrict-issuer"),
        alias("kyverno", "disallow-default-tlsoptions"),
    ],
    mappings: &[maps("nist-800-53", "SC-12"), maps("nist-800-53", "SC-17")],
    references: &[
        "https://cert-manager.io/docs/usage/certificate/",
        "https://doc.traefik.io/traefik/https/tls/#tls-options",
    ],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[MAX_DAYS, MAX_NAMES, ALLOW_WILDCARDS, ISSUERS],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: shop
spec:
  duration: 8760h #~ low spec.duration: The certificate is valid for `8760h`, which is more than 100 days
  secretName: shop-tls
  issuerRef: {name: letsencrypt}
",
        ),
        fixture(
            "apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: shop
spec:
  duration: 2160h
  secretName: shop-tls
  issuerRef: {name: letsencrypt}
",
        ),
        fixture(
            "apiVersion: cert-manager.io/v1
kind: CertificateRequest
metadata:
  name: shop
spec:
  duration: 2400h0m1s #~ spec.duration
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: exact
spec:
  duration: 2400h
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: unreadable
spec:
  duration: eternal
",
        ),
        fixture_with(
            &[("max_names", "2"), ("allow_wildcards", "false"), ("issuers", "internal")],
            "apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: shop
spec:
  dnsNames: #~ The certificate is for 3 names
    - a.example.com
    - \"*.example.com\" #~ spec.dnsNames[1]: The certificate is for `*.example.com`
    - b.example.com
  issuerRef:
    name: letsencrypt #~ spec.issuerRef.name: The certificate is asked of `letsencrypt`
",
        ),
        fixture(
            "apiVersion: traefik.io/v1alpha1
kind: TLSOption
metadata:
  name: default
spec:
  minVersion: VersionTLS11 #~ low spec.minVersion: Traefik speaks `VersionTLS11`
---
apiVersion: traefik.io/v1alpha1
kind: TLSOption
metadata:
  name: legacy
spec:
  minVersion: VersionTLS10
---
apiVersion: traefik.containo.us/v1alpha1
kind: TLSOption
metadata:
  name: default
spec:
  minVersion: VersionTLS12
",
        ),
    ],
};

const MAX_DAYS: Parameter = parameter("max_days", Default::Number(Some(100)), "days that a certificate may be valid");

const MAX_NAMES: Parameter = parameter("max_names", Default::Number(None), "DNS names that one certificate may be for");

const ALLOW_WILDCARDS: Parameter =
    parameter("allow_wildcards", Default::Switch(true), "whether a certificate may be for every name below another");

const ISSUERS: Parameter = parameter("issuers", Default::List(&[]), "issuers that may be asked; not set: all");

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    match (object.group(), &*object.kind) {
        ("cert-manager.io", "Certificate" | "CertificateRequest") => check_certificate(object, findings),
        ("traefik.io" | "traefik.containo.us", "TLSOption") => check_tls_option(object, findings),
        _ => findings.not_applicable(),
    }
}

fn check_certificate(object: &Object<'_>, findings: &mut Findings<'_>) {
    let Some(spec) = object.value.get("spec") else { return };
    if let (Some(duration), Some(most)) = (spec.get("duration"), findings.number(&MAX_DAYS))
        && seconds(&duration.text()).is_some_and(|seconds| seconds > most as f64 * 86_400.0)
    {
        let message = format!("The certificate is valid for `{{value}}`, which is more than {most} days");
        findings.report(Finding::at(duration).message(message));
    }
    let names: Vec<Value<'_>> = spec.get("dnsNames").into_iter().flat_map(Value::items).collect();
    if let (Some(list), Some(most)) = (spec.get("dnsNames"), findings.number(&MAX_NAMES))
        && names.len() as i64 > most
    {
        let message = format!("The certificate is for {} names, which is more than {most}", names.len());
        findings.report(Finding::at_key_of(list).message(message));
    }
    if !findings.switch(&ALLOW_WILDCARDS) {
        for name in names.iter().filter(|name| name.text().starts_with('*')) {
            findings
                .report(Finding::at(*name).message("The certificate is for `{value}`, every name below it at once"));
        }
    }
    let issuers = findings.list(&ISSUERS);
    let issuer = spec.at(&["issuerRef", "name"]);
    if let Some(issuer) = issuer.filter(|issuer| !issuers.is_empty() && !issuers.contains(&issuer.text())) {
        findings.report(
            Finding::at(issuer).message("The certificate is asked of `{value}`, which is not allowed to issue it"),
        );
    }
}

/// Traefik falls back to TLS 1.2 where nothing is set, and to the option that is called `default`.
fn check_tls_option(object: &Object<'_>, findings: &mut Findings<'_>) {
    let version = object.value.at(&["spec", "minVersion"]).filter(|_| object.name() == "default");
    if let Some(version) = version.filter(|version| matches!(&*version.text(), "VersionTLS10" | "VersionTLS11")) {
        let message = "Traefik speaks `{value}` where nothing else is set, which can be broken on the way";
        findings.report(Finding::at(version).message(message).replace("VersionTLS12"));
    }
}

/// A duration as Go writes it: `2160h`, `1h30m`, `0.5h`.
fn seconds(text: &str) -> Option<f64> {
    let mut rest = text.trim();
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        total += number
            * match &rest[..end] {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" | "µs" => 1e-6,
                "ns" => 1e-9,
                _ => return None,
            };
        rest = &rest[end..];
    }
    Some(total)
}
