//! `host-write`

use model::control::alias;

use super::confined::{self, covers, meets};
use crate::edge::{Assumptions, DEVICES_OPEN, EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::placement;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "host-write",
    title: "writes what root of the node runs",
    rationale: "Who writes cron entries, units, static pods, binaries or keys of SSH on a node runs code there as root.",
    conditions: "The container mounts a path of the node writable that leads to execution: the root, `/etc` or its cron, systemd, ssh, ld.so and Kubernetes directories, the directory of the kubelet, the home of root, directories of binaries and libraries, those of container runtimes, `/boot`. Devices, however they are mounted: conditional where the container is not privileged, as the runtime lets it open none that it only mounts. Conditional too where the container does not run as root, and where `subPathExpr` says what is mounted. Below `server/manifests` of k3s and RKE2 it is the cluster, where the pod comes to a server.",
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
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers:
    - name: a
      image: i
      volumeMounts: [{name: v, mountPath: /v, subPath: server/manifests}]
    - name: b
      image: i
      volumeMounts: [{name: v, mountPath: /v}]
    - name: c
      image: i
      volumeMounts: [{name: v, mountPath: /v, subPath: agent/pod-manifests}]
  volumes:
    - {name: v, hostPath: {path: /var/lib/rancher/k3s}}
",
            edges: &[
                "Pod n/p, container a -> cluster-admin if control-plane-schedulable",
                "Pod n/p, container b -> cluster-admin if control-plane-schedulable",
                "Pod n/p, container b -> a node",
                "Pod n/p, container c -> a node",
            ],
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
  volumes: [{name: v, hostPath: {path: /etc}}]
",
            edges: &[
                "Pod n/p, container a -> a node if files-admit-user",
                "Pod n/p, container b -> a node if files-admit-user",
                "Pod n/p, container c -> a node",
            ],
        },
        // Devices that are only mounted cannot be opened; what `subPathExpr` leads to is not known.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers:
    - {name: a, image: i, volumeMounts: [{name: d, mountPath: /d, readOnly: true}]}
    - {name: b, image: i, volumeMounts: [{name: d, mountPath: /d}], securityContext: {privileged: true}}
    - {name: c, image: i, volumeMounts: [{name: root, mountPath: /r, subPathExpr: $(X)}]}
    - {name: d, image: i, volumeMounts: [{name: root, mountPath: /r, subPathExpr: var/log/$(X)}]}
    - {name: e, image: i, volumeMounts: [{name: root, mountPath: /r, subPathExpr: etc/ssh}]}
  volumes:
    - {name: d, hostPath: {path: /dev/sda}}
    - {name: root, hostPath: {path: /}}
",
            edges: &[
                "Pod n/p, container a -> a node if devices-open",
                "Pod n/p, container b -> a node",
                "Pod n/p, container c -> a node if leads-there",
                "Pod n/p, container c -> cluster-admin if control-plane-schedulable, leads-there",
                "Pod n/p, container e -> a node",
            ],
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

/// Servers of k3s and RKE2 apply every manifest that lies here, with all rights. Agents have no such directories.
/// Source: k3s, `pkg/deploy/controller.go`.
const DEPLOYED: &[&str] = &["/var/lib/rancher/k3s/server/manifests", "/var/lib/rancher/rke2/server/manifests"];

/// Whether manifests that lie at `path` are applied with all rights, and whether that is all that lies there.
fn is_deployed(path: &str) -> (bool, bool) {
    (DEPLOYED.iter().any(|tree| meets(path, tree)), DEPLOYED.iter().any(|tree| covers(tree, path)))
}

/// Whether writing at `path` leads to execution on the node: it is one of the trees, or above or inside one.
pub(crate) fn leads_to_execution(path: &str) -> bool {
    // Shared memory and the volumes of a pod's own are no devices and no part of the kubelet's trust.
    let harmless = ["/dev/shm", "/var/lib/kubelet/pods"];
    let (_, only_deployed) = is_deployed(path);
    TREES.iter().any(|tree| meets(path, tree))
        && !only_deployed
        && !harmless.iter().any(|harmless| covers(harmless, path))
}

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for container in confined::containers(world) {
        for (mount, path) in container.mounts(world).filter(|(mount, path)| mount.writable || covers("/dev", path)) {
            let (is_deployed, _) = is_deployed(&path);
            let there = is_deployed.then(|| placement::on_control_plane(world, container.workload())).flatten();
            let deployed = there.map(|assumed| {
                let assumed = assumed.into_iter().fold(Assumptions::NONE, |all, one| all.and(one));
                (Vertex::ClusterAdmin, assumed)
            });
            let only_devices = covers("/dev", &path) && container.container.privileged.is_none();
            let opened = if only_devices { Assumptions::NONE.and(&DEVICES_OPEN) } else { Assumptions::NONE };
            let executed = leads_to_execution(&path).then_some((Vertex::Node, opened));
            for (to, assumed) in deployed.into_iter().chain(executed) {
                let resource = container.pod.resource;
                // Of a device it makes no difference how it is mounted.
                if covers("/dev", &path) {
                    let draft = drafts.edge(container.vertex, to).assuming(container.assumptions).assuming(assumed);
                    let draft = draft.assuming(container.uses(mount));
                    let draft = draft.shown_by(resource, mount.place, &format!("`{path}` of the node is mounted"));
                    draft
                        .cut_by_removing(resource, mount.place, 20, &format!("leave the mount of `{path}` out"))
                        .file();
                    continue;
                }
                let note = format!("`{path}` of the node is mounted writable");
                let title = format!("mount `{path}` read-only, or not at all");
                let draft = drafts.edge(container.vertex, to).assuming(container.assumptions).assuming(assumed);
                let draft = draft.assuming(container.uses(mount));
                let draft = draft.shown_by(resource, mount.place, &note);
                draft.cut_by(confined::read_only(resource, mount), 10, &title).file();
            }
        }
    }
}
