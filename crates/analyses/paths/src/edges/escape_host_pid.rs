//! `escape-host-pid`

use super::confined;
use crate::edge::{CREDENTIALS_LIE_THERE, EdgeFixture, EdgeKind, IMAGE_RUNS_AS_ROOT};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "escape-host-pid",
    title: "reads what processes of the node were started with",
    rationale: "With the processes of the node in sight, their environments and command lines are read: passwords and keys are among them often enough.",
    conditions: "The pod has `hostPID: true`. Conditional: the environment of another process is shown to the same user or with `SYS_PTRACE` only, and credentials have to lie there. Gives what they say, not the node.",
    remediation: "Take `hostPID: true` out.",
    verify: "kubectl exec POD -c CONTAINER -- cat /proc/1/environ",
    techniques: &["T1057"],
    aliases: &[],
    found_by: &["host-pid-namespace"],
    difficulty: 15,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {hostPID: true, containers: [{name: c, image: i}]}
",
            edges: &["Pod n/p, container c -> files of a node if image-runs-as-root, credentials-lie-there"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {hostPID: true, securityContext: {runAsUser: 0}, containers: [{name: c, image: i}]}
",
            edges: &["Pod n/p, container c -> files of a node if credentials-lie-there"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {hostPID: true, securityContext: {runAsUser: 1000}, containers: [{name: c, image: i}]}
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec: {hostIPC: true, containers: [{name: c, image: i}]}
",
            edges: &[],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for container in confined::containers(world) {
        let Some(host_pid) = container.pod.host_pid else { continue };
        let traces = container.capability(world, "SYS_PTRACE").is_some();
        let user = container.container.user;
        if !traces && user.is_some_and(|user| user != 0) {
            continue;
        }
        let resource = container.pod.resource;
        let draft = drafts.edge(container.vertex, Vertex::NodeFiles).if_(&CREDENTIALS_LIE_THERE);
        let draft = if user.is_none() && !traces { draft.if_(&IMAGE_RUNS_AS_ROOT) } else { draft };
        draft
            .shown_by(resource, host_pid, &format!("it sees the processes of {}", container.nodes(world)))
            .cut_by_removing(resource, host_pid, 5, "take `hostPID: true` out")
            .file();
    }
}
