//! `secret-in-environment`

use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "secret-in-environment",
    title: "Secret is exposed as environment variable",
    severity: Severity::Low,
    severity_reason: "env leaks through /proc, crash dumps, child processes and describe",
    rationale: "Environment variables are inherited by every child process, stand in `/proc`, end up in crash reports and are shown by whoever prints the environment. A file is read by the code that asks for it.",
    remediation: "Mount the Secret as files with `readOnly: true`, and let the program read the path.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | .spec | (.initContainers // []) + .containers | .[] | select(any(.env[]?; .valueFrom.secretKeyRef) or any(.envFrom[]?; .secretRef)) | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.name)\"'",
    aliases: &[alias("kubescape", "C-0207"), alias("kube-linter", "env-var-secret"), alias("kube-linter", "read-secret-from-env-var"), alias("checkov", "CKV_K8S_35"), alias("kubesec", "SecretsAsEnvironmentVariables"), alias("datree", "CIS_INVALID_KEY_SECRETKEYREF_SECRETREF"), alias("kyverno", "secrets-not-from-env-vars"), alias("kyverno", "no-secrets"), alias("kyverno", "restrict-secrets-by-name"), alias("kyverno", "restrict-secrets-by-label"), alias("kubewarden", "environment-variable-policy"), alias("prowler", "core_no_secrets_envs")],
    mappings: &[maps("cis-kubernetes", "5.4.1"), maps("stig", "V-242415"), maps("owasp-k8s-top10", "K03"), maps("nist-800-190", "4.1.4"), maps("nist-800-53", "IA-5"), maps("cis-gke", "4.4.1"), maps("cis-aks", "4.5.1"), maps("cis-eks", "4.4.1")],
    references: &["https://kubernetes.io/docs/concepts/security/secrets-good-practices/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[ALLOW_NAMES],
    check: Check::Workload(check),
    fixtures: &[fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      env:
        - name: DB_PASSWORD #~ low spec.containers[0].env[0].name: Container `app` has a Secret in the environment variable `DB_PASSWORD`
          valueFrom:
            secretKeyRef:
              name: db
              key: password
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      volumeMounts:
        - name: db
          mountPath: /run/secrets/db
          readOnly: true
  volumes:
    - name: db
      secret:
        secretName: db
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  initContainers:
    - name: init
      image: app:1
      envFrom:
        - secretRef:
            name: db #~ low spec.initContainers[0].envFrom[0].secretRef.name: Container `init` has all keys of the Secret `db`
            optional: true
        - configMapRef:
            name: settings
  containers:
    - name: app
      image: app:1
      env:
        - name: NODE
          valueFrom:
            fieldRef:
              fieldPath: spec.nodeName
  ephemeralContainers:
    - name: debug
      image: debug:1
      env:
        - name: TOKEN #~ spec.ephemeralContainers[0].env[0].name
          valueFrom:
            secretKeyRef: {name: db, key: token}
"), fixture_with(&[("allow_names", "PUBLIC_KEY")], "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      env:
        - name: PUBLIC_KEY
          valueFrom:
            secretKeyRef: {name: db, key: public}
")],
};

const ALLOW_NAMES: Parameter =
    parameter("allow_names", Default::List(&[]), "environment variables that may come from a Secret, by name");

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let allowed = findings.list(&ALLOW_NAMES);
    for container in &workload.pod.containers {
        for entry in container.env.into_iter().flat_map(Value::items) {
            let Some(reference) = entry.at(&["valueFrom", "secretKeyRef"]) else { continue };
            let name = entry.get("name");
            if name.is_some_and(|name| allowed.contains(&name.text())) {
                continue;
            }
            let message = "Container `{container}` has a Secret in the environment variable `{value}`, which children and dumps inherit";
            findings.report(Finding::at(name.unwrap_or(reference)).container(container).message(message));
        }
        for entry in container.env_from.into_iter().flat_map(Value::items) {
            let Some(reference) = entry.get("secretRef") else { continue };
            let message = "Container `{container}` has all keys of the Secret `{value}` in its environment, which children and dumps inherit";
            findings
                .report(Finding::at(reference.get("name").unwrap_or(reference)).container(container).message(message));
        }
    }
}
