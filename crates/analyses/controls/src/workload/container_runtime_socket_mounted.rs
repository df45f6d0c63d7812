//! `container-runtime-socket-mounted`

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
    id: "container-runtime-socket-mounted",
    title: "Container runtime socket is mounted",
    severity: Severity::Critical,
    severity_reason: "API of the runtime = root on the node",
    rationale: "Who talks to the socket of the container runtime starts privileged containers on the node: it is root on the node, whatever the pod's own security context says, and whether or not the mount is read-only.",
    remediation: "Remove the volume and its mounts. Build images with a builder that needs no socket, and read metrics from the runtime's own endpoint.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.volumes[]?; .hostPath.path // \"\" | test(\"docker.sock|containerd.sock|crio.sock\"))) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kubescape", "C-0074"),
        alias("trivy", "KSV-0006"),
        alias("kube-linter", "docker-sock"),
        alias("checkov", "CKV_K8S_27"),
        alias("kubesec", "DockerSock"),
        alias("kubeaudit", "mounts"),
        alias("datree", "CONTAINERS_INCORRECT_PATH_VALUE_DOCKERSOCKET"),
        alias("kyverno", "disallow-container-sock-mounts"),
        alias("kyverno", "docker-socket-check"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.2.11"),
        maps("nsa-cisa", "pod-security"),
        maps("mitre", "T1610"),
        maps("mitre", "T1611"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-190", "4.5.5"),
        maps("nist-800-53", "AC-6"),
    ],
    references: &[],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[SOCKETS],
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
        path: /var/run/docker.sock #~ critical spec.volumes[0].hostPath.path: Container `app` mounts
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
        path: /run/ #~ mounts
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
        path: / #~ mounts
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
        path: /run/containerd/../docker.sock #~ mounts
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
    - name: v
      hostPath:
        path: /var/run/docker.sock #~ medium
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
        path: /var/run/docker.sock.d
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
  hostPath: {path: /var/run}
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
        claimName: claim
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
  csi: {driver: d}
",
        ),
        fixture_with(
            &[("sockets", "/run/own.sock")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      volumeMounts:
        - name: a
          mountPath: /a
  volumes:
    - name: a
      hostPath:
        path: /run/own.sock #~ Container `app` mounts
    - name: b
      hostPath:
        path: /var/run/docker.sock
",
        ),
    ],
};

const SOCKETS: Parameter = parameter(
    "sockets",
    Default::List(&[
        "/run/buildkit/buildkitd.sock",
        "/run/containerd/containerd.sock",
        "/run/cri-dockerd.sock",
        "/run/crio/crio.sock",
        "/run/docker.sock",
        "/run/k3s/containerd/containerd.sock",
        "/run/podman/podman.sock",
        "/var/run/containerd/containerd.sock",
        "/var/run/cri-dockerd.sock",
        "/var/run/crio/crio.sock",
        "/var/run/docker.sock",
    ]),
    "paths of sockets of container runtimes",
);

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let sockets = findings.list(&SOCKETS);
    for host_path in host_paths::of(&workload.pod).filter(|host_path| holds_socket(&host_path.path, sockets)) {
        let finding = Finding::at(host_path.place);
        let finding = match workload.pod.mounts_of(&host_path.volume.name).next() {
            Some((container, _)) => finding.container(container).message(MOUNTED),
            None => finding.severity(Severity::Medium).message(NOT_MOUNTED),
        };
        findings.report(finding);
    }
}

const MOUNTED: &str = "Container `{container}` mounts `{value}`, where the socket of the container runtime is: it can be root on the node";
const NOT_MOUNTED: &str =
    "Pod has the volume `{value}`, where the socket of the container runtime is; no container mounts it";

fn check_claims(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let sockets = findings.findings.list(&SOCKETS);
    for claimed in host_paths::claimed(inventory).iter().filter(|claimed| holds_socket(&claimed.path, sockets)) {
        let finding = Finding::at_place(claimed.claim.place).value(claimed.path.clone());
        let message = "The claim leads to `{value}` of the node, where the socket of the container runtime is";
        let finding = finding.message(message);
        let mounted = claimed.claim.mounted;
        findings.report(claimed.resource, if mounted { finding } else { finding.severity(Severity::Medium) });
    }
}

fn holds_socket(path: &str, sockets: Words<'_>) -> bool {
    sockets.iter().any(|socket| host_paths::is_at_or_above(path, socket))
}
