//! `selinux-options-custom`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::severity::Severity;
use model::workload::Workload;

use crate::pod_security::checks::se_linux::TYPES;

/// The control.
pub static CONTROL: Control = Control {
    id: "selinux-options-custom",
    title: "Pod or container sets SELinux type, user or role",
    severity: Severity::Medium,
    severity_reason: "a custom type such as spc_t switches SELinux confinement off",
    rationale: "SELinux keeps containers from each other and from the node by their type. A type such as `spc_t`, or a user or role of one's own, takes that away.",
    remediation: "Delete `user` and `role`, and set `type` to `container_t` or delete it. `level` is free.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select([.spec.securityContext, ((.spec.initContainers // []) + .spec.containers + (.spec.ephemeralContainers // []) | .[].securityContext)] | any(.seLinuxOptions // {} | (.user // \"\") + (.role // \"\") != \"\" or (.type // \"\" | IN(\"\", \"container_t\", \"container_init_t\", \"container_kvm_t\", \"container_engine_t\") | not))) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("trivy", "KSV-0025"),
        alias("datree", "EKS_INVALID_SELINUXOPTIONS_TYPE_VALUE"),
        alias("datree", "EKS_INVALID_SELINUXOPTIONS_USER_VALUE"),
        alias("datree", "EKS_INVALID_SELINUXOPTIONS_ROLE_VALUE"),
        alias("gatekeeper", "K8sPSPSELinuxV2"),
        alias("kyverno", "disallow-selinux"),
        alias("kubewarden", "selinux-psp-policy"),
        alias("pss", "seLinuxOptions"),
    ],
    mappings: &[
        maps("nsa-cisa", "pod-security"),
        maps("pss", "baseline"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-53", "AC-3"),
        maps("nist-800-53", "AC-6"),
    ],
    references: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
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
  containers:
    - name: app
      image: app:1
      securityContext:
        seLinuxOptions:
          type: spc_t #~ medium spec.containers[0].securityContext.seLinuxOptions.type: Container `app` sets
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
        seLinuxOptions:
          type: container_t
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    seLinuxOptions:
      user: system_u #~ Pod sets
      role: system_r #~ Pod sets
      level: s0:c1
  containers:
    - name: app
      image: app:1
      securityContext:
        seLinuxOptions: {type: container_engine_t}
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers: [{name: app, image: app:1}]
  initContainers:
    - name: i
      image: app:1
      securityContext:
        seLinuxOptions: {type: '', user: '', role: ''}
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    seLinuxOptions:
      type: spc_t #~ medium spec.securityContext.seLinuxOptions.type: Pod sets the SELinux type `spc_t`
  containers:
    - name: app
      securityContext:
        seLinuxOptions: {type: container_kvm_t}
  ephemeralContainers:
    - name: debug
      securityContext:
        seLinuxOptions:
          type: container_init_t
          user: system_u #~ Container `debug` sets the SELinux user `system_u`
          role: null
",
        ),
        fixture(
            "apiVersion: batch/v1
kind: CronJob
metadata:
  name: app
spec:
  jobTemplate:
    spec:
      template:
        spec:
          os: {name: windows}
          initContainers:
            - name: setup
              securityContext:
                seLinuxOptions:
                  type: Container_t #~ spec.jobTemplate.spec.template.spec.initContainers[0]
                  role: r #~ Container `setup` sets the SELinux role `r`
          containers:
            - name: app
              securityContext:
                seLinuxOptions: {type: null, level: s0}
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let pod = &workload.pod;
    if let Some(options) = pod.security_context.as_ref().and_then(|context| context.se_linux_options) {
        for (value, messages) in wrong(options) {
            findings.report(Finding::at(value).message(messages.pod).remove());
        }
    }
    for container in &pod.containers {
        let Some(options) = container.security_context.as_ref().and_then(|context| context.se_linux_options) else {
            continue;
        };
        for (value, messages) in wrong(options) {
            findings.report(Finding::at(value).container(container).message(messages.container).remove());
        }
    }
}

/// What is said of one field, at either level.
struct Messages {
    pod: &'static str,
    container: &'static str,
}

const TYPE: Messages = Messages {
    pod: "Pod sets the SELinux type `{value}`, which may not confine it",
    container: "Container `{container}` sets the SELinux type `{value}`, which may not confine it",
};
const USER: Messages = Messages {
    pod: "Pod sets the SELinux user `{value}`, which may not confine it",
    container: "Container `{container}` sets the SELinux user `{value}`, which may not confine it",
};
const ROLE: Messages = Messages {
    pod: "Pod sets the SELinux role `{value}`, which may not confine it",
    container: "Container `{container}` sets the SELinux role `{value}`, which may not confine it",
};

fn wrong(options: Value<'_>) -> impl Iterator<Item = (Value<'_>, Messages)> {
    let kind = options.get("type").filter(|kind| !TYPES.contains(&&*kind.text()));
    let set = |key| options.get(key).filter(|value: &Value<'_>| !value.text().is_empty());
    let found = [(kind, TYPE), (set("user"), USER), (set("role"), ROLE)];
    found.into_iter().filter_map(|(value, messages)| Some((value?, messages)))
}
