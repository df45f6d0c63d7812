//! `host-write`

use model::control::alias;

use super::confined::{self, covers, meets};
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "host-write",
    title: "writes what root of the node runs",
    rationale: "Who writes cron entries, units, static pods, binaries or keys of SSH on a node runs code there as root.",
    conditions: "The container mounts a path of the node writable that leads to execution: the root, `/etc` or its cron, systemd, ssh, ld.so and Kubernetes directories, the directory of the kubelet, the home of root, directories of binaries and libraries, `/boot`, or devices.",
    remediation: "Mount it read-only, or leave the volume out.",
    verify: "kubectl exec POD -c CONTAINER -- sh -c 'touch MOUNT/.probe && rm MOUNT/.probe'",
    techniques: &["T1611", "MS-TA9013", "MS-TA9017"],
    aliases: &[alias("kubehound", "EXPLOIT_HOST_WRITE")],
    found_by: &["sensitive-host-path", "host-path-volume", "writable-host-path"],
    difficulty: 3,
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
        - {name: etc, mountPath: /host}
    - name: b
      image: i
      volumeMounts:
        - {name: etc, mountPath: /host, readOnly: true}
        - {name: data, mountPath: /data}
  volumes:
    - {name: etc, hostPath: {path: /srv/../etc//}}
    - {name: data, hostPath: {path: /data/shop}}
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
        - {name: root, mountPath: /host, subPath: etc/cron.d}
    - name: b
      image: i
      volumeMounts:
        - {name: root, mountPath: /host, subPath: var/log/app}
  volumes:
    - {name: root, hostPath: {path: /}}
",
            edges: &["Pod n/p, container a -> a node"],
        },
    ],
};

/// What lies at or below these is run or trusted by root.
const TREES: &[&str] = &[
    "/bin",
    "/boot",
    "/dev",
    "/etc/cron.d",
    "/etc/cron.daily",
    "/etc/cron.hourly",
    "/etc/crontab",
    "/etc/init.d",
    "/etc/kubernetes",
    "/etc/ld.so.preload",
    "/etc/pam.d",
    "/etc/profile.d",
    "/etc/ssh",
    "/etc/sudoers.d",
    "/etc/systemd",
    "/etc/udev",
    "/lib",
    "/opt/cni/bin",
    "/root",
    "/sbin",
    "/usr/bin",
    "/usr/lib",
    "/usr/libexec",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/usr/sbin",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/lib/kubelet",
    "/var/lib/rancher",
    "/var/spool/cron",
];

/// Whether writing at `path` leads to execution on the node: it is one of the trees, or above or inside one.
pub(crate) fn leads_to_execution(path: &str) -> bool {
    // Shared memory and the volumes of a pod's own are no devices and no part of the kubelet's trust.
    let harmless = ["/dev/shm", "/var/lib/kubelet/pods"];
    TREES.iter().any(|tree| meets(path, tree)) && !harmless.iter().any(|harmless| covers(harmless, path))
}

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for container in confined::containers(world) {
        for (mount, path) in container.mounts(world).filter(|(mount, path)| mount.writable && leads_to_execution(path))
        {
            let resource = container.pod.resource;
            let note = format!("`{path}` of the node is mounted writable");
            drafts
                .edge(container.vertex, Vertex::Node)
                .assuming(container.assumptions)
                .shown_by(resource, mount.place, &note)
                .cut_by(confined::read_only(resource, mount), 10, &format!("mount `{path}` read-only, or not at all"))
                .file();
        }
    }
}
