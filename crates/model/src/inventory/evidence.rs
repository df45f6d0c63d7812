//! Pods that count for what made them: where they run and which labels they have are known all the same.

use std::collections::{HashMap, HashSet};

use super::{EvidenceFact, Inventory, ResourceId, WorkloadFact};
use crate::labels::{Operator, Requirement, Selector};
use crate::symbols::Symbol;

/// Pod, ReplicaSet, Deployment, and some custom resources above.
const HIGHEST: usize = 8;

/// The labels that StatefulSets give their pods: the name of the pod, and its number.
const OF_STATEFUL_SET: [&str; 2] = ["statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"];

/// The labels that Jobs give their pods: the name of the Job.
const OF_JOB: [&str; 2] = ["batch.kubernetes.io/job-name", "job-name"];

/// For each object the pods that count for it, by their places in the list.
struct ByOwner(HashMap<ResourceId, Vec<usize>>);

type Key = (Symbol, Symbol, Symbol);

impl ByOwner {
    fn new(inventory: &Inventory) -> Self {
        let evidence = &inventory.facts.live.evidence;
        let mut found: HashMap<ResourceId, Vec<usize>> = HashMap::new();
        if evidence.is_empty() {
            return Self(found);
        }
        let made_by: HashMap<Key, Key> = evidence
            .iter()
            .map(|fact| ((fact.kind, fact.namespace, fact.name), (fact.by.0, fact.namespace, fact.by.1)))
            .collect();
        let judged: HashMap<Key, ResourceId> = inventory
            .facts
            .workloads
            .iter()
            .map(|fact| {
                let object = inventory.resource(fact.resource);
                ((object.kind, inventory.namespace(fact.resource), object.name), fact.resource)
            })
            .collect();
        let pod = inventory.symbols.intern("Pod");
        for (number, fact) in evidence.iter().enumerate().filter(|(_, fact)| fact.kind == pod) {
            let mut at = (fact.by.0, fact.namespace, fact.by.1);
            for _ in 0..HIGHEST {
                if let Some(resource) = judged.get(&at) {
                    found.entry(*resource).or_default().push(number);
                    break;
                }
                let Some(above) = made_by.get(&at) else { break };
                at = *above;
            }
        }
        Self(found)
    }
}

impl Inventory {
    /// The pods that count for an object and are not here themselves.
    pub fn evidence_of(&self, resource: ResourceId) -> Vec<&EvidenceFact> {
        if self.facts.live.evidence.is_empty() {
            return Vec::new();
        }
        let by_owner = self.indexes.derived(|| ByOwner::new(self));
        let numbers = by_owner.0.get(&resource).map_or(&[][..], Vec::as_slice);
        numbers.iter().filter_map(|number| self.facts.live.evidence.get(*number)).collect()
    }

    /// Whether a selector chooses pods of a workload: by the labels of its template, by those that its controller gives
    /// them, or by those that they are known to have.
    pub fn selects(&self, selector: &Selector, workload: &WorkloadFact) -> bool {
        selector.matches(&workload.labels)
            || self.selects_with_given(selector, workload)
            || self.evidence_of(workload.resource).iter().any(|pod| selector.matches(&pod.labels))
    }

    fn selects_with_given(&self, selector: &Selector, workload: &WorkloadFact) -> bool {
        let object = self.resource(workload.resource);
        let given: &[&str] = match &*self.symbols.text(object.kind) {
            "StatefulSet" => &OF_STATEFUL_SET,
            "Job" => &OF_JOB,
            _ => return false,
        };
        let is_given = |requirement: &&Requirement| given.contains(&&*self.symbols.text(requirement.key));
        let asked: Vec<&Requirement> = selector.requirements.iter().filter(is_given).collect();
        if selector.invalid || asked.is_empty() {
            return false;
        }
        let name = self.symbols.text(object.name);
        let labels_of = |number: i64| {
            let values = [format!("{name}-{number}"), number.to_string()];
            let of_pod = OF_STATEFUL_SET.iter().map(|key| self.symbols.intern(key));
            of_pod.zip(values.map(|value| self.symbols.intern(&value))).collect::<Vec<_>>()
        };
        let with = |given: Vec<(Symbol, Symbol)>| selector.matches(&[&*workload.labels, &given].concat());
        if given == OF_JOB {
            return with(OF_JOB.iter().map(|key| (self.symbols.intern(key), object.name)).collect());
        }
        // Only numbers that the selector names can matter, and the first, which stands for those that it does not name.
        let named = asked.iter().filter(|requirement| requirement.operator == Operator::In);
        let named = named.flat_map(|requirement| &requirement.values).filter_map(|value| {
            let text = self.symbols.text(*value);
            text.rsplit_once('-').map_or(&*text, |(_, number)| number).parse::<i64>().ok()
        });
        let replicas = workload.replicas.unwrap_or(1).max(1);
        let numbers: HashSet<i64> = named.chain([0]).filter(|number| (0..replicas).contains(number)).collect();
        numbers.into_iter().any(|number| with(labels_of(number)))
    }
}
