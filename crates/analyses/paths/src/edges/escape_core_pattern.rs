//! `escape-core-pattern`

use model::control::alias;

use super::confined::{self, covers};
use crate::edge::{EdgeFixture, EdgeKind, IMAGE_RUNS_AS_ROOT};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "escape-core-pattern",
    title: "has the kernel run a program of its own",
    rationale: "The kernel runs what `core_pattern` names as root of the node when a process dies.",
    conditions: "Processes of the container run as root of the node's user namespace, and a path that covers `/proc/sys/kernel` is mounted writable. Conditional where the image decides who runs.",
    remediation: "Leave the volume out, or run as another user.",
    verify: "kubectl exec POD -c CONTAINER -- sh -c 'id -u; ls -l MOUNT/core_pattern'",
    techniques: &["T1611"],
    aliases: &[alias("kubehound", "CE_UMH_CORE_PATTERN")],
    found_by: &["sensitive-host-path", "host-path-volume", "writable-host-path"],
    difficulty: 6,
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
      securityContext: {runAsUser: 0}
      volumeMounts:
        - {name: v, mountPath: /host}
  volumes:
    - {name: v, hostPath: {path: /proc/sys}}
",
            edges: &["Pod n/p, container a -> a node"],
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
    - {name: v, hostPath: {path: /proc}}
",
            edges: &["Pod n/p, container a -> a node if image-runs-as-root"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers:
    - name: a
      image: i
      securityContext: {runAsUser: 1000}
      volumeMounts:
        - {name: v, mountPath: /host}
  volumes:
    - {name: v, hostPath: {path: /proc}}
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
        - {name: v, mountPath: /host, readOnly: true}
  volumes:
    - {name: v, hostPath: {path: /proc}}
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
    - {name: v, hostPath: {path: /proc/net}}
",
            edges: &[],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for container in confined::containers(world) {
        let user = container.container.user;
        if user.is_some_and(|user| user != 0) {
            continue;
        }
        let covering =
            container.mounts(world).filter(|(mount, path)| mount.writable && covers(path, "/proc/sys/kernel"));
        for (mount, path) in covering {
            let resource = container.pod.resource;
            let draft = drafts.edge(container.vertex, Vertex::Node).assuming(container.assumptions);
            let draft = draft.assuming(container.uses(mount));
            let draft = if user.is_none() { draft.if_(&IMAGE_RUNS_AS_ROOT) } else { draft };
            draft
                .shown_by(resource, mount.place, &format!("`{path}` of the node is mounted writable"))
                .cut_by(confined::read_only(resource, mount), 8, &format!("mount `{path}` read-only, or not at all"))
                .file();
        }
    }
}
