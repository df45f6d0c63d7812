//! `image-registry-deprecated`

use super::super::image::registries;
use model::control::{Check, Control, alias, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, Words, parameter};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "image-registry-deprecated",
    title: "Image comes from a retired registry",
    severity: Severity::Low,
    severity_reason: "frozen content, no fixes",
    rationale: "A registry that has been retired gets no fixes: its images keep the holes that were found since, and one day they are gone and pods no longer start.",
    remediation: "Pull the same image from the registry that took its place: `registry.k8s.io` for `k8s.gcr.io`.",
    verify: "kubectl get pods -A -o json | jq -r '.items[].spec | (.initContainers // []) + .containers | .[].image' | grep -E '^(k8s.gcr.io|gcr.io/google[-_]containers|quay.io/kubernetes-ingress-controller)/'",
    aliases: &[alias("kubescape", "C-0253"), alias("kyverno", "restrict-deprecated-registry")],
    mappings: &[maps("owasp-k8s-top10", "K07"), maps("nist-800-190", "4.2.2")],
    references: &["https://kubernetes.io/blog/2023/03/10/image-registry-redirect/"],
    umbrella: false,
    fix: FixClass::Safe,
    parameters: &[DEPRECATED],
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
      image: k8s.gcr.io/pause:3.9 #~ low spec.containers[0].image: Container `app` runs `k8s.gcr.io/pause:3.9`
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
      image: registry.k8s.io/pause:3.9
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: a
      image: gcr.io/google-containers/pause:3 #~ retired
    - name: b
      image: gcr.io/google-containers-mirror/pause:3
    - name: c
      image: quay.io/kubernetes-ingress-controller/nginx-ingress-controller:0.33.0 #~ retired
",
        ),
    ],
};

const DEPRECATED: Parameter = parameter(
    "deprecated",
    Default::List(&[
        "k8s.gcr.io",
        "gcr.io/google-containers",
        "gcr.io/google_containers",
        "quay.io/kubernetes-ingress-controller",
    ]),
    "registries and repositories that were retired",
);

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let deprecated = findings.list(&DEPRECATED);
    for container in &workload.pod.containers {
        let Some(image) = container.image else { continue };
        let text = image.text();
        // An empty list of what is allowed allows everything that is not denied.
        if registries::is_allowed(&text, Words::Default(&[]), deprecated) {
            continue;
        }
        let message = "Container `{container}` runs `{value}` from a retired registry, which gets no fixes";
        let finding = Finding::at(image).container(container).message(message);
        findings.report(match text.strip_prefix("k8s.gcr.io/") {
            Some(rest) => finding.replace(format!("registry.k8s.io/{rest}")),
            None => finding,
        });
    }
}
