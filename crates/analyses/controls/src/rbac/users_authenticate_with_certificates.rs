//! `users-authenticate-with-certificates`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "users-authenticate-with-certificates",
    title: "People use client certificates",
    severity: Severity::Medium,
    severity_reason: "cannot be revoked",
    rationale: "A client certificate cannot be revoked: whoever has its key is that person until it ends, also when they have left.",
    remediation: "Let people log in by OpenID Connect, and keep certificates for components.",
    verify: "kubectl get certificatesigningrequests",
    aliases: &[alias("kubescape", "C-0286")],
    mappings: &[
        maps("cis-kubernetes", "3.1.1"),
        maps("owasp-k8s-top10", "K09"),
        maps("nist-800-53", "IA-2"),
        maps("nist-800-53", "IA-5"),
        maps("cis-gke", "5.8.1"),
    ],
    references: &["https://kubernetes.io/docs/concepts/security/hardening-guide/authentication-mechanisms/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::ObjectAndInventory(check_object, check),
    fixtures: &[
        fixture(
            "apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata:
  name: jane
spec:
  signerName: kubernetes.io/kube-apiserver-client #~ medium spec.signerName
  usages: [client auth]
",
        ),
        fixture(
            "apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata:
  name: jane
spec:
  signerName: kubernetes.io/kubelet-serving
  usages: [client auth]
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - {kind: User, name: 'jane', apiGroup: rbac.authorization.k8s.io} #? subjects[0].name
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - {kind: User, name: 'oidc:jane', apiGroup: rbac.authorization.k8s.io}
",
        ),
        fixture(
            "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: b
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: view
subjects:
  - {kind: ServiceAccount, name: robot, namespace: shop}
",
        ),
    ],
};

fn check_object(object: &Object<'_>, findings: &mut Findings<'_>) {
    if object.kind != "CertificateSigningRequest" || object.group() != "certificates.k8s.io" {
        return findings.not_applicable();
    }
    let signer = object.value.at(&["spec", "signerName"]);
    if let Some(signer) = signer.filter(|signer| signer.text() == "kubernetes.io/kube-apiserver-client") {
        let message = "A client certificate is asked for of `{value}`: it is a login that cannot be revoked";
        findings.report(Finding::at(signer).message(message));
    }
}

/// How people log in is not in roles and bindings: names that look as those of an identity provider are taken to be.
fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let user = inventory.symbols.intern("User");
    for binding in &inventory.facts.bindings {
        for subject in binding.subjects.iter().filter(|subject| subject.kind == user) {
            let name = inventory.symbols.text(subject.name);
            if name.contains([':', '#', '@', '/']) {
                continue;
            }
            let message = "How `{value}` logs in is not in the input: by a certificate, if not by an identity provider";
            findings.report(binding.resource, Finding::at_place(subject.place).value(name).skip().message(message));
        }
    }
}
