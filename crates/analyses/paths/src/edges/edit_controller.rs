//! `edit-controller`

use model::control::alias;

use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::templates::{self, Edit, KINDS};
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "edit-controller",
    title: "changes the template of what runs pods",
    rationale: "Who changes a template that is there runs what it likes in that namespace, as any of its accounts and with any of its Secrets, without a right to create anything.",
    conditions: "`update` or `patch` on Deployments, StatefulSets, DaemonSets, ReplicaSets, ReplicationControllers or CronJobs, or on Rollouts, CronWorkflows, DeploymentConfigs, Services of Knative, CloneSets or ScaledJobs, in their own API groups, and one is there; a rule with names is for these. Conditional in namespaces of which no workload is in the input. The template of a Job cannot be changed.",
    remediation: "Take the rule out, or name what may be changed.",
    verify: "kubectl auth can-i patch deployments -n NAMESPACE --as SUBJECT",
    techniques: &["T1610", "MS-TA9011"],
    aliases: &[alias("icekube", "UPDATE_WORKLOAD_WITH_SA"), alias("k8scout", "TAKEOVER")],
    found_by: &["pods-creatable"],
    difficulty: 2,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: n}
spec: {template: {spec: {containers: [{name: a, image: i}]}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [apps], resources: [deployments, daemonsets], verbs: [patch]}
  - {apiGroups: [\"\"], resources: [deployments], verbs: [patch]}
  - {apiGroups: [apps], resources: [deployments], verbs: [update], resourceNames: [web]}
  - {apiGroups: [apps], resources: [deployments], verbs: [update], resourceNames: [other]}
  - {apiGroups: [apps], resources: [replicasets], verbs: [update]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[
                "rule 1 of ClusterRole r in namespace n -> all Deployments of namespace n",
                "rule 3 of ClusterRole r in namespace n -> all Deployments of namespace n",
                "rule 5 of ClusterRole r in namespace n -> all ReplicaSets of namespace n",
            ],
        },
        // In the whole cluster: where one is, and where nothing is known.
        EdgeFixture {
            yaml: "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: n}
spec: {template: {spec: {containers: [{name: a, image: i}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: other}
spec: {template: {spec: {containers: [{name: a, image: i}]}}}
---
apiVersion: v1
kind: Namespace
metadata: {name: empty}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [apps], resources: [daemonsets], verbs: [update]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[
                "rule 1 of ClusterRole r in the cluster -> all DaemonSets of the cluster",
                "all DaemonSets of the cluster -> all DaemonSets of namespace n",
            ],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {containers: [{name: a, image: i}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [apps], resources: [statefulsets], verbs: [patch]}
  - {apiGroups: [batch], resources: [jobs], verbs: [patch]}
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
    let over_all = |kind: u32| world.editing(kind).iter().any(|edit| edit.scope.is_none() && edit.names.is_empty());
    for templates in templates::changeable(world).into_iter().filter(|templates| over_all(templates.kind)) {
        let to = Vertex::Templates(templates.kind, Some(templates.namespace));
        drafts.edge(Vertex::Templates(templates.kind, None), to).assuming(templates.assumptions).file();
    }
    for kind in 0..KINDS.len() as u32 {
        for &Edit { right: id, scope, ref names } in world.editing(kind) {
            let namespaces = match scope {
                None if names.is_empty() => {
                    drafts
                        .edge(Vertex::Right(id), Vertex::Templates(kind, None))
                        .granted_by(id, KINDS[kind as usize].edits)
                        .file();
                    continue;
                }
                None => world.namespaces().to_vec(),
                Some(namespace) => vec![namespace],
            };
            for namespace in namespaces {
                let Some(assumptions) = world.existing().in_namespace(kind, namespace, names) else { continue };
                let to = Vertex::Templates(kind, Some(namespace));
                drafts
                    .edge(Vertex::Right(id), to)
                    .assuming(assumptions)
                    .granted_by(id, KINDS[kind as usize].edits)
                    .file();
            }
        }
    }
}
