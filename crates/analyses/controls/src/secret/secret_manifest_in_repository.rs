//! `secret-manifest-in-repository`

use model::control::{Check, Control, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;

use super::{detector, mask};

/// The control.
pub static CONTROL: Control = Control {
    id: "secret-manifest-in-repository",
    title: "Secret object with plain data is kept in files",
    severity: Severity::High,
    severity_reason: "base64 is not encryption",
    rationale: "Base64 is an encoding, not encryption. Whoever can read the file, a clone of its repository, its history \
                or the package it is shipped in has the secret, and taking it out later does not take it out of the \
                history.",
    remediation: "Keep the Secret encrypted (SealedSecret, SOPS) or only a reference to it (ExternalSecret, Secrets Store \
                  CSI driver). Issue a new value: the one in the file is known.",
    verify: "grep -rlE '^kind: *[\"'\\'']?Secret[\"'\\'']? *$' . | xargs -r grep -lE '^(data|stringData):'",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K03"), maps("mitre", "T1552.001"), maps("nist-800-53", "IA-5")],
    references: &[
        "https://kubernetes.io/docs/concepts/configuration/secret/",
        "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
    ],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Secret
metadata:
  name: app
data:
  password: czNjcjN0 #~ high data.password: The Secret is kept in plain
",
        ),
        fixture(
            "apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata:
  name: app
spec:
  data:
    - secretKey: password
      remoteRef:
        key: app/password
",
        ),
        fixture(
            "apiVersion: v1
kind: Secret
metadata:
  name: app
data:
  a: czNjcjN0 #~ high data.a
  b: \"\"
  c:
  d: Y2hhbmdlbWU=
  e: '{{ .Values.password | b64enc }}'
  f: ENC[AES256_GCM,data:c2VjcmV0,iv:aXY=,tag:dGFn,type:str]
stringData:
  g: s3cr3t #~ high stringData.g
  h: <path:app/data/password#value>
  i: ${PASSWORD}
  j: |
    {{ .Values.config | indent 4 }}
  k: changeme
  ca.crt: |
    -----BEGIN CERTIFICATE-----
    MIIDBTCCAe2gAwIBAgIIAgVKDqq0AGAwDQYJKoZIhvcNAQELBQAwFTETMBEGA1UE
    -----END CERTIFICATE-----
",
        ),
        fixture(
            "apiVersion: v1
kind: Secret
metadata:
  name: app
data:
  password: ENC[AES256_GCM,data:c2VjcmV0,iv:aXY=,tag:dGFn,type:str]
  user_unencrypted: czNjcjN0
sops:
  version: 3.9.0
---
apiVersion: v1
kind: Secret
metadata:
  name: added-later
data:
  password: ENC[AES256_GCM,data:c2VjcmV0,iv:aXY=,tag:dGFn,type:str]
  token: czNjcjN0 #~ high data.token
sops:
  version: 3.9.0
---
apiVersion: v1
kind: Secret
metadata:
  name: misspelt
stringdata:
  password: s3cr3t #~ high stringdata.password
---
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: app
spec:
  encryptedData:
    password: czNjcjN0
---
apiVersion: v1
kind: Secret
metadata:
  name: app
type: kubernetes.io/service-account-token
",
        ),
    ],
};

// The path of a document is not known to a check, so test data and examples are not left out here.

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !object.is("", "Secret") {
        return findings.not_applicable();
    }
    // SOPS writes its own metadata beside the encrypted values, and leaves in clear what is called so.
    let is_sops = object.value.get("sops").is_some();
    // A field that is misspelt is dropped by the API, and what is in it can be read all the same.
    let entries = |field: &'static str| {
        let named = object.value.entries().filter(move |(key, _)| key.text().eq_ignore_ascii_case(field));
        let entries = named.flat_map(|(_, data)| data.entries());
        entries.filter(move |(key, _)| !(is_sops && key.text().ends_with("_unencrypted")))
    };
    for (_, value) in entries("data") {
        if !is_public(&value.text()) && !mask::decoded(value).is_some_and(|text| is_public(&text)) {
            report(value, findings);
        }
    }
    for (_, value) in entries("stringData") {
        if !is_public(&value.text()) {
            report(value, findings);
        }
    }
}

fn report(value: Value<'_>, findings: &mut Findings<'_>) {
    if !value.is_null() {
        let message = "The Secret is kept in plain: whoever reads the file has the value";
        findings.report(Finding::at(value).message(message).secret());
    }
}

/// A value that is still to be filled in, is encrypted, or is meant for everybody.
fn is_public(text: &str) -> bool {
    let text = text.trim();
    let is_certificate = text.starts_with("-----BEGIN CERTIFICATE-----") && detector::find(text).next().is_none();
    text.is_empty() || text.starts_with("ENC[") || is_certificate || detector::is_placeholder(text)
}
