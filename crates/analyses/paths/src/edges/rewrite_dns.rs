//! `rewrite-dns`

use super::granted;
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "rewrite-dns",
    title: "says where names lead",
    rationale: "CoreDNS answers as its ConfigMap says: pods connect to whom the attacker names, and show him what they would have shown the other.",
    conditions: "`update` or `patch` on the ConfigMap `coredns` (or `coredns-custom`, `kube-dns`, `node-local-dns`) in `kube-system`.",
    remediation: "Take the rule out, or name other ConfigMaps.",
    verify: "kubectl auth can-i patch configmap/coredns -n kube-system --as SUBJECT",
    techniques: &["T1557", "MS-TA9035"],
    aliases: &[],
    found_by: &["dns-config-writable"],
    difficulty: 5,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: kube-system}
rules:
  - {apiGroups: [\"\"], resources: [configmaps], verbs: [patch], resourceNames: [coredns]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: kube-system}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[
                "all of namespace kube-system -> traffic of the cluster",
                "rule 1 of Role kube-system/r in namespace kube-system -> traffic of the cluster",
            ],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: kube-system}
rules:
  - {apiGroups: [\"\"], resources: [configmaps], verbs: [patch], resourceNames: [other]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: kube-system}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["all of namespace kube-system -> traffic of the cluster"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [configmaps], verbs: [patch]}
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

const OF_DNS: [&str; 4] = ["coredns", "coredns-custom", "kube-dns", "node-local-dns"];

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    if let Some(&system) = world.namespaces().iter().find(|namespace| world.text(**namespace) == "kube-system") {
        drafts.edge(Vertex::Namespace(system), Vertex::Traffic(None)).file();
    }
    let all = ["update", "patch"].map(|verb| wanted(verb, "", "configmaps"));
    for (id, right, names) in world.rights_to(&all) {
        let is_of_dns = OF_DNS.iter().any(|name| granted::is_among(world, names, name));
        if granted::reaches(world, right, "kube-system") && is_of_dns {
            drafts.edge(Vertex::Right(id), Vertex::Traffic(None)).granted_by(id, &all).file();
        }
    }
}
