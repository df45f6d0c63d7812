//! `host-tokens`

use model::control::alias;

use super::confined::{self, meets};
use crate::edge::{EdgeFixture, EdgeKind, SAME_NODE};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "host-tokens",
    title: "reads the tokens of all pods of the node",
    rationale: "The kubelet keeps the tokens and Secrets of its pods in files.",
    conditions: "The container mounts a path that covers or lies in `/var/lib/kubelet/pods`. The node is not taken; what its pods are, is.",
    remediation: "Leave the volume out.",
    verify: "kubectl exec POD -c CONTAINER -- find MOUNT -name token",
    techniques: &["T1528", "T1552"],
    aliases: &[alias("kubehound", "EXPLOIT_HOST_TRAVERSE")],
    found_by: &["sensitive-host-path", "host-path-volume", "writable-host-path"],
    difficulty: 2,
    find,
    fixtures: &[EdgeFixture {
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
        edges: &["Pod n/p, container a -> all ServiceAccounts of the cluster if same-node"],
    }],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for container in confined::containers(world) {
        for (mount, path) in container.mounts(world).filter(|(_, path)| meets(path, "/var/lib/kubelet/pods")) {
            let resource = container.pod.resource;
            drafts
                .edge(container.vertex, Vertex::Accounts(None))
                .if_(&SAME_NODE)
                .shown_by(resource, mount.place, &format!("`{path}` of the node is mounted"))
                .cut_by_removing(resource, mount.place, 15, &format!("leave the mount of `{path}` out"))
                .file();
        }
    }
}
