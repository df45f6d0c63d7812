//! `use-service-account`

use model::control::alias;

use model::inventory::WorkloadFact;

use crate::edge::{ACCOUNT_MOUNTS, EdgeFixture, EdgeKind};
use crate::graph::{Action, Drafts, FixKey};
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "use-service-account",
    title: "uses the token that lies in the pod",
    rationale: "The token of the ServiceAccount is a file of the container: whoever runs code there is the account.",
    conditions: "The token is mounted: `automountServiceAccountToken` of the pod, else of the ServiceAccount, else true; or a projected token for the API server is, in a container. Not where every container has something else mounted at its place. Conditional where the account is not in the input and the pod says nothing.",
    remediation: "Set `automountServiceAccountToken: false` where no API is used.",
    verify: "kubectl exec POD -- ls /var/run/secrets/kubernetes.io/serviceaccount/token",
    techniques: &["T1528", "T1078", "MS-TA9016"],
    aliases: &[alias("kubehound", "IDENTITY_ASSUME"), alias("icekube", "USES_ACCOUNT")],
    found_by: &[
        "service-account-token-automounted",
        "token-mounted-with-permissions",
        "workload-service-account-admin",
    ],
    difficulty: 1,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: ServiceAccount
metadata: {name: s, namespace: n}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  serviceAccountName: s
  containers: [{name: a, image: i}]
",
            edges: &["Pod n/p -> ServiceAccount n/s"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: ServiceAccount
metadata: {name: s, namespace: n}
automountServiceAccountToken: false
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  serviceAccountName: s
  containers: [{name: a, image: i}]
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: ServiceAccount
metadata: {name: s, namespace: n}
automountServiceAccountToken: false
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  serviceAccountName: s
  automountServiceAccountToken: true
  containers: [{name: a, image: i}]
",
            edges: &["Pod n/p -> ServiceAccount n/s"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: ServiceAccount
metadata: {name: s, namespace: n}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  serviceAccountName: s
  automountServiceAccountToken: false
  containers: [{name: a, image: i}]
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  serviceAccountName: s
  containers: [{name: a, image: i}]
",
            edges: &["Pod n/p -> ServiceAccount n/s if account-mounts"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: ServiceAccount
metadata: {name: s, namespace: n}
automountServiceAccountToken: false
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  serviceAccountName: s
  volumes: [{name: t, projected: {sources: [{serviceAccountToken: {path: t}}]}}]
  containers: [{name: a, image: i, volumeMounts: [{name: t, mountPath: /t}]}]
",
            edges: &["Pod n/p -> ServiceAccount n/s"],
        },
        // The mirror of a static pod.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n, annotations: {kubernetes.io/config.mirror: x}}
spec:
  serviceAccountName: s
  containers: [{name: a, image: i}]
",
            edges: &[],
        },
        // No container mounts the token.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  automountServiceAccountToken: false
  volumes: [{name: t, projected: {sources: [{serviceAccountToken: {path: t}}]}}]
  containers: [{name: a, image: i}]
",
            edges: &[],
        },
    ],
};

/// Whether the token is in the pods. `None` if it is not known.
pub(crate) fn is_mounted(world: &World<'_>, workload: &WorkloadFact) -> Option<bool> {
    if workload.mirror {
        return Some(false);
    }
    if workload.mounted_token.is_some() {
        return Some(true);
    }
    if workload.token_path_covered {
        return Some(false);
    }
    if let Some(written) = workload.automount {
        return Some(written);
    }
    let (namespace, name) = world.account_of(workload);
    let account = world.account_fact(namespace, name)?;
    Some(account.automount.unwrap_or(true))
}

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for (number, workload) in world.workloads() {
        let mounted = is_mounted(world, workload);
        if mounted == Some(false) {
            continue;
        }
        let (namespace, name) = world.account_of(workload);
        let to = Vertex::Subject(world.account(namespace, name));
        let draft = drafts.edge(Vertex::Workload(number), to).shown_by(
            workload.resource,
            workload.mounted_token.unwrap_or(workload.automount_place),
            "the token is mounted",
        );
        let draft = if mounted.is_none() { draft.if_(&ACCOUNT_MOUNTS) } else { draft };
        let (place, resource) = (workload.automount_place, workload.resource);
        match (workload.mounted_token, workload.automount) {
            (Some(token), _) => draft.cut_by_removing(resource, token, 15, "take the projected token out").file(),
            (None, written) => {
                let action = match written {
                    Some(_) => Action::Replace("false"),
                    None => Action::Insert("automountServiceAccountToken: false"),
                };
                draft
                    .cut_by(FixKey { resource, place, action }, 10, "set `automountServiceAccountToken: false`")
                    .file();
            }
        }
    }
}
