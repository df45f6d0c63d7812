//! Objects that a controller made, in files that were written from a cluster: those that are what their owner says count
//! for it, as they do in a cluster that is read.
//!
//! **Invariant:** owners may stand before or after what they own, in any file of the input.

use std::collections::HashMap;

use super::{Change, DriftFact, EvidenceFact, Inventory, MadeFact, ResourceId};
use crate::coverage::Note;
use crate::finding::ControlId;
use crate::made::{Shape, controller, difference, is_over, shape};
use crate::object::Object;
use crate::symbols::{Symbol, Symbols};
use crate::workload::Workload;

/// What controllers made: the first of each owner and of what matters of the pod.
type Seen = HashMap<(Symbol, Box<[(Symbol, u64)]>), ResourceId>;

/// What is done with an object.
enum Standing<'m> {
    Judged,
    /// Its owner is judged.
    Evidence,
    /// Another like it is judged.
    Twin(ResourceId),
    /// It is not what this template says.
    Drifted(&'m MadeFact),
}

impl MadeFact {
    /// What is known of an object that the API server has given an identity or an owner, and that has one pod.
    pub fn of(
        object: &Object<'_>,
        workloads: &[Workload<'_>],
        resource: ResourceId,
        symbols: &Symbols,
    ) -> Option<Self> {
        let [workload] = workloads else { return None };
        let metadata = object.metadata?;
        let uid = metadata.get("uid").filter(|uid| uid.is_text() && object.kind != "Pod");
        let owner = controller(object).filter(|owner| owner.get("uid").is_some());
        if uid.is_none() && owner.is_none() {
            return None;
        }
        let owner = owner.map(|owner| {
            let [uid, kind, name] = ["uid", "kind", "name"].map(|key| owner.get(key).map(|value| value.text()));
            let (kind, name) = (kind.unwrap_or_default(), name.unwrap_or_default());
            super::Owner {
                uid: symbols.intern(&uid.unwrap_or_default()),
                name: symbols.intern(&format!("{kind}/{name}")),
                is_node: kind == "Node",
            }
        });
        let shape = shape(workload.pod.spec).into_iter().map(|(name, part)| (symbols.intern(&name), part)).collect();
        Some(Self {
            resource,
            uid: uid.map_or(Symbol::EMPTY, |uid| symbols.intern(&uid.text())),
            owner,
            shape,
            over: is_over(object),
            judged: Box::default(),
        })
    }
}

impl Inventory {
    /// Takes out what counts for its owner, with all that was said of it, and says of the rest how it differs.
    pub fn fold(&mut self) {
        let made: Vec<MadeFact> = std::mem::take(&mut self.facts.live.made).into_iter().collect();
        if !made.iter().any(|made| made.owner.is_some()) {
            return;
        }
        let with_uid = made.iter().filter(|made| made.uid != Symbol::EMPTY);
        let templates: HashMap<Symbol, &MadeFact> = with_uid.map(|made| (made.uid, made)).collect();
        let mut seen = Seen::new();
        let (mut folded, mut drifted, mut twins) = (Vec::new(), Vec::new(), HashMap::new());
        for made in &made {
            match standing(made, &templates, &mut seen) {
                Standing::Judged => {}
                Standing::Evidence => folded.push(made),
                Standing::Twin(first) => {
                    twins.insert(made.resource, first);
                    folded.push(made);
                }
                Standing::Drifted(template) => drifted.push((made, template)),
            }
        }
        let drifts: Vec<DriftFact> = drifted.iter().filter_map(|(made, template)| self.drift(made, template)).collect();
        self.facts.live.drifts.extend(drifts);
        let evidence: Vec<EvidenceFact> = folded
            .iter()
            .filter(|made| !made.over)
            .filter_map(|made| self.evidence(made, twins.get(&made.resource).copied()))
            .collect();
        self.facts.live.evidence.extend(evidence);
        self.take_out(&folded);
    }

    fn drift(&self, made: &MadeFact, template: &MadeFact) -> Option<DriftFact> {
        let shape = |made: &MadeFact| -> Shape {
            made.shape.iter().map(|(name, part)| (self.symbols.text(*name).to_string(), *part)).collect()
        };
        let what = self.symbols.intern(&difference(&shape(template), &shape(made)));
        Some(DriftFact { resource: made.resource, owner: made.owner?.name, what })
    }

    fn evidence(&self, made: &MadeFact, first: Option<ResourceId>) -> Option<EvidenceFact> {
        let object = self.resource(made.resource);
        let owner = self.symbols.text(made.owner?.name);
        let (kind, name) = owner.split_once('/')?;
        let by = first
            .map(|first| self.resource(first))
            .map_or_else(|| (self.symbols.intern(kind), self.symbols.intern(name)), |first| (first.kind, first.name));
        let workloads = &self.facts.workloads;
        let at = workloads.binary_search_by_key(&made.resource, |workload| workload.resource).ok()?;
        let workload = workloads.get(at)?;
        let (node, labels) = (workload.node, workload.labels.clone());
        let namespace = self.namespace(made.resource);
        Some(EvidenceFact { kind: object.kind, namespace, name: object.name, by, node, labels })
    }

    fn take_out(&mut self, folded: &[&MadeFact]) {
        if folded.is_empty() {
            return;
        }
        for made in folded {
            let file = self.resource(made.resource).file;
            let first = self.resources.partition_point(|resource| resource.file < file);
            let index = (made.resource.0 as usize).saturating_sub(first);
            self.folded.push((file, u32::try_from(index).unwrap_or(u32::MAX)));
            made.judged.iter().for_each(|control| self.discount(*control));
        }
        for of_file in self.folded.chunk_by(|a, b| a.0 == b.0) {
            let objects = if of_file.len() == 1 { "1 object is" } else { &format!("{} objects are", of_file.len()) };
            let text = format!("{objects} as a controller made them of another, which is judged for all of its own");
            let path =
                of_file.first().and_then(|(file, _)| self.files.get(*file as usize)).cloned().unwrap_or_default();
            self.coverage.notes.push(Note { path, text });
        }
        let spliced = self.splice(folded.iter().map(|made| Change::Remove(made.resource)).collect());
        let Some(numbering) = spliced.numbering else { return };
        let moved = |resource: &mut ResourceId| numbering.of(*resource).map(|number| *resource = number).is_some();
        self.occurrences.retain_mut(|found| moved(&mut found.resource));
        self.judged.resources.retain_mut(|(_, resource)| moved(resource));
    }

    fn discount(&mut self, control: ControlId) {
        if let Some(count) = self.judged.counts.get_mut(usize::from(control.0)) {
            *count = count.saturating_sub(1);
        }
    }
}

fn standing<'m>(made: &MadeFact, templates: &HashMap<Symbol, &'m MadeFact>, seen: &mut Seen) -> Standing<'m> {
    let Some(owner) = made.owner else { return Standing::Judged };
    let template = templates.get(&owner.uid).copied();
    if template.is_some_and(|template| made.over || template.shape == made.shape) {
        return Standing::Evidence;
    }
    // Mirror pods belong to their nodes, which say nothing of them: they are what is judged.
    let first = *seen.entry((owner.uid, made.shape.clone())).or_insert(made.resource);
    if !owner.is_node && first != made.resource {
        return Standing::Twin(first);
    }
    template.map_or(Standing::Judged, Standing::Drifted)
}
