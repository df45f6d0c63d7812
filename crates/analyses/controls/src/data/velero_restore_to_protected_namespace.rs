//! `velero-restore-to-protected-namespace`

use model::control::{Check, Control, alias, fixture};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "velero-restore-to-protected-namespace",
    title: "Restore targets a protected namespace",
    severity: Severity::Medium,
    severity_reason: "overwrites system objects",
    rationale: "A restore writes the objects of a backup into the namespace: what runs there and what it may do is then what somebody put into the backup.",
    remediation: "Restore into a namespace of its own, look at what is there, and move what is needed.",
    verify: "kubectl get restores.velero.io -A -o json | jq -r '.items[] | \"\\(.metadata.name) \\(.spec.namespaceMapping // {}) \\(.spec.includedNamespaces // [])\"'",
    aliases: &[alias("kyverno", "block-velero-restore")],
    mappings: &[],
    references: &["https://velero.io/docs/main/api-types/restore/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[PROTECTED],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: velero.io/v1
kind: Restore
metadata:
  name: r
spec:
  backupName: b
  includedNamespaces:
    - kube-system #~ medium spec.includedNamespaces[0]: The restore writes into `kube-system`
",
        ),
        fixture(
            "apiVersion: velero.io/v1
kind: Restore
metadata:
  name: r
spec:
  backupName: b
  includedNamespaces:
    - shop
",
        ),
        fixture(
            "apiVersion: velero.io/v1
kind: Restore
metadata:
  name: r
spec:
  backupName: b
  includedNamespaces: [kube-system, shop]
  namespaceMapping:
    kube-system: restored
    shop: kube-node-lease #~ medium spec.namespaceMapping.shop
",
        ),
    ],
};

const PROTECTED: Parameter = parameter(
    "protected",
    Default::List(&["kube-system", "kube-node-lease"]),
    "namespaces that nothing is restored into",
);

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !object.is("velero.io", "Restore") {
        return findings.not_applicable();
    }
    let protected = findings.list(&PROTECTED);
    let mapping = object.value.at(&["spec", "namespaceMapping"]);
    let targets = mapping.into_iter().flat_map(Value::entries).map(|(_, target)| target);
    // A namespace that is mapped is restored to where the mapping leads.
    let is_mapped = |name: &str| mapping.is_some_and(|mapping| mapping.get(name).is_some());
    let included = object.value.at(&["spec", "includedNamespaces"]).into_iter().flat_map(Value::items);
    let included = included.filter(|name| !is_mapped(&name.text()));
    for target in targets.chain(included).filter(|target| protected.contains(&target.text())) {
        let message = "The restore writes into `{value}`: what a backup holds replaces what the system runs on";
        findings.report(Finding::at(target).message(message));
    }
}
