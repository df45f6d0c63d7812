//! `net-raw-capability-kept`

use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::pod::Container;
use model::severity::Severity;
use model::workload::Workload;

use super::capabilities;

/// The control.
pub static CONTROL: Control = Control {
    id: "net-raw-capability-kept",
    title: "Container can open raw sockets",
    severity: Severity::Medium,
    severity_reason: "NET_RAW allows ARP/DNS spoofing inside the pod network",
    rationale: "Raw sockets let a container answer ARP and DNS requests in the name of others on the pod network, and so read and change the traffic of its neighbours.",
    remediation: "Drop `NET_RAW`, or better `ALL`, in `capabilities.drop`.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | (.spec.initContainers // []) + .spec.containers + (.spec.ephemeralContainers // []) | .[] | select((.securityContext.capabilities.drop // []) | map(ascii_upcase | ltrimstr(\"CAP_\")) | (index(\"ALL\") // index(\"NET_RAW\")) == null) | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.name)\"'",
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
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    if workload.pod.is_windows() {
        return findings.not_applicable();
    }
    for container in &workload.pod.containers {
        // What is added wins over what is dropped.
        if let Some(added) = container.added_capabilities().find(|capability| is_net_raw(*capability)) {
            let message = "Container `{container}` adds `{value}`: it can open raw sockets";
            findings.report(Finding::at(added).container(container).message(message).remove());
        } else if !container.dropped_capabilities().any(is_net_raw) {
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
    let capabilities = container.security_context.as_ref().and_then(|context| context.capabilities);
    let finding = match (&container.security_context, capabilities) {
        (_, Some(capabilities)) if capabilities.get("drop").is_some() => finding,
        (_, Some(_)) => finding.insert("drop: [NET_RAW]"),
        (Some(_), None) => finding.insert("capabilities:\n  drop: [NET_RAW]"),
        (None, None) => finding.insert("securityContext:\n  capabilities:\n    drop: [NET_RAW]"),
    };
    finding.container(container).message(message)
}
