//! `image-tag-mutable`

use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::image_reference::ImageReference;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "image-tag-mutable",
    title: "Image is referenced by latest or without a tag",
    severity: Severity::Medium,
    severity_reason: "content changes under the same name",
    rationale: "What a mutable name points at changes: two pods of one workload may run different programs, and whoever can push the tag decides what runs next.",
    remediation: "Name a version that is never pushed again, or better the digest that was tested: `image: name:1.4.2@sha256:…`.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | .spec.containers[].image | select(test(\"@\") | not) | select((split(\"/\") | last | test(\":\") | not) or endswith(\":latest\"))' | sort -u",
    aliases: &[
        alias("trivy", "KSV-0013"),
        alias("kube-linter", "latest-tag"),
        alias("polaris", "tagNotSpecified"),
        alias("kube-score", "container-image-tag"),
        alias("checkov", "CKV_K8S_14"),
        alias("kubeaudit", "image"),
        alias("datree", "CONTAINERS_MISSING_IMAGE_VALUE_VERSION"),
        alias("gatekeeper", "K8sDisallowedTags"),
        alias("kyverno", "disallow-latest-tag"),
        alias("kubewarden", "trusted-repos-policy"),
        alias("prowler", "core_image_tag_fixed"),
    ],
    mappings: &[
        maps("owasp-k8s-top10", "K01"),
        maps("owasp-k8s-top10", "K07"),
        maps("nist-800-190", "4.2.2"),
        maps("nist-800-53", "CM-2"),
        maps("nist-800-53", "SI-7"),
    ],
    references: &[],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[FORBIDDEN],
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
      image: app:latest #~ medium spec.containers[0].image: Container `app` runs `app:latest`
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
      image: app:1.4.2
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
      image: registry.example.com:5000/app #~ has no tag
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
      image: app:latest@sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  ephemeralContainers:
    - name: app
      image: app #~ has no tag
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
      image: ''
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  initContainers:
    - name: a
      image: 'app:' #~ Container `a` runs `app:`, which has no tag
    - name: b
      image: app@ #~ Container `b` runs `app@`, which has no tag
",
        ),
        fixture_with(
            &[("forbidden_tags", "stable, edge")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: a
      image: app:edge #~ Container `a`
    - name: b
      image: app:1
",
        ),
    ],
};

const FORBIDDEN: Parameter = parameter("forbidden_tags", Default::List(&["latest"]), "tags that are known to be moved");

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let mut images = 0;
    for container in &workload.pod.containers {
        // Templates of custom resources may leave the image to their controller.
        let Some(image) = container.image.filter(|image| !image.text().is_empty()) else { continue };
        images += 1;
        let text = image.text();
        let reference = ImageReference::parse(&text);
        // A `:` or `@` with nothing after it names nothing.
        let is_written = |part: &&str| !part.is_empty();
        let message = match (reference.digest.filter(is_written), reference.tag.filter(is_written)) {
            (Some(_), _) => continue,
            (None, None) => {
                "Container `{container}` runs `{value}`, which has no tag: it is `latest`, whatever that is"
            }
            (None, Some(tag)) if findings.list(&FORBIDDEN).contains(tag) => {
                "Container `{container}` runs `{value}`: what the tag points at changes"
            }
            (None, Some(_)) => continue,
        };
        findings.report(Finding::at(image).container(container).message(message));
    }
    if images == 0 {
        findings.not_applicable();
    }
}
