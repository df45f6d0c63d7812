//! `empty-dir-unbounded`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::quantity;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "empty-dir-unbounded",
    title: "emptyDir has no size limit",
    severity: Severity::Low,
    severity_reason: "fills disk or memory",
    rationale: "What is written into the volume counts against nothing: it fills the disk of the node, or its memory, and the node evicts pods.",
    remediation: "Set `emptyDir.sizeLimit` to more than the program ever writes.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.volumes[]?; .emptyDir and .emptyDir.sizeLimit == null)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kyverno", "require-emptydir-requests-and-limits")],
    mappings: &[maps("nist-800-53", "SC-5")],
    references: &["https://kubernetes.io/docs/concepts/storage/volumes/#emptydir"],
    umbrella: false,
    fix: FixClass::NeedsValue,
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
  volumes:
    - name: tmp
      emptyDir: {} #~ low spec.volumes[0].emptyDir: The volume `tmp` has no limit
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
    - name: tmp
      emptyDir:
        sizeLimit: 1Gi
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
    - name: none #~ low spec.volumes[0].emptyDir: The volume `none` has no limit
    - name: null-one #~ low spec.volumes[1].emptyDir
      emptyDir: null
    - name: zero
      emptyDir: {sizeLimit: 0} #~ low spec.volumes[2].emptyDir
    - name: claim
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
      volumeMounts:
        - name: a
          mountPath: /a
    - name: limited
      image: app:1
      resources:
        limits:
          memory: 1Gi
      volumeMounts:
        - name: b
          mountPath: /b
  volumes:
    - name: a
      emptyDir: #~ medium spec.volumes[0].emptyDir: The volume `a` is in memory
        medium: Memory
    - name: b
      emptyDir: #~ low spec.volumes[1].emptyDir: The volume `b` is in memory
        medium: Memory
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let pod = &workload.pod;
    for volume in &pod.volumes {
        let source = volume.source_of("emptyDir");
        // A volume without a source is one of these, and no bytes are no limit.
        let is_bounded = source.and_then(|source| source.get("sizeLimit")).is_some_and(|limit| !is_zero(limit));
        if is_bounded || source.is_none() && volume.source.is_some() {
            continue;
        }
        let medium = source.and_then(|source| source.get("medium"));
        let in_memory = medium.is_some_and(|medium| medium.text() == "Memory");
        let is_limited = |resources: Option<Value<'_>>| {
            resources.is_some_and(|resources| resources.at(&["limits", "memory"]).is_some())
        };
        // Pages of the volume count against the limits of the containers that write them.
        let unlimited = !is_limited(pod.resources)
            && pod.mounts_of(&volume.name).any(|(container, _)| !is_limited(container.resources));
        let finding = source.map_or_else(|| Finding::missing(volume.value, "emptyDir"), Finding::at_key_of);
        let finding = finding.value(volume.name.clone());
        findings.report(if in_memory && unlimited {
            let message = "The volume `{value}` is in memory and has no limit: it may take all memory of the node";
            finding.severity(Severity::Medium).message(message)
        } else if in_memory {
            finding.message("The volume `{value}` is in memory and has no limit but that of the containers")
        } else {
            finding.message("The volume `{value}` has no limit: it may fill the disk of the node")
        });
    }
}

fn is_zero(limit: Value<'_>) -> bool {
    quantity::parse(&limit.text()) == quantity::parse("0")
}
