//! `activate-dangling`

use std::collections::{BTreeMap, BTreeSet};

use rbac::SubjectKey;

use super::combined;
use super::granted;
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "activate-dangling",
    title: "makes the account that a binding waits for",
    rationale: "A binding names a ServiceAccount that is not there. Whoever makes one of that name, and a pod with it, has what the binding gives.",
    conditions: "A binding names a ServiceAccount that is not in the input, and one subject may `create` `serviceaccounts` and run pods in its namespace.",
    remediation: "Take the subject out of the binding.",
    verify: "kubectl auth can-i create serviceaccounts -n NAMESPACE --as SUBJECT",
    techniques: &["T1136"],
    aliases: &[],
    found_by: &["role-binding-dangling-subject"],
    difficulty: 3,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: m}
rules:
  - {apiGroups: [\"\"], resources: [serviceaccounts], verbs: [create]}
  - {apiGroups: [\"\"], resources: [pods], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: m}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: d}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: x}
subjects: [{kind: ServiceAccount, namespace: m, name: gone}]
",
            edges: &["ServiceAccount n/s -> ServiceAccount m/gone", "all of namespace m -> ServiceAccount m/gone"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: m}
rules:
  - {apiGroups: [\"\"], resources: [pods], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: m}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: d}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: x}
subjects: [{kind: ServiceAccount, namespace: m, name: gone}]
",
            edges: &["all of namespace m -> ServiceAccount m/gone"],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let known: BTreeSet<SubjectKey> =
        world.accounts().map(|(namespace, name)| world.account(namespace, name)).collect();
    let mut waiting: BTreeMap<String, Vec<SubjectKey>> = BTreeMap::new();
    for (subject, _) in world.holders().filter(|(subject, _)| !known.contains(subject)) {
        if let ("ServiceAccount", name) = world.rbac.describe(subject)
            && let Some((namespace, _)) = name.split_once('/')
        {
            waiting.entry(namespace.to_owned()).or_default().push(subject);
        }
    }
    if waiting.is_empty() {
        return;
    }
    for (namespace, subjects) in &waiting {
        let Some(&of) = world.namespaces().iter().find(|known| world.text(**known) == *namespace) else { continue };
        for &subject in subjects {
            drafts.edge(Vertex::Namespace(of), Vertex::Subject(subject)).file();
        }
    }
    let create = [wanted("create", "", "serviceaccounts")];
    for combination in combined::holders(world, &[&create, &granted::RUNS_PODS]) {
        if !granted::runs_pods(world, &combination, 1) {
            continue;
        }
        let scope = combination.scope.map(|scope| world.text(scope));
        let inside = waiting.iter().filter(|(namespace, _)| scope.as_ref().is_none_or(|scope| scope == *namespace));
        for subject in inside.flat_map(|(_, subjects)| subjects).filter(|subject| **subject != combination.subject) {
            combined::file_assuming(
                drafts,
                &combination,
                Vertex::Subject(*subject),
                granted::guards(world, combination.scope),
            );
        }
    }
}
