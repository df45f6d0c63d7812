//! `read-mounted`

use model::control::alias;

use model::inventory::SecretUse;

use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "read-mounted",
    title: "reads the Secrets that the pod is given",
    rationale: "A Secret that is mounted or in the environment is read by all code of the pod.",
    conditions: "A volume, `env` or `envFrom` of the pod names the Secret.",
    remediation: "Give the Secret only to pods that need it.",
    verify: "kubectl exec POD -- env",
    techniques: &["T1552", "MS-TA9027", "MS-TA9026", "MS-TA9041"],
    aliases: &[alias("icekube", "MOUNTS_SECRET"), alias("kubehound", "VOLUME_DISCOVER")],
    found_by: &["secret-in-environment"],
    difficulty: 1,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  serviceAccountName: s
  volumes: [{name: v, secret: {secretName: db}}]
  containers: [{name: a, image: i}]
",
            edges: &["Pod n/p -> Secret n/db"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  serviceAccountName: s
  imagePullSecrets: [{name: pull}]
  containers: [{name: a, image: i}]
",
            edges: &[],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for (number, workload) in world.workloads() {
        let namespace = world.namespace(workload.resource);
        // The kubelet pulls images: the pod never sees that Secret.
        let seen = workload.secrets.iter().filter(|(_, by)| *by != SecretUse::Pull);
        let mut names: Vec<_> = seen.map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            drafts
                .edge(Vertex::Workload(number), Vertex::Secret(namespace, name))
                .shown_by(workload.resource, workload.place, "the pod is given the Secret")
                .file();
        }
    }
}
