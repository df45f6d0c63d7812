//! `mesh-mtls-not-strict`

use super::mesh::{self, Mesh};
use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::inventory::{Inventory, MutualTls, PeerAuthenticationFact};
use model::object::Object;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::symbols::Symbol;
use std::collections::BTreeMap;

/// The control.
pub static CONTROL: Control = Control {
    id: "mesh-mtls-not-strict",
    title: "Service mesh accepts plain text",
    severity: Severity::Medium,
    severity_reason: "mesh gives no identity guarantee",
    rationale: "As long as plain text is taken, whoever reaches the pod past the mesh is let in without an identity, and policies that ask for one can be gone around.",
    remediation: "Set `mode: STRICT` for the root namespace once every client is in the mesh, and take out the exceptions.",
    verify: "kubectl get peerauthentications -A -o custom-columns=NAMESPACE:.metadata.namespace,NAME:.metadata.name,MODE:.spec.mtls.mode",
    aliases: &[
        alias("kyverno", "enforce-strict-mtls"),
        alias("kyverno", "enforce-tls-hosts-host-subnets"),
        alias("kyverno", "check-linkerd-authorizationpolicy"),
        alias("kyverno", "require-linkerd-server"),
        alias("kyverno", "enforce-min-tls-version"),
    ],
    mappings: &[maps("owasp-k8s-top10", "K05"), maps("nist-800-53", "SC-8")],
    references: &[
        "https://istio.io/latest/docs/reference/config/security/peer_authentication/",
        "https://linkerd.io/2/reference/authorization-policy/",
    ],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[ROOT],
    check: Check::ObjectAndInventory(check_object, check_inventory),
    fixtures: &[
        fixture(
            "apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec:
  mtls:
    mode: PERMISSIVE #~ medium spec.mtls.mode: The mode is `PERMISSIVE`
",
        ),
        fixture(
            "apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec:
  mtls:
    mode: STRICT
",
        ),
        fixture(
            "apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  mtls: {mode: STRICT}
  portLevelMtls:
    8080: {mode: DISABLE} #~ The mode is `DISABLE`
    9090: {mode: UNSET}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: a}
spec:
  trafficPolicy:
    tls: {mode: ISTIO_MUTUAL}
    portLevelSettings:
      - tls: {mode: DISABLE} #~ spec.trafficPolicy.portLevelSettings[0].tls.mode
  subsets:
    - trafficPolicy: {tls: {mode: DISABLE}} #~ spec.subsets[0].trafficPolicy.tls.mode
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {name: a}
spec:
  accessPolicy: all-unauthenticated #~ spec.accessPolicy
---
apiVersion: v1
kind: Namespace
metadata:
  name: a
  annotations:
    config.linkerd.io/default-inbound-policy: all-unauthenticated #~ Everybody is let in
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: a #~ metadata.name: Namespace `a` is in the mesh, and no PeerAuthentication is for it
  labels: {istio-injection: enabled}
---
apiVersion: v1
kind: Namespace
metadata:
  name: b
  labels: {istio-injection: enabled}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: default
  namespace: b
spec: {} #~ spec.mtls.mode: No mode is set
---
apiVersion: v1
kind: Namespace
metadata: {name: c}
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Namespace
metadata: {name: a, labels: {istio.io/rev: stable}}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: istio-system}
spec: {mtls: {mode: STRICT}}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: web, namespace: a}
spec: {selector: {matchLabels: {app: web}}}
",
        ),
        fixture(
            "apiVersion: v1
kind: Namespace
metadata:
  name: a #? whether plain text is taken is not known
  labels: {istio-injection: enabled}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: web, namespace: b}
spec: {selector: {matchLabels: {app: web}}} #? No mode is set here
",
        ),
    ],
};

const ROOT: Parameter =
    parameter("root_namespace", Default::Text("istio-system"), "the namespace whose settings are for the whole mesh");

fn check_object(object: &Object<'_>, findings: &mut Findings<'_>) {
    let spec = |key| object.value.at(&["spec", key]);
    match (object.group(), &*object.kind) {
        ("security.istio.io", "PeerAuthentication") => {
            let ports = spec("portLevelMtls").into_iter().flat_map(Value::entries).map(|(_, port)| port);
            let modes = spec("mtls").into_iter().chain(ports).filter_map(|mtls| mtls.get("mode"));
            for mode in modes.filter(|mode| matches!(&*mode.text(), "PERMISSIVE" | "DISABLE")) {
                findings.report(
                    Finding::at(mode)
                        .message("The mode is `{value}`: plain text is taken, and who sends it is not known")
                        .replace("STRICT"),
                );
            }
        }
        ("networking.istio.io", "DestinationRule") => {
            let subsets =
                spec("subsets").into_iter().flat_map(Value::items).filter_map(|subset| subset.get("trafficPolicy"));
            for policy in spec("trafficPolicy").into_iter().chain(subsets) {
                let ports = policy.get("portLevelSettings").into_iter().flat_map(Value::items);
                let modes = [policy].into_iter().chain(ports).filter_map(|settings| settings.at(&["tls", "mode"]));
                for mode in modes.filter(|mode| mode.text() == "DISABLE") {
                    findings.report(
                        Finding::at(mode)
                            .message("Clients in the mesh send plain text to this host: anybody on the way reads it")
                            .replace("ISTIO_MUTUAL"),
                    );
                }
            }
        }
        ("policy.linkerd.io", "Server") => {
            if let Some(policy) = spec("accessPolicy").filter(|policy| policy.text() == "all-unauthenticated") {
                findings.report(Finding::at(policy).message(UNAUTHENTICATED));
            }
        }
        ("", "Namespace") => {
            let policy = object.annotation("config.linkerd.io/default-inbound-policy");
            match policy {
                Some(policy) if policy.text() == "all-unauthenticated" => {
                    findings.report(Finding::at(policy).message(UNAUTHENTICATED));
                }
                Some(_) => {}
                None => findings.not_applicable(),
            }
        }
        _ => findings.not_applicable(),
    }
}

const UNAUTHENTICATED: &str = "Everybody is let in without an identity: the policy is `{value}`";

/// A namespace, and the modes that objects for all of its pods set.
type Modes<'i> = BTreeMap<Symbol, &'i PeerAuthenticationFact>;

fn check_inventory(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let root = inventory.symbols.intern(findings.findings.text(&ROOT));
    let facts = &inventory.facts.mesh.peer_authentications;
    let whole = facts.iter().filter(|fact| fact.selector.is_none());
    let modes: Modes<'_> = whole.map(|fact| (inventory.namespace(fact.resource), fact)).collect();
    for fact in facts.iter().filter(|fact| fact.mode == MutualTls::Unset) {
        findings.looked_at(fact.resource);
        let namespace = inventory.namespace(fact.resource);
        let above = [namespace]
            .into_iter()
            .filter(|_| fact.selector.is_some())
            .chain([root].into_iter().filter(|root| *root != namespace || fact.selector.is_some()));
        if above.filter_map(|name| modes.get(&name)).any(|above| above.mode != MutualTls::Unset) {
            continue;
        }
        let finding = Finding::at_place(fact.place);
        findings.report(fact.resource, match inventory.complete {
            true => finding.message("No mode is set, here or above: plain text is taken"),
            false => finding
                .severity(Severity::Info)
                .message("No mode is set here, and what is above is not in the input: whether plain text is taken is not known")
                .skip(),
        });
    }
    for namespace in &inventory.facts.namespaces {
        if mesh::of_namespace(inventory, &namespace.mesh) != Some(Mesh::Istio) {
            continue;
        }
        findings.looked_at(namespace.resource);
        let name = inventory.resource(namespace.resource).name;
        if modes.contains_key(&name) || modes.contains_key(&root) {
            continue;
        }
        let finding = Finding::at_place(namespace.place).value(inventory.symbols.text(name));
        findings.report(namespace.resource, match inventory.complete {
            true => finding.message("Namespace `{value}` is in the mesh, and no PeerAuthentication is for it: plain text is taken"),
            false => finding
                .severity(Severity::Info)
                .message("Namespace `{value}` is in the mesh, and no PeerAuthentication of the input is for it: whether plain text is taken is not known")
                .skip(),
        });
    }
}
