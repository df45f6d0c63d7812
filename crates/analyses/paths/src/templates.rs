//! Objects with a template of pods that can be changed: who may change it runs what it likes in their namespace.

use std::collections::{BTreeMap, BTreeSet};

use model::symbols::Symbol;

use crate::edge::{Assumptions, OBJECT_EXISTS};
use crate::edges::granted;
use crate::world::{RightId, Wanted, World, wanted};

/// A kind whose template can be changed. That of a Job cannot.
pub struct Kind {
    /// Its name.
    pub kind: &'static str,
    /// The rights that change the template.
    pub edits: &'static [Wanted],
    /// The right that makes a new one.
    pub creates: Wanted,
    /// Kinds that make objects of this kind.
    made_by: &'static [&'static str],
}

macro_rules! kinds {
    ($($group:literal $kind:literal $resource:literal $made_by:expr;)+) => {
        /// All of them.
        pub static KINDS: &[Kind] = &[$(Kind {
            kind: $kind,
            edits: &[wanted("update", $group, $resource), wanted("patch", $group, $resource)],
            creates: wanted("create", $group, $resource),
            made_by: $made_by,
        }),+];
    };
}

kinds! {
    "batch" "CronJob" "cronjobs" &[];
    "apps" "DaemonSet" "daemonsets" &[];
    "apps" "Deployment" "deployments" &[];
    "apps" "ReplicaSet" "replicasets" &["Deployment"];
    "" "ReplicationController" "replicationcontrollers" &[];
    "apps" "StatefulSet" "statefulsets" &[];
    "argoproj.io" "CronWorkflow" "cronworkflows" &[];
    "argoproj.io" "Rollout" "rollouts" &[];
    "apps.openshift.io" "DeploymentConfig" "deploymentconfigs" &[];
    "serving.knative.dev" "Service" "services" &[];
    "apps.kruise.io" "CloneSet" "clonesets" &[];
    "keda.sh" "ScaledJob" "scaledjobs" &[];
}

/// So many of the kinds are those of Kubernetes. Others are there only if the input has them.
pub(crate) const BUILT_IN: u32 = 6;

/// What may be changed in one namespace.
#[derive(Clone, Copy, Debug)]
pub struct Templates {
    /// The number of the kind.
    pub kind: u32,
    /// The namespace.
    pub namespace: Symbol,
    /// Whether there is one, as far as the input says.
    pub assumptions: Assumptions,
    /// What must hold for admission to take its pods.
    pub guards: Assumptions,
}

/// Where objects of which kind are, or may be: in namespaces of which no workload is in the input. Elsewhere what is not in
/// the input is not there.
pub struct Existing {
    names: BTreeMap<(u32, Symbol), BTreeSet<Symbol>>,
    populated: BTreeSet<Symbol>,
    /// Whether what is not in the input does not exist.
    complete: bool,
}

impl Existing {
    /// Looks through the workloads.
    pub fn new(world: &World<'_>) -> Self {
        let (mut names, mut populated) = (BTreeMap::<_, BTreeSet<_>>::new(), BTreeSet::new());
        for workload in &world.inventory.facts.workloads {
            let (object, namespace) = (world.inventory.resource(workload.resource), world.namespace(workload.resource));
            populated.insert(namespace);
            let kind = world.text(object.kind);
            let is_of = |known: &&(u32, &Kind)| known.1.kind == kind || known.1.made_by.contains(&&*kind);
            for (number, known) in (0..).zip(KINDS).collect::<Vec<_>>().iter().filter(is_of) {
                let entry = names.entry((*number, namespace)).or_default();
                // What a Deployment makes has a name of its own.
                entry.extend((known.kind == kind).then_some(object.name));
            }
        }
        Self { names, populated, complete: world.inventory.complete }
    }

    /// Whether there is one in the namespace, of one of these names if there are any. `None` if there is none.
    pub fn in_namespace(&self, kind: u32, namespace: Symbol, names: &[Symbol]) -> Option<Assumptions> {
        if kind >= BUILT_IN && !self.names.contains_key(&(kind, namespace)) {
            return None;
        }
        if !self.populated.contains(&namespace) && !self.complete {
            return Some(Assumptions::NONE.and(&OBJECT_EXISTS));
        }
        let known = self.names.get(&(kind, namespace))?;
        let is_named = names.is_empty() || names.iter().any(|name| known.contains(name));
        is_named.then_some(Assumptions::NONE)
    }
}

/// A right that changes templates of a kind.
pub struct Edit {
    /// The right.
    pub right: RightId,
    /// Where it holds.
    pub scope: Option<Symbol>,
    /// The names that it is for; none for all.
    pub names: Vec<Symbol>,
}

/// The rights that change templates, by the number of the kind.
pub(crate) fn find_editing(world: &World<'_>) -> Vec<Vec<Edit>> {
    let edit = |(right, known, names): (RightId, &crate::world::Right, &[Symbol])| Edit {
        right,
        scope: known.scope,
        names: names.to_vec(),
    };
    KINDS.iter().map(|kind| world.rights_to(kind.edits).map(edit).collect()).collect()
}

/// Where templates of the kinds can be changed by somebody.
pub(crate) fn changeable(world: &World<'_>) -> Vec<Templates> {
    let mut all = Vec::new();
    for kind in 0..KINDS.len() as u32 {
        let scopes: BTreeSet<Option<Symbol>> = world.editing(kind).iter().map(|edit| edit.scope).collect();
        let reached = |namespace: &&Symbol| scopes.contains(&None) || scopes.contains(&Some(**namespace));
        for &namespace in world.namespaces().iter().filter(reached) {
            if let Some(assumptions) = world.existing().in_namespace(kind, namespace, &[]) {
                let guards = granted::guards(world, Some(namespace));
                all.push(Templates { kind, namespace, assumptions, guards });
            }
        }
    }
    all
}
