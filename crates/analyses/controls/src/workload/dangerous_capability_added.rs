//! `dangerous-capability-added`

use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;

use super::capabilities;

/// The control.
pub static CONTROL: Control = Control {
    id: "dangerous-capability-added",
    title: "Container adds a capability that allows escape or node control",
    severity: Severity::Critical,
    severity_reason: "SYS_ADMIN, SYS_MODULE, SYS_PTRACE and the like are as good as privileged mode",
    rationale: "With this capability code in the container mounts file systems, loads kernel modules, reads the memory of other processes or rewrites the network of the node: it is as good as privileged.",
    remediation: "Delete the entry from `capabilities.add`. Do what needs it outside of the pod, or in an agent with an owner and an exception.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | (.spec.initContainers // []) + .spec.containers + (.spec.ephemeralContainers // []) | .[] | select(.securityContext.capabilities.add // [] | any(test(\"^(CAP_)?(ALL|SYS_ADMIN|SYS_MODULE|SYS_PTRACE|SYS_RAWIO|SYS_BOOT|SYS_TIME|BPF|PERFMON|NET_ADMIN|DAC_READ_SEARCH|MAC_ADMIN|MAC_OVERRIDE|SYSLOG)$\"; \"i\"))) | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.name)\"'",
    aliases: &[
        alias("kubescape", "C-0046"),
        alias("trivy", "KSV-0005"),
        alias("trivy", "KSV-0120"),
        alias("polaris", "dangerousCapabilities"),
        alias("checkov", "CKV_K8S_39"),
        alias("kubesec", "CapSysAdmin"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.2.9"),
        maps("nsa-cisa", "pod-security"),
        maps("mitre", "T1068"),
        maps("mitre", "T1611"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-53", "AC-6"),
    ],
    references: &["https://man7.org/linux/man-pages/man7/capabilities.7.html"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[DANGEROUS],
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
        capabilities:
          add:
            - SYS_ADMIN #~ critical spec.containers[0].securityContext.capabilities.add[0]: Container `app` adds
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
        capabilities:
          add: []
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  ephemeralContainers:
    - name: d
      image: app:1
      securityContext:
        capabilities:
          add:
            - cap_sys_module #~ `cap_sys_module`
            - All #~ `All`
            - CHOWN
            - NET_RAW
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
      securityContext:
        capabilities:
          add:
            - ALL #~ `ALL`
            - SYS_ADMIN #~ `SYS_ADMIN`
            - SYS_MODULE #~ `SYS_MODULE`
            - SYS_PTRACE #~ `SYS_PTRACE`
            - SYS_RAWIO #~ `SYS_RAWIO`
            - SYS_BOOT #~ `SYS_BOOT`
            - SYS_TIME #~ `SYS_TIME`
            - BPF #~ `BPF`
            - PERFMON #~ `PERFMON`
            - NET_ADMIN #~ `NET_ADMIN`
            - DAC_READ_SEARCH #~ `DAC_READ_SEARCH`
            - MAC_ADMIN #~ `MAC_ADMIN`
            - MAC_OVERRIDE #~ `MAC_OVERRIDE`
            - SYSLOG #~ `SYSLOG`
            - SYS_NICE
            - SYS_ADMINISTRATOR
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
          initContainers:
            - name: setup
              restartPolicy: Always
              securityContext:
                capabilities:
                  drop: [ALL]
                  add:
                    - CAP_BPF #~ critical spec.jobTemplate.spec.template.spec.initContainers[0]
          containers:
            - name: app
              securityContext:
                capabilities:
                  drop: [SYS_ADMIN]
                  add: null
",
        ),
        fixture_with(
            &[("dangerous", "SYS_NICE")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      securityContext:
        capabilities:
          add:
            - SYS_NICE #~ Container `app` adds
            - SYS_ADMIN
",
        ),
    ],
};

const DANGEROUS: Parameter = parameter(
    "dangerous",
    Default::List(&[
        "ALL",
        "BPF",
        "DAC_READ_SEARCH",
        "MAC_ADMIN",
        "MAC_OVERRIDE",
        "NET_ADMIN",
        "PERFMON",
        "SYSLOG",
        "SYS_ADMIN",
        "SYS_BOOT",
        "SYS_MODULE",
        "SYS_PTRACE",
        "SYS_RAWIO",
        "SYS_TIME",
    ]),
    "capabilities that are as good as privileged",
);

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for container in &workload.pod.containers {
        for capability in container.added_capabilities() {
            if findings.list(&DANGEROUS).contains(&capabilities::normalize(&capability.text())) {
                findings.report(
                    Finding::at(capability)
                        .container(container)
                        .message(
                            "Container `{container}` adds the capability `{value}`, which is as good as privileged",
                        )
                        .remove(),
                );
            }
        }
    }
}
