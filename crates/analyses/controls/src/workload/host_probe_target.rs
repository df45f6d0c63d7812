//! `host-probe-target`

use model::control::{Check, Control, alias, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "host-probe-target",
    title: "Probe or lifecycle hook sends requests to another host",
    severity: Severity::Medium,
    severity_reason: "the kubelet makes the request from the node network: a server-side request forgery primitive",
    rationale: "The kubelet makes the request, from the network of the node. Who may create pods can so send requests to addresses that only nodes reach, and learn from the outcome.",
    remediation: "Delete `host`: the kubelet then asks the pod itself.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | . as $p | (.spec.initContainers // []) + .spec.containers + (.spec.ephemeralContainers // []) | .[] | select([.livenessProbe, .readinessProbe, .startupProbe, .lifecycle.postStart, .lifecycle.preStop] | any((.httpGet.host // .tcpSocket.host // \"\") != \"\")) | \"\\($p.metadata.namespace)/\\($p.metadata.name) \\(.name)\"'",
    aliases: &[alias("gatekeeper", "K8sPSPHostProbesLifecycle"), alias("pss", "hostProbesAndHostLifecycle")],
    mappings: &[
        maps("pss", "baseline"),
        maps("owasp-k8s-top10", "K01"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-53", "SC-7"),
    ],
    references: &["https://kubernetes.io/docs/concepts/security/pod-security-standards/"],
    umbrella: false,
    fix: FixClass::Safe,
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
      livenessProbe:
        httpGet:
          host: 169.254.169.254 #~ medium spec.containers[0].livenessProbe.httpGet.host: A probe
          port: 80
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
      livenessProbe:
        httpGet:
          port: 80
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
      readinessProbe:
        tcpSocket: {host: '', port: 80}
      startupProbe:
        grpc: {port: 80}
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  initContainers:
    - name: app
      image: app:1
      lifecycle:
        postStart:
          tcpSocket: {host: a, port: 80} #~ postStart
        preStop:
          httpGet: {host: b, port: 80} #~ preStop
      startupProbe:
        tcpSocket: {host: c, port: 80} #~ startupProbe
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
              livenessProbe:
                exec: {command: [curl, http://169.254.169.254]}
              readinessProbe:
                httpGet: {host: null, port: 80}
              lifecycle:
                postStart:
                  exec: {command: [true]}
                preStop:
                  httpGet: {port: 80}
              startupProbe:
                httpGet:
                  host: localhost #~ spec.jobTemplate.spec.template.spec.containers[0].startupProbe.httpGet.host
                  port: 80
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  ephemeralContainers:
    - name: debug
      readinessProbe:
        tcpSocket: {host: 10.0.0.1, port: 80} #~ container `debug` makes the kubelet ask `10.0.0.1`
  containers:
    - name: app
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    for container in &workload.pod.containers {
        for handler in container.handlers() {
            for kind in ["httpGet", "tcpSocket"] {
                let host = handler.get(kind).and_then(|action| action.get("host"));
                let Some(host) = host.filter(|host| !host.text().is_empty()) else { continue };
                findings.report(
                    Finding::at(host)
                        .container(container)
                        .message("A probe or hook of container `{container}` makes the kubelet ask `{value}`")
                        .remove(),
                );
            }
        }
    }
}
