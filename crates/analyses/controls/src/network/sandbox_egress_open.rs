//! `sandbox-egress-open`

use model::address::Block;
use model::control::{Check, Control, alias, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::object::Object;
use model::severity::Severity;

/// The control.
pub static CONTROL: Control = Control {
    id: "sandbox-egress-open",
    title: "Agent sandbox template allows free egress",
    severity: Severity::High,
    severity_reason: "untrusted code may exfiltrate and attack",
    rationale: "A sandbox runs code that nobody has read. What it may connect to it may attack, and what it finds it may send there.",
    remediation: "Let the controller manage the network of the sandbox, and list in `networkPolicy.egress` what it may connect to: pods by their labels, blocks of few addresses, ports.",
    verify: "kubectl get sandboxtemplates -A -o json | jq '.items[] | {name: .metadata.name, managed: .spec.networkPolicyManagement, egress: .spec.networkPolicy.egress}'",
    aliases: &[alias("kubescape", "C-0301")],
    mappings: &[maps("owasp-k8s-top10", "K05")],
    references: &["https://github.com/kubernetes-sigs/agent-sandbox"],
    umbrella: false,
    fix: FixClass::NeedsValue,
    parameters: &[],
    check: Check::Object(check),
    fixtures: &[
        fixture(
            "apiVersion: extensions.agents.x-k8s.io/v1alpha1
kind: SandboxTemplate
metadata:
  name: s
spec: #~ high spec.networkPolicy: The template says not where
  podTemplate:
    spec:
      containers: [{name: app, image: 'app:1'}]
",
        ),
        fixture(
            "apiVersion: extensions.agents.x-k8s.io/v1alpha1
kind: SandboxTemplate
metadata:
  name: s
spec:
  networkPolicy:
    egress:
      - to: [{podSelector: {matchLabels: {app: proxy}}}]
        ports: [{port: 3128}]
  podTemplate:
    spec:
      containers: [{name: app, image: 'app:1'}]
",
        ),
        fixture(
            "apiVersion: extensions.agents.x-k8s.io/v1alpha1
kind: SandboxTemplate
metadata:
  name: s
spec:
  networkPolicyManagement: Unmanaged #~ high spec.networkPolicyManagement: The network
  podTemplate:
    spec:
      containers: [{name: app, image: 'app:1'}]
",
        ),
        fixture(
            "apiVersion: extensions.agents.x-k8s.io/v1alpha1
kind: SandboxTemplate
metadata:
  name: s
spec:
  networkPolicyManagement: Managed
  networkPolicy:
    egress:
      - to:
          - ipBlock:
              cidr: 0.0.0.0/0 #~ high spec.networkPolicy.egress[0].to[0].ipBlock.cidr: `0.0.0.0/0` is all addresses
      - {} #~ high spec.networkPolicy.egress[1]: The rule names no peer
      - to: [] #~ high spec.networkPolicy.egress[2]
        ports: [{port: 443}]
      - to: [{ipBlock: {cidr: 203.0.113.0/24}}]
  podTemplate:
    spec:
      containers: [{name: app, image: 'app:1'}]
",
        ),
        // Nothing may leave: that is closed.
        fixture(
            "apiVersion: extensions.agents.x-k8s.io/v1alpha1
kind: SandboxTemplate
metadata:
  name: s
spec:
  networkPolicy:
    egress: []
  podTemplate:
    spec:
      containers: [{name: app, image: 'app:1'}]
",
        ),
    ],
};

fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    if object.kind != "SandboxTemplate" || object.group() != "extensions.agents.x-k8s.io" {
        return findings.not_applicable();
    }
    let Some(spec) = object.value.get("spec") else { return };
    let managed = spec.get("networkPolicyManagement");
    if let Some(managed) = managed.filter(|managed| managed.text() == "Unmanaged") {
        let message = "The network of the sandbox is managed by nobody: its code may connect to everything";
        return findings.report(Finding::at(managed).message(message));
    }
    let Some(egress) = spec.at(&["networkPolicy", "egress"]) else {
        let message = "The template says not where the sandbox may connect to: the controller's own policy lets it out to \
                       every address that is not private";
        return findings.report(Finding::missing(spec, "networkPolicy").message(message));
    };
    for rule in egress.items() {
        let peers = rule.get("to").filter(|to| to.items().next().is_some());
        match peers {
            None => findings
                .report(Finding::at(rule).message("The rule names no peer: the sandbox may connect to everything")),
            Some(peers) => peers.items().filter_map(open_block).for_each(|cidr| {
                findings.report(
                    Finding::at(cidr).message("`{value}` is all addresses: the sandbox may connect to everything"),
                );
            }),
        }
    }
}

/// The block of a peer that has all addresses.
fn open_block(peer: Value<'_>) -> Option<Value<'_>> {
    let cidr = peer.at(&["ipBlock", "cidr"])?;
    Block::parse(&cidr.text()).is_some_and(|block| block.prefix() == 0).then_some(cidr)
}
