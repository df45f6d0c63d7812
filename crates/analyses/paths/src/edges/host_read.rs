//! `host-read`

use model::control::alias;

use super::confined::{self, meets};
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "host-read",
    title: "reads credentials that lie on the node",
    rationale: "Keys of SSH, kubeconfigs, certificates of the kubelet and of the control plane, and credentials of the cloud lie in files of the node.",
    conditions: "The container mounts a path that is, holds or lies in a directory of credentials: the root, `/etc/kubernetes`, `/etc/shadow`, the home of root, the directory of the kubelet, the data of etcd, directories of cloud tools. Conditional where the container does not run as root. Gives what the files say, not the node.",
    remediation: "Leave the volume out, or mount only what is needed of it.",
    verify: "kubectl exec POD -c CONTAINER -- find MOUNT -name '*.key' -o -name '*.conf' -o -name kubeconfig",
    techniques: &["T1552", "T1611"],
    aliases: &[alias("kubehound", "EXPLOIT_HOST_READ")],
    found_by: &["sensitive-host-path", "host-path-volume", "writable-host-path"],
    difficulty: 4,
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
        - {name: v, mountPath: /host, readOnly: true}
  volumes:
    - {name: v, hostPath: {path: /root/.ssh}}
",
            edges: &["Pod n/p, container a -> files of a node"],
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
    - {name: v, hostPath: {path: /etc}}
",
            edges: &["Pod n/p, container a -> files of a node"],
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
    - {name: v, hostPath: {path: /var/log}}
",
            edges: &[],
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
  volumes: [{name: v, hostPath: {path: /root}}]
",
            edges: &[
                "Pod n/p, container a -> files of a node if files-admit-user",
                "Pod n/p, container b -> files of a node if files-admit-user",
                "Pod n/p, container c -> files of a node",
            ],
        },
    ],
};

const CREDENTIALS: &[&str] = &[
    "/etc/kubernetes",
    "/etc/rancher",
    "/etc/shadow",
    "/etc/ssh",
    "/root",
    "/var/lib/cloud",
    "/var/lib/etcd",
    "/var/lib/kubelet",
    "/var/lib/rancher",
    "/var/lib/waagent",
];

/// Whether credentials lie at `path`, above or inside it.
pub(crate) fn has_credentials(path: &str) -> bool {
    CREDENTIALS.iter().any(|credentials| meets(path, credentials))
}

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for container in confined::containers(world) {
        for (mount, path) in container.mounts(world).filter(|(_, path)| has_credentials(path)) {
            let resource = container.pod.resource;
            drafts
                .edge(container.vertex, Vertex::NodeFiles)
                .assuming(container.uses(mount))
                .shown_by(resource, mount.place, &format!("`{path}` of the node is mounted"))
                .cut_by_removing(resource, mount.place, 15, &format!("leave the mount of `{path}` out"))
                .file();
        }
    }
}
