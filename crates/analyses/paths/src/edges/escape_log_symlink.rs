//! `escape-log-symlink`

use model::control::alias;
use model::inventory::WorkloadFact;
use rbac::Request;

use super::confined::{self, covers};
use super::use_service_account::is_mounted;
use crate::edge::{ACCOUNT_MOUNTS, Assumptions, EdgeFixture, EdgeKind, LOGS_SERVED};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "escape-log-symlink",
    title: "reads files of the node through links among its logs",
    rationale: "The kubelet follows links in its directory of logs and serves what they lead to: any file of the node, as root reads it.",
    conditions: "The container mounts a path that covers `/var/log` writable. The account whose token lies in the pod reads logs: `get` on `pods/log` in its namespace, or on `nodes/log` or `nodes/proxy`. Conditional: the kubelet must follow the link.",
    remediation: "Mount it read-only, or leave the volume out; or take the right to read logs.",
    verify: "kubectl exec POD -c CONTAINER -- ls -l MOUNT/pods",
    techniques: &["T1611"],
    aliases: &[alias("kubehound", "CE_VAR_LOG_SYMLINK")],
    found_by: &["host-log-directory-writable", "host-path-volume", "writable-host-path"],
    difficulty: 12,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [pods/log], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: default}]
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers:
    - name: a
      image: i
      volumeMounts:
        - {name: v, mountPath: /host}
  volumes:
    - {name: v, hostPath: {path: /var/log}}
",
            edges: &["Pod n/p, container a -> files of a node if logs-served, account-mounts"],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [pods/log], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: default}]
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers:
    - name: a
      image: i
      volumeMounts:
        - {name: v, mountPath: /host, readOnly: true}
  volumes:
    - {name: v, hostPath: {path: /var/log}}
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [pods/log], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: default}]
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers:
    - name: a
      image: i
      volumeMounts:
        - {name: v, mountPath: /host}
  volumes:
    - {name: v, hostPath: {path: /var/log/app}}
",
            edges: &[],
        },
        // Its account reads no logs.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers: [{name: a, image: i, volumeMounts: [{name: v, mountPath: /host}]}]
  volumes: [{name: v, hostPath: {path: /var/log}}]
",
            edges: &[],
        },
        // It may, and has no token to do it with.
        EdgeFixture {
            yaml: "apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: n}
rules:
  - {apiGroups: [\"\"], resources: [pods/log], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: n}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, namespace: n, name: default}]
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  automountServiceAccountToken: false
  containers: [{name: a, image: i, volumeMounts: [{name: v, mountPath: /host}]}]
  volumes: [{name: v, hostPath: {path: /var/log}}]
",
            edges: &[],
        },
    ],
};

/// Whether the account of the pods reads logs, and what must hold for that; `None` if it does not.
fn reads_logs(world: &World<'_>, workload: &WorkloadFact) -> Option<Assumptions> {
    let assumptions = match is_mounted(world, workload) {
        Some(false) => return None,
        Some(true) => Assumptions::NONE,
        None => Assumptions::NONE.and(&ACCOUNT_MOUNTS),
    };
    let (namespace, name) = world.account_of(workload);
    let identity = world.rbac.identity(world.account(namespace, name));
    let of_pods = Request::resource("get", "", "pods/log").in_namespace(&world.text(namespace));
    // A pod's own logs are enough, and so are those of any pod of the node.
    let asked = [of_pods, Request::resource("get", "", "nodes/log"), Request::resource("get", "", "nodes/proxy")];
    asked.iter().any(|request| world.rbac.allows(&identity, request)).then_some(assumptions)
}

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for container in confined::containers(world) {
        let Vertex::Container(workload, _) = container.vertex else { continue };
        let mut mounts = container.mounts(world).filter(|(mount, path)| mount.writable && covers(path, "/var/log"));
        let Some(first) = mounts.next() else { continue };
        let workload = &world.inventory.facts.workloads[workload as usize];
        let Some(assumptions) = reads_logs(world, workload) else { continue };
        for (mount, path) in std::iter::once(first).chain(mounts) {
            let resource = container.pod.resource;
            drafts
                .edge(container.vertex, Vertex::NodeFiles)
                .assuming(assumptions)
                .assuming(container.uses(mount))
                .if_(&LOGS_SERVED)
                .shown_by(resource, mount.place, &format!("`{path}` of the node is mounted writable"))
                .cut_by(confined::read_only(resource, mount), 8, &format!("mount `{path}` read-only, or not at all"))
                .file();
        }
    }
}
