//! `volume-type-restricted`

use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;

use crate::pod_security::checks::volumes::ALLOWED;

/// The control.
pub static CONTROL: Control = Control {
    id: "volume-type-restricted",
    title: "Pod uses a volume type outside the restricted set",
    severity: Severity::Medium,
    severity_reason: "in-tree and host-backed drivers run node code with pod-chosen parameters",
    rationale: "Drivers built into Kubernetes run on the node with parameters that the pod chooses, and host paths are the node itself. The restricted set leaves only volumes that cannot reach around the container.",
    remediation: "Move the data to a PersistentVolumeClaim with a CSI driver, or to one of configMap, secret, projected, downwardAPI, emptyDir, ephemeral, image.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.volumes[]?; has(\"hostPath\") or has(\"nfs\") or has(\"iscsi\") or has(\"cephfs\"))) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("trivy", "KSV-0028"),
        alias("trivy", "KSV-0121"),
        alias("gatekeeper", "K8sPSPVolumeTypes"),
        alias("gatekeeper", "K8sPSPFlexVolumes"),
        alias("kyverno", "restrict-volume-types"),
        alias("kubewarden", "volumes-psp-policy"),
        alias("kubewarden", "flexvolume-drivers-psp-policy"),
        alias("pss", "restrictedVolumes"),
    ],
    mappings: &[
        maps("nsa-cisa", "pod-security"),
        maps("pss", "restricted"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-53", "CM-7"),
    ],
    references: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[EXTRA, FORBIDDEN],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
  volumes:
    - name: data
      nfs: {server: nfs.example.com, path: /} #~ medium spec.volumes[0]
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
  volumes:
    - name: data
      persistentVolumeClaim: {claimName: data}
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
  volumes:
    - name: empty
    - name: image
      image: {reference: a}
    - name: host
      hostPath: {path: /} #~ `hostPath`
    - name: other
      surprise: {} #~ `surprise`
",
        ),
        fixture(
            "apiVersion: kubevirt.io/v1
kind: VirtualMachineInstance
metadata: {name: a}
spec:
  volumes:
    - name: a
      containerDisk: {image: a}
    - name: b
      cloudInitNoCloud: {userData: a}
    - name: c
      hostDisk: {path: /a, type: Disk} #~ Volume `c` is of type `hostDisk`
",
        ),
        fixture_with(
            &[("extra_allowed", "nfs"), ("forbidden_extra", "emptyDir")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
  volumes:
    - name: a
      nfs:
        server: s
        path: /
    - name: b
      emptyDir: {} #~ Volume `b` is of type `emptyDir`
    - name: c
      hostPath: #~ Volume `c`
        path: /x
",
        ),
    ],
};

const EXTRA: Parameter =
    parameter("extra_allowed", Default::List(&[]), "types beyond the restricted set that volumes may have");
const FORBIDDEN: Parameter =
    parameter("forbidden_extra", Default::List(&[]), "types of the restricted set that volumes must not have");

/// Disks that KubeVirt makes of what it downloads or is given: no volumes of the pod. A `hostDisk` is a path of the node.
const DISKS: &[&str] = &[
    "cloudInitConfigDrive",
    "cloudInitNoCloud",
    "containerDisk",
    "dataVolume",
    "downwardMetrics",
    "memoryDump",
    "serviceAccount",
    "sysprep",
];

fn is_of_a_machine(workload: &Workload<'_>, type_name: &str) -> bool {
    matches!(workload.object.group(), "kubevirt.io" | "pool.kubevirt.io") && DISKS.contains(&type_name)
}

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for volume in &workload.pod.volumes {
        // A volume without a source is an emptyDir.
        let Some((kind, _)) = volume.source else { continue };
        let is_allowed = ALLOWED.iter().any(|allowed| volume.source_of(allowed).is_some());
        let type_name = kind.text();
        if is_of_a_machine(workload, &type_name) {
            continue;
        }
        let is_forbidden = findings.list(&FORBIDDEN).contains(&type_name);
        if is_forbidden || (!is_allowed && !findings.list(&EXTRA).contains(&type_name)) {
            let message =
                format!("Volume `{}` is of type `{{value}}`, which is outside the restricted set", volume.name);
            findings.report(Finding::at(kind).message(message));
        }
    }
}
