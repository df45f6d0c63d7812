//! `writable-host-path`

use model::control::InventoryFindings;
use model::control::{Check, Control, alias, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::inventory::Inventory;
use model::severity::Severity;
use model::workload::Workload;

use super::host_paths;

/// The control.
pub static CONTROL: Control = Control {
    id: "writable-host-path",
    title: "Node directory is mounted writable",
    severity: Severity::High,
    severity_reason: "writing node files (cron, static pods, binaries) gives node control",
    rationale: "Who writes files of the node waits for root to run or read them: cron entries, static pods, binaries, keys of SSH. It is a way from the container to the node that needs no bug.",
    remediation: "Set `readOnly: true` at the mount (and `recursiveReadOnly: IfPossible`), or use another kind of volume.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select([.spec.volumes[]? | select(.hostPath) | .name] as $v | any(.spec.containers[].volumeMounts[]?; (.name | IN($v[])) and .readOnly != true)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kubescape", "C-0045"),
        alias("kube-linter", "writable-host-mount"),
        alias("datree", "EKS_INVALID_HOSTPATH_MOUNT_READONLY_VALUE"),
        alias("kyverno", "ensure-readonly-hostpath"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.2.11"),
        maps("nsa-cisa", "pod-security"),
        maps("mitre", "T1611"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.5.5"),
        maps("nist-800-53", "AC-6"),
        maps("nist-800-53", "SI-7"),
    ],
    references: &[],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[],
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
        - name: v #~ high spec.containers[0].volumeMounts[0].readOnly: Container `app` can write
          mountPath: /mnt
          recursiveReadOnly: IfPossible
  volumes:
    - name: v
      hostPath:
        path: /srv
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
          readOnly: true
          recursiveReadOnly: IfPossible
  volumes:
    - name: v
      hostPath:
        path: /srv
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
        path: /srv
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
          subPath: x
          readOnly: false #~ high
  volumes:
    - name: v
      hostPath:
        path: /srv
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
        - name: v #~ low
          mountPath: /mnt
          readOnly: true
  volumes:
    - name: v
      hostPath:
        path: /srv
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
        - name: v #~ through a claim
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
  hostPath: {path: /srv}
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
          readOnly: true
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
  hostPath: {path: /srv}
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
      volumeDevices:
        - name: v #~ through a claim
          devicePath: /dev/x
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
  volumeMode: Block
  local: {path: /dev/sda}
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
          readOnly: true
          recursiveReadOnly: Disabled #~ low spec.containers[0].volumeMounts[0].recursiveReadOnly: Container `app` cannot
  volumes:
    - name: v
      hostPath:
        path: /srv
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  initContainers:
    - name: first
      image: app:1
      restartPolicy: Always
      volumeMounts:
        - name: v #~ high spec.initContainers[0].volumeMounts[0].readOnly: Container `first` can write
          mountPath: /mnt
  containers:
    - name: app
      image: app:1
  ephemeralContainers:
    - name: debug
      image: app:1
      volumeMounts:
        - name: v #~ high spec.ephemeralContainers[0].volumeMounts[0].readOnly: Container `debug` can write
          mountPath: /mnt
  volumes:
    - name: v
      hostPath:
        path: /srv
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
        readOnly: true
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
  hostPath: {path: /srv}
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: a
spec:
  containers:
    - name: app
      image: app:1
      volumeMounts:
        - name: v #~ high spec.containers[0].volumeMounts[0].name: Container `app` can write to `/srv`
          mountPath: /mnt
  volumes:
    - name: v
      persistentVolumeClaim:
        claimName: claim
---
apiVersion: v1
kind: PersistentVolume
metadata:
  name: volume
spec:
  claimRef: {namespace: a, name: claim}
  local: {path: /srv}
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: b
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
kind: PersistentVolume
metadata:
  name: volume
spec:
  claimRef: {namespace: a, name: claim}
  local: {path: /srv}
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let pod = &workload.pod;
    for host_path in host_paths::of(pod) {
        for (container, mount) in pod.mounts_of(&host_path.volume.name) {
            let path = host_path.path.clone();
            if host_paths::is_writable(mount) {
                let finding = match mount.get("readOnly") {
                    Some(value) => Finding::at(value).replace("true"),
                    None => Finding::missing(mount, "readOnly").insert("readOnly: true"),
                };
                let message = "Container `{container}` can write to `{value}` of its node";
                findings.report(finding.value(path).container(container).message(message));
            } else {
                let finding = match mount.get("recursiveReadOnly") {
                    Some(value) if matches!(&*value.text(), "Enabled" | "IfPossible") => continue,
                    Some(value) => Finding::at(value).replace("IfPossible"),
                    None => Finding::missing(mount, "recursiveReadOnly").insert("recursiveReadOnly: IfPossible"),
                };
                let message =
                    "Container `{container}` cannot write to `{value}` of its node, but to what is mounted below it";
                findings.report(finding.value(path).container(container).severity(Severity::Low).message(message));
            }
        }
    }
}

fn check_claims(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    for claimed in host_paths::claimed(inventory) {
        let written = claimed.claim.writable.or(claimed.claim.device.filter(|_| claimed.block));
        if let Some((container, place)) = written {
            let message = "Container `{container}` can write to `{value}` of its node, through a claim";
            let finding = Finding::at_place(place).value(claimed.path.clone());
            let name = inventory.symbols.text(container);
            findings.report(claimed.resource, finding.container_name(name).message(message));
        }
    }
}
