//! `admission-webhook-namespace-gap`

use super::pod_security_not_enforced::{CONTROL as ENFORCED, SYSTEM};
use super::scopes;
use super::webhooks;
use model::admission_rule::{covers, has_operation};
use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::inventory::{Inventory, ScopeKind};
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "admission-webhook-namespace-gap",
    title: "Policy webhook skips user namespaces",
    severity: Severity::Medium,
    severity_reason: "labels let tenants opt out",
    rationale: "What a policy is not asked about happens without it. A tenant who may set the label that excludes, or use the operation or the resource that nobody listed, is past the policy without a trace.",
    remediation: "Leave out namespaces by `kubernetes.io/metadata.name`, which nobody can change, and only those of the cluster. List `pods/ephemeralcontainers` and `UPDATE`, and let `matchPolicy` be `Equivalent`.",
    verify: "kubectl get validatingwebhookconfigurations -o json | jq -r '.items[] | . as $c | .webhooks[] | \"\\($c.metadata.name) \\(.name) \\(.namespaceSelector // {}) \\(.objectSelector // {})\"'",
    aliases: &[alias("kubesplaining", "BYPASS-WEBHOOK-NAMESPACE-GAP"), alias("kyverno", "exclude-namespaces-example"), alias("kyverno", "policy-for-exceptions")],
    mappings: &[maps("owasp-k8s-top10", "K04"), maps("nist-800-53", "CM-5")],
    references: &["https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-namespaceselector"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::ObjectAndInventory(check_object, check_inventory),
    fixtures: &[fixture(
"apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: policies}
webhooks:
  - name: pods.kyverno.svc
    namespaceSelector:
      matchExpressions: #~ medium webhooks[0].namespaceSelector: The webhook is not asked about namespace `shop`
        - {key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system, shop]}
    rules:
      - {apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods, pods/ephemeralcontainers]}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: kube-system}
"),
fixture(
"apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: policies}
webhooks:
  - name: pods.kyverno.svc
    namespaceSelector:
      matchExpressions:
        - {key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system]}
    rules:
      - {apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods, pods/ephemeralcontainers]}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: kube-system}
"),
fixture(
"apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: policies}
webhooks:
  - name: a
    matchPolicy: Exact #~ medium webhooks[0].matchPolicy: The webhook is asked about the versions that it lists
    objectSelector: #~ medium webhooks[0].objectSelector: The webhook is asked about objects by their labels
      matchExpressions: [{key: skip, operator: DoesNotExist}]
    namespaceSelector:
      matchExpressions:
        - key: skip #? webhooks[0].namespaceSelector.matchExpressions[0].key: The webhook leaves out namespaces by the label `skip`
          operator: DoesNotExist
    rules:
      - apiGroups: [\"\"]
        apiVersions: [v1]
        operations: [CREATE] #~ webhooks[0].rules[0].operations: The webhook is not asked about `UPDATE`
        resources: [pods] #~ webhooks[0].rules[0].resources: The webhook is asked about pods and not
  - name: b
    matchConditions: [{name: a, expression: 'true'}] #? webhooks[1].matchConditions
    matchPolicy: Exact
    objectSelector: {}
    rules:
      - {apiGroups: [\"*\"], apiVersions: [\"*\"], operations: [\"*\"], resources: [\"*/*\"]}
  - name: c
    objectSelector: {matchLabels: {a: b}}
    rules:
      - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
"),],
};

fn check_object(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !webhooks::is_configuration(object) {
        return findings.not_applicable();
    }
    let engines = findings.settings.list(super::admission_webhook_fails_open::CONTROL.id, &webhooks::ENGINES);
    for webhook in webhooks::of(object).filter(|webhook| webhooks::is_policy(object, *webhook, engines)) {
        check_selectors(webhook, findings);
        check_rules(webhook, findings);
    }
}

fn check_selectors(webhook: Value<'_>, findings: &mut Findings<'_>) {
    if let Some(selector) = webhook.get("objectSelector").filter(|selector| scopes::demands(*selector)) {
        let message = "The webhook is asked about objects by their labels, which their authors set: each may opt out";
        findings.report(Finding::at_key_of(selector).message(message));
    }
    for requirement in webhook.get("namespaceSelector").into_iter().flat_map(scopes::excluding) {
        let message = "The webhook leaves out namespaces by the label `{value}`: who may set it there is not known";
        findings.report(Finding::at(requirement).message(message).skip());
    }
    let conditions = webhook.get("matchConditions").filter(|conditions| conditions.items().next().is_some());
    if let Some(conditions) = conditions {
        let message = "The webhook has conditions: what they leave out is not read here";
        findings.report(Finding::at_key_of(conditions).message(message).skip());
    }
}

fn check_rules(webhook: Value<'_>, findings: &mut Findings<'_>) {
    let rules = || webhook.get("rules").into_iter().flat_map(Value::items);
    let Some(rule) = rules().find(|rule| covers(*rule, "", "pods")) else { return };
    if !rules().any(|rule| covers(rule, "", "pods/ephemeralcontainers")) {
        let message =
            "The webhook is asked about pods and not about `pods/ephemeralcontainers`: they are added past it";
        findings.report(Finding::missing(rule, "resources").message(message));
    }
    if !rules().any(|rule| covers(rule, "", "pods") && has_operation(rule, "UPDATE")) {
        let message = "The webhook is not asked about `UPDATE`: an object is made well and changed afterwards";
        findings.report(Finding::missing(rule, "operations").message(message));
    }
    let lists_all = rules().all(|rule| {
        rule.get("apiVersions").is_some_and(|versions| versions.items().any(|version| version.text() == "*"))
    });
    if let Some(policy) = webhook.get("matchPolicy").filter(|policy| policy.text() == "Exact" && !lists_all) {
        let message =
            "The webhook is asked about the versions that it lists and no others: the same object comes in another one";
        findings.report(Finding::at(policy).message(message).replace("Equivalent"));
    }
}

fn check_inventory(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let engines = findings.findings.settings.list(super::admission_webhook_fails_open::CONTROL.id, &webhooks::ENGINES);
    let system = findings.findings.settings.list(ENFORCED.id, &SYSTEM);
    let scopes = inventory.facts.admission.scopes.iter().filter(|scope| scope.kind == ScopeKind::Webhook);
    for scope in scopes {
        let names = [scope.name, inventory.resource(scope.resource).name].map(|name| inventory.symbols.text(name));
        if !scope.guards && !names.iter().any(|name| webhooks::is_of_engine(name, engines)) {
            continue;
        }
        findings.looked_at(scope.resource);
        if let Some(left_out) = scopes::left_out(inventory, scope, system) {
            let message = "The webhook is not asked about namespace `{value}`: what happens there is past the policy";
            findings.report(scope.resource, Finding::at_place(scope.place).value(left_out).message(message));
        }
    }
}
