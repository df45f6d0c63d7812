//! `bootstrap-tokens-in-use`

use model::control::{Check, Control, alias, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "bootstrap-tokens-in-use",
    title: "Bootstrap tokens remain valid",
    severity: Severity::Medium,
    severity_reason: "join a node as kubelet",
    rationale: "A bootstrap token lets a machine join as a node; a node has the Secrets of the pods that come to it.",
    remediation: "Delete the Secret when the nodes have joined, and give every token an `expiration`.",
    verify: "kubectl -n kube-system get secrets --field-selector type=bootstrap.kubernetes.io/token",
    aliases: &[alias("kubescape", "C-0288")],
    mappings: &[maps("cis-kubernetes", "3.1.3"), maps("owasp-k8s-top10", "K09"), maps("nist-800-53", "IA-5")],
    references: &["https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Secret
metadata:
  name: bootstrap-token-abcdef
  namespace: kube-system
type: bootstrap.kubernetes.io/token #~ medium type
stringData:
  token-id: abcdef
",
        ),
        fixture(
            "apiVersion: v1
kind: Secret
metadata:
  name: bootstrap-token-abcdef
  namespace: kube-system
type: Opaque
stringData:
  token-id: abcdef
",
        ),
        fixture(
            "apiVersion: v1
kind: Secret
metadata:
  name: bootstrap-token-abcdef
  namespace: kube-system
type: bootstrap.kubernetes.io/token #? type
stringData:
  token-id: abcdef
  expiration: '2030-01-01T00:00:00Z'
",
        ),
    ],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let kind = object.value.get("type").filter(|kind| kind.text() == "bootstrap.kubernetes.io/token");
    let Some(kind) = kind.filter(|_| object.kind == "Secret" && object.namespace() == "kube-system") else {
        return findings.not_applicable();
    };
    let ends = ["data", "stringData"].iter().any(|key| object.value.at(&[key, "expiration"]).is_some());
    let finding = Finding::at(kind);
    findings.report(match ends {
        true => finding.skip().message("The token ends at a time that is not compared with today's"),
        false => finding.message("The token never ends: whoever has it joins a machine as a node"),
    });
}
