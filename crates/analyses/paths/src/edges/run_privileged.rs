//! `run-privileged`

use model::control::alias;

use super::granted;
use crate::edge::{EdgeFixture, EdgeKind, NOTHING_ENFORCED};
use crate::graph::Drafts;
use crate::templates::{self, Templates};
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "run-privileged",
    title: "runs a pod that takes its node",
    rationale: "Where admission does not forbid it, who creates pods creates privileged ones.",
    conditions: "The rights of `run-as-account` in a namespace whose `pod-security.kubernetes.io/enforce` label is missing or `privileged`. Conditional where the Namespace is not in the input. Pods are judged and not their templates: a Deployment is accepted and its pods are refused. Other admission (policies, webhooks) may forbid it as well and is not looked at here.",
    remediation: "Label the namespace with `pod-security.kubernetes.io/enforce: baseline`, or take the rule out.",
    verify: "kubectl label --dry-run=server namespace NAMESPACE pod-security.kubernetes.io/enforce=baseline",
    techniques: &["T1610", "T1611", "MS-TA9008"],
    aliases: &[alias("kubehound", "POD_CREATE"), alias("icekube", "CREATE_PRIVILEGED_WORKLOAD")],
    found_by: &["pods-creatable", "pod-security-not-enforced"],
    difficulty: 3,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Namespace
metadata: {name: n, labels: {pod-security.kubernetes.io/enforce: privileged}}
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
            edges: &["rule 1 of Role n/r in namespace n -> a node"],
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
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
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
            edges: &["rule 1 of Role n/r in namespace n -> a node if nothing-enforced"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Namespace
metadata: {name: n, labels: {pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules:
  - {apiGroups: [\"apps\"], resources: [daemonsets], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: r}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["rule 1 of ClusterRole r in the cluster -> a node if nothing-enforced"],
        },
        // A policy is asked, which may refuse it.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Namespace
metadata: {name: n}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods]}]}
  validations: [{expression: \"false\"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no}
spec: {policyName: no, validationActions: [Deny]}
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
            edges: &["rule 1 of Role n/r in namespace n -> a node if admission-permits"],
        },
        // It refuses nothing.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Namespace
metadata: {name: n}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods]}]}
  validations: [{expression: \"false\"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no}
spec: {policyName: no, validationActions: [Audit]}
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
            edges: &["rule 1 of Role n/r in namespace n -> a node"],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for (id, right, assumed) in granted::creates_pods(world) {
        let draft = drafts.edge(Vertex::Right(id), Vertex::Node).assuming(assumed).granted_by(id, &granted::CREATES);
        match granted::permits_somewhere(world, right) {
            granted::Permits::No => {}
            granted::Permits::NotKnown => draft.if_(&NOTHING_ENFORCED).file(),
            granted::Permits::Yes => draft.file(),
        }
    }
    for Templates { kind, namespace, guards, .. } in templates::changeable(world) {
        let draft = drafts.edge(Vertex::Templates(kind, Some(namespace)), Vertex::Node).assuming(guards);
        match granted::permits_privileged(world, namespace) {
            granted::Permits::No => {}
            granted::Permits::NotKnown => draft.if_(&NOTHING_ENFORCED).file(),
            granted::Permits::Yes => draft.file(),
        }
    }
}
