//! `admission-webhook-inventory`

use super::webhook_services::{Found, Services};
use super::webhooks;
use model::admission_rule::covers;
use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::inventory::{Inventory, WebhookPurpose};
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "admission-webhook-inventory",
    title: "Admission webhooks see cluster objects",
    severity: Severity::Info,
    severity_reason: "each can read or change objects",
    rationale: "The API server shows each of these every object that it asks about, and takes what it sends back. Whoever answers for one of them reads Secrets, changes pods, or stops the cluster.",
    remediation: "Keep webhooks in the cluster, with a `caBundle`, for the resources that they need, and let nobody else create Services in their namespaces.",
    verify: "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations -o json | jq -r '.items[] | . as $c | .webhooks[] | \"\\($c.metadata.name) \\(.name) \\(.clientConfig.url // (.clientConfig.service | \"\\(.namespace)/\\(.name)\"))\"'",
    aliases: &[alias("kubescape", "C-0036"), alias("kubescape", "C-0039")],
    mappings: &[maps("mitre", "T1562.001"), maps("owasp-k8s-top10", "K04"), maps("nist-800-53", "CM-5")],
    references: &["https://kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::ObjectAndInventory(check_object, check_services),
    fixtures: &[fixture(
"apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: a}
webhooks:
  - name: check.example.com #~ info webhooks[0].name: The API server asks webhook `check.example.com`
    clientConfig:
      url: https://policy.example.com/check #~ high webhooks[0].clientConfig.url: The webhook is outside the cluster
      caBundle: Q0E=
"),
fixture(
"apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: a}
webhooks: []
"),
complete_fixture(
"apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: a}
webhooks:
  - name: missing #~ info
    failurePolicy: Fail
    clientConfig: #~ medium webhooks[0].clientConfig.caBundle: The webhook has no `caBundle`
      service:
        name: missing #~ high webhooks[0].clientConfig.service.name: There is no Service `missing`: objects are refused
        namespace: a
    rules:
      - apiGroups: [\"\"]
        resources: [secrets] #~ medium webhooks[0].rules[0].resources: The webhook is asked about Secrets
      - apiGroups: [\"*\"]
        resources: [\"*\"] #~ medium webhooks[0].rules[1].resources: The webhook is asked about every resource
  - name: unserved #~ info
    failurePolicy: Ignore
    clientConfig:
      caBundle: Q0E=
      service:
        name: unserved #~ medium webhooks[1].clientConfig.service.name: No workload is behind Service `unserved`: nothing is asked
        namespace: a
  - name: served #~ info
    clientConfig:
      caBundle: Q0E=
      service: {name: served, namespace: a}
  - name: url #~ info
    clientConfig:
      caBundle: Q0E=
      url: https://served.a.svc:443/x
---
apiVersion: v1
kind: Service
metadata: {name: unserved, namespace: a}
spec: {selector: {app: none}}
---
apiVersion: v1
kind: Service
metadata: {name: served, namespace: a}
spec: {selector: {app: hook}}
---
apiVersion: v1
kind: Pod
metadata: {name: hook, namespace: a, labels: {app: hook}}
spec: {containers: []}
"),
fixture(
"apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata:
  name: a
  annotations: {cert-manager.io/inject-ca-from: a/b}
webhooks:
  - name: a #~ info
    clientConfig:
      service: {name: elsewhere, namespace: a} #? whether it exists is not known
"),],
};

fn check_object(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !webhooks::is_configuration(object) {
        return findings.not_applicable();
    }
    for webhook in webhooks::of(object) {
        let at_name = webhook.get("name").map_or_else(|| Finding::missing(webhook, "name"), Finding::at);
        findings.report(at_name.message("The API server asks webhook `{value}` about objects: it sees all of them"));
        if let Some(url) = webhook.at(&["clientConfig", "url"]).filter(|url| !webhooks::is_in_cluster(&url.text())) {
            let message =
                "The webhook is outside the cluster: objects are sent to `{value}`, and what it answers is taken";
            findings.report(Finding::at(url).severity(Severity::High).message(message));
        }
        if let Some(client) = webhook.get("clientConfig").filter(|client| webhooks::lacks_authority(object, *client)) {
            let message =
                "The webhook has no `caBundle`: who answers for it is checked against the roots of the system only";
            findings.report(Finding::missing(client, "caBundle").severity(Severity::Medium).message(message));
        }
        check_rules(webhook, findings);
    }
}

fn check_rules(webhook: Value<'_>, findings: &mut Findings<'_>) {
    for rule in webhook.get("rules").into_iter().flat_map(Value::items) {
        let stars =
            |key| rule.get(key).into_iter().flat_map(Value::items).any(|item| matches!(&*item.text(), "*" | "*/*"));
        let finding = Finding::missing(rule, "resources").severity(Severity::Medium);
        if stars("apiGroups") && stars("resources") {
            findings.report(finding.message("The webhook is asked about every resource, Secrets among them"));
        } else if covers(rule, "", "secrets") {
            findings.report(finding.message("The webhook is asked about Secrets: it reads what is in them"));
        }
    }
}

fn check_services(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let webhooks = inventory.facts.admission.webhooks.iter();
    let mut services = Services::new(inventory);
    for webhook in webhooks.filter(|webhook| webhook.purpose != WebhookPurpose::Conversion) {
        findings.looked_at(webhook.resource);
        let finding = Finding::at_place(webhook.place).value(inventory.symbols.text(webhook.name));
        let is_required = webhook.purpose == WebhookPurpose::AdmissionRequired;
        let severity = if is_required { Severity::High } else { Severity::Medium };
        let finding = match services.find(webhook) {
            Found::Served => continue,
            Found::Unknown => {
                finding.message("Service `{value}` is not in the input: whether it exists is not known").skip()
            }
            Found::Missing if is_required => finding.severity(severity).message(
                "There is no Service `{value}`: objects are refused, and whoever creates it decides about them",
            ),
            Found::Missing => finding.severity(severity).message(
                "There is no Service `{value}`: nothing is asked, and whoever creates it decides about objects",
            ),
            Found::Unserved if is_required => finding
                .severity(severity)
                .message("No workload is behind Service `{value}`: objects are refused as long as nobody answers"),
            Found::Unserved => finding
                .severity(severity)
                .message("No workload is behind Service `{value}`: nothing is asked, everything is taken"),
        };
        findings.report(webhook.resource, finding);
    }
}
