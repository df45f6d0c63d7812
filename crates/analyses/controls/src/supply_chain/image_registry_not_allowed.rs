//! `image-registry-not-allowed`

use super::super::image::registries;
use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, required};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "image-registry-not-allowed",
    title: "Image comes from a registry that is not allowed",
    severity: Severity::Medium,
    severity_reason: "unreviewed origin",
    rationale: "An image from a registry that nobody reviewed runs code that nobody reviewed: a typing error, a name that somebody else registered, or a mirror that has been taken over is enough.",
    remediation: "Copy the image into a registry of the list, and write that reference. Let the cluster refuse others at admission.",
    verify: "kubectl get pods -A -o json | jq -r '.items[].spec | (.initContainers // []) + .containers | .[].image' | sort | uniq -c",
    aliases: &[
        alias("kubescape", "C-0001"),
        alias("kubescape", "C-0078"),
        alias("kubescape", "C-0304"),
        alias("trivy", "KSV-0125"),
        alias("gatekeeper", "K8sAllowedRepos"),
        alias("gatekeeper", "K8sAllowedReposv2"),
        alias("gatekeeper", "K8sDisallowedRepos"),
        alias("kyverno", "restrict-image-registries"),
        alias("kyverno", "advanced-restrict-image-registries"),
        alias("kyverno", "allowed-image-repos"),
        alias("kyverno", "require-image-source"),
        alias("kyverno", "only-trustworthy-registries-set-root"),
        alias("kubewarden", "trusted-repos-policy"),
        alias("kubewarden", "ControllerImageName"),
    ],
    mappings: &[
        maps("nsa-cisa", "pod-security"),
        maps("owasp-k8s-top10", "K07"),
        maps("nist-800-190", "4.1.5"),
        maps("nist-800-190", "4.2.1"),
        maps("nist-800-53", "CM-7"),
        maps("nist-800-53", "SI-7"),
        maps("mitre", "T1204.003"),
        maps("cis-gke", "5.1.4"),
        maps("cis-aks", "5.1.4"),
        maps("cis-eks", "5.1.4"),
    ],
    references: &["https://kubernetes.io/docs/concepts/containers/images/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[ALLOWED, DENIED],
    check: Check::Workload(check),
    fixtures: &[
        fixture_with(
            &[("allowed", "ghcr.io/acme, *.example.com")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: ghcr.io/acme-evil/app:1 #~ medium spec.containers[0].image: Container `app` runs `ghcr.io/acme-evil/app:1`
",
        ),
        fixture_with(
            &[("allowed", "ghcr.io/acme, *.example.com")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: ghcr.io/acme/app:1
",
        ),
        fixture_with(
            &[("allowed", "ghcr.io/acme, *.example.com")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  initContainers:
    - name: init
      image: nginx:1 #~ spec.initContainers[0].image
    - name: mirror
      image: mirror.example.com/library/nginx:1
    - name: host
      image: GHCR.IO/acme/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  containers:
    - name: app
      image: evil-example.com/app:1 #~ spec.containers[0].image
  volumes:
    - name: model
      image:
        reference: quay.io/models/llm #~ spec.volumes[0].image.reference
",
        ),
        fixture_with(
            &[("allowed", "docker.io/library")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: nginx
    - name: other
      image: acme/nginx #~ spec.containers[1].image
",
        ),
        fixture_with(
            &[("denied", "docker.io")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: nginx #~ spec.containers[0].image
    - name: other
      image: ghcr.io/acme/nginx
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
      image: anything.example.org/app:1
",
        ),
    ],
};

/// Registries and repositories that images may come from.
pub(crate) const ALLOWED: Parameter = required(
    "allowed",
    Default::List(&[]),
    "registries and repositories that images may come from, such as `ghcr.io/acme` or `*.example.com`",
);

/// Registries and repositories that images must not come from.
pub(crate) const DENIED: Parameter =
    required("denied", Default::List(&[]), "registries and repositories that images must not come from");

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let (allowed, denied) = (findings.list(&ALLOWED), findings.list(&DENIED));
    let is_wrong = |image: Value<'_>| {
        let text = image.text();
        !text.is_empty() && !registries::is_allowed(&text, allowed, denied)
    };
    let mut images = 0;
    for container in &workload.pod.containers {
        let Some(image) = container.image else { continue };
        images += 1;
        if is_wrong(image) {
            let message = "Container `{container}` runs `{value}`, which is from a registry that is not allowed";
            findings.report(Finding::at(image).container(container).message(message));
        }
    }
    for volume in &workload.pod.volumes {
        let Some(image) = volume.source_of("image").and_then(|source| source.get("reference")) else { continue };
        images += 1;
        if is_wrong(image) {
            let message = "Pod mounts the image `{value}`, which is from a registry that is not allowed";
            findings.report(Finding::at(image).message(message));
        }
    }
    if images == 0 {
        findings.not_applicable();
    }
}
