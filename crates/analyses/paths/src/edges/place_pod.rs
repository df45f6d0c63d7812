//! `place-pod`

use super::granted::{self, Permits};
use crate::edge::{Assumptions, CONTROL_PLANE_HAS_NODES, EdgeFixture, EdgeKind, NOTHING_ENFORCED};
use crate::graph::Drafts;
use crate::templates::{self, Templates};
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "place-pod",
    title: "runs a pod that can do anything on a node of the control plane",
    rationale: "A pod that names its node is not scheduled: taints `NoSchedule` do not keep it away. Privileged, it is root there.",
    conditions: "A right to create pods or what creates them, where Pod Security lets privileged pods in. Conditional: the control plane has nodes that are in the cluster, which those of managed clusters are not, unless the Nodes of the input say so; and where the Namespace is not in the input, that nothing is enforced.",
    remediation: "Take the rule out, or enforce `baseline` in the namespace; taints keep nothing off that tolerates them.",
    verify: "kubectl get nodes -l node-role.kubernetes.io/control-plane",
    techniques: &["T1610", "T1611"],
    aliases: &[],
    found_by: &["pods-creatable", "pod-security-not-enforced"],
    difficulty: 4,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Namespace
metadata: {name: n}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [pods], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[
                "all of namespace n -> a control-plane node if control-plane-has-nodes",
                "cluster-admin -> a control-plane node if control-plane-has-nodes",
                "rule 1 of Role n/r in namespace n -> a control-plane node if control-plane-has-nodes",
            ],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Namespace
metadata: {name: n, labels: {pod-security.kubernetes.io/enforce: baseline}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [pods], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[
                "all of namespace n -> a control-plane node if control-plane-has-nodes",
                "cluster-admin -> a control-plane node if control-plane-has-nodes",
            ],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [pods], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[
                "all of namespace n -> a control-plane node if control-plane-has-nodes",
                "cluster-admin -> a control-plane node if control-plane-has-nodes",
            ],
        },
        // None of the Nodes runs the control plane.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Node
metadata: {name: worker}
---
apiVersion: v1
kind: Namespace
metadata: {name: n}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
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
    let assumed = match world.placement().has_control_plane() {
        Some(true) => Assumptions::NONE,
        Some(false) => return,
        None => Assumptions::NONE.and(&CONTROL_PLANE_HAS_NODES),
    };
    for (id, right, guarded) in granted::creates_pods(world) {
        let draft = drafts
            .edge(Vertex::Right(id), Vertex::ControlPlaneNode)
            .assuming(assumed)
            .assuming(guarded)
            .granted_by(id, &granted::CREATES);
        match granted::permits_somewhere(world, right) {
            Permits::No => {}
            Permits::NotKnown => draft.if_(&NOTHING_ENFORCED).file(),
            Permits::Yes => draft.file(),
        }
    }
    // Who has all rights there changes the label that would forbid it.
    for &namespace in world.namespaces() {
        let draft = drafts.edge(Vertex::Namespace(namespace), Vertex::ControlPlaneNode);
        draft.assuming(assumed).assuming(granted::guards(world, Some(namespace))).file();
    }
    drafts.edge(Vertex::ClusterAdmin, Vertex::ControlPlaneNode).assuming(assumed).file();
    for Templates { kind, namespace, guards, .. } in templates::changeable(world) {
        let draft = drafts.edge(Vertex::Templates(kind, Some(namespace)), Vertex::ControlPlaneNode);
        let draft = draft.assuming(assumed).assuming(guards);
        match granted::permits_privileged(world, namespace) {
            Permits::No => {}
            Permits::NotKnown => draft.if_(&NOTHING_ENFORCED).file(),
            Permits::Yes => draft.file(),
        }
    }
}
