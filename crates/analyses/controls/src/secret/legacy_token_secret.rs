//! `legacy-token-secret`

use std::collections::BTreeMap;

use model::control::InventoryFindings;
use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::object::Object;
use model::severity::Severity;
use model::symbols::Symbol;

/// The control.
pub static CONTROL: Control = Control {
    id: "legacy-token-secret",
    title: "Long-lived ServiceAccount token Secret exists",
    severity: Severity::High,
    severity_reason: "never expires, not bound to a pod, readable by everyone who reads Secrets",
    rationale: "The token in such a Secret never expires and is bound to no pod. Whoever reads the Secret once, in the cluster, in a backup or in a repository, is the ServiceAccount for good.",
    remediation: "Move its users to tokens that are asked for when they are needed (`kubectl create token`, or a projected volume), then delete the Secret.",
    verify: "kubectl get secrets -A --field-selector type=kubernetes.io/service-account-token",
    aliases: &[
        alias("kyverno", "deny-secret-service-account-token-type"),
        alias("kyverno", "check-serviceaccount-secrets"),
        alias("kyverno", "limit-configmap-for-sa"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.1.6"),
        maps("owasp-k8s-top10", "K09"),
        maps("mitre", "T1078"),
        maps("mitre", "T1528"),
        maps("nist-800-53", "IA-5"),
    ],
    references: &["https://kubernetes.io/docs/concepts/configuration/secret/#service-account-token-secrets"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::All(check, |_, _| {}, check_accounts),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Secret
metadata:
  name: robot-token
  annotations:
    kubernetes.io/service-account.name: robot
type: kubernetes.io/service-account-token #~ high type: The Secret holds a token
",
        ),
        fixture(
            "apiVersion: v1
kind: Secret
metadata:
  name: robot-token
type: Opaque
",
        ),
        fixture(
            "apiVersion: v1
kind: Secret
metadata:
  name: robot-token
  labels:
    kubernetes.io/legacy-token-invalid-since: '2026-01-01'
type: kubernetes.io/service-account-token #~ info
",
        ),
        fixture(
            "apiVersion: v1
kind: Secret
metadata:
  name: robot-token
  labels:
    kubernetes.io/legacy-token-last-used: '2026-01-01'
type: kubernetes.io/service-account-token #~ never expires
",
        ),
        fixture(
            "apiVersion: v1
kind: ServiceAccount
metadata:
  name: robot
secrets:
  - name: robot-token-x7k2p #~ high secrets[0].name
  - name: robot-dockercfg-abcde
",
        ),
        fixture(
            "apiVersion: v1
kind: Secret
metadata:
  name: robot-token
type: kubernetes.io/service-account-token #~ high type: The Secret holds a token of a ServiceAccount that never expires, unused
",
        ),
        fixture(
            "apiVersion: v1
kind: ServiceAccount
metadata:
  name: robot
secrets:
  - name: other #? info secrets[0].name: ServiceAccount lists the Secret `other`, which is not in the input
  - name: known
---
apiVersion: v1
kind: Secret
metadata:
  name: known
type: Opaque
",
        ),
        fixture(
            "apiVersion: v1
kind: ServiceAccount
metadata:
  name: robot
secrets:
  - name: forever #~ high secrets[0].name
---
apiVersion: v1
kind: Secret
metadata:
  name: forever
type: kubernetes.io/service-account-token #~ high
",
        ),
    ],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if object.is("", "Secret") {
        check_secret(object, findings);
    } else if object.is("", "ServiceAccount") {
        // Since 1.24 nobody fills this list any more; a token in it was put there by hand or is old. Names of
        // Secrets of other types may stand here too.
        let secrets = object.value.get("secrets").into_iter().flat_map(Value::items);
        for name in
            secrets.filter_map(|secret| secret.get("name")).filter(|name| is_token_name(&name.text(), &object.name()))
        {
            let message = "ServiceAccount lists the Secret `{value}`, a token that never expires";
            findings.report(Finding::at(name).message(message));
        }
    } else {
        findings.not_applicable();
    }
}

fn check_secret(object: &Object<'_>, findings: &mut Findings<'_>) {
    let kind = object.value.get("type").filter(|kind| kind.text() == "kubernetes.io/service-account-token");
    let Some(kind) = kind else { return };
    let label = |name: &str| object.labels().any(|(key, _)| key.is_key(name));
    let finding = if label("kubernetes.io/legacy-token-invalid-since") {
        let message = "The Secret held a token that never expires; the cluster has made it invalid";
        Finding::at(kind).severity(Severity::Info).message(message)
    } else if label("kubernetes.io/legacy-token-last-used") {
        Finding::at(kind).message("The Secret holds a token of a ServiceAccount that never expires")
    } else {
        Finding::at(kind).message(
            "The Secret holds a token of a ServiceAccount that never expires, unused as far as its labels tell",
        )
    };
    findings.report(finding);
}

fn check_accounts(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let secrets = inventory.facts.secrets.iter().map(|secret| {
        let resource = inventory.resource(secret.resource);
        ((resource.namespace, resource.name), secret.is_token)
    });
    let secrets: BTreeMap<(Symbol, Symbol), bool> = secrets.collect();
    for account in &inventory.facts.service_accounts {
        let resource = inventory.resource(account.resource);
        let account_name = inventory.symbols.text(resource.name);
        for &(name, place) in &account.secrets {
            let text = inventory.symbols.text(name);
            // These names say what the Secrets are: the first is judged with the object, the other is for registries.
            if is_token_name(&text, &account_name) || is_generated(&text, &account_name, "-dockercfg-") {
                continue;
            }
            let finding = Finding::at_place(place).value(text);
            let finding = match secrets.get(&(resource.namespace, name)) {
                Some(true) => finding.message("ServiceAccount lists the Secret `{value}`, a token that never expires"),
                None if !inventory.complete => {
                    let message = "ServiceAccount lists the Secret `{value}`, which is not in the input: whether it is \
                                   a token is not known";
                    finding.message(message).severity(Severity::Info).skip()
                }
                Some(false) | None => continue,
            };
            findings.report(account.resource, finding);
        }
    }
}

/// The names that the token controller gave: `NAME-token-` and five letters or digits.
fn is_token_name(name: &str, account: &str) -> bool {
    is_generated(name, account, "-token-")
}

fn is_generated(name: &str, account: &str, purpose: &str) -> bool {
    let rest = name.strip_prefix(account).and_then(|rest| rest.strip_prefix(purpose));
    rest.is_some_and(|rest| rest.len() == 5 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}
