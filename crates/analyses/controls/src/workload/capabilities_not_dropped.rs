//! `capabilities-not-dropped`

use model::control::{Check, Control, alias, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::pod::Container;
use model::severity::Severity;
use model::workload::Workload;

use super::capabilities::{self, Gap};

/// The control.
pub static CONTROL: Control = Control {
    id: "capabilities-not-dropped",
    title: "Container keeps default capabilities instead of dropping ALL",
    severity: Severity::Medium,
    severity_reason: "the default set (NET_RAW, MKNOD, SETUID...) is rarely needed and helps post-exploitation",
    rationale: "The default capabilities let a container forge packets, make device files and change the owner of any file of its own. Few programs need them; an attacker does.",
    remediation: "Set `capabilities.drop: [ALL]`, and add `NET_BIND_SERVICE` if the container listens below port 1024.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.os.name != \"windows\") | . as $p | (.spec.initContainers // []) + .spec.containers + (.spec.ephemeralContainers // []) | .[] | .securityContext.capabilities as $c | select(($c.drop // [] | index(\"ALL\") | not) or (($c.add // []) - [\"NET_BIND_SERVICE\"] != [])) | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.name)\"'",
    aliases: &[
        alias("kubescape", "C-0055"),
        alias("trivy", "KSV-0003"),
        alias("trivy", "KSV-0004"),
        alias("trivy", "KSV-0106"),
        alias("polaris", "linuxHardening"),
        alias("checkov", "CKV_K8S_37"),
        alias("kubesec", "CapDropAny"),
        alias("kubesec", "CapDropAll"),
        alias("kubeaudit", "capabilities"),
        alias("gatekeeper", "K8sPSPCapabilities"),
        alias("kyverno", "drop-all-capabilities"),
        alias("kyverno", "disallow-capabilities-strict"),
        alias("kyverno", "adding-capabilities-strict"),
        alias("kyverno", "podsecurity-subrule-restricted-capabilities"),
        alias("kubewarden", "capabilities-psp-policy"),
        alias("pss", "capabilities_restricted"),
        alias("prowler", "core_minimize_containers_capabilities_assigned"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.2.9"),
        maps("nsa-cisa", "pod-security"),
        maps("pss", "restricted"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-53", "AC-6"),
        maps("nist-800-53", "CM-7"),
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
    - name: app #~ medium spec.containers[0].securityContext.capabilities.drop: Container `app` keeps
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
      securityContext:
        capabilities:
          drop: [ALL]
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
          drop: [ALL]
          add: [NET_BIND_SERVICE]
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
          drop: [all] #~ keeps
          add:
            - CHOWN #~ only `NET_BIND_SERVICE`
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  os: {name: windows}
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
  initContainers:
    - name: i
      image: app:1
      securityContext:
        capabilities: #~ Container `i`
          drop: null
  ephemeralContainers:
    - name: e #~ Container `e`
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
    capabilities: {drop: [ALL]}
  containers:
    - name: app
      securityContext: #~ Container `app` keeps
        privileged: false
    - name: named
      securityContext:
        capabilities:
          drop: [NET_RAW, MKNOD, CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID] #~ `named` keeps
    - name: spelled
      securityContext:
        capabilities:
          drop: [CAP_ALL] #~ `spelled` keeps
    - name: empty #~ containers[3].securityContext.capabilities.drop
      securityContext: null
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
          containers:
            - name: app
              securityContext:
                capabilities:
                  drop: [NET_RAW, ALL]
                  add:
                    - NET_BIND_SERVICE
                    - CAP_NET_BIND_SERVICE #~ medium spec.jobTemplate.spec.template.spec.containers[0]
                    - net_bind_service #~ add[2]
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    if workload.pod.is_windows() {
        return findings.not_applicable();
    }
    for container in &workload.pod.containers {
        if keeps_capabilities(container) {
            findings.report(missing(container));
        }
        for capability in container.added_capabilities().filter(|capability| capability.text() != "NET_BIND_SERVICE") {
            let message = "Container `{container}` adds the capability `{value}`; only `NET_BIND_SERVICE` may be added";
            findings.report(Finding::at(capability).container(container).message(message).remove());
        }
    }
}

/// Whether the container does not drop all capabilities at once. Dropping each by its name leaves those that do not
/// exist yet.
pub(crate) fn keeps_capabilities(container: &Container<'_>) -> bool {
    !container.dropped_capabilities().any(|capability| capability.text() == "ALL")
}

fn missing<'d>(container: &Container<'d>) -> Finding<'d> {
    let finding = Finding::missing(container.value, "securityContext.capabilities.drop")
        .container(container)
        .message("Container `{container}` keeps the default capabilities: it does not drop `ALL`");
    match capabilities::gap(container) {
        Gap::SecurityContext => finding.insert("securityContext:\n  capabilities:\n    drop: [ALL]"),
        Gap::Capabilities => finding.insert("capabilities:\n  drop: [ALL]"),
        Gap::Drop => finding.insert("drop: [ALL]"),
        Gap::Taken => finding.set(container.value, "securityContext:\n  capabilities:\n    drop: [ALL]"),
    }
}
