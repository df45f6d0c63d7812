//! `persistent-volume-unencrypted`

use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "persistent-volume-unencrypted",
    title: "Volume storage class does not encrypt",
    severity: Severity::Medium,
    severity_reason: "data readable from disk or snapshot",
    rationale: "Who takes a disk, a snapshot of it or a backup of the node reads what is on it. Encryption by the storage makes those copies worthless without the key.",
    remediation: "Make a StorageClass with encryption (`encrypted: \"true\"` for EBS, Ceph and Longhorn) and move the data to volumes of it: encryption cannot be switched on for a volume that is there.",
    verify: "kubectl get storageclass -o json | jq -r '.items[] | \"\\(.metadata.name) \\(.provisioner) \\(.parameters // {})\"'",
    aliases: &[alias("kubescape", "C-0264")],
    mappings: &[maps("owasp-k8s-top10", "K03"), maps("nist-800-53", "SC-28")],
    references: &[
        "https://docs.aws.amazon.com/eks/latest/best-practices/data-encryption-and-secrets-management.html",
        "https://kubernetes.io/docs/concepts/storage/storage-classes/",
    ],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[CUSTOMER_KEY],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fast
provisioner: ebs.csi.aws.com
parameters:
  encrypted: \"false\" #~ medium parameters.encrypted: Volumes of this class are written to disk as they are
",
        ),
        fixture(
            "apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fast
provisioner: ebs.csi.aws.com
parameters:
  encrypted: \"true\"
",
        ),
        // The driver compares with `true` as it is written.
        fixture(
            "apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fast
provisioner: ebs.csi.aws.com
parameters:
  encrypted: \"True\" #~ medium parameters.encrypted
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: replicated
provisioner: driver.longhorn.io
parameters:
  encrypted: \"True\"
",
        ),
        fixture(
            "apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fast #~ medium parameters.encrypted
provisioner: rook-ceph.rbd.csi.ceph.com
",
        ),
        fixture(
            "apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fast
provisioner: pd.csi.storage.gke.io
",
        ),
        fixture_with(
            &[("require_customer_key", "true")],
            "apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fast
provisioner: disk.csi.azure.com #~ medium provisioner: Volumes of this class are encrypted with a key of the provider
",
        ),
        fixture_with(
            &[("require_customer_key", "true")],
            "apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fast
provisioner: disk.csi.azure.com
parameters:
  diskEncryptionSetID: /subscriptions/x
",
        ),
        fixture(
            "apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: fast
provisioner: nfs.csi.k8s.io #? is not known
",
        ),
    ],
};

const CUSTOMER_KEY: Parameter =
    parameter("require_customer_key", Default::Switch(false), "whether the key must be one that the owner manages");

/// What is known of a driver.
struct Driver {
    /// The end of the provisioner's name: some are prefixed with the namespace of their operator.
    name: &'static str,
    /// The parameter that switches encryption on; `None` if there is no switching it off.
    switch: Option<&'static str>,
    /// The texts that switch it on.
    yes: &'static [&'static str],
    /// The parameter that names a key of the owner.
    key: &'static str,
}

/// What the drivers of Amazon compare with.
const LITERAL: &[&str] = &["true"];
/// What Go's `strconv.ParseBool` takes for true.
const PARSED: &[&str] = &["1", "t", "T", "TRUE", "true", "True"];

const DRIVERS: &[Driver] = &[
    Driver { name: "ebs.csi.aws.com", switch: Some("encrypted"), yes: LITERAL, key: "kmsKeyId" },
    Driver { name: "ebs.csi.eks.amazonaws.com", switch: Some("encrypted"), yes: LITERAL, key: "kmsKeyId" },
    Driver { name: "kubernetes.io/aws-ebs", switch: Some("encrypted"), yes: PARSED, key: "kmsKeyId" },
    Driver { name: "disk.csi.azure.com", switch: None, yes: &[], key: "diskEncryptionSetID" },
    Driver { name: "kubernetes.io/azure-disk", switch: None, yes: &[], key: "diskEncryptionSetID" },
    Driver { name: "pd.csi.storage.gke.io", switch: None, yes: &[], key: "disk-encryption-kms-key" },
    Driver { name: "rbd.csi.ceph.com", switch: Some("encrypted"), yes: PARSED, key: "encryptionKMSID" },
    Driver { name: "cephfs.csi.ceph.com", switch: Some("encrypted"), yes: PARSED, key: "encryptionKMSID" },
    Driver {
        name: "driver.longhorn.io",
        switch: Some("encrypted"),
        yes: PARSED,
        key: "csi.storage.k8s.io/node-publish-secret-name",
    },
];

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !object.is("storage.k8s.io", "StorageClass") {
        return findings.not_applicable();
    }
    let Some(provisioner) = object.value.get("provisioner") else { return };
    let name = provisioner.text();
    let is_driver = |driver: &&Driver| {
        name.strip_suffix(driver.name).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    let Some(driver) = DRIVERS.iter().find(is_driver) else {
        let message = "Whether volumes of `{value}` are encrypted is not known";
        return findings.report(Finding::at(provisioner).message(message).skip());
    };
    // Drivers read the names of parameters without regard to case.
    let parameters = || object.value.get("parameters").into_iter().flat_map(Value::entries);
    let parameter =
        |wanted: &str| parameters().find(|(key, _)| key.text().eq_ignore_ascii_case(wanted)).map(|(_, v)| v);
    if let Some(switch) = driver.switch {
        let value = parameter(switch);
        if !value.is_some_and(|value| driver.yes.contains(&&*value.text())) {
            let message =
                "Volumes of this class are written to disk as they are, unless the account encrypts all disks";
            let finding = match value {
                Some(value) => Finding::at(value).replace("\"true\""),
                None => Finding::missing(object.value, "parameters.encrypted"),
            };
            return findings.report(finding.message(message));
        }
    }
    if findings.switch(&CUSTOMER_KEY) && parameter(driver.key).is_none_or(|key| key.text().is_empty()) {
        let message = "Volumes of this class are encrypted with a key of the provider, not with one of the owner";
        findings.report(Finding::at(provisioner).message(message));
    }
}
