//! `crd-conversion-webhook-external`

use super::webhook_services::{Found, Services};
use super::webhooks;
use model::control::{Check, Control, InventoryFindings, complete_fixture, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::inventory::{Inventory, WebhookPurpose};
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "crd-conversion-webhook-external",
    title: "CRD conversion webhook is outside the cluster or unverified",
    severity: Severity::Medium,
    severity_reason: "sees and rewrites every object of the type",
    rationale: "Every object of the type passes through the webhook whenever it is read or written in another version, and what comes back is taken. Outside the cluster, or without a certificate that is checked, that is somebody else.",
    remediation: "Let `clientConfig` name a Service of the cluster, with the `caBundle` of its certificate.",
    verify: "kubectl get crds -o json | jq -r '.items[] | select(.spec.conversion.strategy == \"Webhook\") | \"\\(.metadata.name) \\(.spec.conversion.webhook.clientConfig.url // .spec.conversion.webhook.clientConfig.service.name)\"'",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K04"), maps("nist-800-53", "SC-8")],
    references: &["https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#webhook-conversion"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::ObjectAndInventory(check_object, check_services),
    fixtures: &[fixture(
"apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  conversion:
    strategy: Webhook
    webhook:
      clientConfig:
        url: https://convert.example.com #~ medium spec.conversion.webhook.clientConfig.url: Objects are converted at `https://convert.example.com`
        caBundle: Q0E=
"),
fixture(
"apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  conversion:
    strategy: None
"),
complete_fixture(
"apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: a.example.com}
spec:
  conversion:
    strategy: Webhook
    webhook:
      clientConfig: #~ spec.conversion.webhook.clientConfig.caBundle
        service:
          name: missing #~ There is no Service `missing`
          namespace: a
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: b.example.com}
spec:
  conversion:
    strategy: Webhook
    webhook:
      clientConfig:
        caBundle: Cg== #~ spec.conversion.webhook.clientConfig.caBundle
        service: {name: there, namespace: a}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: c.example.com
  annotations: {cert-manager.io/inject-ca-from: a/b}
spec:
  conversion:
    strategy: Webhook
    webhook:
      clientConfig:
        url: https://there.a.svc.cluster.local/convert
---
apiVersion: v1
kind: Service
metadata: {name: there, namespace: a}
spec: {}
"),
fixture(
"apiVersion: apiextensions.k8s.io/v1beta1
kind: CustomResourceDefinition
metadata: {name: a.example.com}
spec:
  conversion:
    strategy: Webhook
    webhookClientConfig:
      caBundle: Q0E=
      service:
        name: elsewhere #? info spec.conversion.webhookClientConfig.service.name
        namespace: a
"),],
};

fn check_object(object: &Object<'_>, findings: &mut Findings<'_>) {
    let conversion = object.value.at(&["spec", "conversion"]);
    let conversion = conversion.filter(|conversion| {
        object.is("apiextensions.k8s.io", "CustomResourceDefinition")
            && conversion.get("strategy").is_some_and(|strategy| strategy.text() == "Webhook")
    });
    let Some(conversion) = conversion else { return findings.not_applicable() };
    let client = conversion.at(&["webhook", "clientConfig"]).or_else(|| conversion.get("webhookClientConfig"));
    let Some(client) = client else { return };
    if let Some(url) = client.get("url").filter(|url| !webhooks::is_in_cluster(&url.text())) {
        let message = "Objects are converted at `{value}`, outside the cluster: it sees and rewrites all of them";
        findings.report(Finding::at(url).message(message));
    }
    if webhooks::lacks_authority(object, client) {
        let message = "The conversion has no `caBundle`: who answers for it is not checked against its own certificate";
        let bundle = client.get("caBundle");
        findings
            .report(bundle.map_or_else(|| Finding::missing(client, "caBundle"), Finding::at_key_of).message(message));
    }
}

fn check_services(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let webhooks = inventory.facts.admission.webhooks.iter();
    let mut services = Services::new(inventory);
    for webhook in webhooks.filter(|webhook| webhook.purpose == WebhookPurpose::Conversion) {
        findings.looked_at(webhook.resource);
        let finding = Finding::at_place(webhook.place).value(inventory.symbols.text(webhook.name));
        findings.report(
            webhook.resource,
            match services.find(webhook) {
                Found::Served | Found::Unserved => continue,
                Found::Missing => finding.message(
                    "There is no Service `{value}`: whoever creates it sees and rewrites all objects of the type",
                ),
                Found::Unknown => finding
                    .severity(Severity::Info)
                    .message("Service `{value}` is not in the input: whether it exists is not known")
                    .skip(),
            },
        );
    }
}
