//! `etcd-access`

use super::confined::{self, meets};
use crate::edge::{Assumptions, EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::placement;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "etcd-access",
    title: "reads the database of the cluster",
    rationale: "etcd holds every Secret. Its files, or its client key, give all of them without the API server being asked.",
    conditions: "The container mounts a path that is, holds or lies in `/var/lib/etcd` or `/etc/kubernetes/pki`. Conditional: the pod has to come to a node of the control plane.",
    remediation: "Leave the volume out, and keep pods off nodes of the control plane.",
    verify: "kubectl exec POD -c CONTAINER -- find MOUNT -path \"*etcd*\"",
    techniques: &["T1552"],
    aliases: &[],
    found_by: &["sensitive-host-path", "host-path-volume"],
    difficulty: 5,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {containers: [{name: c, image: i, volumeMounts: [{name: v, mountPath: /e, readOnly: true}]}], volumes: [{name: v, hostPath: {path: /var/lib/etcd}}]}
",
            edges: &["Pod n/p, container c -> all Secrets of the cluster if control-plane-schedulable"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {containers: [{name: c, image: i, volumeMounts: [{name: v, mountPath: /e}]}], volumes: [{name: v, hostPath: {path: /var/lib/postgres}}]}
",
            edges: &[],
        },
    ],
};

const OF_ETCD: [&str; 2] = ["/var/lib/etcd", "/etc/kubernetes/pki"];

/// Whether what etcd has lies at `path`, above or inside it.
pub(crate) fn is_of_etcd(path: &str) -> bool {
    OF_ETCD.iter().any(|of_etcd| meets(path, of_etcd))
}

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for container in confined::containers(world) {
        for (mount, path) in container.mounts(world).filter(|(_, path)| is_of_etcd(path)) {
            let Some(assumed) = placement::on_control_plane(world, container.workload()) else { continue };
            let assumed = assumed.into_iter().fold(Assumptions::NONE, |all, one| all.and(one));
            let resource = container.pod.resource;
            drafts
                .edge(container.vertex, Vertex::Secrets(None))
                .assuming(assumed)
                .assuming(container.uses(mount))
                .shown_by(resource, mount.place, &format!("`{path}` of the node is mounted"))
                .cut_by_removing(resource, mount.place, 15, &format!("leave the mount of `{path}` out"))
                .file();
        }
    }
}
