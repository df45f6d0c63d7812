//! Who may do what: ServiceAccounts, Roles, ClusterRoles and their bindings, narrow and far too wide; and Namespaces.

use super::app::{App, Posture};
use super::draft::Draft;

const API: &str = "rbac.authorization.k8s.io";
const READ: &[&str] = &["get", "list", "watch"];
const WRITE: &[&str] = &["get", "list", "watch", "create", "update", "patch", "delete"];
const RULES: &[(&str, &[&str])] = &[
    ("", &["configmaps", "endpoints", "services"]),
    ("apps", &["deployments", "replicasets", "statefulsets"]),
    ("batch", &["cronjobs", "jobs"]),
    ("coordination.k8s.io", &["leases"]),
    ("", &["pods", "pods/log"]),
    ("networking.k8s.io", &["ingresses", "networkpolicies"]),
    ("", &["secrets"]),
    ("discovery.k8s.io", &["endpointslices"]),
];

pub(crate) fn namespace(draft: &mut Draft, app: &App) {
    draft.object(|draft| {
        draft.text("apiVersion", "v1");
        draft.text("kind", "Namespace");
        draft.map("metadata", |draft| {
            draft.text("name", &app.namespace);
            draft.map("labels", |draft| {
                draft.text("example.com/team", app.team);
                if app.is_hardened() {
                    draft.text("pod-security.kubernetes.io/enforce", "restricted");
                }
            });
        });
    });
}

pub(crate) fn service_account(draft: &mut Draft, app: &App) {
    draft.object(|draft| {
        draft.text("apiVersion", "v1");
        draft.text("kind", "ServiceAccount");
        app.metadata(draft, "");
        draft.list("imagePullSecrets", |draft| draft.item(|draft| draft.text("name", "registry-credentials")));
        if app.is_hardened() {
            draft.flag("automountServiceAccountToken", false);
        }
    });
}

pub(crate) fn role(draft: &mut Draft, app: &App) {
    draft.object(|draft| {
        draft.text("apiVersion", &format!("{API}/v1"));
        draft.text("kind", "Role");
        app.metadata(draft, "");
        rules(draft, app);
    });
    draft.object(|draft| {
        draft.text("apiVersion", &format!("{API}/v1"));
        draft.text("kind", "RoleBinding");
        app.metadata(draft, "");
        binding(draft, app, "Role", &app.name);
    });
}

pub(crate) fn cluster_role(draft: &mut Draft, app: &App) {
    let name = format!("{}-{}", app.team, app.name);
    let admin = app.posture == Posture::Open && draft.random.percent(20);
    if !admin {
        draft.object(|draft| {
            draft.text("apiVersion", &format!("{API}/v1"));
            draft.text("kind", "ClusterRole");
            app.cluster_metadata(draft, "");
            rules(draft, app);
        });
    }
    draft.object(|draft| {
        draft.text("apiVersion", &format!("{API}/v1"));
        draft.text("kind", "ClusterRoleBinding");
        app.cluster_metadata(draft, "");
        binding(draft, app, "ClusterRole", if admin { "cluster-admin" } else { &name });
    });
}

fn rules(draft: &mut Draft, app: &App) {
    let wildcard = app.posture == Posture::Open && draft.random.percent(25);
    let count = draft.random.between(2, 6);
    let start = draft.random.below(RULES.len());
    draft.list("rules", |draft| {
        if wildcard {
            return draft.item(|draft| {
                for name in ["apiGroups", "resources", "verbs"] {
                    draft.strings(name, &["*"]);
                }
            });
        }
        for index in start..start + count {
            let (group, resources) = RULES[index % RULES.len()];
            let verbs = if app.is_hardened() || draft.random.percent(50) { READ } else { WRITE };
            draft.item(|draft| {
                draft.strings("apiGroups", &[group]);
                draft.strings("resources", resources);
                draft.strings("verbs", verbs);
            });
        }
    });
}

fn binding(draft: &mut Draft, app: &App, kind: &str, name: &str) {
    draft.map("roleRef", |draft| {
        draft.text("apiGroup", API);
        draft.text("kind", kind);
        draft.text("name", name);
    });
    draft.list("subjects", |draft| {
        draft.item(|draft| {
            draft.text("kind", "ServiceAccount");
            draft.text("name", &app.name);
            draft.text("namespace", &app.namespace);
        });
        if app.posture == Posture::Open && draft.random.percent(10) {
            draft.item(|draft| {
                draft.text("kind", "Group");
                draft.text("apiGroup", API);
                draft.text("name", "system:authenticated");
            });
        }
    });
}
