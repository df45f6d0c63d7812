//! `ingress-nginx-end-of-life`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::image_reference::ImageReference;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "ingress-nginx-end-of-life",
    title: "ingress-nginx controller is end of life or vulnerable",
    severity: Severity::High,
    severity_reason: "no fixes; CVE-2025-1974 allows cluster takeover from the pod network",
    rationale: "The project is retired: holes that are found now stay open. Versions before 1.11.5 and 1.12.1 let anybody who reaches the admission controller from the pod network run code in it (CVE-2025-1974), and with that read all Secrets of the cluster.",
    remediation: "Move to a controller that is maintained, or to the Gateway API. Until then run 1.12.1 or newer, and let nobody but the API server reach the admission webhook.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | .spec.containers[] | select(.image | test(\"ingress-nginx/controller|nginx-ingress-controller\")) | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.image)\"'",
    aliases: &[alias("kubescape", "C-0292"), alias("kyverno", "check-ingress-nginx-controller-version-and-annotation-policy")],
    mappings: &[maps("owasp-k8s-top10", "K07"), maps("nist-800-53", "SA-22"), maps("nist-800-53", "SI-2")],
    references: &["https://kubernetes.io/blog/2025/03/24/ingress-nginx-cve-2025-1974/", "https://kubernetes.io/blog/2025/11/11/ingress-nginx-retirement/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[MIN_FIXED],
    check: Check::Workload(check),
    fixtures: &[fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: registry.k8s.io/ingress-nginx/controller:v1.11.2 #~ critical spec.containers[0].image: Container `app` runs `registry.k8s.io/ingress-nginx/controller:v1.11.2`, which any pod
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: registry.example.com/gateway:1.2
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: a
      image: registry.k8s.io/ingress-nginx/controller:v1.11.5 #~ which is retired: what
    - name: b
      image: registry.k8s.io/ingress-nginx/controller:v1.12.0@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 #~ critical
    - name: c
      image: registry.k8s.io/ingress-nginx/controller:v1.13.0 #~ medium
    - name: d
      image: quay.io/kubernetes-ingress-controller/nginx-ingress-controller:0.33.0 #~ critical
    - name: e
      image: registry.k8s.io/ingress-nginx/controller@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 #~ may be one
    - name: f
      image: nginx/nginx-ingress:3.4
"), fixture("apiVersion: v1
kind: Pod
metadata:
  name: app
  labels:
    app.kubernetes.io/version: 1.12.1
spec:
  containers:
    - name: app
      image: registry.k8s.io/ingress-nginx/controller@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 #~ medium
")],
};

const MIN_FIXED: Parameter = parameter(
    "min_fixed",
    Default::List(&["1.11.5", "1.12.1"]),
    "the first version of each line that has the fix for CVE-2025-1974",
);

/// The label in which charts leave the version.
const VERSION: &str = "app.kubernetes.io/version";

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let mut controllers = 0;
    for container in &workload.pod.containers {
        let Some(image) = container.image else { continue };
        let text = image.text();
        let reference = ImageReference::parse(&text);
        let is_controller = reference.repository.ends_with("ingress-nginx/controller")
            || matches!(reference.basename(), "nginx-ingress-controller" | "controller-chroot");
        if !is_controller {
            continue;
        }
        controllers += 1;
        let label = || workload.pod.labels().chain(workload.object.labels()).find(|(key, _)| key.is_key(VERSION));
        let labelled = label().map(|(_, value): (Value<'_>, _)| value.text());
        let version = reference.tag.and_then(parse).or_else(|| labelled.as_deref().and_then(parse));
        let finding = Finding::at(image).container(container);
        let fixed: Vec<[u32; 3]> = findings.list(&MIN_FIXED).iter().filter_map(parse).collect();
        findings.report(match version {
            None => finding.message(
                "Container `{container}` runs `{value}`, which is retired and may be one that pods of the cluster can take over",
            ),
            Some(version) if is_fixed(version, &fixed) => finding
                .severity(Severity::Medium)
                .message("Container `{container}` runs `{value}`, which is retired: what is found in it is no longer mended"),
            Some(_) => finding
                .severity(Severity::Critical)
                .message("Container `{container}` runs `{value}`, which any pod of the cluster can take over (CVE-2025-1974)"),
        });
    }
    if controllers == 0 {
        findings.not_applicable();
    }
}

/// The three numbers of a version such as `v1.11.2-debian-12-r0`.
fn parse(text: &str) -> Option<[u32; 3]> {
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let text = text.strip_prefix("controller-v").unwrap_or(text);
    let core = text.split(['-', '+', '_']).next()?;
    let mut numbers = core.split('.').map(|part| part.parse().ok());
    Some([numbers.next()??, numbers.next()??, numbers.next().unwrap_or(Some(0))?])
}

/// Whether a version is at or after the fix of its line, or of a line after all that have one.
fn is_fixed(version: [u32; 3], fixed: &[[u32; 3]]) -> bool {
    let same_line = fixed.iter().find(|fix| fix[..2] == version[..2]);
    let newest = fixed.iter().max();
    same_line.or(newest).is_some_and(|fix| version >= *fix)
}
