//! `image-volume-unpinned`

use super::super::image::registries;
use super::image_registry_not_allowed::{ALLOWED, CONTROL as REGISTRIES, DENIED};
use model::control::{Check, Control, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::image_reference::ImageReference;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "image-volume-unpinned",
    title: "Image volume is not pinned or not from an allowed registry",
    severity: Severity::Medium,
    severity_reason: "content mounted into the container changes silently",
    rationale: "What an image volume holds appears in the container as files: models, plugins, programs. If the tag moves, the next pod of the same template has other files, and no manifest has changed.",
    remediation: "Pin `volumes[].image.reference` to a digest, take it from an allowed registry, and leave `pullPolicy` at `IfNotPresent` or `Always`.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | .spec.volumes[]? | select(.image) | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.image.reference)\"'",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K07"), maps("nist-800-190", "4.1.5"), maps("nist-800-53", "SI-7")],
    references: &["https://kubernetes.io/docs/concepts/storage/volumes/#image"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[],
    check: Check::Workload(check),
    fixtures: &[fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
  volumes:
    - name: model
      image:
        reference: registry.example.com/model:1 #~ medium spec.volumes[0].image.reference: The volume takes files from `registry.example.com/model:1`, which can
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
  volumes:
    - name: model
      image:
        reference: registry.example.com/model:1@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
  volumes:
    - name: model
      image:
        reference: model@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
        pullPolicy: Never #~ medium spec.volumes[0].image.pullPolicy: The volume has whatever the node has
")],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    // The lists of registries are those of the control that is about them.
    let allowed = findings.settings.list(REGISTRIES.id, &ALLOWED);
    let denied = findings.settings.list(REGISTRIES.id, &DENIED);
    let mut volumes = 0;
    for image in workload.pod.volumes.iter().filter_map(|volume| volume.source_of("image")) {
        volumes += 1;
        if let Some(reference) = image.get("reference") {
            let text = reference.text();
            let message = if !registries::is_allowed(&text, allowed, denied) {
                Some("The volume takes files from `{value}`, a registry that is not allowed")
            } else if !ImageReference::parse(&text).is_pinned() {
                Some("The volume takes files from `{value}`, which can be pushed again with others")
            } else {
                None
            };
            if let Some(message) = message {
                findings.report(Finding::at(reference).message(message));
            }
        }
        if let Some(policy) = image.get("pullPolicy").filter(|policy| policy.text() == "Never") {
            let message = "The volume has whatever the node has under that name: it is never pulled";
            findings.report(Finding::at(policy).message(message));
        }
    }
    if volumes == 0 {
        findings.not_applicable();
    }
}
