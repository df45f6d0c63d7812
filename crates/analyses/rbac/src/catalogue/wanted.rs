//! Lists of requests that are long, or that several dangers take.

use super::{Need, need};

pub(super) const READ: &[&str] = &["get", "list", "watch"];
pub(super) const CHANGE: &[&str] = &["update", "patch"];
pub(super) const WRITE: &[&str] = &["create", "update", "patch"];
pub(super) const DELETE: &[&str] = &["delete", "deletecollection"];
pub(super) const WRITE_OR_DELETE: &[&str] = &["create", "update", "patch", "delete", "deletecollection"];

pub(super) const CREATE: &[&str] = &["create"];

/// What makes pods.
pub(super) const RUN: &[Need] = &[
    need(CREATE, "", &["pods", "replicationcontrollers", "podtemplates"]),
    need(CREATE, "apps", &["deployments", "statefulsets", "daemonsets", "replicasets"]),
    need(CREATE, "batch", &["jobs", "cronjobs"]),
    need(CREATE, "argoproj.io", &["workflows", "rollouts"]),
    need(CREATE, "tekton.dev", &["taskruns", "pipelineruns"]),
    need(CREATE, "kubevirt.io", &["virtualmachines", "virtualmachineinstances"]),
];

/// What changes that of which pods are made.
pub(super) const EDIT: &[Need] = &[
    need(CHANGE, "apps", &["deployments", "statefulsets", "daemonsets", "replicasets"]),
    need(CHANGE, "batch", &["jobs", "cronjobs"]),
    need(CHANGE, "", &["replicationcontrollers", "podtemplates"]),
    need(CHANGE, "argoproj.io", &["workflows", "rollouts", "cronworkflows"]),
    need(CHANGE, "kubevirt.io", &["virtualmachines"]),
];

/// Policies of engines.
pub(super) const ENGINES: &[Need] = &[
    need(WRITE_OR_DELETE, "kyverno.io", &["clusterpolicies", "policies", "policyexceptions"]),
    need(
        WRITE_OR_DELETE,
        "policies.kyverno.io",
        &[
            "validatingpolicies",
            "mutatingpolicies",
            "generatingpolicies",
            "deletingpolicies",
            "imagevalidatingpolicies",
            "policyexceptions",
            "namespacedvalidatingpolicies",
            "namespacedmutatingpolicies",
            "namespacedgeneratingpolicies",
            "namespaceddeletingpolicies",
            "namespacedimagevalidatingpolicies",
        ],
    ),
    need(WRITE_OR_DELETE, "templates.gatekeeper.sh", &["constrainttemplates"]),
    need(WRITE_OR_DELETE, "constraints.gatekeeper.sh", &["*"]),
    need(WRITE_OR_DELETE, "config.gatekeeper.sh", &["configs"]),
    need(WRITE_OR_DELETE, "mutations.gatekeeper.sh", &["*"]),
    need(
        WRITE_OR_DELETE,
        "policies.kubewarden.io",
        &[
            "clusteradmissionpolicies",
            "admissionpolicies",
            "clusteradmissionpolicygroups",
            "admissionpolicygroups",
            "policyservers",
        ],
    ),
];

/// What operators act on with rights of their own.
pub(super) const DRIVEN: &[Need] = &[
    need(WRITE, "kustomize.toolkit.fluxcd.io", &["kustomizations"]),
    need(WRITE, "helm.toolkit.fluxcd.io", &["helmreleases"]),
    need(
        WRITE,
        "argoproj.io",
        &["applications", "applicationsets", "appprojects", "workflows", "cronworkflows", "workflowtemplates"],
    ),
    need(WRITE, "tekton.dev", &["taskruns", "pipelineruns"]),
    need(WRITE, "cert-manager.io", &["issuers", "clusterissuers", "certificates"]),
    need(WRITE, "velero.io", &["restores", "backups"]),
    need(WRITE, "pkg.crossplane.io", &["providers", "configurations"]),
    need(WRITE, "cluster.x-k8s.io", &["clusters", "machines", "machinedeployments"]),
    need(WRITE, "operators.coreos.com", &["subscriptions", "operatorgroups", "clusterserviceversions"]),
    need(WRITE, "external-secrets.io", &["externalsecrets", "secretstores", "clustersecretstores", "pushsecrets"]),
    need(WRITE, "kubevirt.io", &["virtualmachines", "virtualmachineinstances"]),
    need(WRITE, "karpenter.sh", &["nodepools"]),
    need(WRITE, "karpenter.k8s.aws", &["ec2nodeclasses"]),
];

/// What is gone, or stops, once it is deleted.
pub(super) const DATA: &[Need] = &[
    need(
        DELETE,
        "",
        &[
            "pods",
            "services",
            "persistentvolumeclaims",
            "persistentvolumes",
            "secrets",
            "configmaps",
            "nodes",
            "replicationcontrollers",
        ],
    ),
    need(DELETE, "apps", &["deployments", "statefulsets", "daemonsets", "replicasets"]),
    need(DELETE, "batch", &["jobs", "cronjobs"]),
    need(DELETE, "snapshot.storage.k8s.io", &["volumesnapshots", "volumesnapshotcontents"]),
];

/// A group is taken beside the name of a user or account; which one does not matter.
pub(super) const ANYBODY: &[Need] = &[need(&["impersonate"], "", &["users", "serviceaccounts"]).any_will_do()];

/// Whom constrained impersonation is of.
pub(super) const CONSTRAINED: &[Need] = &[
    need(&["impersonate:user-info"], "authentication.k8s.io", &["users"]),
    need(&["impersonate:serviceaccount"], "authentication.k8s.io", &["serviceaccounts"]),
    need(&["impersonate:arbitrary-node", "impersonate:associated-node"], "authentication.k8s.io", &["nodes"]),
];
