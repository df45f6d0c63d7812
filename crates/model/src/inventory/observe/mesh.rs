//! What is kept of service meshes: Istio and Linkerd.

use super::Observer;
use crate::document::Value;
use crate::inventory::{
    AuthorizationFact, AuthorizationPolicyFact, MeshFacts, MeshSetting, MutualTls, PeerAuthenticationFact, ServerFact,
};
use crate::labels::Selector;
use crate::object::Object;

/// Labels and annotations that decide whether a pod is in a mesh, and what passes it by.
const SETTINGS: &[&str] = &[
    "istio-injection",
    "istio.io/rev",
    "istio.io/dataplane-mode",
    "sidecar.istio.io/inject",
    "traffic.sidecar.istio.io/excludeInboundPorts",
    "traffic.sidecar.istio.io/excludeOutboundPorts",
    "traffic.sidecar.istio.io/excludeOutboundIPRanges",
    "linkerd.io/inject",
    "config.linkerd.io/skip-inbound-ports",
    "config.linkerd.io/skip-outbound-ports",
];

impl Observer<'_> {
    pub(super) fn mesh(&self, object: &Object<'_>, facts: &mut MeshFacts) {
        match (object.group(), &*object.kind) {
            ("security.istio.io", "PeerAuthentication") => {
                facts.peer_authentications.push(self.peer_authentication(object));
            }
            ("security.istio.io", "AuthorizationPolicy") => {
                facts.authorization_policies.push(self.authorization_policy(object));
            }
            ("policy.linkerd.io", "Server") => facts.servers.push(self.server(object)),
            ("policy.linkerd.io", "AuthorizationPolicy" | "ServerAuthorization") => {
                facts.authorizations.push(self.authorization(object));
            }
            _ => {}
        }
    }

    /// What labels and annotations in `metadata` say to service meshes.
    pub(super) fn mesh_settings(&self, metadata: Option<Value<'_>>) -> Box<[MeshSetting]> {
        let of = |key| metadata.and_then(|metadata| metadata.get(key)).into_iter().flat_map(Value::entries);
        let settings = of("labels").chain(of("annotations")).filter(|(key, _)| SETTINGS.contains(&&*key.text()));
        let settings = settings.map(|(key, value)| MeshSetting {
            key: self.symbol(Some(key)),
            value: self.symbol(Some(value)),
            place: self.place(value),
        });
        settings.collect()
    }

    fn selector(&self, object: &Object<'_>) -> Option<Selector> {
        let selector = object.value.at(&["spec", "selector"])?;
        Some(Selector::new(selector, self.symbols)).filter(|selector| !selector.is_empty())
    }

    fn peer_authentication(&self, object: &Object<'_>) -> PeerAuthenticationFact {
        let mode = object.value.at(&["spec", "mtls", "mode"]);
        PeerAuthenticationFact {
            resource: self.resource,
            selector: self.selector(object),
            mode: match mode.map(Value::text).as_deref() {
                Some("STRICT") => MutualTls::Strict,
                Some("PERMISSIVE") => MutualTls::Permissive,
                Some("DISABLE") => MutualTls::Disabled,
                _ => MutualTls::Unset,
            },
            place: self.place_or_missing(mode, object.value, "spec.mtls.mode"),
        }
    }

    fn authorization_policy(&self, object: &Object<'_>) -> AuthorizationPolicyFact {
        let spec = |key| object.value.at(&["spec", key]);
        let allows = spec("action").is_none_or(|action| action.text() == "ALLOW");
        let is_empty = |rule: Value<'_>| rule.entries().next().is_none();
        let lets_everybody_in = allows && spec("rules").is_some_and(|rules| rules.items().any(is_empty));
        let audits = spec("action").is_some_and(|action| action.text() == "AUDIT");
        AuthorizationPolicyFact {
            resource: self.resource,
            selector: self.selector(object),
            targeted: spec("targetRef").is_some() || spec("targetRefs").is_some(),
            restricts: !lets_everybody_in && !audits,
        }
    }

    fn server(&self, object: &Object<'_>) -> ServerFact {
        ServerFact { resource: self.resource, place: self.name_place(object) }
    }

    fn authorization(&self, object: &Object<'_>) -> AuthorizationFact {
        let spec = |keys: &[&str]| object.value.get("spec").and_then(|spec| spec.at(keys));
        let server = match &*object.kind {
            "ServerAuthorization" => spec(&["server", "name"]),
            _ => spec(&["targetRef", "name"])
                .filter(|_| spec(&["targetRef", "kind"]).is_some_and(|kind| kind.text() != "Namespace")),
        };
        AuthorizationFact { resource: self.resource, server: server.map(|name| self.symbol(Some(name))) }
    }
}
