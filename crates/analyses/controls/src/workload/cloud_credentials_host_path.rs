//! `cloud-credentials-host-path`

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
    id: "cloud-credentials-host-path",
    title: "Pod mounts cloud credential files of the node",
    severity: Severity::High,
    severity_reason: "gives the node identity to the pod",
    rationale: "The files are the identity of the node in the cloud. A pod that reads them acts as the node, on the account, from anywhere.",
    remediation: "Remove the volume, and give the pod an identity of its own with the workload identity of the cloud.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.volumes[]?; .hostPath.path // \"\" | test(\"[.]aws|[.]azure|azure.json|gcloud|/var/lib/cloud\"))) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kubescape", "C-0020")],
    mappings: &[maps("mitre", "T1552.001"), maps("owasp-k8s-top10", "K08"), maps("nist-800-53", "IA-5")],
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
        - name: v
          mountPath: /mnt
  volumes:
    - name: v
      hostPath:
        path: /root/.aws #~ high spec.volumes[0].hostPath.path: Pod has `/root/.aws`
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
        path: /etc/kubernetes #~ Pod has
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
        path: /home/ubuntu/.config/gcloud #~ Pod has
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
        path: /opt/app/.aws/credentials #~ Pod has
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
        path: /root/.awsome
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
        claimName: claim #~ high
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
  hostPath: {path: /var/lib/cloud}
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
        path: /srv/.awsome/.azure/ #~ Pod has
",
        ),
    ],
};

/// Absolute paths, and names that stand at the end of a path anywhere.
const PATHS: &[&str] = &["/etc/gcloud", "/etc/kubernetes/azure.json", "/var/lib/cloud"];
const NAMES: &[&str] = &["/.aws", "/.azure", "/.config/gcloud"];

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for host_path in host_paths::of(&workload.pod).filter(|host_path| holds_credentials(&host_path.path)) {
        let message = "Pod has `{value}` of its node, where the node's credentials for the cloud are";
        findings.report(Finding::at(host_path.place).message(message));
    }
}

fn check_claims(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    for claimed in host_paths::claimed(inventory).iter().filter(|claimed| holds_credentials(&claimed.path)) {
        let message = "The claim leads to `{value}` of the node, where the node's credentials for the cloud are";
        findings.report(
            claimed.resource,
            Finding::at_place(claimed.claim.place).value(claimed.path.clone()).message(message),
        );
    }
}

fn holds_credentials(path: &str) -> bool {
    PATHS.iter().any(|known| host_paths::is_at_or_above(path, known)) || holds_home_credentials(path)
}

/// A file in the directory gives as much away as the directory. What is above one that may be anywhere is not known,
/// apart from the homes of users.
fn holds_home_credentials(path: &str) -> bool {
    let ends_part = |end: usize| path.len() == end || path.as_bytes()[end] == b'/';
    NAMES.iter().any(|name| path.match_indices(name).any(|(at, _)| ends_part(at + name.len())))
        || host_paths::is_at_or_above(path, "/root")
        || path == "/home"
        || path.strip_prefix("/home/").is_some_and(|user| !user.contains('/'))
}
