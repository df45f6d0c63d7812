//! `secret-literal-in-environment`

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashSet;

use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, parameter};
use model::pod::{Container, Pod};
use model::severity::Severity;
use model::workload::Workload;

use super::detector::{self, Certainty};
use super::spans::Locator;

/// The control.
pub static CONTROL: Control = Control {
    id: "secret-literal-in-environment",
    title: "Secret value is written in the manifest",
    severity: Severity::High,
    severity_reason: "readable by everyone who can read the object or its repository",
    rationale: "A value that is written into the manifest is read by everyone who can read the workload, its \
                repository, a backup of either, or the environment of the process. It is copied into every ReplicaSet \
                and pod, shows in `kubectl describe`, and cannot be changed without a new rollout, so it stays valid for \
                long after it leaked.",
    remediation: "Put the value into a Secret and take it in with `valueFrom.secretKeyRef`, or better mount it as a \
                  file. Issue a new value: the old one is known to all who could read the manifest and its history.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | (.spec.initContainers // []) + .spec.containers \
             + (.spec.ephemeralContainers // []) | .[] | .name as $c | .env[]? | select(.value) | \
             select(.name | test(\"passw|pwd|secret|token|key|credential|auth\"; \"i\")) | \
             \"\\($p.metadata.namespace)/\\($p.metadata.name) \\($c) \\(.name)\"'",
    aliases: &[alias("kubescape", "C-0012"), alias("kubescape", "C-0259"), alias("polaris", "sensitiveContainerEnvVar"), alias("kube-linter", "env-var-secret"), alias("trivy", "KSV-0109"), alias("datree", "ALL_EXPOSED_SECRET_AWS"), alias("datree", "ALL_EXPOSED_SECRET_GITHUB"), alias("datree", "ALL_EXPOSED_SECRET_GITLAB"), alias("datree", "ALL_EXPOSED_SECRET_GCP"), alias("datree", "ALL_EXPOSED_SECRET_JWT"), alias("datree", "ALL_EXPOSED_SECRET_PRIVATEKEY"), alias("datree", "ALL_EXPOSED_SECRET_BITBUCKET"), alias("datree", "ALL_EXPOSED_SECRET_DATADOG"), alias("datree", "ALL_EXPOSED_SECRET_TERRAFORM"), alias("datree", "ALL_EXPOSED_SECRET_HEROKU"), alias("datree", "ALL_EXPOSED_SECRET_LAUNCHDARKLY"), alias("datree", "ALL_EXPOSED_SECRET_NEWRELIC"), alias("datree", "ALL_EXPOSED_SECRET_NPM"), alias("datree", "ALL_EXPOSED_SECRET_OKTA"), alias("datree", "ALL_EXPOSED_SECRET_STRIPE"), alias("datree", "ALL_EXPOSED_SECRET_SUMOLOGIC"), alias("datree", "ALL_EXPOSED_SECRET_TWILIO"), alias("datree", "ALL_EXPOSED_SECRET_VAULT"), alias("kubewarden", "environment-variable-policy")],
    mappings: &[maps("cis-kubernetes", "5.4.1"), maps("nsa-cisa", "secrets"), maps("mitre", "T1552.001"), maps("owasp-k8s-top10", "K03"), maps("nist-800-190", "4.1.4"), maps("nist-800-53", "IA-5")],
    references: &[
        "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
        "https://kubernetes.io/docs/tasks/inject-data-application/distribute-credentials-secure/",
    ],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[SENSITIVE, HARMLESS],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      env:
        - name: DATABASE_URL
          value: postgres://app:s3cr3t@db/app #~ high spec.containers[0].env[0].value: Container `app` has a secret in `DATABASE_URL` (password in a URL)
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      env:
        - name: DATABASE_URL
          valueFrom:
            secretKeyRef:
              name: database
              key: url
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      env:
        - name: AWS_ACCESS_KEY_ID
          value: AKIAIOSFODNN7FIXTURE #~ high spec.containers[0].env[0].value: Container `app` has a secret in `AWS_ACCESS_KEY_ID` (AWS access key id)
        - name: MIGRATION
          value: AKIAIOSFODNN7FIXTURE #~ high spec.containers[0].env[1].value
        - name: STORE_ACCESS_KEY
          value: 4f9a1c7be02d83655d0e7ac9b1f46e2d #~ high spec.containers[0].env[2].value: Container `app` has a random value in `STORE_ACCESS_KEY`
        - name: DB_PASSWORD
          value: hunter2 #~ medium spec.containers[0].env[3].value: Container `app` has a literal value in `DB_PASSWORD`
        - name: dbPasswd
          value: hunter2 #~ medium
        - name: PIN_TOKEN
          value: \"123456\" #~ medium
        - name: API-KEY
          value: 'a$(B)c' #~ medium
        - name: KEY
          value: |
            text
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  initContainers:
    - name: sidecar
      restartPolicy: Always
      env:
        - name: TOKEN
          value: hunter2 #~ medium spec.initContainers[0].env[0].value: Container `sidecar`
  containers: []
  ephemeralContainers:
    - env:
        - name: TOKEN
          value: hunter2 #~ medium spec.ephemeralContainers[0].env[0].value: Container `ephemeralContainers[0]`
",
        ),
        fixture(
            "apiVersion: batch/v1
kind: CronJob
metadata:
  name: app
spec:
  jobTemplate:
    spec:
      template:
        spec:
          containers:
            - name: app
              env:
                - name: CONFIG
                  value: |
                    user: app
                    proxy: http://app:s3cr3t@proxy:8080 #~ high spec.jobTemplate.spec.template.spec.containers[0].env[0].value
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      env:
        - name: DB_PASSWORD
          value: \"\"
        - name: DB_PASSWORD
          value: null
        - name: DB_PASSWORD
          value: $(OTHER)
        - name: DB_PASSWORD
          value: $(USER):$(OTHER)
        - name: DB_PASSWORD
          value: changeme
        - name: DB_PASSWORD
          value: changeme-example
        - name: DB_PASSWORD
          value: <password>
        - name: DB_PASSWORD
          value: '{{ .Values.password }}'
        - name: DB_PASSWORD
          value: /run/secrets/password
        - name: TOKEN
          value: https://login.test/token
        - name: TOKEN
          value: \"true\"
        - name: TOKEN
          value: \"12345\"
        - name: TOKEN_ENDPOINT
          value: hunter2
        - name: PASSWORD_FILE
          value: hunter2
        - name: MONKEY
          value: hunter2
        - name: REQUEST_ID
          value: 123e4567-e89b-12d3-a456-426614174000
        - name: IMAGE_SECRET
          value: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
        - name: PULL_SECRET
          value: registry-login
        - name: DB_SECRET
          value: db-login
        - name: DATABASE_URL
          value: postgres://app@db/app
        - name: DATABASE_URL
          value: postgres://app:$(DB_PASSWORD)@db/app
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      env:
        - name: WEBHOOK_TOKEN
          value: hooks
        - name: TOKEN
          value: wild
        - name: TOKEN
          value: wilder #~ medium
        - name: WEBHOOK
          valueFrom:
            secretKeyRef:
              name: hooks
              key: url
  volumes:
    - name: certificates
      secret:
        secretName: wild
",
        ),
    fixture_with(&[("sensitive_names", "SHOP_PIN"), ("allow_values", "dev-only-1")], "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      env:
        - name: SHOP_PIN
          value: abc-def-ghi #~ Container `app` has a literal value in `SHOP_PIN`
        - name: DB_PASSWORD
          value: dev-only-1
"),],
};

const SENSITIVE: Parameter = parameter(
    "sensitive_names",
    Default::List(&[]),
    "environment variables that hold secrets beside those whose names say so, by whole names",
);
const HARMLESS: Parameter = parameter(
    "allow_values",
    Default::List(&["changeme-example"]),
    "values that are no secrets, whatever they stand under",
);

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let secrets = OnceCell::new();
    let names_secret = |text: &str| secrets.get_or_init(|| names_of_secrets(&workload.pod)).contains(text);
    for container in &workload.pod.containers {
        for (name, entry) in container.env_entries() {
            let Some(value) = entry.get("value") else { continue };
            judge(&names_secret, container, &name.text(), value, findings);
        }
    }
}

fn judge(
    names_secret: &dyn Fn(&str) -> bool,
    container: &Container<'_>,
    name: &str,
    value: Value<'_>,
    findings: &mut Findings<'_>,
) {
    let text = value.text();
    let locator = Locator::new(value, &text);
    let mut known = false;
    for hit in detector::find(&text) {
        known = true;
        findings.report(
            Finding::at_part(value, locator.first_line(hit.start..hit.end))
                .container(container)
                .message(format!(
                    "Container `{{container}}` has a secret in `{name}` ({}): everyone who can read the manifest can use it",
                    hit.name
                ))
                .secret(),
        );
    }
    let is_named = findings.list(&SENSITIVE).iter().any(|word| word.eq_ignore_ascii_case(name));
    if known || text.trim().is_empty() || !(is_named || detector::is_sensitive_name(name)) {
        return;
    }
    if findings.list(&HARMLESS).contains(text.trim()) {
        return;
    }
    // Of a name that somebody has listed, the detector knows nothing: it is judged as a password.
    let judged = detector::judge(if is_named { "password" } else { name }, &text);
    let Some(certainty) = judged else { return };
    if certainty == Certainty::Named && names_secret(&text) {
        return;
    }
    let (what, severity) = match certainty {
        Certainty::Random => ("random", Severity::High),
        Certainty::Named => ("literal", Severity::Medium),
    };
    findings.report(
        Finding::at(value)
            .container(container)
            .severity(severity)
            .message(format!(
                "Container `{{container}}` has a {what} value in `{name}`: everyone who can read the manifest knows it"
            ))
            .secret(),
    );
}

/// The names of the Secrets that the pod itself uses.
fn names_of_secrets<'d>(pod: &Pod<'d>) -> HashSet<Cow<'d, str>> {
    let volumes = pod.volumes.iter().filter_map(|volume| Some(volume.source?.1)).flat_map(|source| {
        let projected = source.get("sources").into_iter().flat_map(Value::items);
        source.get("secretName").into_iter().chain(projected.filter_map(|source| source.at(&["secret", "name"])))
    });
    let environment = pod.containers.iter().flat_map(|container| {
        let from = container.env_from.into_iter().flat_map(Value::items);
        let references = container.env_entries();
        from.filter_map(|source| source.at(&["secretRef", "name"]))
            .chain(references.filter_map(|(_, entry)| entry.at(&["valueFrom", "secretKeyRef", "name"])))
    });
    let pulling = pod.image_pull_secrets.into_iter().flat_map(Value::items).filter_map(|item| item.get("name"));
    volumes.chain(environment).chain(pulling).map(Value::text).collect()
}
