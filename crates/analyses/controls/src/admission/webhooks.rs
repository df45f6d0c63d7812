//! Webhooks of admission: which of them guard policies, and whom the API server talks to.

use model::admission_rule::covers;
use model::document::Value;
use model::object::Object;
use model::parameter::{Default, Parameter, Words, parameter};
use std::borrow::Cow;

/// What webhooks of policy engines are called.
pub(crate) const ENGINES: Parameter = parameter(
    "policy_webhooks",
    Default::List(&["kyverno", "gatekeeper", "kubewarden", "policy-controller"]),
    "words in the names of webhooks, or of their configurations, that belong to policy engines",
);

/// Annotations that have the certificate of the authority filled in later.
const INJECTORS: &[&str] =
    &["cert-manager.io/inject-ca-from", "cert-manager.io/inject-ca-from-secret", "cert-manager.io/inject-apiserver-ca"];

/// Whether the object configures webhooks of admission.
pub(crate) fn is_configuration(object: &Object<'_>) -> bool {
    object.group() == "admissionregistration.k8s.io"
        && matches!(&*object.kind, "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration")
}

/// The webhooks of a configuration.
pub(crate) fn of<'d>(object: &Object<'d>) -> impl Iterator<Item = Value<'d>> + use<'d> {
    object.value.get("webhooks").into_iter().flat_map(Value::items)
}

/// The name of a webhook.
pub(crate) fn name(webhook: Value<'_>) -> Cow<'_, str> {
    webhook.get("name").map(Value::text).unwrap_or_default()
}

/// Whether a name is one of a policy engine.
pub(crate) fn is_of_engine(name: &str, engines: Words<'_>) -> bool {
    engines.iter().any(|engine| name.contains(engine))
}

/// Whether a policy depends on the webhook: it is of an engine, or is asked about pods or Secrets.
pub(crate) fn is_policy(object: &Object<'_>, webhook: Value<'_>, engines: Words<'_>) -> bool {
    let mut rules = webhook.get("rules").into_iter().flat_map(Value::items);
    is_of_engine(&object.name(), engines)
        || is_of_engine(&name(webhook), engines)
        || rules.any(|rule| covers(rule, "", "pods") || covers(rule, "", "secrets"))
}

/// Whether an address is that of a Service of the cluster.
pub(crate) fn is_in_cluster(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', ':', '?', '#']).next().unwrap_or(rest);
    // What stands before an `@` is a name of a user, and the host comes after it.
    let is_plain = !rest.split(['/', '?', '#']).next().unwrap_or(rest).contains('@');
    is_plain && (host.ends_with(".svc") || host.ends_with(".svc.cluster.local"))
}

/// Whether a `clientConfig` has no certificate to check the answer against, and nobody fills it in.
pub(crate) fn lacks_authority(object: &Object<'_>, client: Value<'_>) -> bool {
    // Tools that generate manifests write a line break in Base64 where nothing is known.
    let is_empty = |bundle: Value<'_>| matches!(bundle.text().trim(), "" | "Cg==");
    client.get("caBundle").is_none_or(is_empty)
        && !INJECTORS.iter().any(|annotation| object.annotation(annotation).is_some())
}
