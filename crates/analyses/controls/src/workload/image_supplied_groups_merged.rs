//! `image-supplied-groups-merged`

use model::control::{Check, Control, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "image-supplied-groups-merged",
    title: "Supplemental groups of the image are added silently",
    severity: Severity::Info,
    severity_reason: "/etc/group of the image extends the granted groups",
    rationale: "Groups that `/etc/group` of the image gives the user are added to those of the manifest: access that was meant to be narrow is as wide as the author of the image likes.",
    remediation: "Set `supplementalGroupsPolicy: Strict` where the nodes support it (Kubernetes 1.33 and later).",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.securityContext.supplementalGroupsPolicy != \"Strict\" and (.spec.securityContext.fsGroup or .spec.securityContext.supplementalGroups)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[],
    mappings: &[maps("owasp-k8s-top10", "K01")],
    references: &[
        "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/#supplementalgroupspolicy",
    ],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    fsGroup: 2000
    supplementalGroupsPolicy: Merge #~ info spec.securityContext.supplementalGroupsPolicy: Groups that the image gives
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
  securityContext:
    fsGroup: 2000
    supplementalGroupsPolicy: Strict
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
  securityContext: #~ info
    runAsUser: 1000
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
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    runAsNonRoot: true
  containers:
    - name: app
      image: app:1
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    if workload.pod.is_windows() {
        return findings.not_applicable();
    }
    let Some(context) = &workload.pod.security_context else { return };
    let restricts = context.run_as_user.or(context.fs_group).or(context.supplemental_groups).is_some();
    let policy = context.value.get("supplementalGroupsPolicy");
    if !restricts || policy.is_some_and(|policy| policy.text() == "Strict") {
        return;
    }
    let message = "Groups that the image gives the user are added to those that are written here";
    let finding = match policy {
        Some(policy) => Finding::at(policy).replace("Strict"),
        None => Finding::missing(workload.pod.spec, "securityContext.supplementalGroupsPolicy"),
    };
    findings.report(finding.message(message));
}
