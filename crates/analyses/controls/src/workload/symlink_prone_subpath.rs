//! `symlink-prone-subpath`

use model::control::{Check, Control, alias, fixture};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "symlink-prone-subpath",
    title: "Volume is mounted with a subPath",
    severity: Severity::Info,
    severity_reason: "class of CVE-2021-25741 and later subPath flaws",
    rationale: "Holes in how the kubelet follows links under `subPath` have let pods out to the node more than once: a pod that can write to the volume puts the link there.",
    remediation: "Mount the whole volume, or make the mount read-only.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.containers[].volumeMounts[]?; .subPath or .subPathExpr)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("datree", "CONTAINER_CVE2021_25741_INCORRECT_SUBPATH_KEY")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
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
      volumeMounts:
        - name: data
          mountPath: /data
          subPath: app #~ info spec.containers[0].volumeMounts[0].subPath: Container `app` mounts `app`
  volumes:
    - name: data
      emptyDir: {}
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
        - name: data
          mountPath: /data
  volumes:
    - name: data
      emptyDir: {}
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
        - name: data
          mountPath: /data
          subPath: app
        - name: other
          mountPath: /o
          subPath: x
          readOnly: true
  volumes:
    - name: data
      configMap:
        name: x
    - name: other
      emptyDir: {}
",
        ),
    ],
};

/// Sources that nobody in the pod can write to.
const READ_ONLY: [&str; 5] = ["configMap", "secret", "projected", "downwardAPI", "image"];

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let pod = &workload.pod;
    for container in &pod.containers {
        for mount in container.volume_mounts.into_iter().flat_map(Value::items) {
            let Some(path) = mount.get("subPath").or_else(|| mount.get("subPathExpr")) else { continue };
            let volume = mount.get("name").and_then(|name| pod.volume(&name.text()));
            let is_fixed = volume.is_some_and(|volume| READ_ONLY.iter().any(|kind| volume.source_of(kind).is_some()));
            let is_read_only = mount.get("readOnly").and_then(Value::as_bool) == Some(true);
            if !is_fixed && !is_read_only && !path.text().is_empty() {
                let message = "Container `{container}` mounts `{value}` of a volume that it can write to";
                findings.report(Finding::at(path).container(container).message(message));
            }
        }
    }
}
