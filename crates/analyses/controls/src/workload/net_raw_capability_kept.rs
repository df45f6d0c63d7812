//! `net-raw-capability-kept`

use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, parameter};
use model::pod::Container;
use model::severity::Severity;
use model::workload::Workload;

use super::capabilities::{self, Gap};

/// The control.
pub static CONTROL: Control = Control {
    id: "net-raw-capability-kept",
    title: "Container can open raw sockets",
    severity: Severity::Medium,
    severity_reason: "NET_RAW allows ARP/DNS spoofing inside the pod network",
    rationale: "Raw sockets let a container answer ARP and DNS requests in the name of others on the pod network, and so read and change the traffic of its neighbours.",
    remediation: "Drop `NET_RAW`, or better `ALL`, in `capabilities.drop`.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.os.name != \"windows\") | . as $p | (.spec.initContainers // []) + .spec.containers + (.spec.ephemeralContainers // []) | .[] | (.securityContext.capabilities // {} | map_values(. // [] | map(ascii_upcase | ltrimstr(\"CAP_\") | select(. == \"ALL\" or . == \"NET_RAW\")))) as $c | select(($c.drop // []) == [] or ($c.add // []) != []) | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.name)\"'",
    aliases: &[
        alias("trivy", "KSV-0119"),
        alias("kube-linter", "drop-net-raw-capability"),
        alias("checkov", "CKV_K8S_28"),
        alias("datree", "CIS_MISSING_VALUE_DROP_NET_RAW"),
        alias("kyverno", "drop-cap-net-raw"),
        alias("prowler", "core_minimize_net_raw_capability_admission"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.2.8"),
        maps("nsa-cisa", "pod-security"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.2"),
        maps("nist-800-53", "CM-7"),
        maps("iso-27001", "A.8.16"),
    ],
    references: &[],
    umbrella: false,
    fix: FixClass::Safe,
    parameters: &[GRANTED],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app #~ medium spec.containers[0].securityContext.capabilities.drop: Container `app` keeps `NET_RAW`
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
          drop: [NET_RAW]
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
          drop: [cap_net_raw]
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
          drop: [all]
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
          add:
            - NET_RAW #~ adds `NET_RAW`
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
  containers:
    - name: app
      image: app:1
      securityContext:
        capabilities: #~ keeps
          add: [CHOWN]
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  securityContext:
    capabilities: {drop: [NET_RAW]}
  containers:
    - name: app
      securityContext:
        capabilities:
          drop: [CHOWN, NET_ADMIN] #~ `app` keeps
          add: null
  ephemeralContainers:
    - name: debug
      securityContext: #~ ephemeralContainers[0].securityContext.capabilities.drop: Container `debug` keeps
        capabilities: null
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
              securityContext:
                capabilities:
                  drop: [ALL]
                  add:
                    - all #~ medium spec.jobTemplate.spec.template.spec.initContainers[0]
                    - CHOWN
                    - Cap_Net_Raw #~ adds `Cap_Net_Raw`
          containers:
            - name: app
              securityContext:
                capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}
",
        ),
        fixture_with(
            &[("runtime_default_has_net_raw", "false")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
    - name: pinging
      image: app:1
      securityContext:
        capabilities:
          add: [NET_RAW] #~ spec.containers[1].securityContext.capabilities.add[0]
",
        ),
    ],
};

const GRANTED: Parameter = parameter(
    "runtime_default_has_net_raw",
    Default::Switch(true),
    "whether the runtimes of the nodes grant `NET_RAW` to who does not ask for it",
);

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    if workload.pod.is_windows() {
        return findings.not_applicable();
    }
    for container in &workload.pod.containers {
        // What is added wins over what is dropped.
        let mut is_added = false;
        for added in container.added_capabilities().filter(|capability| is_net_raw(*capability)) {
            is_added = true;
            let message = "Container `{container}` adds `{value}`: it can open raw sockets";
            let finding = Finding::at(added).container(container).message(message);
            // Somebody wants it.
            findings.report(finding.remove().class(FixClass::Unsafe));
        }
        if !is_added && findings.switch(&GRANTED) && !container.dropped_capabilities().any(is_net_raw) {
            findings.report(missing(container));
        }
    }
}

fn is_net_raw(capability: Value<'_>) -> bool {
    matches!(&*capabilities::normalize(&capability.text()), "NET_RAW" | "ALL")
}

fn missing<'d>(container: &Container<'d>) -> Finding<'d> {
    let message =
        "Container `{container}` keeps `NET_RAW`, which runtimes grant unless it is dropped: it can open raw sockets";
    let finding = Finding::missing(container.value, "securityContext.capabilities.drop");
    let finding = finding.container(container).message(message);
    match capabilities::gap(container) {
        Gap::SecurityContext => finding.insert("securityContext:\n  capabilities:\n    drop: [NET_RAW]"),
        Gap::Capabilities => finding.insert("capabilities:\n  drop: [NET_RAW]"),
        Gap::Drop => finding.insert("drop: [NET_RAW]"),
        Gap::Taken => finding.set(container.value, "securityContext:\n  capabilities:\n    drop: [NET_RAW]"),
    }
}
