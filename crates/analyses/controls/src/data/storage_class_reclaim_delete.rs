//! `storage-class-reclaim-delete`

use model::control::{Check, Control, alias, fixture, fixture_with};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::parameter::{Default, Parameter, required};
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "storage-class-reclaim-delete",
    title: "Storage class deletes data on release",
    severity: Severity::Info,
    severity_reason: "data loss",
    rationale: "When a claim is deleted, by mistake or by somebody who wants to do harm, the volume and everything on it go with it.",
    remediation: "Set `reclaimPolicy: Retain` on classes whose data must outlive their claims.",
    verify: "kubectl get storageclass -o custom-columns=NAME:.metadata.name,RECLAIM:.reclaimPolicy",
    aliases: &[alias("kyverno", "restrict-storageclass")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reclaiming"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[RETAIN],
    check: Check::Object(check),
    fixtures: &[
        fixture_with(
            &[("retain_required", "true")],
            "apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fast
provisioner: ebs.csi.aws.com
reclaimPolicy: Delete #~ info reclaimPolicy: Volumes of this class are deleted
",
        ),
        fixture_with(
            &[("retain_required", "true")],
            "apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fast
provisioner: ebs.csi.aws.com
reclaimPolicy: Retain
",
        ),
        fixture_with(
            &[("retain_required", "true")],
            "apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fast #~ info reclaimPolicy
provisioner: ebs.csi.aws.com
",
        ),
        fixture(
            "apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fast
provisioner: ebs.csi.aws.com
",
        ),
    ],
};

const RETAIN: Parameter =
    required("retain_required", Default::Switch(false), "whether data must outlive the claims for it");

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !object.is("storage.k8s.io", "StorageClass") {
        return findings.not_applicable();
    }
    let policy = object.value.get("reclaimPolicy");
    if policy.is_some_and(|policy| policy.text() != "Delete") {
        return;
    }
    let message = "Volumes of this class are deleted with their claims";
    let finding = match policy {
        Some(policy) => Finding::at(policy).replace("Retain"),
        None => Finding::missing(object.value, "reclaimPolicy").insert("reclaimPolicy: Retain"),
    };
    findings.report(finding.message(message));
}
