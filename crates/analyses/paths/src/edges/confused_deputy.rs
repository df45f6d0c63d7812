//! `confused-deputy`

use model::control::alias;

use crate::edge::{EdgeFixture, EdgeKind, OPERATOR_OBEYS};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::{World, wanted};

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "confused-deputy",
    title: "has an operator do it",
    rationale: "An operator does with its own rights what a custom resource asks for: who writes the resource has what the operator may do.",
    conditions: "A right to `create`, `update` or `patch` a resource of an operator that is known here, and a workload in the input that runs with the account of that operator. Conditional where the operator can be set up to act as somebody else: Flux (`--default-service-account`), Argo CD (projects and impersonation), Fleet.",
    remediation: "Give the operator an account for each tenant, or leave its resources to those who may do what it does.",
    verify: "plimsoll rbac who-can create kustomizations.kustomize.toolkit.fluxcd.io",
    techniques: &["T1078"],
    aliases: &[alias("kubesplaining", "KUBE-CONFUSED-DEPUTY-001")],
    found_by: &["operator-resource-writable", "gitops-unrestricted-service-account"],
    difficulty: 4,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: apps/v1
kind: Deployment
metadata: {name: kustomize-controller, namespace: flux-system}
spec: {template: {spec: {serviceAccountName: kustomize-controller, containers: [{name: manager, image: i}]}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"kustomize.toolkit.fluxcd.io\"], resources: [kustomizations], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[
                "all of namespace flux-system -> ServiceAccount flux-system/kustomize-controller if operator-obeys",
                "all of namespace n -> ServiceAccount flux-system/kustomize-controller if operator-obeys",
                "rule 1 of Role n/r in namespace n -> ServiceAccount flux-system/kustomize-controller if operator-obeys",
            ],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"kustomize.toolkit.fluxcd.io\"], resources: [kustomizations], verbs: [create]}
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
            yaml: "apiVersion: apps/v1
kind: Deployment
metadata: {name: kustomize-controller, namespace: flux-system}
spec: {template: {spec: {serviceAccountName: kustomize-controller, containers: [{name: manager, image: i}]}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"kustomize.toolkit.fluxcd.io\"], resources: [kustomizations], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: s}]
",
            edges: &[
                "all of namespace flux-system -> ServiceAccount flux-system/kustomize-controller if operator-obeys",
                "all of namespace n -> ServiceAccount flux-system/kustomize-controller if operator-obeys",
            ],
        },
    ],
};

/// An operator: what is asked of it, and the accounts with which it does it.
struct Operator {
    group: &'static str,
    resources: &'static [&'static str],
    /// Namespace and name; an empty namespace is any.
    accounts: &'static [(&'static str, &'static str)],
    obeys: Obeys,
}

impl Operator {
    /// Whether its resources are in namespaces: those of Crossplane are of the whole cluster.
    fn is_namespaced(&self) -> bool {
        !self.group.ends_with("crossplane.io")
    }
}

/// With whose rights an operator does what is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Obeys {
    /// With its own, always.
    Itself,
    /// With its own, unless it is set up to act as somebody else.
    Unless,
}

const OPERATORS: &[Operator] = &[
    // `spec.serviceAccountName`, and `--default-service-account` for all.
    Operator {
        group: "kustomize.toolkit.fluxcd.io",
        resources: &["kustomizations"],
        accounts: &[("", "kustomize-controller")],
        obeys: Obeys::Unless,
    },
    Operator {
        group: "helm.toolkit.fluxcd.io",
        resources: &["helmreleases"],
        accounts: &[("", "helm-controller")],
        obeys: Obeys::Unless,
    },
    // Projects may limit what an Application makes, and impersonation who makes it.
    Operator {
        group: "argoproj.io",
        resources: &["applications", "applicationsets"],
        accounts: &[("", "argocd-application-controller")],
        obeys: Obeys::Unless,
    },
    // The Helm controller of k3s and RKE2 installs any chart as an administrator.
    Operator {
        group: "helm.cattle.io",
        resources: &["helmcharts"],
        accounts: &[("kube-system", "helm-controller")],
        obeys: Obeys::Itself,
    },
    Operator {
        group: "fleet.cattle.io",
        resources: &["gitrepos", "bundles"],
        accounts: &[("cattle-fleet-system", "fleet-agent")],
        obeys: Obeys::Unless,
    },
    Operator {
        group: "operators.coreos.com",
        resources: &["clusterserviceversions", "subscriptions"],
        accounts: &[("", "olm-operator-serviceaccount")],
        obeys: Obeys::Itself,
    },
    Operator {
        group: "kyverno.io",
        resources: &["clusterpolicies", "policies"],
        accounts: &[("", "kyverno-background-controller")],
        obeys: Obeys::Itself,
    },
    Operator {
        group: "pkg.crossplane.io",
        resources: &["providers", "configurations", "functions"],
        accounts: &[("", "crossplane")],
        obeys: Obeys::Itself,
    },
    Operator {
        group: "apiextensions.crossplane.io",
        resources: &["compositions"],
        accounts: &[("", "crossplane")],
        obeys: Obeys::Itself,
    },
    Operator {
        group: "kubernetes.crossplane.io",
        resources: &["objects"],
        accounts: &[("", "provider-kubernetes")],
        obeys: Obeys::Itself,
    },
];

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    let running: std::collections::BTreeSet<_> =
        world.workloads().map(|(_, workload)| world.account_of(workload)).collect();
    for operator in OPERATORS {
        let is_own = |&(namespace, name): &(_, _)| {
            let (namespace, name) = (world.text(namespace), world.text(name));
            operator.accounts.iter().any(|(of, known)| name == *known && (of.is_empty() || namespace == *of))
        };
        let accounts: Vec<Vertex> =
            running.iter().copied().filter(is_own).map(|(of, name)| Vertex::Subject(world.account(of, name))).collect();
        if accounts.is_empty() {
            continue;
        }
        let of_resource =
            |resource: &'static str| ["create", "update", "patch"].map(|verb| wanted(verb, operator.group, resource));
        let all: Vec<_> = operator.resources.iter().flat_map(|resource| of_resource(resource)).collect();
        let all_of = world.namespaces().iter().map(|&namespace| Vertex::Namespace(namespace));
        for from in all_of.filter(|_| operator.is_namespaced()) {
            for &account in &accounts {
                let draft = drafts.edge(from, account);
                if operator.obeys == Obeys::Itself { draft.file() } else { draft.if_(&OPERATOR_OBEYS).file() }
            }
        }
        for (id, _, _) in world.rights_to(&all) {
            for &account in &accounts {
                let draft = drafts.edge(Vertex::Right(id), account).granted_by(id, &all);
                if operator.obeys == Obeys::Itself { draft.file() } else { draft.if_(&OPERATOR_OBEYS).file() }
            }
        }
    }
}
