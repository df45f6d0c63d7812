//! `claim-of-host`

use model::inventory::VolumeFact;
use model::symbols::Symbol;

use super::host_read::has_credentials;
use super::host_write::leads_to_execution;
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "claim-of-host",
    title: "mounts the node by a claim",
    rationale: "A PersistentVolume of type `hostPath` or `local` is a path of a node. Whoever mounts its claim has that path, and Pod Security does not look through the claim.",
    conditions: "A claim that a container mounts is bound to such a volume. Written below a path that root runs or trusts it is the node; where credentials lie, it is the files of the node.",
    remediation: "Use a volume of a driver, or one whose path holds nothing of the node.",
    verify: "kubectl get pv -o custom-columns=NAME:.metadata.name,CLAIM:.spec.claimRef.name,PATH:.spec.hostPath.path,LOCAL:.spec.local.path",
    techniques: &["T1611", "T1552.001"],
    aliases: &[],
    found_by: &["persistent-volume-on-host-path"],
    difficulty: 3,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: PersistentVolume
metadata: {name: v}
spec: {hostPath: {path: /}, claimRef: {namespace: n, name: c}}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers: [{name: a, image: i, volumeMounts: [{name: d, mountPath: /d}]}]
  volumes: [{name: d, persistentVolumeClaim: {claimName: c}}]
",
            edges: &["Pod n/p -> a node", "Pod n/p -> files of a node"],
        },
        // The claim names the volume; what is mounted read-only is read.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: PersistentVolume
metadata: {name: v}
spec: {local: {path: /etc/kubernetes}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: c, namespace: n}
spec: {volumeName: v}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers: [{name: a, image: i, volumeMounts: [{name: d, mountPath: /d, readOnly: true}]}]
  volumes: [{name: d, persistentVolumeClaim: {claimName: c}}]
",
            edges: &["Pod n/p -> files of a node"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: PersistentVolume
metadata: {name: v}
spec: {hostPath: {path: /srv/data}, claimRef: {namespace: n, name: c}}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers: [{name: a, image: i, volumeMounts: [{name: d, mountPath: /d}]}]
  volumes: [{name: d, persistentVolumeClaim: {claimName: c}}]
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: PersistentVolume
metadata: {name: v}
spec: {hostPath: {path: /}, claimRef: {namespace: other, name: c}}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers: [{name: a, image: i, volumeMounts: [{name: d, mountPath: /d}]}]
  volumes: [{name: d, persistentVolumeClaim: {claimName: c}}]
",
            edges: &[],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let facts = &world.inventory.facts;
    if facts.volumes.iter().all(|volume| volume.host_path.is_none()) {
        return;
    }
    for (number, workload) in world.workloads() {
        let namespace = world.namespace(workload.resource);
        for used in workload.claims.iter().filter(|used| used.mounted) {
            let Some(volume) = volume_of(world, namespace, used.claim) else { continue };
            let Some(path) = volume.host_path.map(|path| world.text(path)) else { continue };
            let note = format!("the claim is bound to a volume that is `{path}` of a node");
            let mut targets = Vec::new();
            if used.writable.is_some() && leads_to_execution(&path) {
                targets.push(Vertex::Node);
            }
            if has_credentials(&path) {
                targets.push(Vertex::NodeFiles);
            }
            for to in targets {
                drafts.edge(Vertex::Workload(number), to).shown_by(workload.resource, used.place, &note).file();
            }
        }
    }
}

/// The volume of a claim: which says so, or is named by the claim.
fn volume_of<'w>(world: &'w World<'_>, namespace: Symbol, claim: Symbol) -> Option<&'w VolumeFact> {
    let facts = &world.inventory.facts;
    let bound = facts.volumes.iter().find(|volume| volume.claim == (namespace, claim));
    bound.or_else(|| {
        let fact = facts.claims.iter().find(|fact| {
            world.namespace(fact.resource) == namespace && world.inventory.resource(fact.resource).name == claim
        })?;
        let named = |volume: &&VolumeFact| world.inventory.resource(volume.resource).name == fact.volume;
        facts.volumes.iter().find(named).filter(|_| !fact.volume.is_empty())
    })
}
