//! `image-reference-ambiguous`

use model::control::{Check, Control, fixture, fixture_with, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::image_reference::ImageReference;
use model::parameter::{Default, Parameter, required};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "image-reference-ambiguous",
    title: "Image reference relies on short-name or search registries",
    severity: Severity::Low,
    severity_reason: "resolved per node; squatting",
    rationale: "A name without a registry is completed by each node from its own list of search registries. Who registers the name in the one that is asked first decides what runs.",
    remediation: "Write the registry: `docker.io/library/nginx:1.27` for `nginx:1.27`.",
    verify: "kubectl get pods -A -o json | jq -r '.items[].spec | (.initContainers // []) + .containers | .[].image' | grep -vE '^[^/]*[.:][^/]*/|^localhost/'",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K07")],
    references: &["https://www.redhat.com/en/blog/container-image-short-names"],
    umbrella: false,
    fix: FixClass::Safe,
    parameters: &[REQUIRE_HOST],
    check: Check::Workload(check),
    fixtures: &[
        fixture_with(
            &[("require_host", "true")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: nginx:1.27 #~ low spec.containers[0].image: Container `app` runs `nginx:1.27`
",
        ),
        fixture_with(
            &[("require_host", "true")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: docker.io/library/nginx:1.27
",
        ),
        fixture_with(
            &[("require_host", "true")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: a
      image: acme/app:1 #~ low
    - name: b
      image: localhost/app:1
    - name: c
      image: registry:5000/app:1
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
      image: nginx:1.27
",
        ),
    ],
};

const REQUIRE_HOST: Parameter =
    required("require_host", Default::Switch(false), "whether images must be written with their registry");

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for container in &workload.pod.containers {
        let Some(image) = container.image.filter(|image| !image.text().is_empty()) else { continue };
        let text = image.text();
        let reference = ImageReference::parse(&text);
        if reference.has_host() {
            continue;
        }
        let (host, path) = reference.normalized();
        let rest = &text[reference.repository.len()..];
        let message = "Container `{container}` runs `{value}`, which each node looks for in registries of its own";
        let finding = Finding::at(image).container(container).message(message);
        findings.report(finding.replace(format!("{host}/{path}{rest}")));
    }
}
