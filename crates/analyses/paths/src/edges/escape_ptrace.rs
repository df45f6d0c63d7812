//! `escape-ptrace`

use model::control::alias;

use model::inventory::ProfileFact;

use super::confined;
use crate::edge::{APP_ARMOR_OFF, EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "escape-ptrace",
    title: "injects code into a process of the node",
    rationale: "With the processes of the node in sight and the right to trace them, code is written into one that runs as root.",
    conditions: "The pod has `hostPID: true`, and the container adds `SYS_PTRACE` and `SYS_ADMIN` (or `ALL`). AppArmor must not confine it: conditional where no profile is set, because common runtimes then apply their own; no edge where a profile confines.",
    remediation: "Take any of the three out.",
    verify: "kubectl exec POD -c CONTAINER -- sh -c 'grep CapEff /proc/self/status; cat /proc/self/attr/current'",
    techniques: &["T1611"],
    aliases: &[alias("kubehound", "CE_SYS_PTRACE"), alias("icekube", "CAN_NSENTER_HOST"), ],
    found_by: &["host-pid-namespace", "dangerous-capability-added"],
    difficulty: 10,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  hostPID: true
  containers:
    - {name: a, image: i, securityContext: {capabilities: {add: [SYS_PTRACE, SYS_ADMIN]}, appArmorProfile: {type: Unconfined}}}
",
            edges: &["Pod n/p, container a -> a node", ],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  hostPID: true
  containers:
    - {name: a, image: i, securityContext: {capabilities: {add: [SYS_PTRACE, SYS_ADMIN]}}}
",
            edges: &["Pod n/p, container a -> a node if app-armor-off", ],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  hostPID: true
  containers:
    - {name: a, image: i, securityContext: {capabilities: {add: [SYS_PTRACE, SYS_ADMIN]}, appArmorProfile: {type: RuntimeDefault}}}
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers:
    - {name: a, image: i, securityContext: {capabilities: {add: [SYS_PTRACE, SYS_ADMIN]}}}
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  hostPID: true
  containers:
    - {name: a, image: i, securityContext: {capabilities: {add: [SYS_PTRACE]}}}
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  hostPID: true
  containers:
    - {name: a, image: i, securityContext: {runAsUser: 1000, appArmorProfile: {type: Unconfined}, capabilities: {add: [SYS_PTRACE, SYS_ADMIN]}}}
",
            edges: &["Pod n/p, container a -> a node if becomes-root"],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for container in confined::containers(world) {
        let both = container.capability(world, "SYS_PTRACE").zip(container.capability(world, "SYS_ADMIN"));
        let Some(((trace, admin), host_pid)) = both.zip(container.pod.host_pid) else { continue };
        let resource = container.pod.resource;
        let mut draft = drafts.edge(container.vertex, Vertex::Node).assuming(container.as_root());
        match container.container.app_armor {
            ProfileFact::Confined => continue,
            ProfileFact::Unset => draft = draft.if_(&APP_ARMOR_OFF),
            ProfileFact::Unconfined => {}
        }
        draft
            .shown_by(resource, host_pid, "`hostPID: true`")
            .shown_by(resource, trace, "`SYS_PTRACE` is added")
            .shown_by(resource, admin, "`SYS_ADMIN` is added")
            .cut_by_removing(resource, host_pid, 5, "take `hostPID: true` out")
            .cut_by_removing(resource, trace, 8, "take `SYS_PTRACE` out of `capabilities.add`")
            .cut_by_removing(resource, admin, 10, "take `SYS_ADMIN` out of `capabilities.add`")
            .file();
    }
}
