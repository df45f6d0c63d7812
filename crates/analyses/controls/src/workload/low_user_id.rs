//! `low-user-id`

use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "low-user-id",
    title: "Container runs with a low user id",
    severity: Severity::Low,
    severity_reason: "low UIDs collide with node accounts when isolation breaks",
    rationale: "If isolation breaks, a low user of the container is that of an account of the node: files and processes of that account are open to whoever got out.",
    remediation: "Set `runAsUser` to 10000 or more, as the owner of the files in the image.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(any(.spec.containers[]; (.securityContext.runAsUser // empty) < 10000)) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("trivy", "KSV-0020"),
        alias("kube-score", "container-security-context-user-group-id"),
        alias("checkov", "CKV_K8S_40"),
        alias("kubesec", "RunAsUser"),
        alias("datree", "CONTAINERS_INCORRECT_RUNASUSER_VALUE_LOWUID"),
        alias("kyverno", "require-unique-uid-per-workload"),
        alias("kyverno", "validate-userid-groupid-fsgroup"),
    ],
    mappings: &[maps("owasp-k8s-top10", "K01"), maps("nist-800-190", "4.4.3")],
    references: &["https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[MIN, REQUIRE_SET],
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
        runAsUser: 1000 #~ low spec.containers[0].securityContext.runAsUser: Container `app` runs as user 1000
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
        runAsUser: 10000
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    runAsUser: 999 #~ low spec.securityContext.runAsUser: Container `app`
  containers:
    - name: app
      image: app:1
    - name: other
      image: app:1
      securityContext:
        runAsUser: 20000
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
        fixture_with(
            &[("require_set", "true")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app #~ low
      image: app:1
",
        ),
        fixture_with(
            &[("min_uid", "100")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      securityContext:
        runAsUser: 1000
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  hostUsers: false
  securityContext:
    runAsUser: 999
  containers:
    - name: app
      image: app:1
",
        ),
    ],
};

const MIN: Parameter = parameter("min_uid", Default::Number(Some(10_000)), "the lowest user that is not low");
const REQUIRE_SET: Parameter = parameter("require_set", Default::Switch(false), "whether one must be set");

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    // In a user namespace of its own the number is another one on the node.
    if workload.pod.has_user_namespace() {
        return;
    }
    let min = findings.number(&MIN).unwrap_or(0);
    for container in &workload.pod.containers {
        match workload.pod.effective(container, |context| context.run_as_user) {
            Some(value) if value.as_int().is_some_and(|number| number < min) => {
                let message = "Container `{container}` runs as user {value}, which may be an account of the node";
                findings.report(Finding::at(value).container(container).message(message));
            }
            None if findings.switch(&REQUIRE_SET) => {
                let message = "Container `{container}` runs as whatever user its image says";
                let finding = Finding::missing(container.value, "securityContext.runAsUser");
                findings.report(finding.container(container).message(message));
            }
            _ => {}
        }
    }
}
