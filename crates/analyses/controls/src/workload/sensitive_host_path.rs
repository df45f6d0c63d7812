//! `sensitive-host-path`

use model::control::InventoryFindings;
use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::parameter::{Default, Parameter, Words, parameter};
use model::severity::Severity;
use model::workload::Workload;

use super::host_paths;

/// The control.
pub static CONTROL: Control = Control {
    id: "sensitive-host-path",
    title: "Pod mounts a sensitive node directory",
    severity: Severity::Critical,
    severity_reason: "holds credentials or code executed by root on the node",
    rationale: "The directory holds credentials of the node, or files that root on the node runs: static pods, unit files, binaries, the files of other pods. Reading it gives identities away; writing it gives the node.",
    remediation: "Remove the volume, or narrow it to the one file that is needed, read-only.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.volumes[]?; .hostPath.path // \"\" | test(\"^/(etc|proc|sys|root|var/run|run|var/lib/kubelet)?(/|$)\"))) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kube-linter", "sensitive-host-mounts"),
        alias("kubeaudit", "mounts"),
        alias("polaris", "hostPathSet"),
        alias("kubescape", "C-0048"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.2.11"),
        maps("nsa-cisa", "pod-security"),
        maps("mitre", "T1611"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-190", "4.5.5"),
        maps("nist-800-53", "AC-6"),
    ],
    references: &[],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[PATHS],
    check: Check::WorkloadAndInventory(check, check_claims),
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
      volumeMounts:
        - name: v
          mountPath: /mnt
  volumes:
    - name: v
      hostPath:
        path: /etc/kubernetes/pki/.. #~ critical spec.volumes[0].hostPath.path: Pod has `/etc/kubernetes/pki/..`
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
      volumeMounts:
        - name: v
          mountPath: /mnt
  volumes:
    - name: v
      hostPath:
        path: /srv/data
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
      volumeMounts:
        - name: v
          mountPath: /mnt
  volumes:
    - name: v
      hostPath:
        path: / #~ Pod has
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
      volumeMounts:
        - name: v
          mountPath: /mnt
  volumes:
    - name: v
      hostPath:
        path: /var #~ Pod has
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
      volumeMounts:
        - name: v
          mountPath: /mnt
  volumes:
    - name: v
      hostPath:
        path: /var/log/pods/ #~ Pod has
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
      volumeMounts:
        - name: v
          mountPath: /mnt
  volumes:
    - name: v
      hostPath:
        path: /data/../etc//cron.d #~ Pod has
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
      volumeMounts:
        - name: v
          mountPath: /mnt
  volumes:
    - name: v
      hostPath:
        path: /etcetera
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
      volumeMounts:
        - name: v
          mountPath: /mnt
  volumes:
    - name: v
      persistentVolumeClaim:
        claimName: claim #~ critical
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: claim
spec:
  volumeName: volume
---
apiVersion: v1
kind: PersistentVolume
metadata:
  name: volume
spec:
  local: {path: /etc}
",
        ),
        fixture_with(
            &[("paths", "/data/keys")],
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
      hostPath:
        path: /data #~ Pod has `/data` of its node
    - name: b
      hostPath:
        path: /etc
",
        ),
    ],
};

/// What is sensitive.
pub(crate) const PATHS: Parameter = parameter(
    "paths",
    Default::List(&[
        "/boot",
        "/dev",
        "/etc",
        "/etc/kubernetes",
        "/home",
        "/lib",
        "/lib64",
        "/opt/cni",
        "/proc",
        "/root",
        "/run",
        "/sys",
        "/usr",
        "/var/lib/containerd",
        "/var/lib/docker",
        "/var/lib/etcd",
        "/var/lib/kubelet",
        "/var/log",
        "/var/run",
    ]),
    "paths that hold credentials or what root on the node runs",
);

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let paths = findings.list(&PATHS);
    for host_path in host_paths::of(&workload.pod).filter(|host_path| is_sensitive(&host_path.path, paths)) {
        let message = "Pod has `{value}` of its node, which holds credentials or what root on the node runs";
        findings.report(Finding::at(host_path.place).message(message));
    }
}

fn check_claims(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let paths = findings.findings.list(&PATHS);
    for claimed in host_paths::claimed(inventory).iter().filter(|claimed| is_sensitive(&claimed.path, paths)) {
        let message = "The claim leads to `{value}` of the node, which holds credentials or what root on the node runs";
        findings.report(
            claimed.resource,
            Finding::at_place(claimed.claim.place).value(claimed.path.clone()).message(message),
        );
    }
}

/// Whether a clean path is one that holds credentials or what root runs, or is above or below one.
pub(crate) fn is_sensitive(path: &str, paths: Words<'_>) -> bool {
    path == "/"
        || paths.iter().any(|known| host_paths::is_at_or_above(path, known) || host_paths::is_at_or_above(known, path))
}
