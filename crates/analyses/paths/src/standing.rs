//! Which workload stands for which: pods that are what their Deployment says are the Deployment.
//!
//! What an attacker can do from a pod is written in its template. Pods and ReplicaSets whose owner is in the input, and
//! that differ in nothing an edge looks at, are evidence of the owner; those that differ are told apart.

use model::inventory::{
    ConfinementFact, ContainerConfinementFact, InstanceFact, Inventory, ResourceId, SecretUse, WorkloadFact,
};
use model::symbols::Symbol;

type Map<K, V> = std::collections::BTreeMap<K, V>;

/// Pod, ReplicaSet, Deployment, and some custom resources above.
const HIGHEST: usize = 8;

/// What stands for each workload.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    /// The number of the workload that stands for each; `None` for what does not run.
    of: Vec<Option<u32>>,
}

impl Standing {
    pub(crate) fn new(
        inventory: &Inventory,
        confinement: &Map<u32, &ConfinementFact>,
        namespace: &dyn Fn(ResourceId) -> Symbol,
    ) -> Self {
        let facts = &inventory.facts.workloads;
        let default = inventory.symbols.intern("default");
        // A PodTemplate runs nothing: what is made from it is seen by itself.
        let template = inventory.symbols.intern("PodTemplate");
        let runs = |number: u32| inventory.resource(facts[number as usize].resource).kind != template;
        let instances: Map<ResourceId, &InstanceFact> =
            inventory.facts.traffic.instances.iter().map(|instance| (instance.resource, instance)).collect();
        if instances.is_empty() {
            return Self { of: (0..facts.len() as u32).map(|number| runs(number).then_some(number)).collect() };
        }
        let mut objects: Map<(Symbol, Symbol, Symbol), u32> = Map::new();
        for (number, fact) in (0_u32..).zip(facts) {
            let object = inventory.resource(fact.resource);
            objects.entry((object.kind, namespace(fact.resource), object.name)).or_insert(number);
        }
        let owner = |number: u32| -> Option<u32> {
            let fact = &facts[number as usize];
            let (kind, name) = instances.get(&fact.resource)?.owner;
            objects.get(&(kind, namespace(fact.resource), name)).copied().filter(|above| *above != number)
        };
        let top = |number: u32| {
            let mut at = number;
            for _ in 0..HIGHEST {
                match owner(at) {
                    Some(above) => at = above,
                    None => return at,
                }
            }
            // Owners in a circle, or without end, stand for nobody.
            number
        };
        let alike = |own: u32, top: u32| {
            let [own_fact, top_fact] = [own, top].map(|number| &facts[number as usize]);
            let [own, top] = [own, top].map(|number| confinement.get(&number).copied());
            same_uses(own_fact, top_fact, default) && same_confinement(own, top)
        };
        let stands = |(number, fact): (u32, &WorkloadFact)| {
            if !runs(number) || instances.get(&fact.resource).is_some_and(|instance| instance.ended) {
                return None;
            }
            let top = top(number);
            // ReplicaSets of former templates have no pods.
            let is_former = top != number && fact.replicas == Some(0);
            (!is_former).then(|| if top != number && alike(number, top) { top } else { number })
        };
        Self { of: (0..).zip(facts).map(stands).collect() }
    }

    /// What stands for a workload; `None` if it does not run.
    pub(crate) fn of(&self, number: u32) -> Option<u32> {
        self.of.get(number as usize).copied().flatten()
    }
}

fn same_uses(own: &WorkloadFact, top: &WorkloadFact, default: Symbol) -> bool {
    let secrets = |fact: &WorkloadFact| {
        // The API server adds what the ServiceAccount has for pulling images.
        let mut names: Vec<_> = fact.secrets.iter().filter(|(_, used)| *used != SecretUse::Pull).copied().collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    let ports = |fact: &WorkloadFact| {
        let mut ports: Vec<_> =
            fact.network.ports.iter().map(|port| (port.name, port.number, port.protocol, port.stays)).collect();
        ports.sort_unstable();
        ports
    };
    // The API server writes `default` where nothing is written.
    let account = |fact: &WorkloadFact| if fact.service_account.is_empty() { default } else { fact.service_account };
    account(own) == account(top)
        && own.automount == top.automount
        && own.network.host_network == top.network.host_network
        && secrets(own) == secrets(top)
        && ports(own) == ports(top)
}

fn same_confinement(own: Option<&ConfinementFact>, top: Option<&ConfinementFact>) -> bool {
    let (Some(own), Some(top)) = (own, top) else { return own.is_none() && top.is_none() };
    let switches = |fact: &ConfinementFact| {
        [&fact.host_pid, &fact.host_ipc, &fact.host_network, &fact.shared_processes].map(Option::is_some)
    };
    switches(own) == switches(top)
        && (own.user_namespace, own.runtime_class, own.windows) == (top.user_namespace, top.runtime_class, top.windows)
        && own.containers.len() == top.containers.len()
        && own.containers.iter().zip(&top.containers).all(|(own, top)| same_container(own, top))
}

fn same_container(own: &ContainerConfinementFact, top: &ContainerConfinementFact) -> bool {
    let own_mounts = own.host_mounts.iter().map(|mount| (mount.path, mount.below, mount.writable));
    let capabilities = own.capabilities.iter().map(|(name, _)| *name);
    (own.name, own.list, own.stays, own.user, own.non_root) == (top.name, top.list, top.stays, top.user, top.non_root)
        && own.privileged.is_some() == top.privileged.is_some()
        && own.host_process.is_some() == top.host_process.is_some()
        && (own.app_armor, own.seccomp) == (top.app_armor, top.seccomp)
        && capabilities.eq(top.capabilities.iter().map(|(name, _)| *name))
        && own_mounts.eq(top.host_mounts.iter().map(|mount| (mount.path, mount.below, mount.writable)))
}
