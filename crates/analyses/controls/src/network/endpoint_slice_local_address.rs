//! `endpoint-slice-local-address`

use model::control::{Check, Control, InventoryFindings, alias, fixture, maps};
use model::finding::Finding;
use model::fix::FixClass;
use model::inventory::{EndpointsFact, Inventory};
use model::severity::Severity;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The control.
pub static CONTROL: Control = Control {
    id: "endpoint-slice-local-address",
    title: "Endpoints point at loopback or link-local addresses",
    severity: Severity::Medium,
    severity_reason: "proxies the API server or node into a localhost service (CVE-2021-25737)",
    rationale: "A Service whose endpoint is the machine that asks makes proxies, the API server and nodes send requests to themselves: to administrative ports that trust whoever is local, to the metadata of the cloud.",
    remediation: "Delete the address, or let the Service select pods so that the controller keeps its endpoints. Let nobody write Endpoints and EndpointSlices by hand.",
    verify: "kubectl get endpointslices -A -o json | jq -r '.items[] | . as $s | .endpoints[]?.addresses[] | select(test(\"^(127|169\\.254)\\.\")) | \"\\($s.metadata.namespace)/\\($s.metadata.name) \\(.)\"'",
    aliases: &[alias("datree", "ENDPOINTSLICE_CVE2021_25373_INCORRECT_ADDRESSES_VALUE")],
    mappings: &[maps("owasp-k8s-top10", "K05"), maps("nist-800-53", "SC-7")],
    references: &["https://github.com/kubernetes/kubernetes/issues/102106"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::Inventory(check),
    fixtures: &[
        fixture(
            "apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: web-1
  labels: {kubernetes.io/service-name: web}
endpoints:
  - addresses:
      - 127.0.0.1 #~ medium endpoints[0].addresses[0]: The endpoint is `127.0.0.1`
",
        ),
        fixture(
            "apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: web-1
  labels: {kubernetes.io/service-name: web}
endpoints:
  - addresses:
      - 198.51.100.7
",
        ),
        fixture(
            "apiVersion: v1
kind: Endpoints
metadata:
  name: web
subsets:
  - addresses:
      - ip: 169.254.169.254 #~ subsets[0].addresses[0].ip
      - ip: ::1 #~ subsets[0].addresses[1].ip
    notReadyAddresses:
      - ip: fe80::1 #~ subsets[0].notReadyAddresses[0].ip
      - ip: ::ffff:127.0.0.1 #~ notReadyAddresses[1]
      - ip: 10.0.0.9
",
        ),
        fixture(
            "apiVersion: v1
kind: Node
metadata: {name: n}
status:
  addresses: [{type: InternalIP, address: 10.0.0.5}, {type: Hostname, address: n}]
---
apiVersion: v1
kind: Endpoints
metadata: {name: kubernetes, namespace: default}
subsets: [{addresses: [{ip: 10.0.0.4}]}]
---
apiVersion: v1
kind: Endpoints
metadata: {name: web, namespace: default}
subsets:
  - addresses:
      - {ip: 10.0.0.4} #~ the API server
      - {ip: 10.0.0.5} #~ a node
      - {ip: 10.0.0.6}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: agent-1
  labels:
    kubernetes.io/service-name: agent
    endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io
  ownerReferences: [{kind: Service, name: agent}]
endpoints:
  - addresses: [10.0.0.5]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: claimed
  labels:
    endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io
endpoints:
  - addresses:
      - 10.0.0.5 #~ a node
",
        ),
    ],
};

fn check(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let facts = &inventory.facts.network;
    if facts.endpoints.is_empty() {
        return;
    }
    let machines = machines(inventory);
    for endpoints in &facts.endpoints {
        findings.looked_at(endpoints.resource);
        if endpoints.controlled || is_of_api_server(inventory, endpoints) {
            continue;
        }
        for (address, place) in &endpoints.addresses {
            let text = inventory.symbols.text(*address);
            let Some(parsed) = parse(&text) else { continue };
            let message = if is_local(parsed) {
                "The endpoint is `{value}`: whoever asks the Service asks its own machine"
            } else {
                match machines.get(&parsed) {
                    Some(Machine::Node) => "The endpoint is `{value}`, a node: the Service leads to what listens there",
                    Some(Machine::ApiServer) => {
                        "The endpoint is `{value}`, the API server: the Service leads past its name"
                    }
                    None => continue,
                }
            };
            findings.report(endpoints.resource, Finding::at_place(*place).value(text).message(message));
        }
    }
}

#[derive(Clone, Copy)]
enum Machine {
    Node,
    ApiServer,
}

/// The addresses of machines that the input tells of.
fn machines(inventory: &Inventory) -> BTreeMap<IpAddr, Machine> {
    let facts = &inventory.facts.network;
    let nodes = facts.nodes.iter().flat_map(|node| &node.addresses).map(|address| (*address, Machine::Node));
    let servers = facts.endpoints.iter().filter(|endpoints| is_of_api_server(inventory, endpoints));
    let servers = servers.flat_map(|endpoints| &endpoints.addresses).map(|(address, _)| (*address, Machine::ApiServer));
    let known = nodes.chain(servers);
    known.filter_map(|(address, machine)| Some((parse(&inventory.symbols.text(address))?, machine))).collect()
}

/// The API server keeps its own endpoints, for the Service `kubernetes`.
fn is_of_api_server(inventory: &Inventory, endpoints: &EndpointsFact) -> bool {
    let is = |symbol, text| inventory.symbols.find(text) == Some(symbol);
    is(inventory.namespace(endpoints.resource), "default") && is(endpoints.service, "kubernetes")
}

fn parse(text: &str) -> Option<IpAddr> {
    text.trim().parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unicast_link_local(),
    }
}
