//! `escape-privileged`

use model::control::alias;

use super::confined;
use crate::edge::{EdgeFixture, EdgeKind};
use crate::graph::Drafts;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "escape-privileged",
    title: "mounts the disk of the node",
    rationale: "A privileged container has the devices of its node and may mount them: it writes what root of the node runs next.",
    conditions: "`securityContext.privileged` of the container is true. Conditional where the pod has a runtime class, which may be a sandbox, or a user namespace of its own.",
    remediation: "Take `privileged: true` out, and add the one capability that is needed.",
    verify: "kubectl exec POD -c CONTAINER -- sh -c 'ls /dev/sd* /dev/vd* /dev/nvme* 2>/dev/null; cat /proc/self/status | grep CapEff'",
    techniques: &["T1611", "MS-TA9018"],
    aliases: &[alias("kubehound", "CE_PRIV_MOUNT"), alias("icekube", "IS_PRIVILEGED")],
    found_by: &["privileged-container"],
    difficulty: 2,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: ops}
spec:
  template:
    spec:
      initContainers:
        - {name: setup, image: a, securityContext: {privileged: true}}
      containers:
        - {name: agent, image: a, securityContext: {privileged: false}}
",
            edges: &["DaemonSet ops/agent, container setup -> a node"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: agent}
spec:
  runtimeClassName: gvisor
  hostUsers: false
  containers:
    - {name: agent, image: a, securityContext: {privileged: true}}
",
            edges: &["Pod default/agent, container agent -> a node if sandbox-leaks, user-namespace-leaks"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: agent}
spec:
  securityContext: {privileged: true}
  containers:
    - {name: agent, image: a, securityContext: {capabilities: {add: [SYS_ADMIN]}}}
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: agent}
spec:
  os: {name: windows}
  containers:
    - {name: agent, image: a, securityContext: {privileged: true}}
",
            edges: &[],
        },
        // On which node it is.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Node
metadata: {name: worker, labels: {disk: ssd}}
---
apiVersion: v1
kind: Node
metadata: {name: main}
spec: {taints: [{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]}
---
apiVersion: v1
kind: Node
metadata: {name: second}
spec: {taints: [{key: node.kubernetes.io/unschedulable, effect: NoSchedule}]}
---
apiVersion: v1
kind: Pod
metadata: {name: placed}
spec: {nodeName: main, containers: [{name: a, image: i, securityContext: {privileged: true}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: selects}
spec: {nodeSelector: {disk: ssd}, containers: [{name: a, image: i, securityContext: {privileged: true}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: somewhere}
spec: {containers: [{name: a, image: i, securityContext: {privileged: true}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: tolerates}
spec:
  tolerations: [{operator: Exists}]
  containers: [{name: a, image: i, securityContext: {privileged: true}}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: all}
spec:
  template:
    spec:
      affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: disk, operator: DoesNotExist}]}]}}}
      tolerations: [{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]
      containers: [{name: a, image: i, securityContext: {privileged: true}}]
",
            edges: &[
                "Pod default/placed, container a -> Node main",
                "Pod default/selects, container a -> Node worker",
                "Pod default/somewhere, container a -> one of the nodes second, worker",
                "Pod default/tolerates, container a -> one of the nodes main, second, worker",
                "Pod default/tolerates, container a -> a control-plane node if control-plane-schedulable",
                "DaemonSet default/all, container a -> Node main",
                "DaemonSet default/all, container a -> Node second",
            ],
        },
        // A user that is not root has no capabilities to use.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  securityContext: {runAsUser: 1000}
  containers:
    - {name: a, image: i, securityContext: {privileged: true}}
    - {name: b, image: i, securityContext: {privileged: true, runAsUser: 0}}
",
            edges: &[
                "Pod n/p, container a -> a node if becomes-root",
                "Pod n/p, container b -> a node",
            ],
        },
    ],
};

fn find(world: &World<'_>, drafts: &mut Drafts<'_>) {
    for container in confined::containers(world) {
        let Some(place) = container.container.privileged else { continue };
        let resource = container.pod.resource;
        drafts
            .edge(container.vertex, Vertex::Node)
            .assuming(container.as_root())
            .shown_by(resource, place, "`privileged: true`")
            .cut_by_removing(resource, place, 5, "take `privileged: true` out")
            .file();
    }
}
