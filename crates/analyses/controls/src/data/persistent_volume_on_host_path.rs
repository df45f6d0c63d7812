//! `persistent-volume-on-host-path`

use super::super::workload::sensitive_host_path;
use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::host_path;
use model::object::Object;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "persistent-volume-on-host-path",
    title: "PersistentVolume is backed by a node directory",
    severity: Severity::High,
    severity_reason: "Pod Security does not look through a claim: hostPath access without a hostPath volume",
    rationale: "Pod Security forbids `hostPath` volumes in pods and does not look through claims. A pod that may only use claims reads and writes a directory of the node all the same, and with it what others keep there.",
    remediation: "Use a CSI driver, or a `local` volume on a disk of its own. Let nobody but storage administrators create PersistentVolumes.",
    verify: "kubectl get pv -o json | jq -r '.items[] | select(.spec.hostPath or .spec.local) | \"\\(.metadata.name) \\(.spec.hostPath.path // .spec.local.path)\"'",
    aliases: &[alias("kyverno", "limit-hostpath-type-pv")],
    mappings: &[
        maps("mitre", "T1611"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.5.5"),
        maps("nist-800-53", "AC-6"),
    ],
    references: &["https://kubernetes.io/docs/concepts/storage/volumes/#hostpath"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[PROVISIONERS],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: PersistentVolume
metadata:
  name: v
spec:
  capacity:
    storage: 1Gi
  hostPath:
    path: /srv/data #~ high spec.hostPath.path: The volume is `/srv/data` of its node
",
        ),
        fixture(
            "apiVersion: v1
kind: PersistentVolume
metadata:
  name: v
spec:
  capacity:
    storage: 1Gi
  csi:
    driver: ebs.csi.aws.com
    volumeHandle: vol-1
",
        ),
        fixture(
            "apiVersion: v1
kind: PersistentVolume
metadata:
  name: v
spec:
  local:
    path: /mnt/disks/ssd1
",
        ),
        fixture(
            "apiVersion: v1
kind: PersistentVolume
metadata:
  name: v
spec:
  local:
    path: /var/lib/kubelet/pods #~ high spec.local.path
",
        ),
        fixture(
            "apiVersion: v1
kind: PersistentVolume
metadata:
  name: v
spec:
  claimRef:
    namespace: kube-system
    name: logs
  hostPath:
    path: /srv #~ medium spec.hostPath.path
",
        ),
        fixture(
            "apiVersion: v1
kind: PersistentVolume
metadata:
  name: v
  annotations:
    pv.kubernetes.io/provisioned-by: rancher.io/local-path
spec:
  hostPath:
    path: /opt/local-path-provisioner/pvc-1
",
        ),
    ],
};

const PROVISIONERS: Parameter = parameter(
    "allow_provisioners",
    Default::List(&["rancher.io/local-path"]),
    "provisioners of clusters of one node, whose volumes are on the node by design",
);

/// The annotation in which a provisioner leaves its name.
const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";

const SYSTEM: &[&str] = &["kube-system", "kube-public", "kube-node-lease"];

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if !object.is("", "PersistentVolume") {
        return findings.not_applicable();
    }
    let provisioner = object.annotation(PROVISIONED_BY).map(Value::text).unwrap_or_default();
    if findings.list(&PROVISIONERS).contains(&provisioner) {
        return;
    }
    let Some(spec) = object.value.get("spec") else { return };
    let paths = findings.settings.list(sensitive_host_path::CONTROL.id, &sensitive_host_path::PATHS);
    let host_path = spec.get("hostPath");
    let local = spec.get("local").filter(|local| {
        let path = local.get("path").map(Value::text).unwrap_or_default();
        sensitive_host_path::is_sensitive(&host_path::clean(&path), paths)
    });
    let Some(source) = host_path.or(local) else { return };
    // A volume that only the system's own namespaces have claimed is out of the reach of tenants.
    let claimed_by = spec.at(&["claimRef", "namespace"]).map(Value::text);
    let severity =
        if claimed_by.is_some_and(|name| SYSTEM.contains(&&*name)) { Severity::Medium } else { Severity::High };
    let message = "The volume is `{value}` of its node: a pod reaches it through a claim, past Pod Security";
    findings.report(Finding::at(source.get("path").unwrap_or(source)).severity(severity).message(message));
}
