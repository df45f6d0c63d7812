//! `host-alias-override`

use model::control::{Check, Control, alias, fixture, fixture_with, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::parameter::{Default, Parameter, parameter};
use model::severity::Severity;
use model::workload::Workload;
use std::net::IpAddr;

/// The control.
pub static CONTROL: Control = Control {
    id: "host-alias-override",
    title: "Pod overrides name resolution of hosts",
    severity: Severity::Low,
    severity_reason: "redirects traffic inside the pod without DNS traces",
    rationale: "An entry in the hosts file sends traffic for a name elsewhere, in this pod alone and with no trace in DNS: updates, tokens and data go where somebody wants them.",
    remediation: "Take `hostAliases` out, and let DNS answer for the name.",
    verify: "kubectl get pods -A -o json | jq -r '.items[] | select(.spec.hostAliases) | \"\\(.metadata.namespace)/\\(.metadata.name)\"'",
    aliases: &[alias("kubesec", "HostAliases"), alias("trivy", "KSV-0007")],
    mappings: &[maps("owasp-k8s-top10", "K01")],
    references: &["https://kubernetes.io/docs/tasks/network/customize-hosts-file-for-pods/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[ALLOWED],
    check: Check::Workload(check),
    fixtures: &[
        fixture(
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  hostAliases:
    - ip: 10.0.0.5 #~ low spec.hostAliases[0].ip: The pod sends names to `10.0.0.5`, past DNS
      hostnames: [db]
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
  hostAliases:
    - ip: 8.8.4.4 #~ an address of the internet
      hostnames: [db]
  containers:
    - name: app
      image: app:1
",
        ),
        fixture_with(
            &[("allowed", "db")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  hostAliases:
    - ip: 10.0.0.5 #~ medium spec.hostAliases[0].ip
      hostnames: [db, api]
  containers:
    - name: app
      image: app:1
",
        ),
        fixture_with(
            &[("allowed", "db")],
            "apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  hostAliases:
    - ip: fd00::1 #~ low
      hostnames: [db]
  containers:
    - name: app
      image: app:1
",
        ),
    ],
};

const ALLOWED: Parameter =
    parameter("allowed", Default::List(&[]), "names that pods may override; another one is more than a remark");

fn check(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    let allowed = findings.list(&ALLOWED);
    for alias in workload.pod.spec.get("hostAliases").into_iter().flat_map(Value::items) {
        let names = alias.get("hostnames").into_iter().flat_map(Value::items);
        let is_other = !allowed.is_empty() && names.into_iter().any(|name| !allowed.contains(&name.text()));
        let address = alias.get("ip");
        let is_public = address.is_some_and(|address| address.text().trim().parse().is_ok_and(is_public));
        let finding = Finding::at(address.unwrap_or(alias));
        findings.report(if is_public {
            finding.severity(Severity::Medium).message("The pod sends names to `{value}`, an address of the internet")
        } else if is_other {
            finding.severity(Severity::Medium).message("The pod sends names to `{value}` that it must not override")
        } else {
            finding.message("The pod sends names to `{value}`, past DNS")
        });
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            // 100.64.0.0/10 is shared between providers and their customers.
            let is_shared = first == 100 && (64..128).contains(&second);
            !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || is_shared)
        }
        IpAddr::V6(v6) => {
            !(v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local())
        }
    }
}
