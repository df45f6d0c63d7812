//! `kubeconfig-in-object`

use model::control::{Check, Control, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;

use super::spans::Locator;
use super::{kubeconfig, mask};

/// The control.
pub static CONTROL: Control = Control {
    id: "kubeconfig-in-object",
    title: "Kubeconfig is stored in a cluster object",
    severity: Severity::High,
    severity_reason: "credential for this or another cluster",
    rationale: "A kubeconfig is an identity in a cluster, often an administrator's, and usually one that does not \
                expire. Whoever can read the object can act as that user from anywhere the API server can be reached, \
                so that one namespace opens another cluster.",
    remediation: "Give the workload an identity of its own: a ServiceAccount in this cluster, workload identity or a \
                  short-lived token for others. Revoke the credential that was stored.",
    verify: "kubectl get configmaps,secrets -A -o json | jq -r '.items[] | . as $o | ((.data // {}) | to_entries[]) | \
             select((.value | try @base64d catch \"\") + .value | test(\"kind\\\"?: *\\\"?Config\")) | \
             \"\\($o.kind) \\($o.metadata.namespace)/\\($o.metadata.name) \\(.key)\"'",
    aliases: &[],
    mappings: &[maps("mitre", "T1552.001"), maps("owasp-k8s-top10", "K03"), maps("owasp-k8s-top10", "K09"), maps("nist-800-53", "IA-5")],
    references: &["https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/"],
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
  config: |
    kind: Config
    users:
      - name: admin
        user:
          token: s3cr3t #~ high data.config: The ConfigMap holds a kubeconfig with `token`
",
        ),
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
data:
  config: |
    kind: Config
    users:
      - name: admin
        user:
          tokenFile: /run/secrets/token
",
        ),
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
data:
  key: |
    kind: Config
    users:
      - name: admin
        user:
          client-key-data: bm90IGEga2V5 #~ with `client-key-data`
  password: |
    kind: Config
    users:
      - name: admin
        user:
          username: admin
          password: s3cr3t #~ with `password`
  exec: |
    kind: Config
    users:
      - name: admin
        user:
          exec:
            command: login
            env:
              - name: TOKEN
                value: s3cr3t #~ with `exec.env`
  json: '{\"kind\":\"Config\",\"users\":[{\"name\":\"a\",\"user\":{\"token\":\"s3cr3t\"}}]}' #~ high data.json
  other: |
    kind: Other
    users:
      - user:
          token: s3cr3t
",
        ),
        fixture(
            "apiVersion: v1
kind: Secret
metadata:
  name: app
data:
  config: YXBpVmVyc2lvbjogdjEKa2luZDogQ29uZmlnCnVzZXJzOgotIG5hbWU6IGFkbWluCiAgdXNlcjoKICAgIHRva2VuOiBzM2NyM3QK #~ medium data.config: The Secret holds a kubeconfig with `token`
stringData:
  config: |
    kind: Config
    users:
      - user:
          token: s3cr3t #~ medium stringData.config
",
        ),
        fixture(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: app
binaryData:
  config: YXBpVmVyc2lvbjogdjEKa2luZDogQ29uZmlnCnVzZXJzOgotIG5hbWU6IGFkbWluCiAgdXNlcjoKICAgIHRva2VuOiBzM2NyM3QK #~ high binaryData.config
",
        ),
        fixture(
            "apiVersion: v1
kind: Secret
metadata:
  name: app
  labels:
    cluster.x-k8s.io/cluster-name: app
data:
  value: YXBpVmVyc2lvbjogdjEKa2luZDogQ29uZmlnCnVzZXJzOgotIG5hbWU6IGFkbWluCiAgdXNlcjoKICAgIHRva2VuOiBzM2NyM3QK
---
apiVersion: v1
kind: Secret
metadata:
  name: app
type: cluster.x-k8s.io/secret
data:
  value: YXBpVmVyc2lvbjogdjEKa2luZDogQ29uZmlnCnVzZXJzOgotIG5hbWU6IGFkbWluCiAgdXNlcjoKICAgIHRva2VuOiBzM2NyM3QK
---
apiVersion: v1
kind: Secret
metadata:
  name: app
  labels:
    argocd.argoproj.io/secret-type: cluster
data:
  config: YXBpVmVyc2lvbjogdjEKa2luZDogQ29uZmlnCnVzZXJzOgotIG5hbWU6IGFkbWluCiAgdXNlcjoKICAgIHRva2VuOiBzM2NyM3QK
---
apiVersion: v1
kind: Secret
metadata:
  name: app
  labels:
    argocd.argoproj.io/secret-type: repository
data:
  config: YXBpVmVyc2lvbjogdjEKa2luZDogQ29uZmlnCnVzZXJzOgotIG5hbWU6IGFkbWluCiAgdXNlcjoKICAgIHRva2VuOiBzM2NyM3QK #~ medium data.config
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
  labels:
    cluster.x-k8s.io/cluster-name: app
data:
  config: |
    kind: Config
    users:
      - user:
          token: s3cr3t #~ high data.config
",
        ),
    ],
};

/// Secrets that hold a kubeconfig by design: those of Cluster API, and the clusters of Argo CD.
const ALLOWED_GROUP: &str = "cluster.x-k8s.io";
const ALLOWED_LABEL: (&str, &str) = ("argocd.argoproj.io/secret-type", "cluster");

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let is_secret = object.is("", "Secret");
    if !is_secret && !object.is("", "ConfigMap") {
        return findings.not_applicable();
    }
    if is_secret && is_allowed(object) {
        return;
    }
    let (encoded, plain) = if is_secret { ("data", "stringData") } else { ("binaryData", "data") };
    let entries = |field| object.value.get(field).into_iter().flat_map(Value::entries);
    for (_, value) in entries(encoded) {
        let Some(text) = mask::decoded(value) else { continue };
        if let Some(credential) = kubeconfig::credentials(&text).first() {
            report(Finding::at(value), is_secret, credential.field, findings);
        }
    }
    for (_, value) in entries(plain) {
        let text = value.text();
        if let Some(credential) = kubeconfig::credentials(&text).into_iter().next() {
            let span = Locator::new(value, &text).first_line(credential.value);
            report(Finding::at_part(value, span), is_secret, credential.field, findings);
        }
    }
}

fn report(finding: Finding<'_>, is_secret: bool, field: &str, findings: &mut Findings<'_>) {
    let (kind, severity) = if is_secret { ("Secret", Severity::Medium) } else { ("ConfigMap", Severity::High) };
    let message =
        format!("The {kind} holds a kubeconfig with `{field}`: who reads it acts as that user in that cluster");
    findings.report(finding.message(message).severity(severity).secret());
}

fn is_allowed(object: &Object<'_>) -> bool {
    let kind = object.value.get("type").map(Value::text).unwrap_or_default();
    let of_group = |text: &str| text.split_once('/').is_some_and(|(group, _)| group == ALLOWED_GROUP);
    of_group(&kind)
        || object.labels().any(|(key, value)| {
            of_group(&key.text()) || (key.is_key(ALLOWED_LABEL.0) && value.text() == ALLOWED_LABEL.1)
        })
}
