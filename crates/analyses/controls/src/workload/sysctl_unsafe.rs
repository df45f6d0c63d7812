//! `sysctl-unsafe`

use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;

use crate::pod_security::checks::sysctls::ALLOWED;

/// The control.
pub static CONTROL: Control = Control {
    id: "sysctl-unsafe",
    title: "Pod sets a sysctl outside the safe set",
    severity: Severity::Medium,
    severity_reason: "node-wide or unisolated kernel settings; used in CVE-2022-0811 class escapes",
    rationale: "Sysctls outside the safe set are shared with the node or not isolated: a pod that sets them changes the kernel for its neighbours, and values that the runtime passes on unchecked have led to escapes.",
    remediation: "Delete the entry, or set it on the node by whoever runs the node.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.securityContext.sysctls != null) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("trivy", "KSV-0026"),
        alias("kube-linter", "unsafe-sysctls"),
        alias("gatekeeper", "K8sPSPForbiddenSysctls"),
        alias("kyverno", "restrict-sysctls"),
        alias("kyverno", "prevent-cr8escape"),
        alias("kubewarden", "sysctl-psp-policy"),
        alias("pss", "sysctls"),
    ],
    mappings: &[
        maps("nsa-cisa", "pod-security"),
        maps("pss", "baseline"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-53", "CM-7"),
    ],
    references: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[EXTRA],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    sysctls:
      - name: kernel.msgmax #~ medium spec.securityContext.sysctls[0].name: Pod sets the sysctl `kernel.msgmax`
        value: '65536'
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
    sysctls:
      - {name: net.ipv4.tcp_notsent_lowat, value: '1'}
      - {name: net.ipv4.ip_local_reserved_ports, value: '1'}
      - {name: kernel.shm_rmid_forced, value: '1'}
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
    sysctls:
      - {name: net/ipv4/tcp_rmem, value: '1'} #~ net/ipv4/tcp_rmem
      - name: kernel.shm_rmid_forced
        value: '1+kernel.core_pattern=|/x' #~ high
  containers:
    - name: app
      image: app:1
",
        ),
        fixture_with(
            &[("extra_allowed", "net.core.somaxconn")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    sysctls:
      - name: net.core.somaxconn
        value: \"1024\"
      - name: kernel.msgmax #~ which is outside the safe set
        value: \"1\"
  containers:
    - name: app
      image: app:1
",
        ),
    ],
};

const EXTRA: Parameter =
    parameter("extra_allowed", Default::List(&[]), "sysctls beyond the safe set that pods may set");

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let sysctls = workload.pod.security_context.as_ref().and_then(|context| context.sysctls);
    for sysctl in sysctls.into_iter().flat_map(Value::items) {
        let name = sysctl.get("name");
        match name {
            Some(name) if ALLOWED.iter().any(|(allowed, _)| name.text() == *allowed) => {}
            Some(name) if findings.list(&EXTRA).contains(&name.text()) => {}
            Some(name) => findings.report(
                Finding::at(name)
                    .message("Pod sets the sysctl `{value}`, which is outside the safe set: it may change the node")
                    .removing(sysctl),
            ),
            None => findings.report(Finding::missing(sysctl, "name").message("Pod sets a sysctl without a name")),
        }
        if let Some(value) = sysctl.get("value").filter(|value| value.text().contains(['+', '='])) {
            let message =
                "Pod sets a sysctl to a value with `+` or `=`: runtimes have passed such values on as further settings";
            findings.report(Finding::at(value).severity(Severity::High).message(message));
        }
    }
}
