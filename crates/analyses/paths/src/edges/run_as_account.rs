//! `run-as-account`

use model::control::alias;

use super::granted;
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::templates::{self, Templates};
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "run-as-account",
    title: "runs a pod as any account of the namespace",
    rationale: "Who creates pods chooses their ServiceAccount, and reads its token in them.",
    conditions: "`create` on pods or on a kind that creates pods, or a template that may be changed (`edit-controller`), in a namespace: every ServiceAccount of it. A rule with names creates only what may be patched too.",
    remediation: "Take the rule out, or keep powerful accounts in namespaces of their own.",
    verify: "kubectl auth can-i create pods -n NAMESPACE --as SUBJECT",
    techniques: &["T1610", "T1528", "MS-TA9008", "MS-TA9014"],
    aliases: &[alias("icekube", "CREATE_POD_WITH_SA")],
    found_by: &["pods-creatable"],
    difficulty: 2,
    find,
    fixtures: &[
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
            edges: &["rule 1 of Role n/r in namespace n -> all ServiceAccounts of namespace n"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"batch\"], resources: [cronjobs], verbs: [patch]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: c, namespace: n}
spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: a, image: i}]}}}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &["all CronJobs of namespace n -> all ServiceAccounts of namespace n"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [deployments], verbs: [create]}
  - {apiGroups: [\"batch\"], resources: [jobs], verbs: [patch]}
  - {apiGroups: [\"batch\"], resources: [cronjobs], verbs: [create], resourceNames: [c]}
  - {apiGroups: [\"apps\"], resources: [deployments/status], verbs: [patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[],
        },
        // A webhook is asked about the pods of the namespace.
        EdgeFixture {
            yaml: "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: h}
webhooks:
  - name: h.example.com
    failurePolicy: Fail
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: n}}
    clientConfig: {service: {namespace: hooks, name: hook}}
    rules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
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
            edges: &["rule 1 of Role n/r in namespace n -> all ServiceAccounts of namespace n if admission-permits"],
        },
        // It is asked about those of another.
        EdgeFixture {
            yaml: "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: h}
webhooks:
  - name: h.example.com
    failurePolicy: Fail
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: other}}
    clientConfig: {service: {namespace: hooks, name: hook}}
    rules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
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
            edges: &["rule 1 of Role n/r in namespace n -> all ServiceAccounts of namespace n"],
        },
        // Kinds of others make pods where their controllers run.
        EdgeFixture {
            yaml: "apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: d, namespace: n}
spec: {template: {spec: {containers: [{name: a, image: i}]}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [argoproj.io], resources: [rollouts], verbs: [create]}
  - {apiGroups: [tekton.dev], resources: [taskruns], verbs: [create]}
  - {apiGroups: [argoproj.io], resources: [rollouts], verbs: [patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[
                "rule 1 of Role n/r in namespace n -> all ServiceAccounts of namespace n",
                "rule 2 of Role n/r in namespace n -> all ServiceAccounts of namespace n if controller-runs",
                "all Rollouts of namespace n -> all ServiceAccounts of namespace n",
            ],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for (id, right, assumed) in granted::creates_pods(world) {
        drafts
            .edge(Vertex::Right(id), Vertex::Accounts(right.scope))
            .assuming(assumed)
            .granted_by(id, &granted::CREATES)
            .file();
    }
    for Templates { kind, namespace, guards, .. } in templates::changeable(world) {
        drafts
            .edge(Vertex::Templates(kind, Some(namespace)), Vertex::Accounts(Some(namespace)))
            .assuming(guards)
            .file();
    }
}
