//! `escape-host-process`

use super::confined;
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "escape-host-process",
    title: "is a process of the Windows node",
    rationale: "A HostProcess container of Windows is no container: its processes run on the node, with its files, its network and an account of the node.",
    conditions: "`windowsOptions.hostProcess: true` at the container, or at the pod where the container does not say otherwise.",
    remediation: "Take `hostProcess` out.",
    verify: "kubectl get pod POD -n NAMESPACE -o jsonpath='{.spec.securityContext.windowsOptions} {.spec.containers[*].securityContext.windowsOptions}'",
    techniques: &["T1611", "MS-TA9018"],
    aliases: &[],
    found_by: &["windows-host-process"],
    difficulty: 1,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  os: {name: windows}
  hostNetwork: true
  securityContext: {windowsOptions: {hostProcess: true}}
  containers: [{name: a, image: i}]
",
            edges: &["Pod n/p, container a -> a node"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  nodeSelector: {kubernetes.io/os: windows}
  hostNetwork: true
  initContainers: [{name: a, image: i, securityContext: {windowsOptions: {hostProcess: true}}}]
  containers: [{name: b, image: i, securityContext: {windowsOptions: {hostProcess: true}}}]
",
            edges: &["Pod n/p, container a -> a node", "Pod n/p, container b -> a node"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  os: {name: windows}
  securityContext: {windowsOptions: {hostProcess: false, runAsUserName: ContainerUser}}
  containers: [{name: a, image: i}]
",
            edges: &[],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for container in confined::all_containers(world) {
        let Some(place) = container.container.host_process else { continue };
        let resource = container.pod.resource;
        drafts
            .edge(container.vertex, Vertex::Node)
            .shown_by(resource, place, "`hostProcess: true`")
            .cut_by_removing(resource, place, 10, "take `hostProcess: true` out")
            .file();
    }
}
