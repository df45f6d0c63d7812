//! `root-group`

use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "root-group",
    title: "Container runs with the root group",
    severity: Severity::Low,
    severity_reason: "group 0 owns many files inside images and volumes",
    rationale: "Group 0 owns many files in images and on volumes, among them files that the owner thought only root could change.",
    remediation: "Set `runAsGroup` and `fsGroup` to numbers above 0, and take 0 out of `supplementalGroups`.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.securityContext.runAsGroup == 0 or .spec.securityContext.fsGroup == 0 or any(.spec.containers[]; .securityContext.runAsGroup == 0)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kubescape", "C-0013"),
        alias("trivy", "KSV-0116"),
        alias("kube-linter", "run-as-non-root"),
        alias("gatekeeper", "K8sPSPFSGroup"),
        alias("gatekeeper", "K8sPSPAllowedUsers"),
        alias("kyverno", "require-non-root-groups"),
        alias("kyverno", "check-fsgroup"),
        alias("kyverno", "check-supplementalgroups"),
        alias("kyverno", "psp-check-supplemental-groups"),
        alias("kubewarden", "user-group-psp-policy"),
    ],
    mappings: &[
        maps("nsa-cisa", "pod-security"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-53", "AC-6"),
    ],
    references: &["https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[UNSET_IS_ROOT],
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
      image: app:1
      securityContext:
        runAsGroup: 0 #~ low spec.containers[0].securityContext.runAsGroup: Container `app` runs with the root group
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
      securityContext:
        runAsGroup: 10000
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    runAsGroup: 0 #~ low spec.securityContext.runAsGroup: Container `app`
    fsGroup: 0 #~ low spec.securityContext.fsGroup: Volumes
    supplementalGroups: [4, 0] #~ low spec.securityContext.supplementalGroups[1]
  containers:
    - name: app
      image: app:1
",
        ),
        fixture_with(
            &[("unset_is_root", "true")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    runAsUser: 1000
  containers:
    - name: app #~ info
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
    runAsUser: 1000
  containers:
    - name: app
      image: app:1
",
        ),
    ],
};

const UNSET_IS_ROOT: Parameter = parameter(
    "unset_is_root",
    Default::Switch(false),
    "whether a user without a group is taken to have group 0, as runtimes give it unless the image says otherwise",
);

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let pod = &workload.pod;
    let is_root = |value: &Value<'_>| value.as_int() == Some(0);
    if let Some(context) = &pod.security_context {
        if let Some(group) = context.fs_group.filter(is_root) {
            findings.report(Finding::at(group).message("Volumes of the pod belong to the root group"));
        }
        for group in context.supplemental_groups.into_iter().flat_map(Value::items).filter(is_root) {
            findings.report(Finding::at(group).message("Containers of the pod are in the root group"));
        }
    }
    for container in &pod.containers {
        match pod.effective(container, |context| context.run_as_group) {
            Some(group) if is_root(&group) => {
                let message = "Container `{container}` runs with the root group";
                findings.report(Finding::at(group).container(container).message(message));
            }
            None if findings.switch(&UNSET_IS_ROOT) => {
                let user = pod.effective(container, |context| context.run_as_user);
                if user.is_some_and(|user| !is_root(&user)) {
                    let message = "Container `{container}` runs with the root group unless its image says otherwise";
                    let finding = Finding::missing(container.value, "securityContext.runAsGroup");
                    findings.report(finding.container(container).severity(Severity::Info).message(message));
                }
            }
            _ => {}
        }
    }
}
