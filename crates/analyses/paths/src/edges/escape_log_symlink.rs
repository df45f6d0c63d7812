//! `escape-log-symlink`

use model::control::alias;

use super::confined::{self, covers};
use crate::edge::{EdgeFixture, EdgeKind, LOGS_SERVED};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "escape-log-symlink",
    title: "reads files of the node through links among its logs",
    rationale: "The kubelet follows links in its directory of logs and serves what they lead to: any file of the node, as root reads it.",
    conditions: "The container mounts a path that covers `/var/log` writable. Conditional: somebody must read the log through the API, and the kubelet must follow the link.",
    remediation: "Mount it read-only, or leave the volume out.",
    verify: "kubectl exec POD -c CONTAINER -- ls -l MOUNT/pods",
    techniques: &["T1611"],
    aliases: &[alias("kubehound", "CE_VAR_LOG_SYMLINK")],
    found_by: &["host-log-directory-writable", "host-path-volume", "writable-host-path"],
    difficulty: 12,
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
      volumeMounts:
        - {name: v, mountPath: /host}
  volumes:
    - {name: v, hostPath: {path: /var/log}}
",
            edges: &["Pod n/p, container a -> files of a node if logs-served"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers:
    - name: a
      image: i
      volumeMounts:
        - {name: v, mountPath: /host, readOnly: true}
  volumes:
    - {name: v, hostPath: {path: /var/log}}
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers:
    - name: a
      image: i
      volumeMounts:
        - {name: v, mountPath: /host}
  volumes:
    - {name: v, hostPath: {path: /var/log/app}}
",
            edges: &[],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for container in confined::containers(world) {
        for (mount, path) in container.mounts(world).filter(|(mount, path)| mount.writable && covers(path, "/var/log"))
        {
            let resource = container.pod.resource;
            drafts
                .edge(container.vertex, Vertex::NodeFiles)
                .if_(&LOGS_SERVED)
                .shown_by(resource, mount.place, &format!("`{path}` of the node is mounted writable"))
                .cut_by(confined::read_only(resource, mount), 8, &format!("mount `{path}` read-only, or not at all"))
                .file();
        }
    }
}
