//! `image-not-pinned-to-digest`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::image_reference::ImageReference;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "image-not-pinned-to-digest",
    title: "Image is not pinned to a digest",
    severity: Severity::Low,
    severity_reason: "tag can be re-pushed",
    rationale: "Whoever may push to the repository, or takes over an account that may, points the tag at another image. Every node that pulls after that runs it, and nothing in the manifest has changed.",
    remediation: "Write the digest behind the tag, `app:1.4@sha256:…`: the tag tells people, the digest tells machines. Renovate and Dependabot keep both current.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | .spec | (.initContainers // []) + .containers | .[] | select(.image | contains(\"@sha\") | not) | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.image)\"'",
    aliases: &[alias("kubescape", "C-0306"), alias("kubescape", "C-0304"), alias("checkov", "CKV_K8S_43"), alias("datree", "CONTAINERS_MISSING_IMAGE_VALUE_DIGEST"), alias("gatekeeper", "K8sImageDigests"), alias("kyverno", "require-image-checksum")],
    mappings: &[maps("owasp-k8s-top10", "K07"), maps("nist-800-190", "4.1.5"), maps("nist-800-190", "4.2.2"), maps("nist-800-53", "CM-2"), maps("nist-800-53", "SI-7"), maps("mitre", "T1525")],
    references: &["https://kubernetes.io/docs/concepts/containers/images/#image-names"],
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
      image: registry.example.com/app:1.4 #~ low spec.containers[0].image: Container `app` runs `registry.example.com/app:1.4`
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: registry.example.com/app:1.4@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  initContainers:
    - name: init
      image: init@sha256:9f86d081 #~ spec.initContainers[0].image: Container `init`
  containers:
    - name: app
      image: app@sha512:ee26b0dd4af7e749aa1a8ee3c10ae9923f618980772e473f8819a5d4940e0db27ac185f8a0e1d5f84f88bc887fd67b143732c304cc5fa9ad8e6f57f50028a8ff
  ephemeralContainers:
    - name: debug
      image: busybox #~ spec.ephemeralContainers[0].image
  volumes:
    - name: model
      image:
        reference: models/llm:1 #~ spec.volumes[0].image.reference: Pod mounts the image `models/llm:1`
")],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let mut images = 0;
    for container in &workload.pod.containers {
        let Some(image) = container.image.filter(|image| !image.text().is_empty()) else { continue };
        images += 1;
        if !is_pinned(image) {
            let message = "Container `{container}` runs `{value}`: the tag can be pushed again with something else";
            findings.report(Finding::at(image).container(container).message(message));
        }
    }
    for volume in &workload.pod.volumes {
        let Some(image) = volume.source_of("image").and_then(|source| source.get("reference")) else { continue };
        images += 1;
        if !is_pinned(image) {
            let message = "Pod mounts the image `{value}`: the tag can be pushed again with something else";
            findings.report(Finding::at(image).message(message));
        }
    }
    if images == 0 {
        findings.not_applicable();
    }
}

fn is_pinned(image: Value<'_>) -> bool {
    ImageReference::parse(&image.text()).is_pinned()
}
