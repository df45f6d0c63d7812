//! `redirect-traffic`

use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{Wanted, World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "redirect-traffic",
    title: "leads the traffic of Services to itself",
    rationale: "Endpoints say which addresses are behind a Service, and `externalIPs` take traffic for addresses outside: whoever writes them is connected to in place of the other.",
    conditions: "`create`, `update` or `patch` on `endpointslices` or `endpoints`, or on `services` or their status, or on `ingresses` (which hosts and paths lead where), or on `pods` (labels decide who is behind a Service).",
    remediation: "Take the rule out.",
    verify: "kubectl auth can-i patch endpointslices -n NAMESPACE --as SUBJECT",
    techniques: &["T1557"],
    aliases: &[],
    found_by: &["networking-writable"],
    difficulty: 5,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"discovery.k8s.io\"], resources: [endpointslices], verbs: [patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of Role n/r in namespace n -> traffic of namespace n"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"\"], resources: [services], verbs: [update]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of ClusterRole r in the cluster -> traffic of the cluster"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [services], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [services/status], verbs: [patch]}
  - {apiGroups: [networking.k8s.io], resources: [ingresses], verbs: [create]}
  - {apiGroups: [networking.k8s.io], resources: [ingresses/status], verbs: [patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[
                "rule 1 of Role n/r in namespace n -> traffic of namespace n",
                "rule 2 of Role n/r in namespace n -> traffic of namespace n",
            ],
        },
    ],
};

const REDIRECTS: &[Wanted] = &[
    wanted("create", "discovery.k8s.io", "endpointslices"),
    wanted("update", "discovery.k8s.io", "endpointslices"),
    wanted("patch", "discovery.k8s.io", "endpointslices"),
    wanted("create", "", "endpoints"),
    wanted("update", "", "endpoints"),
    wanted("patch", "", "endpoints"),
    wanted("create", "", "services"),
    wanted("update", "", "services"),
    wanted("patch", "", "services"),
    // What `status.loadBalancer` says of a Service is taken by all nodes (CVE-2020-8554).
    wanted("update", "", "services/status"),
    wanted("patch", "", "services/status"),
    wanted("create", "networking.k8s.io", "ingresses"),
    wanted("update", "networking.k8s.io", "ingresses"),
    wanted("patch", "networking.k8s.io", "ingresses"),
    wanted("update", "", "pods"),
    wanted("patch", "", "pods"),
];

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for (id, right, names) in world.rights_to(REDIRECTS) {
        if names.is_empty() {
            drafts.edge(Vertex::Right(id), Vertex::Traffic(right.scope)).granted_by(id, REDIRECTS).file();
        }
    }
}
