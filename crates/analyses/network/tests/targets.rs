//! What attackers look for beside workloads, and what objects list behind Services by hand.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

mod support;

use network::{Answer, Config, FamilyKnown, Network, TargetKind};
use support::endpoint;

fn pods(egress: &str, addresses: &str) -> String {
    format!(
        "\
apiVersion: v1
kind: Pod
metadata: {{name: app, namespace: a}}
spec: {{containers: [{{name: c}}]}}
status: {{podIPs: [{addresses}]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: p, namespace: a}}
spec: {{podSelector: {{}}, policyTypes: [Egress], egress: {egress}}}
"
    )
}

/// The addresses of metadata services that the pod reaches; those that it may reach if it speaks IPv6 with a mark.
fn metadata(egress: &str, addresses: &str) -> Vec<String> {
    let inventory = support::inventory(&pods(egress, addresses));
    let network = Network::new(&inventory, &Config::default());
    let reached = network.metadata_reached();
    let of_pod = reached.into_iter().filter(|(pod, _)| network.get(*pod).name.starts_with("a/app")).map(|(_, all)| all);
    let mark = |family| if family == FamilyKnown::Yes { "" } else { "?" };
    let known = ["169.254.169.254", "fd00:ec2::254"];
    let all = of_pod.flatten().filter(|reached| known.contains(&reached.service.address));
    all.map(|reached| format!("{}{}", reached.service.address, mark(reached.family))).collect()
}

#[test]
fn the_metadata_service_is_reached_over_both_families() {
    let both = "{ip: 10.0.0.1}, {ip: 'fd00::1'}";
    assert_eq!(metadata("[{}]", both), ["169.254.169.254", "fd00:ec2::254"]);
    assert_eq!(metadata("[{}]", "{ip: 10.0.0.1}"), ["169.254.169.254"]);
    assert_eq!(metadata("[{}]", ""), ["169.254.169.254", "fd00:ec2::254?"]);
    let but_v4 = "[{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}, {ipBlock: {cidr: '::/0'}}]}]";
    assert_eq!(metadata(but_v4, both), ["fd00:ec2::254"]);
    assert_eq!(metadata(but_v4, "{ip: 10.0.0.1}"), [""; 0]);
    assert_eq!(metadata("[{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]", both), ["169.254.169.254"]);
    // It answers on port 80.
    assert_eq!(metadata("[{ports: [{port: 443}]}]", both), [""; 0]);
    assert_eq!(metadata("[{ports: [{port: 80}]}]", both), ["169.254.169.254", "fd00:ec2::254"]);
}

#[test]
fn kubelets_are_targets_on_their_ports() {
    for (egress, kubelet) in [
        ("[{}]", true),
        ("[{ports: [{port: 10250}]}]", true),
        ("[{ports: [{port: 10255}]}]", true),
        ("[{ports: [{port: 10250, protocol: UDP}]}]", false),
        ("[{ports: [{port: 443}]}]", false),
        ("[{to: [{podSelector: {}}]}]", false),
    ] {
        let inventory = support::inventory(&pods(egress, ""));
        let network = Network::new(&inventory, &Config::default());
        assert_eq!(!network.kubelets_reached().is_empty(), kubelet, "{egress}");
        let blast = network.blast(&[endpoint(&network, "a/app")]);
        assert_eq!(blast.targets.iter().any(|target| target.kind == TargetKind::Kubelet), kubelet, "{egress}");
    }
}

#[test]
fn one_way_out_is_both_to_the_metadata_service_and_to_the_internet() {
    let inventory = support::inventory(&pods("[{}]", "{ip: 10.0.0.1}"));
    let network = Network::new(&inventory, &Config::default());
    let blast = network.blast(&[endpoint(&network, "a/app")]);
    for kind in [TargetKind::Metadata, TargetKind::Internet] {
        assert!(blast.targets.iter().any(|target| target.kind == kind), "{kind:?}");
    }
}

#[test]
fn what_is_listed_behind_a_service_without_a_selector_is_behind_it() {
    let yaml = "\
apiVersion: v1
kind: Pod
metadata: {name: app, namespace: a}
spec: {containers: [{name: c}]}
status: {phase: Running, podIPs: [{ip: 10.0.0.1}]}
---
apiVersion: v1
kind: Service
metadata: {name: s, namespace: a}
spec: {type: NodePort, ports: [{name: web, port: 80, nodePort: 30080}, {name: dns, port: 53, protocol: UDP, nodePort: 30053}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: s-1, namespace: a, labels: {kubernetes.io/service-name: s}}
addressType: IPv4
ports: [{name: web, port: 8080}, {name: dns, port: 5353, protocol: UDP}]
endpoints: [{addresses: [10.0.0.1]}, {addresses: [203.0.113.7]}]
---
apiVersion: v1
kind: Service
metadata: {name: old, namespace: a}
spec: {type: LoadBalancer, allocateLoadBalancerNodePorts: false, ports: [{port: 5432}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: old, namespace: a}
subsets: [{addresses: [{ip: 198.51.100.9}], ports: [{port: 15432}]}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: a}
spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: 8080}]}]}
";
    let inventory = support::inventory(yaml);
    let network = Network::new(&inventory, &Config::default());
    let mut found: Vec<String> = network
        .exposure()
        .iter()
        .map(|entry| {
            let answer = match &entry.answer {
                Answer::Admitted(ports) => ports.to_string(),
                Answer::Refused => "refused".to_owned(),
                Answer::DependsOnController | Answer::DependsOnSource(_) | Answer::DependsOnNodes(_) => {
                    "depends".to_owned()
                }
            };
            format!("{} {} {} {answer}", entry.behind(&network), entry.door, entry.pod_ports)
        })
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            "198.51.100.9 (no pod of the input) TCP 5432 TCP 15432 TCP 15432",
            "203.0.113.7 (no pod of the input) TCP 30080 TCP 8080 TCP 8080",
            "203.0.113.7 (no pod of the input) UDP 30053 UDP 5353 UDP 5353",
            "a/app[Pod] TCP 30080 TCP 8080 TCP 8080",
            "a/app[Pod] UDP 30053 UDP 5353 refused",
        ]
    );
}
