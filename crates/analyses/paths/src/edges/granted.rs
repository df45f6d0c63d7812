//! What edges of rights share: what a right is over, and what admission forbids in a namespace.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use model::inventory::WorkloadFact;
use model::symbols::Symbol;
use model::workload::Form;
use rbac::SubjectKey;

use super::combined::Combination;
use crate::edge::{Assumptions, OBJECT_EXISTS};
use crate::graph::Drafts;
use crate::templates::KINDS;
use crate::vertex::Vertex;
use crate::world::{Right, RightId, Wanted, World, wanted};

/// The rights that start pods: to create them or what creates them, and to change templates that can change.
pub(crate) static RUNS_PODS: LazyLock<Vec<Wanted>> = LazyLock::new(|| {
    let kinds = KINDS.iter().flat_map(|kind| kind.edits.iter().copied());
    creating().chain(kinds).collect()
});

/// The rights that make pods, or what makes them.
pub(crate) static CREATES: LazyLock<Vec<Wanted>> = LazyLock::new(|| creating().collect());

fn creating() -> impl Iterator<Item = Wanted> {
    let others = [wanted("create", "", "pods"), wanted("create", "batch", "jobs")];
    others.into_iter().chain(KINDS.iter().map(|kind| kind.creates))
}

/// The rights that make new pods. What is created has no name when it is asked for: a rule with names lets it be applied,
/// which is `patch` and then `create`.
pub(crate) fn find_creating(world: &World<'_>) -> Vec<RightId> {
    let mut found = BTreeSet::new();
    for create in creating() {
        let patch = [Wanted { verb: "patch", ..create }];
        let patching: BTreeSet<RightId> = world.rights_to(&patch).map(|(id, ..)| id).collect();
        let create = [create];
        let rights = world.rights_to(&create).filter(|(id, _, names)| names.is_empty() || patching.contains(id));
        found.extend(rights.map(|(id, ..)| id));
    }
    found.into_iter().collect()
}

/// The same, with what they are.
pub(crate) fn creates_pods<'w>(world: &'w World<'_>) -> impl Iterator<Item = (RightId, &'w Right)> {
    world.creating().iter().map(|id| (*id, world.right(*id)))
}

/// Whether the rights that a combination has for one of its needs let it run pods: create them, or change a template that
/// is there.
pub(crate) fn runs_pods(world: &World<'_>, combination: &Combination, need: usize) -> bool {
    let rights = &combination.rights[need];
    if rights.iter().any(|id| world.creating().binary_search(id).is_ok()) {
        return true;
    }
    let exists = |kind: u32, names: &[Symbol]| {
        let inside = |namespace: &&Symbol| combination.scope.is_none_or(|scope| scope == **namespace);
        let mut namespaces = world.namespaces().iter().filter(inside);
        namespaces.any(|&namespace| world.existing().in_namespace(kind, namespace, names).is_some())
    };
    (0..KINDS.len() as u32).any(|kind| {
        let edits = world.editing(kind);
        edits.iter().any(|edit| rights.contains(&edit.right) && exists(kind, &edit.names))
    })
}

/// What a right without names is over, and with names the objects of these names, each with its name. Over the whole cluster
/// a name means the object of that name in every namespace.
pub(crate) fn targets(
    world: &World<'_>,
    right: &Right,
    names: &[Symbol],
    all: fn(Option<Symbol>) -> Vertex,
    one: impl Fn(Symbol, Symbol) -> Vertex,
) -> Vec<(Vertex, Option<Symbol>)> {
    if names.is_empty() {
        return vec![(all(right.scope), None)];
    }
    let namespaces = match right.scope {
        Some(namespace) => vec![namespace],
        None => world.namespaces().to_vec(),
    };
    namespaces
        .iter()
        .flat_map(|&namespace| names.iter().map(move |&name| (namespace, name)))
        .map(|(namespace, name)| (one(namespace, name), Some(name)))
        .collect()
}

/// Files edges from rights over pods. A rule with names leads to the pods of these names that are in the input, to those
/// that a StatefulSet numbers, and perhaps to those of a controller whose name they begin with.
pub(crate) fn over_pods(world: &World<'_>, drafts: &mut Drafts<'_>, all: &[Wanted]) {
    over_pods_if(world, drafts, all, Assumptions::NONE);
}

/// The same, where something has to hold.
pub(crate) fn over_pods_if(world: &World<'_>, drafts: &mut Drafts<'_>, all: &[Wanted], assumed: Assumptions) {
    for (id, right, names) in world.rights_to(all) {
        if names.is_empty() {
            let draft = drafts.edge(Vertex::Right(id), Vertex::Pods(right.scope)).assuming(assumed);
            draft.granted_by(id, all).file();
            continue;
        }
        for (number, workload) in world.workloads() {
            if right.scope.is_some_and(|scope| scope != world.namespace(workload.resource)) {
                continue;
            }
            let named = names.iter().map(|name| (*name, has_pod(world, workload, *name)));
            let Some((name, has)) = named.filter(|(_, has)| *has != HasPod::No).max_by_key(|(_, has)| *has) else {
                continue;
            };
            let draft = drafts.edge(Vertex::Right(id), Vertex::Workload(number)).assuming(assumed);
            let draft = if has == HasPod::Perhaps { draft.if_(&OBJECT_EXISTS) } else { draft };
            draft.granted_by(id, all).by_name(id, Some(name)).file();
        }
    }
}

/// Whether a workload has a pod of some name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum HasPod {
    No,
    /// Names of its pods begin so.
    Perhaps,
    Yes,
}

fn has_pod(world: &World<'_>, workload: &WorkloadFact, pod: Symbol) -> HasPod {
    let object = world.inventory.resource(workload.resource);
    if workload.form == Form::Pod {
        return if object.name == pod { HasPod::Yes } else { HasPod::No };
    }
    if world.inventory.evidence_of(workload.resource).iter().any(|known| known.name == pod) {
        return HasPod::Yes;
    }
    let (text, name) = (world.text(pod), world.text(object.name));
    let Some(end) = text.strip_prefix(&name).and_then(|end| end.strip_prefix('-')) else { return HasPod::No };
    // What controllers add: a number, the hash of a template, five letters.
    let parts: Vec<&str> = end.split('-').collect();
    let are_words = parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    let most = match &*world.text(object.kind) {
        "StatefulSet" => {
            let is_numbered = end.parse::<i64>().is_ok_and(|at| (0..workload.replicas.unwrap_or(1)).contains(&at));
            return if is_numbered { HasPod::Yes } else { HasPod::No };
        }
        "Deployment" | "CronJob" => 2,
        _ => 1,
    };
    if are_words && parts.len() <= most { HasPod::Perhaps } else { HasPod::No }
}

/// Whether a namespace lets privileged pods in, as far as Pod Security goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Permits {
    /// It forbids them.
    No,
    /// The Namespace is not in the input.
    NotKnown,
    /// It does.
    Yes,
}

/// Whether a namespace lets privileged pods in: its `enforce` label is missing or says so. A level that does not exist is
/// taken as `restricted` by the server. Source: Pod Security admission, `policy.ParseLevel`.
pub(crate) fn permits_privileged(world: &World<'_>, namespace: Symbol) -> Permits {
    let Some(fact) = world.namespace_fact(namespace) else { return Permits::NotKnown };
    let label = world.inventory.symbols.intern("pod-security.kubernetes.io/enforce");
    let level = fact.labels.iter().rev().find(|(key, _)| *key == label).map(|(_, value)| world.text(*value));
    match level.as_deref() {
        None | Some("privileged") => Permits::Yes,
        Some(_) => Permits::No,
    }
}

/// Whether some namespace of a right lets privileged pods in. Over the whole cluster one that permits is enough, and
/// `kube-system` seldom forbids.
pub(crate) fn permits_somewhere(world: &World<'_>, right: &Right) -> Permits {
    match right.scope {
        Some(namespace) => permits_privileged(world, namespace),
        None => {
            let open = world.namespaces().iter().map(|&namespace| permits_privileged(world, namespace));
            open.max().unwrap_or(Permits::NotKnown).max(Permits::NotKnown)
        }
    }
}

/// Whether a right holds in the namespace of that name.
pub(crate) fn reaches(world: &World<'_>, right: &Right, namespace: &str) -> bool {
    right.scope.is_none_or(|scope| world.text(scope) == namespace)
}

/// Whether a rule that is limited to these names, or to none, is for the object of that name.
pub(crate) fn is_among(world: &World<'_>, names: &[Symbol], name: &str) -> bool {
    names.is_empty() || names.iter().any(|known| world.text(*known) == name)
}

/// Whether a subject is a user that is no ServiceAccount.
pub(crate) fn is_person(world: &World<'_>, subject: SubjectKey) -> bool {
    matches!(subject, SubjectKey::User(_)) && world.rbac.describe(subject).0 == "User"
}
