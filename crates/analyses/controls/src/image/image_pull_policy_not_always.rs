//! `image-pull-policy-not-always`

use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::image_reference::ImageReference;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "image-pull-policy-not-always",
    title: "Mutable image is not re-pulled",
    severity: Severity::Low,
    severity_reason: "old or another tenant's cached image is used",
    rationale: "A node that has the image already does not ask the registry again: it runs what it pulled months ago under the same tag, or what another tenant pulled with credentials that this pod does not have.",
    remediation: "Set `imagePullPolicy: Always`, or pin the image to a digest: then what is cached is what is meant.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | .spec | (.initContainers // []) + .containers | .[] | select(.imagePullPolicy != \"Always\" and (.image | contains(\"@sha\") | not)) | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.name)\"'",
    aliases: &[alias("kubescape", "C-0075"), alias("polaris", "pullPolicyNotAlways"), alias("kube-score", "container-image-pull-policy"), alias("checkov", "CKV_K8S_15"), alias("kyverno", "imagepullpolicy-always")],
    mappings: &[maps("owasp-k8s-top10", "K07"), maps("nist-800-190", "4.2.2")],
    references: &["https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy", "https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#alwayspullimages"],
    umbrella: false,
    fix: FixClass::Safe,
    parameters: &[DIGEST_PASSES],
    check: Check::Workload(check),
    fixtures: &[fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1.4
      imagePullPolicy: IfNotPresent #~ low spec.containers[0].imagePullPolicy: Container `app` runs what the node has cached of `app:1.4`
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1.4
      imagePullPolicy: Always
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  initContainers:
    - name: latest
      image: app:latest
    - name: untagged
      image: registry:5000/app
    - name: tagged #~ low spec.initContainers[2].imagePullPolicy: Container `tagged`
      image: app:1
  containers:
    - name: pinned
      image: app:1@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      imagePullPolicy: IfNotPresent
    - name: latest
      image: app:latest
      imagePullPolicy: IfNotPresent #~ low spec.containers[1].imagePullPolicy
    - name: never
      image: app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      imagePullPolicy: Never #~ medium spec.containers[2].imagePullPolicy: Container `never` never pulls
"), fixture_with(&[("digest_passes", "false")], "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app #~ low
      image: app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
")],
};

const DIGEST_PASSES: Parameter =
    parameter("digest_passes", Default::Switch(true), "whether an image with a digest needs no `Always`");

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let digest_passes = findings.switch(&DIGEST_PASSES);
    for container in &workload.pod.containers {
        let text = container.image.map(|image| image.text()).unwrap_or_default();
        let reference = ImageReference::parse(&text);
        let has_digest = reference.digest.is_some_and(|digest| !digest.is_empty());
        let policy = container.image_pull_policy;
        let written = policy.map(|policy| policy.text()).unwrap_or_default();
        if text.is_empty() || written == "Always" {
            continue;
        }
        if written == "Never" {
            let message =
                "Container `{container}` never pulls `{value}`: it runs whatever the node has under that name";
            let place = policy.map_or_else(|| Finding::missing(container.value, "imagePullPolicy"), Finding::at);
            findings.report(place.container(container).value(text).severity(Severity::Medium).message(message));
            continue;
        }
        // The API server sets `Always` for `latest` and for no tag, and `IfNotPresent` for the rest.
        let is_latest = !has_digest && reference.tag.is_none_or(|tag| tag.is_empty() || tag == "latest");
        if (has_digest && digest_passes) || (written.is_empty() && is_latest) {
            continue;
        }
        let message = "Container `{container}` runs what the node has cached of `{value}`, without asking the registry";
        let finding = match policy {
            Some(policy) => Finding::at(policy).replace("Always"),
            None => Finding::missing(container.value, "imagePullPolicy").insert("imagePullPolicy: Always"),
        };
        findings.report(finding.container(container).value(text).message(message));
    }
}
