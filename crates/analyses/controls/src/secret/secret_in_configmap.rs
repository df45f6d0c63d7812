//! `secret-in-configmap`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;

use super::assignments::{self, Comments};
use super::detector::{self, Certainty, Hit};
use super::mask;
use super::spans::Locator;

/// The control.
pub static CONTROL: Control = Control {
    id: "secret-in-configmap",
    title: "Secret value is stored in a ConfigMap",
    severity: Severity::High,
    severity_reason: "ConfigMaps are not encrypted, widely readable and logged",
    rationale: "ConfigMaps are not encrypted at rest, are granted to many more readers than Secrets, and are printed \
                by dashboards, support bundles and audit logs. Whoever may list ConfigMaps in the namespace takes the \
                credential and with it whatever it opens.",
    remediation: "Move the value into a Secret, and mount that beside the ConfigMap or take it in as a variable. Issue a \
                  new value: the old one has been readable.",
    verify: "kubectl get configmaps -A -o json | jq -r '.items[] | . as $m | (.data // {}) | to_entries[] | \
             select((.key + .value) | test(\"passw|secret|token|api.?key|PRIVATE KEY\"; \"i\")) | \
             \"\\($m.metadata.namespace)/\\($m.metadata.name) \\(.key)\"'",
    aliases: &[alias("kubescape", "C-0012"), alias("polaris", "sensitiveConfigmapContent"), alias("trivy", "KSV-0109"), alias("trivy", "KSV-01010")],
    mappings: &[maps("nsa-cisa", "secrets"), maps("mitre", "T1552.001"), maps("owasp-k8s-top10", "K03"), maps("nist-800-53", "IA-5"), maps("nist-800-53", "SC-28")],
    references: &["https://kubernetes.io/docs/concepts/configuration/configmap/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
data:
  application.properties: |
    db.user=app
    db.password=s3cr3t #~ medium data[\"application.properties\"]: The ConfigMap has a literal value for `db.password`
",
        ),
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
data:
  application.properties: |
    db.user=app
",
        ),
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
data:
  url: postgres://app:s3cr3t@db/app #~ high data.url: The ConfigMap contains a secret (password in a URL)
  DB_PASSWORD: s3cr3t #~ medium data.DB_PASSWORD: The ConfigMap has a literal value for `DB_PASSWORD`
  API_KEY: 4f9a1c7be02d83655d0e7ac9b1f46e2d #~ high data.API_KEY: The ConfigMap has a random value for `API_KEY`
  aws.ini: |
    [default]
    key_id = AKIAIOSFODNN7FIXTURE #~ high data[\"aws.ini\"]: The ConfigMap contains a secret (AWS access key id)
    region = us-east-1
  values.yaml: |
    db:
      user: app
      password: \"s3cr3t\" #~ medium data[\"values.yaml\"]
  settings.json: |
    {
      \"port\": 8080,
      \"clientSecret\": \"s3cr3t\" #~ medium data[\"settings.json\"]
    }
  quoted.json: \"{\\\"user\\\": \\\"app\\\",\\n \\\"password\\\": \\\"s3cr3t\\\"}\" #~ medium data[\"quoted.json\"]
",
        ),
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
binaryData:
  url.bin: cG9zdGdyZXM6Ly9hcHA6czNjcjN0QGRiL2FwcAo= #~ high binaryData[\"url.bin\"]: The ConfigMap contains a secret (password in a URL)
  token: czNjcjN0 #~ medium binaryData.token: The ConfigMap has a literal value for `token`
  settings.ini: cGFzc3dvcmQ9czNjcjN0Cg== #~ medium binaryData[\"settings.ini\"]: The ConfigMap has a literal value for `password`
  picture.png: iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk
",
        ),
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: kube-root-ca.crt
data:
  ca.crt: |
    -----BEGIN CERTIFICATE-----
    MIIDBTCCAe2gAwIBAgIIAgVKDqq0AGAwDQYJKoZIhvcNAQELBQAwFTETMBEGA1UE
    AxMKa3ViZXJuZXRlczAeFw0yNDAxMDEwMDAwMDBaFw0zNDAxMDEwMDAwMDBaMBUx
    -----END CERTIFICATE-----
",
        ),
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
data:
  tls.key: \"-----BEGIN PRIVATE KEY-----\\nbm90IGEga2V5LCBidXQgYSB0ZXh0IHRoYXQgaXMgYXMgbG9uZyBhcyB0aGUgZmly\\n-----END PRIVATE KEY-----\\n\" #~ high data[\"tls.key\"]: The ConfigMap contains a secret (private key)
",
        ),
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
data:
  password: changeme
  token: ${TOKEN}
  secret: \"\"
  token_endpoint: https://login.test/token
  password_policy: long-and-1-number
  passwordFile: /run/secrets/password
  tokens: s3cr3t
  checksum/secret: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  request-id: 123e4567-e89b-12d3-a456-426614174000
  image: app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  text: aGVsbG8gd29ybGQsIHRoaXMgaXMgYSB0ZXh0IGluIGJhc2U2NAo=
  auth: oauth2
  url: https://user@host.test/path
  values.yaml: |
    # password: s3cr3t
    password: {{ .Values.password }}
    existingSecret: app
    auth:
      enabled: true
  init.sh: |
    TOKEN=$(cat /run/secrets/token)
    password=\"$1\"
",
        ),
    ],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !object.is("", "ConfigMap") {
        return findings.not_applicable();
    }
    for (key, value) in object.value.get("data").into_iter().flat_map(Value::entries) {
        check_text(&key.text(), value, findings);
    }
    for (key, value) in object.value.get("binaryData").into_iter().flat_map(Value::entries) {
        if let Some(text) = mask::decoded(value) {
            check_decoded(&key.text(), value, &text, findings);
        }
    }
}

/// What is encoded is one finding: nothing in it can be pointed at.
fn check_decoded(key: &str, value: Value<'_>, text: &str, findings: &mut Findings<'_>) {
    let whole = Finding::at(value);
    if let Some(hit) = detector::find(text).next() {
        findings.report(whole.message(has_secret(hit.name)).secret());
    } else if let Some((assignment, certainty)) = assignments::sensitive(text, Comments::Skip).next() {
        findings.report(named(whole, assignment.name, certainty));
    } else if let Some(certainty) = detector::judge(key, text) {
        findings.report(named(whole, key, certainty));
    }
}

fn check_text(key: &str, value: Value<'_>, findings: &mut Findings<'_>) {
    let text = value.text();
    let locator = Locator::new(value, &text);
    let report_hit = |hit: Hit, findings: &mut Findings<'_>| {
        let span = locator.first_line(hit.start..hit.end);
        findings.report(Finding::at_part(value, span).message(has_secret(hit.name)).secret());
    };
    let mut known = 0..0;
    let mut hits = detector::find(&text).peekable();
    let mut assignments = assignments::sensitive(&text, Comments::Skip).peekable();
    let in_text = hits.peek().is_some() || assignments.peek().is_some();
    // Both are in the order of the text, so one look at the next hits is enough to leave out what is known.
    for (assignment, certainty) in assignments {
        while let Some(hit) = hits.next_if(|hit| hit.start < assignment.value.end) {
            known = hit.start..hit.end;
            report_hit(hit, findings);
        }
        if assignment.value.start >= known.end {
            let span = locator.first_line(assignment.value);
            findings.report(named(Finding::at_part(value, span), assignment.name, certainty));
        }
    }
    hits.for_each(|hit| report_hit(hit, findings));
    if !in_text
        && detector::is_sensitive_name(key)
        && let Some(certainty) = detector::judge(key, &text)
    {
        findings.report(named(Finding::at(value), key, certainty));
    }
}

fn has_secret(name: &str) -> String {
    format!("The ConfigMap contains a secret ({name}): ConfigMaps are not encrypted and are widely readable")
}

fn named<'d>(finding: Finding<'d>, name: &str, certainty: Certainty) -> Finding<'d> {
    let (what, severity) = match certainty {
        Certainty::Random => ("random", Severity::High),
        Certainty::Named => ("literal", Severity::Medium),
    };
    let message =
        format!("The ConfigMap has a {what} value for `{name}`: ConfigMaps are not encrypted and widely readable");
    finding.message(message).severity(severity).secret()
}
