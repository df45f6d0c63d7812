//! `host-volume`

use model::control::alias;

use super::{combined, granted};
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "host-volume",
    title: "mounts the disk of a node through a volume of its own",
    rationale: "Pod Security looks at pods and not at the volumes that their claims are bound to: a PersistentVolume may be a path of the node.",
    conditions: "`create` on `persistentvolumes` in the whole cluster, and the right to start pods somewhere.",
    remediation: "Take the rule out.",
    verify: "kubectl auth can-i create persistentvolumes --as SUBJECT",
    techniques: &["T1611", "MS-TA9013"],
    aliases: &[alias("icekube", "PERSISTENT_VOLUME_CREATION")],
    found_by: &["persistent-volumes-creatable", "persistent-volume-on-host-path"],
    difficulty: 4,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"\"], resources: [persistentvolumes], verbs: [create]}
  - {apiGroups: [\"\"], resources: [pods], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["ServiceAccount n/s -> a node"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"\"], resources: [persistentvolumes], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [persistentvolumes], verbs: [create]}
  - {apiGroups: [\"\"], resources: [pods], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let volumes = [wanted("create", "", "persistentvolumes")];
    for combination in combined::holders(world, &[&volumes, &granted::RUNS_PODS]) {
        if !granted::runs_pods(world, &combination, 1) {
            continue;
        }
        combined::file_assuming(drafts, &combination, Vertex::Node, granted::guards(world, combination.scope));
    }
}
