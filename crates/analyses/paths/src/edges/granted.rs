//! What edges of rights share: what a right is over, and what admission forbids in a namespace.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use model::inventory::{ProfileFact, WebhookPurpose, WorkloadFact};
use model::labels::Selector;
use model::symbols::Symbol;
use model::workload::Form;
use rbac::SubjectKey;

use super::combined::Combination;
use crate::edge::{ADMISSION_PERMITS, Assumptions, CONTROLLER_RUNS, FILES_ADMIT_USER, OBJECT_EXISTS};
use crate::graph::Drafts;
use crate::templates::{BUILT_IN, KINDS};
use crate::vertex::Vertex;
use crate::world::{Right, RightId, Wanted, World, wanted};

/// The rights that start pods: to create them or what creates them, and to change templates that can change.
pub(crate) static RUNS_PODS: LazyLock<Vec<Wanted>> = LazyLock::new(|| {
    let kinds = KINDS.iter().flat_map(|kind| kind.edits.iter().copied());
    creating().chain(kinds).collect()
});

/// The rights that make pods, or what makes them.
pub(crate) static CREATES: LazyLock<Vec<Wanted>> =
    LazyLock::new(|| creating().chain(OTHERS.iter().map(|(_, create)| *create)).collect());

fn creating() -> impl Iterator<Item = Wanted> {
    let others = [wanted("create", "", "pods"), wanted("create", "batch", "jobs")];
    others.into_iter().chain(KINDS[..BUILT_IN as usize].iter().map(|kind| kind.creates))
}

/// The rights that make new pods. What is created has no name when it is asked for: a rule with names lets it be applied,
/// which is `patch` and then `create`.
pub(crate) fn find_creating(world: &World<'_>) -> BTreeMap<RightId, Assumptions> {
    let mut found: BTreeMap<RightId, Assumptions> = BTreeMap::new();
    let of_cluster = creating().map(|create| (create, Assumptions::NONE));
    let of_others = OTHERS.iter().map(|(kind, create)| {
        let runs = Assumptions::NONE;
        (*create, if is_known(world, kind, create.group) { runs } else { runs.and(&CONTROLLER_RUNS) })
    });
    for (create, assumed) in of_cluster.chain(of_others) {
        let patch = [Wanted { verb: "patch", ..create }];
        let patching: BTreeSet<RightId> = world.rights_to(&patch).map(|(id, ..)| id).collect();
        let create = [create];
        let rights = world.rights_to(&create).filter(|(id, _, names)| names.is_empty() || patching.contains(id));
        for (id, right, _) in rights {
            let assumed = guards(world, right.scope).iter().fold(assumed, Assumptions::and);
            found.entry(id).or_insert(assumed);
        }
    }
    found
}

/// Whether an object of a kind is in the input, or what defines the kind.
fn is_known(world: &World<'_>, kind: &str, group: &str) -> bool {
    let facts = &world.inventory.facts;
    let defined = facts.definitions.iter().any(|fact| world.text(fact.kind) == kind && world.text(fact.group) == group);
    let is_of = |resource| world.text(world.inventory.resource(resource).kind) == kind;
    defined || kind != "Service" && facts.workloads.iter().any(|fact| is_of(fact.resource))
}

/// What must hold for pods to be made in a namespace, or somewhere in the cluster: policies that refuse and validating
/// webhooks are asked first.
pub(crate) fn guards(world: &World<'_>, scope: Option<Symbol>) -> Assumptions {
    let covers = |namespace: Symbol| world.guards().iter().any(|guard| guard.covers(world, namespace));
    let is_guarded = match scope {
        Some(namespace) => covers(namespace),
        None if world.guards().iter().any(|guard| guard.selectors.is_empty()) => true,
        None => !world.namespaces().is_empty() && world.namespaces().iter().all(|&namespace| covers(namespace)),
    };
    if is_guarded { Assumptions::NONE.and(&ADMISSION_PERMITS) } else { Assumptions::NONE }
}

/// What is asked before a pod is taken, and may refuse it.
pub(crate) struct Guard {
    /// The namespaces that it is asked about: all of these must choose them.
    selectors: Vec<Selector>,
}

impl Guard {
    fn covers(&self, world: &World<'_>, namespace: Symbol) -> bool {
        self.selectors.iter().all(|selector| chooses(world, selector, namespace))
    }
}

/// Whether a selector chooses a namespace, as far as its labels are known: each has its name as one.
pub(crate) fn chooses(world: &World<'_>, selector: &Selector, namespace: Symbol) -> bool {
    let name = (world.inventory.symbols.intern("kubernetes.io/metadata.name"), namespace);
    let labels = world.namespace_fact(namespace).map_or(&[][..], |fact| &fact.labels);
    selector.matches(&[labels, &[name]].concat())
}

/// The ValidatingAdmissionPolicies that are bound to deny, and the validating webhooks without whose answer nothing is taken,
/// that are asked about new pods.
pub(crate) fn find_guards(world: &World<'_>) -> Vec<Guard> {
    let facts = &world.inventory.facts.admission;
    let name = |resource| world.inventory.resource(resource).name;
    let scopes_of = |resource, hook: Option<Symbol>| {
        let scopes = facts.scopes.iter().filter(move |scope| scope.resource == resource);
        scopes.filter(move |scope| hook.is_none_or(|hook| scope.name == hook)).map(|scope| scope.namespaces.clone())
    };
    let is_limiting = |selector: &Selector| !selector.requirements.is_empty();
    let bound = facts.bindings.iter().filter(|binding| binding.denies && !binding.mutating).filter_map(|binding| {
        let policy = facts
            .policies
            .iter()
            .find(|policy| !policy.mutating && policy.about_pods && name(policy.resource) == binding.policy)?;
        let selectors = scopes_of(policy.resource, None).chain(scopes_of(binding.resource, None));
        Some(Guard { selectors: selectors.filter(is_limiting).collect() })
    });
    let validating = world.inventory.symbols.intern("ValidatingWebhookConfiguration");
    let hooks = facts.webhooks.iter().filter(|hook| {
        let required = hook.purpose == WebhookPurpose::AdmissionRequired;
        required && hook.writes.pods && world.inventory.resource(hook.resource).kind == validating
    });
    let hooks = hooks.map(|hook| {
        let selectors = scopes_of(hook.resource, Some(hook.hook));
        Guard { selectors: selectors.filter(is_limiting).collect() }
    });
    bound.chain(hooks).collect()
}

/// Kinds of others that make pods, as controllers that are not part of Kubernetes have them.
const OTHERS: &[(&str, Wanted)] = &[
    ("Rollout", wanted("create", "argoproj.io", "rollouts")),
    ("Workflow", wanted("create", "argoproj.io", "workflows")),
    ("CronWorkflow", wanted("create", "argoproj.io", "cronworkflows")),
    ("DeploymentConfig", wanted("create", "apps.openshift.io", "deploymentconfigs")),
    ("Service", wanted("create", "serving.knative.dev", "services")),
    ("TaskRun", wanted("create", "tekton.dev", "taskruns")),
    ("PipelineRun", wanted("create", "tekton.dev", "pipelineruns")),
    ("ScaledJob", wanted("create", "keda.sh", "scaledjobs")),
    ("JobSet", wanted("create", "jobset.x-k8s.io", "jobsets")),
    ("CloneSet", wanted("create", "apps.kruise.io", "clonesets")),
    ("VirtualMachine", wanted("create", "kubevirt.io", "virtualmachines")),
];

/// The same, with what they are.
pub(crate) fn creates_pods<'w>(world: &'w World<'_>) -> impl Iterator<Item = (RightId, &'w Right, Assumptions)> {
    world.creating().iter().map(|(id, assumed)| (*id, world.right(*id), *assumed))
}

/// Whether the rights that a combination has for one of its needs let it run pods: create them, or change a template that
/// is there.
pub(crate) fn runs_pods(world: &World<'_>, combination: &Combination, need: usize) -> bool {
    let rights = &combination.rights[need];
    if rights.iter().any(|id| world.creating().contains_key(id)) {
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

/// The same, of rights to change pods: Pod Security looks at a pod again whose image is changed or that is given a container,
/// and refuses it where it has what the level of its namespace forbids.
pub(crate) fn over_changed_pods(world: &World<'_>, drafts: &mut Drafts<'_>, all: &[Wanted]) {
    let is_refused = |workload: &WorkloadFact, number: u32| {
        permits_privileged(world, world.namespace(workload.resource)) == Permits::No && exceeds_baseline(world, number)
    };
    let refused: BTreeSet<u32> =
        world.workloads().filter(|(number, one)| is_refused(one, *number)).map(|(number, _)| number).collect();
    let locked: BTreeSet<Symbol> = refused
        .iter()
        .map(|number| world.namespace(world.inventory.facts.workloads[*number as usize].resource))
        .collect();
    if locked.is_empty() {
        return over_pods(world, drafts, all);
    }
    for (id, right, names) in world.rights_to(all) {
        let namespaces = right.scope.map_or_else(|| world.namespaces().to_vec(), |namespace| vec![namespace]);
        if names.is_empty() {
            for namespace in namespaces.into_iter().filter(|namespace| !locked.contains(namespace)) {
                drafts.edge(Vertex::Right(id), Vertex::Pods(Some(namespace))).granted_by(id, all).file();
            }
        }
        for (number, workload) in world.workloads().filter(|(number, _)| !refused.contains(number)) {
            let namespace = world.namespace(workload.resource);
            let inside = right.scope.is_none_or(|scope| scope == namespace);
            if !inside || names.is_empty() && !locked.contains(&namespace) {
                continue;
            }
            let named = names.iter().map(|name| has_pod(world, workload, *name)).max();
            let has = if names.is_empty() { HasPod::Yes } else { named.unwrap_or(HasPod::No) };
            let draft = drafts.edge(Vertex::Right(id), Vertex::Workload(number)).granted_by(id, all);
            match has {
                HasPod::No => {}
                HasPod::Perhaps => draft.if_(&OBJECT_EXISTS).file(),
                HasPod::Yes => draft.file(),
            }
        }
    }
}

/// Whether a pod has what the level `baseline` forbids, as far as it lacks confinement. Source: the Pod Security Standards.
fn exceeds_baseline(world: &World<'_>, workload: u32) -> bool {
    const ALLOWED: [&str; 13] = [
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    ];
    let Some(pod) = world.confinement_of(workload) else { return false };
    let shares = [&pod.host_pid, &pod.host_ipc, &pod.host_network].iter().any(|place| place.is_some());
    shares
        || pod.containers.iter().any(|container| {
            let adds = container.capabilities.iter().any(|(name, _)| !ALLOWED.contains(&&*world.text(*name)));
            let unconfined = [container.app_armor, container.seccomp].contains(&ProfileFact::Unconfined);
            let powerful = container.privileged.is_some() || container.host_process.is_some();
            powerful || adds || unconfined || !container.host_mounts.is_empty()
        })
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

/// What must hold for a pod of a namespace to use files of root: what is enforced there may forbid it to be root.
pub(crate) fn as_user(world: &World<'_>, namespace: Symbol) -> Assumptions {
    let Some(fact) = world.namespace_fact(namespace) else { return Assumptions::NONE };
    let label = world.inventory.symbols.intern("pod-security.kubernetes.io/enforce");
    let level = fact.labels.iter().rev().find(|(key, _)| *key == label).map(|(_, value)| world.text(*value));
    match level.as_deref() {
        None | Some("privileged" | "baseline") => Assumptions::NONE,
        Some(_) => Assumptions::NONE.and(&FILES_ADMIT_USER),
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
