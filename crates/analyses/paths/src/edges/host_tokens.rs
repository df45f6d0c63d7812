//! `host-tokens`

use model::control::alias;

use super::confined::{self, meets};
use crate::edge::{EdgeFixture, EdgeKind, SAME_NODE};
use crate::graph::Drafts;
use crate::placement::{self, On};
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "host-tokens",
    title: "reads the tokens of all pods of the node",
    rationale: "The kubelet keeps the tokens and Secrets of its pods in files.",
    conditions: "The container mounts a path that covers or lies in `/var/lib/kubelet/pods`; conditional where it does not run as root. The node is not taken; what its pods are, is.",
    remediation: "Leave the volume out.",
    verify: "kubectl exec POD -c CONTAINER -- find MOUNT -name token",
    techniques: &["T1528", "T1552"],
    aliases: &[alias("kubehound", "EXPLOIT_HOST_TRAVERSE")],
    found_by: &["sensitive-host-path", "host-path-volume", "writable-host-path"],
    difficulty: 2,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers:
    - name: a
      image: i
      volumeMounts: [{name: v, mountPath: /h, readOnly: true}]
  volumes: [{name: v, hostPath: {path: /var/lib/kubelet}}]
",
            edges: &["Pod n/p, container a -> all pods of the cluster if same-node"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  nodeName: one
  containers: [{name: a, image: i, volumeMounts: [{name: v, mountPath: /h, readOnly: true}]}]
  volumes: [{name: v, hostPath: {path: /var/lib/kubelet/pods}}]
---
apiVersion: v1
kind: Pod
metadata: {name: here, namespace: n}
spec: {nodeName: one, containers: [{name: a, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: there, namespace: n}
spec: {nodeName: two, containers: [{name: a, image: i}]}
",
            edges: &["Pod n/p, container a -> Pod n/here"],
        },
        // Who is not root needs files that admit him.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers:
    - {name: a, image: i, volumeMounts: [{name: v, mountPath: /h}], securityContext: {runAsUser: 1000}}
    - {name: b, image: i, volumeMounts: [{name: v, mountPath: /h}], securityContext: {runAsNonRoot: true}}
    - {name: c, image: i, volumeMounts: [{name: v, mountPath: /h}], securityContext: {runAsUser: 0}}
  volumes: [{name: v, hostPath: {path: /var/lib/kubelet/pods}}]
",
            edges: &[
                "Pod n/p, container a -> all pods of the cluster if same-node, files-admit-user",
                "Pod n/p, container b -> all pods of the cluster if same-node, files-admit-user",
                "Pod n/p, container c -> all pods of the cluster if same-node",
            ],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for container in confined::containers(world) {
        for (mount, path) in container.mounts(world).filter(|(_, path)| meets(path, "/var/lib/kubelet/pods")) {
            let resource = container.pod.resource;
            let (note, title) =
                (format!("`{path}` of the node is mounted"), format!("leave the mount of `{path}` out"));
            for (pods, is_known) in beside(world, container.workload()) {
                let draft = drafts.edge(container.vertex, pods).assuming(container.uses(mount)).shown_by(
                    resource,
                    mount.place,
                    &note,
                );
                let draft = if is_known { draft } else { draft.if_(&SAME_NODE) };
                draft.cut_by_removing(resource, mount.place, 15, &title).file();
            }
        }
    }
}

/// The pods that are on the nodes of a workload, and whether that is known.
pub(crate) fn beside(world: &World<'_>, workload: u32) -> Vec<(Vertex, bool)> {
    let nodes = match placement::of(world, workload) {
        On::Each(nodes) if nodes.len() == world.placement().nodes().len() => return vec![(Vertex::Pods(None), true)],
        On::Each(nodes) => nodes,
        On::Some(_) | On::Outside | On::Unknown => return vec![(Vertex::Pods(None), false)],
    };
    let others = world.workloads().filter(|(number, _)| *number != workload);
    let on = others.filter_map(|(number, _)| match placement::runs_on(world, number, &nodes) {
        Some(true) => Some((Vertex::Workload(number), true)),
        Some(false) => None,
        None => Some((Vertex::Workload(number), false)),
    });
    on.collect()
}
