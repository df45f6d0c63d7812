//! `admission-webhook-fails-open`

use super::webhooks::{self, ENGINES};
use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "admission-webhook-fails-open",
    title: "Policy webhook fails open",
    severity: Severity::Medium,
    severity_reason: "outage or overload disables policy",
    rationale: "When the engine gives no answer, because it is overloaded, restarts or somebody took it down, everything is taken: who wants to get past the policy only has to keep it busy.",
    remediation: "Set `failurePolicy: Fail` with a short timeout, run several replicas, and leave `kube-system` out so that the cluster can start.",
    verify: "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations -o json | jq -r '.items[] | . as $c | .webhooks[] | select(.failurePolicy == \"Ignore\") | \"\\($c.metadata.name) \\(.name)\"'",
    aliases: &[alias("kubesplaining", "BYPASS-WEBHOOK-IGNORE-POLICY")],
    mappings: &[maps("owasp-k8s-top10", "K04"), maps("nist-800-53", "CM-5")],
    references: &["https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#failure-policy"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[ENGINES],
    check: Check::Object(check),
    fixtures: &[fixture(
"apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: gatekeeper-validating}
webhooks:
  - name: validation.gatekeeper.sh
    failurePolicy: Ignore #~ medium webhooks[0].failurePolicy: Webhook `validation.gatekeeper.sh` lets everything through
"),
fixture(
"apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: gatekeeper-validating}
webhooks:
  - name: validation.gatekeeper.sh
    failurePolicy: Fail
"),
fixture(
"apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: other}
webhooks:
  - name: pods.example.com
    failurePolicy: Ignore #~ `pods.example.com`
    rules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  - name: secrets.example.com
    failurePolicy: Ignore #~ `secrets.example.com`
    rules: [{apiGroups: [\"*\"], apiVersions: [v1], operations: [CREATE], resources: [\"*\"]}]
  - name: metrics.example.com
    failurePolicy: Ignore
    rules: [{apiGroups: [metrics.example.com], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  - name: default.example.com
    rules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
---
apiVersion: admissionregistration.k8s.io/v1beta1
kind: MutatingWebhookConfiguration
metadata: {name: older}
webhooks:
  - name: default.example.com #~ by default
    rules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
"),
fixture_with(&[("policy_webhooks", "ours")],
"apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: ours}
webhooks:
  - name: check.example.com
    failurePolicy: Ignore #~ lets everything through
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: kyverno}
webhooks:
  - name: kyverno.example.com
    failurePolicy: Ignore
"),],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !webhooks::is_configuration(object) {
        return findings.not_applicable();
    }
    let engines = findings.list(&ENGINES);
    for webhook in webhooks::of(object) {
        if !webhooks::is_policy(object, webhook, engines) {
            continue;
        }
        let name = webhooks::name(webhook);
        match webhook.get("failurePolicy") {
            Some(policy) if policy.text() == "Ignore" => {
                let message = format!("Webhook `{name}` lets everything through when it gives no answer");
                findings.report(Finding::at(policy).message(message).replace("Fail"));
            }
            // The older version of the API has it as its default.
            None if object.api_version.ends_with("/v1beta1") => {
                let message = format!("Webhook `{name}` lets everything through when it gives no answer, by default");
                let finding = Finding::missing(webhook, "failurePolicy").message(message);
                findings.report(finding.insert("failurePolicy: Fail"));
            }
            _ => {}
        }
    }
}
