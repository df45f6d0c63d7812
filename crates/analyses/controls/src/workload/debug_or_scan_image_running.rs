//! `debug-or-scan-image-running`

use model::control::{Check, Control, fixture, fixture_with, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::image_reference::ImageReference;
use model::parameter::{Default, Parameter, parameter};
use model::pod::ContainerList;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "debug-or-scan-image-running",
    title: "Attack or debug toolbox image is running",
    severity: Severity::Low,
    severity_reason: "ready-made tooling",
    rationale: "An image full of tools for looking around saves whoever breaks in the trouble of bringing their own.",
    remediation: "Take the workload away; attach a debug container for as long as it is needed.",
    verify: "kubectl get pods -A -o json | jq -r '.items[].spec.containers[].image' | grep -E 'netshoot|kali|peirates|amicontained'",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K01"), maps("mitre", "T1610")],
    references: &["https://attack.mitre.org/techniques/T1610/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[IMAGES, ALLOW_NAMESPACES],
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
      image: nicolaka/netshoot:v0.13 #~ low spec.containers[0].image: Container `app` runs `nicolaka/netshoot:v0.13`
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
  ephemeralContainers:
    - name: debug
      image: nicolaka/netshoot
",
        ),
        fixture_with(
            &[("allow_namespaces", "lab")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
  namespace: lab
spec:
  containers:
    - name: app
      image: nicolaka/netshoot
",
        ),
    ],
};

const IMAGES: Parameter = parameter(
    "images",
    Default::List(&[
        "netshoot",
        "kali-linux",
        "kali-rolling",
        "peirates",
        "kubectl",
        "busybox-debug",
        "cdk",
        "amicontained",
    ]),
    "images, by the last part of their name",
);
const ALLOW_NAMESPACES: Parameter =
    parameter("allow_namespaces", Default::List(&[]), "namespaces in which such images are welcome");

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let images = findings.list(&IMAGES);
    if findings.list(&ALLOW_NAMESPACES).contains(&workload.object.namespace()) {
        return;
    }
    for container in workload.pod.containers.iter().filter(|container| container.list != ContainerList::Ephemeral) {
        let Some(image) = container.image else { continue };
        let text = image.text();
        if images.contains(ImageReference::parse(&text).basename()) {
            let message = "Container `{container}` runs `{value}`, a box of tools for whoever breaks in";
            findings.report(Finding::at(image).container(container).message(message));
        }
    }
}
