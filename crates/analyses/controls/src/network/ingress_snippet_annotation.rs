//! `ingress-snippet-annotation`

use super::ingresses;
use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::image_reference::ImageReference;
use model::inventory::Inventory;
use model::object::Object;
use model::parameter::{Default, Parameter, Words, parameter};
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::BTreeMap;

/// The control.
pub static CONTROL: Control = Control {
    id: "ingress-snippet-annotation",
    title: "Ingress injects controller configuration",
    severity: Severity::Critical,
    severity_reason: "snippets read all controller secrets (CVE-2021-25742)",
    rationale: "What stands in a snippet is configuration of the controller, which reads the Secrets of every namespace. Who may write an Ingress with one reads all private keys of the cluster.",
    remediation: "Delete the snippet; most of them have an annotation of their own. Set `allow-snippet-annotations: \"false\"` for the controller, and run version 1.9 or above.",
    verify: "kubectl get ingress -A -o json | jq -r '.items[] | select(any(.metadata.annotations // {} | keys[]; endswith(\"-snippet\"))) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kubescape", "C-0059"), alias("trivy", "KCV-0093"), alias("checkov", "CKV_K8S_152"), alias("checkov", "CKV_K8S_153"), alias("checkov", "CKV_K8S_154"), alias("datree", "CONFIGMAP_CVE2021_25742_INCORRECT_SNIPPET_ANNOTATIONS_VALUE"), alias("datree", "INGRESS_CVE2021_25742_INCORRECT_SERVER_SNIPPET_KEY"), alias("kyverno", "disallow-ingress-nginx-custom-snippets"), alias("kyverno", "restrict-annotations"), alias("kyverno", "restrict-ingress-paths"), alias("kyverno", "check-ingress-nginx-controller-version-and-annotation-policy")],
    mappings: &[maps("owasp-k8s-top10", "K07"), maps("nist-800-53", "CM-7"), maps("nist-800-53", "SI-10")],
    references: &["https://github.com/kubernetes/ingress-nginx/issues/7837", "https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations-risk/"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[PREFIXES],
    check: Check::ObjectAndInventory(check_object, check_controllers),
    fixtures: &[fixture(
"apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations:
    nginx.ingress.kubernetes.io/configuration-snippet: more_set_headers \"X-A b\"; #~ critical metadata.annotations[\"nginx.ingress.kubernetes.io/configuration-snippet\"]: The annotation is configuration
    nginx.ingress.kubernetes.io/ssl-redirect: \"true\"
"),
fixture(
"apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations:
    nginx.ingress.kubernetes.io/ssl-redirect: \"true\"
"),
fixture(
"apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: a
  annotations:
    nginx.ingress.kubernetes.io/auth-url: \"http://a/;}} load_module x;\" #~ The value breaks out
    nginx.ingress.kubernetes.io/mirror-target: \"http://a/\\nalias /etc;\" #~ The value breaks out
    nginx.ingress.kubernetes.io/auth-signin: http://x; alias /etc/; #~ The value breaks out
    nginx.ingress.kubernetes.io/rewrite-target: /$1; content_by_lua_file /tmp/x #~ The value breaks out
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: b
  annotations:
    nginx.ingress.kubernetes.io/auth-url: https://evaluation.example.com/alias/lua/$1
    nginx.ingress.kubernetes.io/permanent-redirect: https://alias.example.com
    nginx.ingress.kubernetes.io/server-alias: a{1,3}
    other.example.com/server-snippet: x
"),
fixture_with(&[("prefixes", "other.example.com")],
"apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: a
  annotations:
    other.example.com/server-snippet: x #~ The annotation is configuration
    nginx.ingress.kubernetes.io/server-snippet: x
"),
fixture(
"apiVersion: v1
kind: ConfigMap
metadata: {name: ingress-nginx-controller}
data:
  allow-snippet-annotations: \"true\" #~ critical data.allow-snippet-annotations: The controller takes snippets
  annotations-risk-level: Critical #~ data.annotations-risk-level
---
apiVersion: v1
kind: ConfigMap
metadata: {name: ingress-nginx-controller}
data:
  allow-snippet-annotations: \"false\"
  annotations-risk-level: High
"),
complete_fixture(
"apiVersion: apps/v1
kind: Deployment
metadata: {name: old, namespace: a}
spec:
  template:
    spec:
      containers:
        - name: controller
          image: registry.k8s.io/ingress-nginx/controller:v1.8.4@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 #~ takes snippets unless told otherwise
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: new, namespace: a}
spec:
  template:
    spec:
      containers:
        - {name: controller, image: 'registry.k8s.io/ingress-nginx/controller:v1.10.0'}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: told, namespace: b}
spec:
  template:
    spec:
      containers:
        - {name: controller, image: 'registry.k8s.io/ingress-nginx/controller:v1.8.4'}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: b}
data: {allow-snippet-annotations: \"false\"}
"),
fixture(
"apiVersion: apps/v1
kind: DaemonSet
metadata: {name: old, namespace: a}
spec:
  template:
    spec:
      containers:
        - name: controller
          image: quay.io/kubernetes-ingress-controller/nginx-ingress-controller:0.33.0 #? whether a ConfigMap tells it
"),],
};

const PREFIXES: Parameter = parameter(
    "prefixes",
    Default::List(&["nginx.ingress.kubernetes.io"]),
    "prefixes that controllers of the cluster read",
);

/// Annotations whose values the controller writes into its configuration.
const WRITTEN_OUT: &[&str] = &[
    "app-root",
    "auth-proxy-set-headers",
    "auth-realm",
    "auth-signin",
    "auth-tls-error-page",
    "auth-tls-match-cn",
    "auth-url",
    "mirror-host",
    "mirror-target",
    "permanent-redirect",
    "proxy-redirect-from",
    "proxy-redirect-to",
    "rewrite-target",
    "session-cookie-path",
    "temporal-redirect",
    "upstream-vhost",
    "x-forwarded-prefix",
];

fn check_object(object: &Object<'_>, findings: &mut Findings<'_>) {
    if object.is("", "ConfigMap") {
        check_settings(object, findings);
    } else if ingresses::is_ingress(object) {
        let prefixes = findings.list(&PREFIXES);
        for (key, value) in object.annotations() {
            check_annotation(&key.text(), value, prefixes, findings);
        }
    } else {
        findings.not_applicable();
    }
}

fn check_settings(object: &Object<'_>, findings: &mut Findings<'_>) {
    let setting = |name| object.value.get("data").and_then(|data| data.get(name));
    let (snippets, risk) = (setting("allow-snippet-annotations"), setting("annotations-risk-level"));
    if snippets.is_none() && risk.is_none() {
        return findings.not_applicable();
    }
    if let Some(snippets) = snippets.filter(|value| value.text() == "true") {
        let message =
            "The controller takes snippets: who may write an Ingress reads what the controller reads, all Secrets";
        findings.report(Finding::at(snippets).message(message).replace("\"false\""));
    }
    if let Some(risk) = risk.filter(|value| value.text() == "Critical") {
        let message =
            "The controller takes annotations of every risk: who may write an Ingress reads what the controller reads";
        findings.report(Finding::at(risk).message(message));
    }
}

fn check_annotation(key: &str, value: Value<'_>, prefixes: Words<'_>, findings: &mut Findings<'_>) {
    let Some((prefix, name)) = key.split_once('/') else { return };
    if !prefixes.contains(prefix) {
        return;
    }
    if name.ends_with("-snippet") {
        let message =
            "The annotation is configuration of the controller: its author reads all Secrets that the controller reads";
        findings.report(Finding::at_key_of(value).message(message));
    } else if WRITTEN_OUT.contains(&name) && is_configuration(&value.text()) {
        let message =
            "The value breaks out into configuration of the controller, which reads the Secrets of all namespaces";
        findings.report(Finding::at_key_of(value).message(message));
    }
}

/// What no address and no path has: a line or a block of its own, or a directive that opens files or runs code.
fn is_configuration(value: &str) -> bool {
    let is_directive = |at: usize, word: &str| {
        let before = value[..at].bytes().next_back();
        let after = value[at + word.len()..].bytes().next();
        let starts = before.is_none_or(|byte| !byte.is_ascii_alphanumeric());
        match word {
            "alias" => starts && after.is_some_and(|byte| byte.is_ascii_whitespace()),
            // `content_by_lua_block`, `lua_package_path`.
            _ => starts && after.is_none_or(|byte| !byte.is_ascii_alphanumeric() && byte != b'.' && byte != b'/'),
        }
    };
    value.contains(['\n', '\r', '{', '}'])
        || ["alias", "lua"].iter().any(|word| value.match_indices(word).any(|(at, _)| is_directive(at, word)))
}

/// Before version 1.9 a controller takes snippets unless it is told not to.
fn check_controllers(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let settings = inventory.facts.network.snippet_settings.iter();
    let settings: BTreeMap<Symbol, bool> =
        settings.map(|setting| (inventory.namespace(setting.resource), setting.allows)).collect();
    for workload in &inventory.facts.workloads {
        for image in &workload.images {
            let text = inventory.symbols.text(image.image);
            if !is_old_controller(&text) || settings.contains_key(&inventory.namespace(workload.resource)) {
                continue;
            }
            findings.looked_at(workload.resource);
            let finding = Finding::at_place(image.place).value(text);
            findings.report(workload.resource, match inventory.complete {
                true => finding.message("Controller `{value}` takes snippets unless told otherwise, and no ConfigMap tells it"),
                false => finding
                    .severity(Severity::Info)
                    .message("Controller `{value}` takes snippets unless told otherwise: whether a ConfigMap tells it is not known")
                    .skip(),
            });
        }
    }
}

fn is_old_controller(image: &str) -> bool {
    let reference = ImageReference::parse(image);
    let is_controller = reference.repository.ends_with("ingress-nginx/controller")
        || reference.repository.ends_with("kubernetes-ingress-controller/nginx-ingress-controller");
    let Some(tag) = reference.tag.filter(|_| is_controller) else { return false };
    let mut numbers = tag.trim_start_matches('v').split(['.', '-']).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < (1, 9),
        _ => false,
    }
}
