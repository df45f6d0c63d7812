//! `escape-runtime-socket`

use model::control::alias;

use super::confined::{self, covers};
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "escape-runtime-socket",
    title: "starts what it likes through a socket of the node",
    rationale: "The socket of the runtime starts containers with everything, behind the back of the API server.",
    conditions: "The container mounts a path that is or holds the socket of Docker, containerd, CRI-O, cri-dockerd or Podman, or one of systemd, which starts units for root. A read-only mount does not protect a socket. Conditional where the container does not run as root: the socket is root's. Nothing else of the pod's own confinement is in the way.",
    remediation: "Leave the volume out.",
    verify: "kubectl exec POD -c CONTAINER -- sh -c 'ls -l MOUNT/docker.sock MOUNT/containerd/containerd.sock'",
    techniques: &["T1610", "T1611"],
    aliases: &[alias("kubehound", "EXPLOIT_CONTAINERD_SOCK")],
    found_by: &["container-runtime-socket-mounted", "sensitive-host-path", "host-path-volume"],
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
      volumeMounts:
        - {name: v, mountPath: /host, readOnly: true}
  volumes:
    - {name: v, hostPath: {path: /var/run/docker.sock}}
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
    - {name: v, hostPath: {path: /run}}
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
    - {name: v, hostPath: {path: /run/udev}}
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
  volumes: [{name: v, hostPath: {path: /run/containerd/containerd.sock}}]
",
            edges: &[
                "Pod n/p, container a -> a node if files-admit-user",
                "Pod n/p, container b -> a node if files-admit-user",
                "Pod n/p, container c -> a node",
            ],
        },
        // systemd starts units.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers: [{name: a, image: i, volumeMounts: [{name: v, mountPath: /v, readOnly: true}], securityContext: {runAsUser: 0}}]
  volumes: [{name: v, hostPath: {path: /run/systemd}}]
",
            edges: &["Pod n/p, container a -> a node"],
        },
    ],
};

/// `/var/run` is a link to `/run`.
const SOCKETS: &[&str] = &[
    "/run/containerd/containerd.sock",
    "/run/cri-dockerd.sock",
    "/run/crio/crio.sock",
    "/run/dbus/system_bus_socket",
    "/run/docker.sock",
    "/run/dockershim.sock",
    "/run/k3s/containerd/containerd.sock",
    "/run/podman/podman.sock",
    "/run/systemd/private",
    "/var/snap/microk8s/common/run/containerd.sock",
];

/// Whether a socket that starts things lies at `path` or below.
pub(crate) fn holds_socket(path: &str) -> bool {
    let run = path.strip_prefix("/var").filter(|rest| covers("/run", rest)).unwrap_or(path);
    // `/var` holds the link and not what it leads to.
    run != "/var" && SOCKETS.iter().any(|socket| covers(run, socket))
}

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for container in confined::containers(world) {
        for (mount, path) in container.mounts(world).filter(|(_, path)| holds_socket(path)) {
            let resource = container.pod.resource;
            drafts
                .edge(container.vertex, Vertex::Node)
                .assuming(container.uses(mount))
                .shown_by(resource, mount.place, &format!("`{path}` of the node is mounted"))
                .cut_by_removing(resource, mount.place, 20, &format!("leave the mount of `{path}` out"))
                .file();
        }
    }
}
