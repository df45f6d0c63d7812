//! `dns-policy-unusual`

use model::address::Block;
use model::control::{Check, Control, alias, fixture, fixture_with};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;

/// The control.
pub static CONTROL: Control = Control {
    id: "dns-policy-unusual",
    title: "Pod overrides DNS",
    severity: Severity::Info,
    severity_reason: "resolver outside the cluster",
    rationale: "A pod with a resolver of its own goes where that resolver says. Names of the cluster do not resolve, and lookups are a way out that no policy for the cluster's DNS sees.",
    remediation: "Leave `dnsPolicy` at `ClusterFirst`, or name resolvers that are allowed.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.dnsPolicy == \"None\") | \"\\(.metadata.namespace)/\\(.metadata.name) \\(.spec.dnsConfig.nameservers)\"'",
    aliases: &[alias("kube-linter", "dnsconfig-options")],
    mappings: &[],
    references: &["https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[ALLOWED, REQUIRED_OPTIONS],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  dnsPolicy: None
  dnsConfig:
    nameservers:
      - 203.0.113.53 #~ info spec.dnsConfig.nameservers[0]: The pod asks the resolver `203.0.113.53`
  containers:
    - name: app
",
        ),
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  dnsPolicy: ClusterFirst
  dnsConfig:
    nameservers:
      - 203.0.113.53
  containers:
    - name: app
",
        ),
        fixture_with(
            &[("allowed", "10.0.0.0/8, 203.0.113.53")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  dnsPolicy: None
  dnsConfig:
    nameservers:
      - 203.0.113.53
      - 10.96.0.10
      - 203.0.113.54 #~ spec.dnsConfig.nameservers[2]
",
        ),
        fixture_with(
            &[("require_options", "ndots, single-request-reopen")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  dnsConfig:
    options: #~ spec.dnsConfig.options: The pod does not set the resolver option `single-request-reopen`
      - name: ndots
        value: \"2\"
---
apiVersion: v1
kind: Pod
metadata:
  name: app
spec: #~ option `ndots` #~ option `single-request-reopen`
  containers: []
",
        ),
    ],
};

const ALLOWED: Parameter =
    parameter("allowed", Default::List(&[]), "addresses and blocks of addresses of resolvers that pods may name");

const REQUIRED_OPTIONS: Parameter = parameter(
    "require_options",
    Default::List(&[]),
    "names of resolver options that every pod has to set, such as `ndots`",
);

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let config = workload.pod.spec.get("dnsConfig");
    if workload.pod.dns_policy.is_some_and(|policy| policy.text() == "None") {
        let allowed = findings.list(&ALLOWED);
        let is_allowed = |server: &str| {
            let address = Block::parse(server);
            allowed.iter().any(|word| match (Block::parse(word), &address) {
                (Some(block), Some(address)) => block.covers(address),
                _ => word == server,
            })
        };
        let servers = config.and_then(|config| config.get("nameservers")).into_iter().flat_map(Value::items);
        for server in servers.filter(|server| !is_allowed(&server.text())) {
            let message = "The pod asks the resolver `{value}` and not the cluster's: it goes where that one says";
            findings.report(Finding::at(server).message(message));
        }
    }
    let has = |option: &str| {
        let mut options = config.and_then(|config| config.get("options")).into_iter().flat_map(Value::items);
        options.any(|set| set.get("name").is_some_and(|name| name.text() == option))
    };
    for option in findings.list(&REQUIRED_OPTIONS).iter().filter(|option| !has(option)) {
        let message = "The pod does not set the resolver option `{value}`, which every pod has to";
        findings.report(Finding::missing(workload.pod.spec, "dnsConfig.options").value(option).message(message));
    }
}
