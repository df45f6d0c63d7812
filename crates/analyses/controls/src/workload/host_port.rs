//! `host-port`

use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "host-port",
    title: "Container binds a port of the node",
    severity: Severity::Medium,
    severity_reason: "bypasses Services and often NetworkPolicy; exposes the container on every node address",
    rationale: "The container is reached on every address of its node, past Services and often past network policies. Only one such pod fits on a node, and whoever binds the port first gets the traffic.",
    remediation: "Delete `hostPort` and expose the container with a Service.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | (.spec.initContainers // []) + .spec.containers + (.spec.ephemeralContainers // []) | .[] | select(any(.ports[]?; (.hostPort // 0) != 0)) | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.name)\"'",
    aliases: &[
        alias("kubescape", "C-0044"),
        alias("trivy", "KSV-0024"),
        alias("polaris", "hostPortSet"),
        alias("checkov", "CKV_K8S_26"),
        alias("datree", "CONTAINERS_INCORRECT_KEY_HOSTPORT"),
        alias("gatekeeper", "K8sPSPHostNetworkingPorts"),
        alias("kyverno", "disallow-host-ports"),
        alias("kyverno", "disallow-host-ports-range"),
        alias("pss", "hostPorts"),
        alias("prowler", "core_minimize_admission_hostport_containers"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.2.12"),
        maps("nsa-cisa", "pod-security"),
        maps("pss", "baseline"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.2"),
        maps("nist-800-53", "CM-7"),
        maps("nist-800-53", "SC-7"),
        maps("stig", "V-242414"),
    ],
    references: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    umbrella: false,
    fix: FixClass::Unsafe,
    parameters: &[ALLOWED],
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
      ports:
        - containerPort: 8080
          hostPort: 8080 #~ medium spec.containers[0].ports[0].hostPort: Container `app` binds port 8080
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
      ports:
        - containerPort: 8080
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
      ports:
        - containerPort: 8080
          hostPort: 0
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  hostNetwork: true
  containers:
    - name: app
      image: app:1
      ports:
        - containerPort: 8080
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
      ports:
        - {containerPort: 1, hostPort: 9} #~ Container `i`
  ephemeralContainers:
    - name: e
      image: app:1
      ports:
        - {containerPort: 1, hostPort: 9} #~ Container `e`
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
              ports:
                - containerPort: 80
                  hostPort: null
                - containerPort: 81
                  hostPort: \"0\"
                - containerPort: 82
                  hostPort: 8082 #~ medium spec.jobTemplate.spec.template.spec.containers[0].ports[2].hostPort
                - containerPort: 83
                  hostPort: \"8083\" #~ ports[3].hostPort: Container `app` binds port 8083
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  initContainers:
    - name: proxy
      restartPolicy: Always
      ports:
        - {containerPort: 1, hostPort: 9} #~ Container `proxy`
  containers:
    - name: app
",
        ),
        fixture_with(
            &[("allowed_ranges", "9100, 30000-30010")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: app:1
      ports:
        - containerPort: 1
          hostPort: 9100
        - containerPort: 2
          hostPort: 30010
        - containerPort: 3
          hostPort: 30011 #~ Container `app` binds port 30011
",
        ),
    ],
};

const ALLOWED: Parameter =
    parameter("allowed_ranges", Default::List(&[]), "ports that containers may bind, such as `9100` or `30000-30010`");

fn is_allowed(port: i64, findings: &Findings<'_>) -> bool {
    findings.list(&ALLOWED).iter().any(|range| {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let bound = |text: &str| text.trim().parse::<i64>().ok();
        bound(from).is_some_and(|from| from <= port) && bound(to).is_some_and(|to| port <= to)
    })
}

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for container in &workload.pod.containers {
        for port in container.ports.into_iter().flat_map(Value::items) {
            let Some(host_port) = port.get("hostPort").filter(|port| port.as_int() != Some(0)) else { continue };
            if host_port.as_int().is_some_and(|port| is_allowed(port, findings)) {
                continue;
            }
            findings.report(
                Finding::at(host_port)
                    .container(container)
                    .message("Container `{container}` binds port {value} on every address of its node")
                    .remove(),
            );
        }
    }
}
