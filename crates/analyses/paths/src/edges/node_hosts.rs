//! `node-hosts`

use std::collections::BTreeSet;

use model::control::alias;
use model::inventory::WorkloadFact;
use model::symbols::Symbol;

use crate::edge::{Assumptions, EdgeFixture, EdgeKind, SAME_NODE};
use crate::graph::Drafts;
use crate::placement::{self, OUTSIDE, On, UNKNOWN};
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "node-hosts",
    title: "takes over the pods of the node",
    rationale: "Root on a node is in all its pods, and has their tokens, Secrets and volumes.",
    conditions: "Pods that say their node run there; without pods, the Nodes of the input say which of them take a pod, by labels, affinity and taints. Where nothing is known a DaemonSet runs on every node, and other pods may run there: conditional on the same node, as it is where several nodes take a pod. What none of the Nodes takes is on none of them. The kubelet also reads the Secrets for pulling images, and before 1.33 mints tokens for the accounts of its pods, mounted or not; from 1.33 on the API server looks for their audience in the pod.",
    remediation: "Keep powerful pods on nodes of their own.",
    verify: "kubectl get pods -A --field-selector spec.nodeName=NODE",
    techniques: &["T1609", "MS-TA9016"],
    aliases: &[alias("kubehound", "POD_ATTACH"), alias("icekube", "ACCESS_POD")],
    found_by: &[],
    difficulty: 1,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: d, namespace: n}
spec: {template: {spec: {containers: [{name: a, image: i}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  serviceAccountName: s
  containers: [{name: a, image: i}]
",
            edges: &["a node -> DaemonSet n/d", "a node -> Pod n/p if same-node"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Node
metadata: {name: one}
---
apiVersion: v1
kind: Node
metadata: {name: two}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {nodeName: one, containers: [{name: a, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: q, namespace: n}
spec: {containers: [{name: a, image: i}]}
",
            edges: &[
                "Node one -> Pod n/p",
                "Node one -> pods that come to one of the nodes one, two",
                "Node two -> pods that come to one of the nodes one, two",
                "pods that come to one of the nodes one, two -> Pod n/q if same-node",
                "every node -> Pod n/q",
            ],
        },
        // What is on all nodes is on any of them; what no node takes is on none of them.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Node
metadata: {name: one}
---
apiVersion: v1
kind: Node
metadata: {name: two}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: d, namespace: n}
spec: {template: {spec: {containers: [{name: a, image: i}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {nodeSelector: {no: where}, containers: [{name: a, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: q, namespace: n}
spec: {containers: [{name: a, image: i}]}
",
            edges: &[
                "Node one -> DaemonSet n/d",
                "Node two -> DaemonSet n/d",
                "one of the nodes one, two -> DaemonSet n/d",
                "a node that is not in the input -> Pod n/p if same-node",
                "Node one -> pods that come to one of the nodes one, two",
                "Node two -> pods that come to one of the nodes one, two",
                "pods that come to one of the nodes one, two -> Pod n/q if same-node",
                "every node -> Pod n/q",
            ],
        },
        // Pods name nodes, and nothing says what the others are on.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {nodeName: one, containers: [{name: a, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: q, namespace: n}
spec: {containers: [{name: a, image: i}]}
",
            edges: &[
                "Node one -> Pod n/p",
                "Node one -> pods that come to a node that is not known",
                "a node that is not known -> pods that come to a node that is not known",
                "pods that come to a node that is not known -> Pod n/q if same-node",
                "every node -> Pod n/q",
            ],
        },
        // The kubelet pulls images with Secrets that pods do not see.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: ServiceAccount
metadata: {name: s, namespace: n}
imagePullSecrets: [{name: of-account}]
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {nodeName: one, serviceAccountName: s, imagePullSecrets: [{name: own}], containers: [{name: a, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: q, namespace: n}
spec: {nodeName: one, serviceAccountName: s, containers: [{name: a, image: i}]}
",
            edges: &[
                "Node one -> Pod n/p",
                "Node one -> Pod n/q",
                "Node one -> Secret n/own",
                "Node one -> Secret n/of-account",
            ],
        },
    ],
};

/// The version from which on a kubelet is given tokens for what is mounted in its pods alone.
/// Source: the feature gate `ServiceAccountNodeAudienceRestriction`.
const AUDIENCES_ASKED: u8 = 33;

/// The Secrets that the kubelet of a pod reads and the pod does not see: those for pulling images, and what no container
/// mounts. A pod that names none for pulling is given those of its account.
fn beside(world: &World<'_>, workload: &WorkloadFact) -> BTreeSet<Vertex> {
    let namespace = world.namespace(workload.resource);
    let is_seen = |name: Symbol| workload.given.iter().any(|given| given.name == name);
    let own = workload.secrets.iter().map(|(name, _)| *name);
    let (of, account) = world.account_of(workload);
    let account = world.account_fact(of, account).filter(|_| !workload.pull_secrets && !workload.mirror);
    let of_account = account.into_iter().flat_map(|account| account.pull_secret_names.iter().copied());
    let all = own.chain(of_account).filter(|name| !is_seen(*name));
    all.map(|name| Vertex::Secret(namespace, name)).collect()
}

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let named = world.placement().nodes();
    let runs = |drafts: &mut Drafts<'_>, from: Vertex, number: u32, workload: &WorkloadFact, assumed: Assumptions| {
        let draft = drafts.edge(from, Vertex::Workload(number)).assuming(assumed);
        draft.shown_by(workload.resource, workload.place, "its pods run there").file();
        for secret in beside(world, workload) {
            let draft = drafts.edge(from, secret).assuming(assumed);
            draft.shown_by(workload.resource, workload.place, "the kubelet has it for a pod there").file();
        }
        if world.rbac.kubernetes_minor() < AUDIENCES_ASKED && !workload.mirror {
            let (namespace, name) = world.account_of(workload);
            let draft = drafts.edge(from, Vertex::Subject(world.account(namespace, name))).assuming(assumed);
            draft
                .shown_by(workload.resource, workload.place, "a kubelet mints tokens for the accounts of its pods")
                .file();
        }
    };
    let may_be_elsewhere = Assumptions::NONE.and(&SAME_NODE);
    let daemon_set = world.inventory.symbols.intern("DaemonSet");
    let mut shared: BTreeSet<u32> = BTreeSet::new();
    for (number, workload) in world.workloads() {
        let everywhere = world.inventory.resource(workload.resource).kind == daemon_set;
        let of_one = if everywhere { Assumptions::NONE } else { may_be_elsewhere };
        match placement::of(world, number) {
            On::Each(nodes) => {
                for &node in &nodes {
                    runs(drafts, Vertex::NamedNode(node), number, workload, Assumptions::NONE);
                }
                // Whichever of these it is, its pods are there.
                for (set, of_set) in (0..).zip(&world.node_sets().all) {
                    if of_set.len() <= nodes.len() && of_set.iter().all(|node| nodes.contains(node)) {
                        runs(drafts, Vertex::OneOfNodes(set), number, workload, Assumptions::NONE);
                    }
                }
            }
            On::Unknown if named.is_empty() => runs(drafts, Vertex::Node, number, workload, of_one),
            On::Outside => runs(drafts, Vertex::OneOfNodes(OUTSIDE), number, workload, may_be_elsewhere),
            On::Some(_) | On::Unknown => {
                let set = placement::set_of(world, number);
                shared.insert(set);
                runs(drafts, Vertex::Placed(set), number, workload, of_one);
                runs(drafts, Vertex::EveryNode, number, workload, Assumptions::NONE);
            }
        }
    }
    let nodes: Vec<Symbol> = named.iter().copied().collect();
    for set in shared {
        let of_set = world.node_sets().all.get(set as usize).unwrap_or(&nodes);
        for &node in of_set {
            drafts.edge(Vertex::NamedNode(node), Vertex::Placed(set)).file();
        }
        if set == UNKNOWN {
            drafts.edge(Vertex::OneOfNodes(set), Vertex::Placed(set)).file();
        }
    }
}
