//! `host-network-namespace`

use model::control::{Check, Control, alias, fixture, maps};
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "host-network-namespace",
    title: "Pod uses the node network namespace",
    severity: Severity::High,
    severity_reason: "reaches localhost-bound node services and the metadata endpoint, sniffs, and is outside most NetworkPolicy enforcement",
    rationale: "A pod on the network of its node reaches services that listen on the node's localhost, and the metadata endpoint with the node's own identity. It can listen in on traffic, and most network plugins do not apply policies to it.",
    remediation: "Take `hostNetwork` out, and set `dnsPolicy` back from `ClusterFirstWithHostNet` if it was there for it. Expose the pod with a Service.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.hostNetwork == true) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[
        alias("kubescape", "C-0041"),
        alias("trivy", "KSV-0009"),
        alias("kube-linter", "host-network"),
        alias("polaris", "hostNetworkSet"),
        alias("checkov", "CKV_K8S_19"),
        alias("kubesec", "HostNetwork"),
        alias("kubeaudit", "hostns"),
        alias("datree", "CONTAINERS_INCORRECT_HOSTNETWORK_VALUE_TRUE"),
        alias("gatekeeper", "K8sPSPHostNetworkingPorts"),
        alias("gatekeeper", "K8sPSPHostNamespace"),
        alias("kyverno", "disallow-host-namespaces"),
        alias("pss", "hostNamespaces"),
        alias("prowler", "core_minimize_hostNetwork_containers"),
    ],
    mappings: &[
        maps("cis-kubernetes", "5.2.5"),
        maps("nsa-cisa", "pod-security"),
        maps("pss", "baseline"),
        maps("mitre", "T1046"),
        maps("mitre", "T1611"),
        maps("owasp-k8s-top10", "K01"),
        maps("owasp-k8s-top10", "K05"),
        maps("nist-800-190", "4.4.2"),
        maps("nist-800-190", "4.4.3"),
        maps("nist-800-53", "AC-4"),
        maps("nist-800-53", "SC-7"),
        maps("iso-27001", "A.8.16"),
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
  hostNetwork: true #~ high spec.hostNetwork: Pod
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
  hostNetwork: false
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
  hostNetwork: null
  containers:
    - name: app
      image: app:1
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
          hostNetwork: true #~ spec.jobTemplate.spec.template.spec.hostNetwork
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
  hostNetwork: \"true\" #~ high spec.hostNetwork: Pod
  containers:
    - name: app
",
        ),
    ],
};

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    if let Some(value) = workload.pod.host_network.filter(|value| value.as_bool() == Some(true)) {
        findings.report(Finding::at(value).message("Pod is on the network of its node: it reaches what listens on localhost there, and most network policies do not hold it").remove());
    }
}
