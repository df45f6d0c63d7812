//! `claim-of-host`

use std::collections::BTreeSet;

use model::host_path::clean;
use model::inventory::{ClaimTemplate, ClaimUse, VolumeFact, WorkloadFact};
use model::symbols::Symbol;

use super::confined::{covers, meets};
use super::escape_runtime_socket::holds_socket;
use super::etcd_access::is_of_etcd;
use super::host_read::has_credentials;
use super::host_write::leads_to_execution;
use super::{granted, host_tokens};
use crate::edge::{Assumptions, CLAIM_BOUND, DEVICES_OPEN, EdgeFixture, EdgeKind, IMAGE_RUNS_AS_ROOT, SAME_NODE};
use crate::graph::Drafts;
use crate::placement;
use crate::templates;
use crate::vertex::Vertex;
use crate::world::World;

/// The edge.
pub static EDGE: EdgeKind = EdgeKind {
    id: "claim-of-host",
    title: "mounts the node by a claim",
    rationale: "A PersistentVolume of type `hostPath` or `local` is a path of a node. Whoever mounts its claim has that path, and Pod Security does not look through the claim.",
    conditions: "A claim that a container mounts, its own or one that a StatefulSet makes, is bound to such a volume; conditional where a free volume of its class may be bound to it. Written below a path that root runs or trusts, or where a socket of the runtime lies, it is the node; a block device is the disk itself; where credentials lie, it is the files of the node, its tokens or etcd. Whoever runs pods in the namespace of the claim mounts it too.",
    remediation: "Use a volume of a driver, or one whose path holds nothing of the node.",
    verify: "kubectl get pv -o custom-columns=NAME:.metadata.name,CLAIM:.spec.claimRef.name,PATH:.spec.hostPath.path,LOCAL:.spec.local.path",
    techniques: &["T1611", "T1552.001"],
    aliases: &[],
    found_by: &["persistent-volume-on-host-path"],
    difficulty: 3,
    find,
    fixtures: &[
        EdgeFixture {
            yaml: "apiVersion: v1
kind: PersistentVolume
metadata: {name: v}
spec: {hostPath: {path: /}, claimRef: {namespace: n, name: c}}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers: [{name: a, image: i, volumeMounts: [{name: d, mountPath: /d}]}]
  volumes: [{name: d, persistentVolumeClaim: {claimName: c}}]
",
            edges: &[
                "Pod n/p -> a node",
                "Pod n/p -> all Secrets of the cluster if control-plane-schedulable",
                "Pod n/p -> all pods of the cluster if same-node",
                "Pod n/p -> files of a node",
            ],
        },
        // The claim names the volume; what is mounted read-only is read.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: PersistentVolume
metadata: {name: v}
spec: {local: {path: /etc/kubernetes}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: c, namespace: n}
spec: {volumeName: v}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers: [{name: a, image: i, volumeMounts: [{name: d, mountPath: /d, readOnly: true}]}]
  volumes: [{name: d, persistentVolumeClaim: {claimName: c}}]
",
            edges: &[
                "Pod n/p -> all Secrets of the cluster if control-plane-schedulable",
                "Pod n/p -> files of a node",
            ],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: PersistentVolume
metadata: {name: v}
spec: {hostPath: {path: /srv/data}, claimRef: {namespace: n, name: c}}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers: [{name: a, image: i, volumeMounts: [{name: d, mountPath: /d}]}]
  volumes: [{name: d, persistentVolumeClaim: {claimName: c}}]
",
            edges: &[],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: PersistentVolume
metadata: {name: v}
spec: {hostPath: {path: /}, claimRef: {namespace: other, name: c}}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers: [{name: a, image: i, volumeMounts: [{name: d, mountPath: /d}]}]
  volumes: [{name: d, persistentVolumeClaim: {claimName: c}}]
",
            edges: &[],
        },
        // The only volume of the class.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: PersistentVolume
metadata: {name: v}
spec: {storageClassName: manual, hostPath: {path: /etc}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: c, namespace: n}
spec: {storageClassName: manual}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers: [{name: a, image: i, volumeMounts: [{name: d, mountPath: /d}]}]
  volumes: [{name: d, persistentVolumeClaim: {claimName: c}}]
",
            edges: &[
                "Pod n/p -> a node if claim-bound",
                "Pod n/p -> all Secrets of the cluster if control-plane-schedulable, claim-bound",
                "Pod n/p -> files of a node if claim-bound",
            ],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: PersistentVolume
metadata: {name: v}
spec: {storageClassName: manual, hostPath: {path: /etc}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: c, namespace: n}
spec: {storageClassName: fast}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers: [{name: a, image: i, volumeMounts: [{name: d, mountPath: /d}]}]
  volumes: [{name: d, persistentVolumeClaim: {claimName: c}}]
",
            edges: &[],
        },
        // A claim that a StatefulSet makes.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: PersistentVolume
metadata: {name: v}
spec: {local: {path: /etc/cron.d}, claimRef: {namespace: n, name: d-w-0}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: w, namespace: n}
spec:
  template: {spec: {containers: [{name: a, image: i, volumeMounts: [{name: d, mountPath: /d}]}]}}
  volumeClaimTemplates: [{metadata: {name: d}, spec: {}}]
",
            edges: &["StatefulSet n/w -> a node"],
        },
        // A socket is one however it is mounted.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: PersistentVolume
metadata: {name: v}
spec: {hostPath: {path: /run/containerd}, claimRef: {namespace: n, name: c}}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers: [{name: a, image: i, volumeMounts: [{name: d, mountPath: /d, readOnly: true}]}]
  volumes: [{name: d, persistentVolumeClaim: {claimName: c}}]
",
            edges: &["Pod n/p -> a node"],
        },
        EdgeFixture {
            yaml: "apiVersion: v1
kind: PersistentVolume
metadata: {name: v}
spec: {hostPath: {path: /var/lib/kubelet/pods}, claimRef: {namespace: n, name: c}}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers: [{name: a, image: i, volumeMounts: [{name: d, mountPath: /d, readOnly: true}]}]
  volumes: [{name: d, persistentVolumeClaim: {claimName: c}}]
",
            edges: &["Pod n/p -> files of a node", "Pod n/p -> all pods of the cluster if same-node"],
        },
        // A block volume is the disk itself.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: PersistentVolume
metadata: {name: v}
spec: {volumeMode: Block, local: {path: /dev/sda}, claimRef: {namespace: n, name: c}}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: n}
spec:
  containers: [{name: a, image: i, volumeDevices: [{name: d, devicePath: /dev/x}]}]
  volumes: [{name: d, persistentVolumeClaim: {claimName: c}}]
",
            edges: &["Pod n/p -> a node"],
        },
        // Whoever runs pods there mounts it.
        EdgeFixture {
            yaml: "apiVersion: v1
kind: PersistentVolume
metadata: {name: v}
spec: {hostPath: {path: /etc/cron.d}, claimRef: {namespace: n, name: c}}
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
    let of_host = OfHost::new(world);
    if of_host.0.is_empty() {
        return;
    }
    for (number, workload) in world.workloads() {
        let namespace = world.namespace(workload.resource);
        let mut used: Vec<(ClaimUse, Vec<(&VolumeFact, Assumptions)>)> = Vec::new();
        for claim in workload.claims.iter().filter(|claim| claim.mounted) {
            used.push((*claim, of_host.of_claim(world, namespace, claim.claim)));
        }
        for template in workload.claim_templates.iter().filter(|template| template.used.mounted) {
            used.push((template.used, of_host.of_template(world, workload, template)));
        }
        for (claim, volumes) in used {
            let how = Used { is_written: claim.writable.is_some(), is_device: claim.device.is_some() };
            for (volume, bound) in volumes {
                for (to, assumed) in gained(world, volume, how, Some(number)) {
                    let draft = drafts.edge(Vertex::Workload(number), to).assuming(bound).assuming(assumed);
                    draft.shown_by(workload.resource, claim.place, &note(world, volume)).file();
                }
            }
        }
    }
    // Whoever runs pods in a namespace mounts the claims that are there.
    let changeable = templates::changeable(world);
    for (namespace, claim) in of_host.claims(world) {
        for (volume, bound) in of_host.of_claim(world, namespace, claim) {
            let all = Used { is_written: true, is_device: true };
            let admitted = granted::as_user(world, namespace);
            for (to, assumed) in gained(world, volume, all, None) {
                let assumed = bound.iter().chain(admitted.iter()).fold(assumed, Assumptions::and);
                for (id, right, guarded) in granted::creates_pods(world) {
                    if right.scope.is_none_or(|scope| scope == namespace) {
                        let draft = drafts.edge(Vertex::Right(id), to).assuming(assumed).assuming(guarded);
                        draft.granted_by(id, &granted::CREATES).file();
                    }
                }
                for templates in changeable.iter().filter(|known| known.namespace == namespace) {
                    let from = Vertex::Templates(templates.kind, Some(namespace));
                    drafts.edge(from, to).assuming(assumed).assuming(templates.guards).file();
                }
            }
        }
    }
}

fn note(world: &World<'_>, volume: &VolumeFact) -> String {
    let path = volume.host_path.map(|path| world.text(path)).unwrap_or_default();
    format!("the claim is bound to a volume that is `{path}` of a node")
}

/// How a claim is used.
#[derive(Clone, Copy)]
struct Used {
    is_written: bool,
    is_device: bool,
}

/// What a container comes to that uses a claim of such a volume.
fn gained(world: &World<'_>, volume: &VolumeFact, used: Used, workload: Option<u32>) -> Vec<(Vertex, Assumptions)> {
    let Some(path) = volume.host_path.map(|path| clean(&world.text(path))) else { return Vec::new() };
    let none = Assumptions::NONE;
    if volume.block {
        // The runtime hands a block volume over with the right to open it: it is the disk itself.
        return if used.is_device { vec![(Vertex::Node, none)] } else { Vec::new() };
    }
    let mut gained = Vec::new();
    let only_devices = covers("/dev", &path);
    if used.is_written && leads_to_execution(&path) || holds_socket(&path) {
        gained.push((Vertex::Node, if only_devices { none.and(&DEVICES_OPEN) } else { none }));
    } else if used.is_written && covers(&path, "/proc/sys/kernel") {
        gained.push((Vertex::Node, none.and(&IMAGE_RUNS_AS_ROOT)));
    }
    if has_credentials(&path) {
        gained.push((Vertex::NodeFiles, none));
    }
    let Some(workload) = workload else { return gained };
    if is_of_etcd(&path)
        && let Some(assumed) = placement::on_control_plane(world, workload)
    {
        gained.push((Vertex::Secrets(None), assumed.into_iter().fold(none, Assumptions::and)));
    }
    if meets(&path, "/var/lib/kubelet/pods") {
        let beside = host_tokens::beside(world, workload).into_iter();
        gained.extend(beside.map(|(pods, is_known)| (pods, if is_known { none } else { none.and(&SAME_NODE) })));
    }
    gained
}

/// The volumes that are paths of a node.
struct OfHost<'w>(Vec<&'w VolumeFact>);

impl<'w> OfHost<'w> {
    fn new(world: &'w World<'_>) -> Self {
        Self(world.inventory.facts.volumes.iter().filter(|volume| volume.host_path.is_some()).collect())
    }

    /// The claims that may be bound to one of them.
    fn claims(&self, world: &World<'_>) -> BTreeSet<(Symbol, Symbol)> {
        let bound = self.0.iter().map(|volume| volume.claim).filter(|(_, name)| !name.is_empty());
        let facts = world.inventory.facts.claims.iter();
        let known = facts.map(|fact| (world.namespace(fact.resource), world.inventory.resource(fact.resource).name));
        bound.chain(known).collect()
    }

    /// The volume of a claim: which says so, or is named by the claim; or else those that it may be bound to.
    fn of_claim(&self, world: &World<'_>, namespace: Symbol, claim: Symbol) -> Vec<(&'w VolumeFact, Assumptions)> {
        if let Some(bound) = self.0.iter().find(|volume| volume.claim == (namespace, claim)) {
            return vec![(bound, Assumptions::NONE)];
        }
        let mut facts = world.inventory.facts.claims.iter();
        let fact = facts.find(|fact| {
            world.namespace(fact.resource) == namespace && world.inventory.resource(fact.resource).name == claim
        });
        fact.map(|fact| self.chosen(world, fact.volume, fact.storage_class)).unwrap_or_default()
    }

    fn of_template(
        &self,
        world: &World<'_>,
        workload: &WorkloadFact,
        template: &ClaimTemplate,
    ) -> Vec<(&'w VolumeFact, Assumptions)> {
        let namespace = world.namespace(workload.resource);
        let name = world.text(world.inventory.resource(workload.resource).name);
        let of = format!("{}-{name}-", world.text(template.used.claim));
        let is_bound = |volume: &&&VolumeFact| {
            let claim = world.text(volume.claim.1);
            let number = claim.strip_prefix(&of).and_then(|number| number.parse::<u32>().ok());
            volume.claim.0 == namespace && number.is_some()
        };
        let bound: Vec<_> = self.0.iter().filter(is_bound).map(|volume| (*volume, Assumptions::NONE)).collect();
        if bound.is_empty() { self.chosen(world, template.volume, template.storage_class) } else { bound }
    }

    /// The volume that a claim names; or else, of its class, those that are not bound to another.
    fn chosen(&self, world: &World<'_>, named: Symbol, class: Option<Symbol>) -> Vec<(&'w VolumeFact, Assumptions)> {
        if !named.is_empty() {
            let is_named = |volume: &&&VolumeFact| world.inventory.resource(volume.resource).name == named;
            return self.0.iter().filter(is_named).map(|volume| (*volume, Assumptions::NONE)).collect();
        }
        let free = self.0.iter().filter(|volume| volume.claim.1.is_empty());
        let fitting = free.filter(|volume| volume.storage_class == class.unwrap_or(Symbol::EMPTY));
        fitting.map(|volume| (*volume, Assumptions::NONE.and(&CLAIM_BOUND))).collect()
    }
}
