//! `network-policy-not-enforced`

use model::control::{Check, Control, InventoryFindings, alias, complete_fixture, fixture, maps};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::fix::FixClass;
use model::inventory::{Inventory, WorkloadFact};
use model::place::Place;
use model::severity::Severity;
use model::workload::Workload;
use network::{Enforces, PLUGIN_IMAGES};

/// The control.
pub static CONTROL: Control = Control {
    id: "network-policy-not-enforced",
    title: "CNI does not enforce NetworkPolicy",
    severity: Severity::High,
    severity_reason: "all policies are ignored silently",
    rationale: "The API server takes every NetworkPolicy, whether somebody enforces it or not. Where nobody does, pods connect to whom they like, and everything says otherwise.",
    remediation: "Install a plugin that enforces policies, or switch the enforcement of the one that is there on.",
    verify: "kubectl get daemonsets -A -o json | jq -r '.items[].spec.template.spec.containers[] | .image, (.args // [])[]'",
    aliases: &[alias("kubescape", "C-0205"), alias("kubescape", "C-0230"), alias("kubescape", "C-0240")],
    mappings: &[
        maps("cis-kubernetes", "5.3.1"),
        maps("nsa-cisa", "network-separation"),
        maps("owasp-k8s-top10", "K05"),
        maps("nist-800-53", "SC-7"),
        maps("cis-gke", "4.3.1"),
        maps("cis-aks", "4.4.1"),
        maps("cis-aks", "5.4.4"),
        maps("cis-eks", "4.3.1"),
        maps("cis-eks", "5.4.4"),
    ],
    references: &["https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/network-plugins/"],
    umbrella: false,
    fix: FixClass::Manual,
    parameters: &[],
    check: Check::WorkloadAndInventory(check_workload, check_inventory),
    fixtures: &[
        complete_fixture(
            "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kube-flannel-ds, namespace: kube-flannel}
spec:
  selector: {matchLabels: {app: flannel}}
  template:
    metadata: {labels: {app: flannel}}
    spec:
      containers:
        - name: kube-flannel
          image: ghcr.io/flannel-io/flannel:v0.27.4 #~ high spec.template.spec.containers[0].image: flannel connects pods
",
        ),
        complete_fixture(
            "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: canal, namespace: kube-system}
spec:
  selector: {matchLabels: {app: canal}}
  template:
    metadata: {labels: {app: canal}}
    spec:
      containers:
        - name: calico-node
          image: docker.io/calico/node:v3.31.0
        - name: kube-flannel
          image: ghcr.io/flannel-io/flannel:v0.27.4
",
        ),
        complete_fixture(
            "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: aws-node, namespace: kube-system}
spec:
  selector: {matchLabels: {app: aws-node}}
  template:
    metadata: {labels: {app: aws-node}}
    spec:
      containers:
        - name: aws-node
          image: 602401143452.dkr.ecr.eu-central-1.amazonaws.com/amazon-k8s-cni:v1.20.1
        - name: aws-eks-nodeagent
          image: 602401143452.dkr.ecr.eu-central-1.amazonaws.com/amazon/aws-network-policy-agent:v1.2.7
          args:
            - --enable-ipv6=false
            - --enable-network-policy=false #~ high spec.template.spec.containers[1].args[1]: The enforcement
",
        ),
        complete_fixture(
            "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: aws-node, namespace: kube-system}
spec:
  selector: {matchLabels: {app: aws-node}}
  template:
    metadata: {labels: {app: aws-node}}
    spec:
      containers:
        - name: aws-node
          image: 602401143452.dkr.ecr.eu-central-1.amazonaws.com/amazon-k8s-cni:v1.20.1
        - name: aws-eks-nodeagent
          image: 602401143452.dkr.ecr.eu-central-1.amazonaws.com/amazon/aws-network-policy-agent:v1.2.7
          args: [--enable-network-policy=true]
",
        ),
        complete_fixture(
            "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: aws-node, namespace: kube-system}
spec:
  selector: {matchLabels: {app: aws-node}}
  template:
    metadata: {labels: {app: aws-node}}
    spec:
      containers:
        - name: aws-node
          image: amazon-k8s-cni:v1.12.0 #~ high spec.template.spec.containers[0].image: The plugin has no agent
",
        ),
        // Calico beside it enforces.
        complete_fixture(
            "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: aws-node, namespace: kube-system}
spec:
  selector: {matchLabels: {app: aws-node}}
  template:
    metadata: {labels: {app: aws-node}}
    spec:
      containers:
        - name: aws-node
          image: amazon-k8s-cni:v1.12.0
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: calico-node, namespace: calico-system}
spec:
  selector: {matchLabels: {app: calico}}
  template:
    metadata: {labels: {app: calico}}
    spec:
      containers:
        - name: calico-node
          image: quay.io/calico/node:v3.31.0
",
        ),
        complete_fixture(
            "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kindnet, namespace: kube-system}
spec:
  selector: {matchLabels: {app: kindnet}}
  template:
    metadata: {labels: {app: kindnet}}
    spec:
      containers:
        - name: kindnet-cni
          image: docker.io/kindest/kindnetd:v20230511-dc714da8 #~ Releases before
",
        ),
        complete_fixture(
            "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kindnet, namespace: kube-system}
spec:
  selector: {matchLabels: {app: kindnet}}
  template:
    metadata: {labels: {app: kindnet}}
    spec:
      containers:
        - name: kindnet-cni
          image: docker.io/kindest/kindnetd:v20250512-df8de77b
",
        ),
        complete_fixture(
            "apiVersion: v1 #~ high : No engine that enforces network policies runs in this cluster of GKE
kind: Node
metadata: {name: n1, labels: {cloud.google.com/gke-nodepool: p}}
---
apiVersion: v1
kind: Node
metadata: {name: n2, labels: {cloud.google.com/gke-nodepool: p}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: netd, namespace: kube-system}
spec:
  selector: {matchLabels: {app: netd}}
  template:
    metadata: {labels: {app: netd}}
    spec: {containers: [{name: netd, image: gke.gcr.io/netd:v0.4}]}
",
        ),
        complete_fixture(
            "apiVersion: v1
kind: Node
metadata: {name: n1, labels: {kubernetes.azure.com/cluster: c}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: azure-npm, namespace: kube-system}
spec:
  selector: {matchLabels: {app: npm}}
  template:
    metadata: {labels: {app: npm}}
    spec: {containers: [{name: npm, image: 'mcr.microsoft.com/containernetworking/azure-npm:v1.5'}]}
",
        ),
        // Nothing of the cluster itself is seen.
        complete_fixture(
            "apiVersion: v1
kind: Node
metadata: {name: n1, labels: {kubernetes.azure.com/cluster: c}}
---
apiVersion: v1
kind: Pod
metadata: {name: app, namespace: shop}
spec: {containers: [{name: c, image: i}]}
",
        ),
        // What enforces may be in another folder.
        fixture(
            "apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: kube-flannel-ds #? info metadata.name: This plugin may
  namespace: kube-flannel
spec:
  selector: {matchLabels: {app: flannel}}
  template:
    metadata: {labels: {app: flannel}}
    spec:
      containers:
        - name: kube-flannel
          image: ghcr.io/flannel-io/flannel:v0.27.4
",
        ),
    ],
};

/// Whether an image is one of a plugin that may, or may not, enforce policies.
fn is_of(image: &str, enforces: &[Enforces]) -> bool {
    PLUGIN_IMAGES.iter().any(|known| enforces.contains(&known.enforces) && known.is(image))
}

/// The first release of kindnet that enforces policies, by the day in its tag.
const KINDNET_ENFORCES: u32 = 20_240_730;

fn check_workload(workload: &Workload<'_>, findings: &mut Findings<'_>) {
    if workload.object.kind != "DaemonSet" {
        return findings.not_applicable();
    }
    let containers = || workload.pod.containers.iter().filter_map(|container| Some((container, container.image?)));
    let has = |part: &str| containers().any(|(_, image)| image.text().contains(part));
    if containers().any(|(_, image)| is_of(&image.text(), &[Enforces::Always])) {
        return;
    }
    let mut is_plugin = false;
    for (container, image) in containers() {
        let name = image.text();
        let finding = if name.contains("aws-network-policy-agent") {
            let arguments =
                ["command", "args"].into_iter().filter_map(|key| container.value.get(key)).flat_map(Value::items);
            let off = arguments.into_iter().find(|argument| argument.text() == "--enable-network-policy=false");
            off.map(|off| {
                Finding::at(off).message("The enforcement of network policies is switched off: they are ignored")
            })
        } else if name.contains("amazon-k8s-cni") && !name.contains("init") && !has("aws-network-policy-agent") {
            Some(Finding::at(image).message("The plugin has no agent that enforces network policies: they are ignored"))
        } else if name.contains("flannel") && !name.contains("cni-plugin") {
            Some(
                Finding::at(image).message("flannel connects pods, and enforces no network policies: they are ignored"),
            )
        } else if name.contains("kindnetd") {
            let is_old = day(&name).is_some() && !enforces_by_its_day(&name);
            let message = "Releases before July 2024 enforce no network policies: they are ignored";
            is_old.then(|| Finding::at(image).message(message))
        } else {
            continue;
        };
        is_plugin = true;
        if let Some(finding) = finding {
            findings.report(finding.container(container));
        }
    }
    if !is_plugin {
        findings.not_applicable();
    }
}

/// The day in a tag such as `v20240813-c6f155d6`.
fn day(image: &str) -> Option<u32> {
    let (_, tag) = image.rsplit_once(":v")?;
    tag.get(..8)?.parse().ok()
}

fn enforces_by_its_day(image: &str) -> bool {
    image.contains("kindnetd") && day(image).is_none_or(|day| day >= KINDNET_ENFORCES)
}

/// What one plugin does not enforce another may.
fn check_inventory(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    let text = |workload: &WorkloadFact| -> Vec<String> {
        workload.images.iter().map(|used| inventory.symbols.text(used.image)).collect()
    };
    let uses =
        |workload: &WorkloadFact, enforces: &[Enforces]| text(workload).iter().any(|image| is_of(image, enforces));
    let workloads = &inventory.facts.workloads;
    let plugins = || workloads.iter().filter(|workload| uses(workload, &[Enforces::Maybe, Enforces::Never]));
    if workloads.iter().any(|workload| uses(workload, &[Enforces::Always])) {
        plugins().for_each(|plugin| findings.withdraw(plugin.resource));
    } else if inventory.complete {
        check_provider(inventory, findings);
    } else {
        let daemon_set = inventory.symbols.intern("DaemonSet");
        // What is switched off is so wherever else policies may be enforced; of the others it is not known.
        let is_quiet = |plugin: &&WorkloadFact| {
            inventory.resource(plugin.resource).kind == daemon_set
                && !text(plugin).iter().any(|image| image.contains(AWS_AGENT) || enforces_by_its_day(image))
        };
        for plugin in plugins().filter(is_quiet) {
            findings.withdraw(plugin.resource);
            let message = "This plugin may enforce no network policies; whether something else does is not known";
            let finding = Finding::at_place(plugin.place).severity(Severity::Info).message(message).skip();
            findings.report(plugin.resource, finding);
        }
    }
}

const AWS_AGENT: &str = "aws-network-policy-agent";

/// A label of the nodes of a managed cluster whose own network enforces nothing, how that is called, and the engines that do.
/// Source: the documentation of network policies of both.
const PROVIDERS: &[(&str, &str, &str)] = &[
    ("cloud.google.com/gke-nodepool", "GKE", "Dataplane V2 or Calico"),
    ("kubernetes.azure.com/cluster", "AKS", "Cilium, Calico or the policy manager of Azure"),
];

/// Clusters of providers whose own network enforces nothing, unless an engine runs in it.
fn check_provider(inventory: &Inventory, findings: &mut InventoryFindings<'_>) {
    // The pods of the cluster itself are not seen by everybody: where none are, nothing is known.
    let system = inventory.symbols.intern("kube-system");
    if !inventory.facts.workloads.iter().any(|workload| inventory.namespace(workload.resource) == system) {
        return;
    }
    for &(label, provider, engines) in PROVIDERS {
        let Some(key) = inventory.symbols.find(label) else { continue };
        let nodes = inventory.facts.traffic.nodes.iter();
        let of_provider = nodes.filter(|node| node.labels.iter().any(|(own, _)| *own == key));
        // Said once, of the node that is first by its name.
        let Some(node) = of_provider.min_by_key(|node| inventory.symbols.text(inventory.resource(node.resource).name))
        else {
            continue;
        };
        let line = inventory.resource(node.resource).line;
        let place = Place { line, column: 1, end_line: line, end_column: 1, ..Place::default() };
        let message = format!(
            "No engine that enforces network policies runs in this cluster of {provider}, which is {engines}: they are ignored"
        );
        findings.report(node.resource, Finding::at_place(place).message(message));
    }
}
