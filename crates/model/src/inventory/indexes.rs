//! Indexes over the facts, made when first asked for, once for all that ask.

use std::any::{Any, TypeId};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::inventory::list::{keeping, mark, mark_kept};
use crate::inventory::{Fact, Inventory, Lists, NamespaceFact, WorkloadFact};
use crate::labels::{Operator, Requirement, Selector};
use crate::symbols::Symbol;

/// The label that every namespace has, with its name.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// The indexes of an inventory.
///
/// **Invariant:** nothing is added to the inventory after the first question, but by `Inventory::splice`.
#[derive(Default)]
pub struct Indexes {
    workloads: OnceLock<Workloads>,
    namespaces: OnceLock<Namespaces>,
    derived: Mutex<HashMap<TypeId, Derived>>,
}

/// What an analysis has made.
struct Derived {
    made: Arc<dyn Any + Send + Sync>,
    /// The lists that it was made of.
    read: Lists,
    /// Whether it holds numbers of objects.
    numbers: Numbers,
}

/// Whether something holds numbers of objects.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Numbers {
    Held,
    None,
}

#[derive(Default)]
struct Workloads {
    by_namespace: HashMap<Symbol, Vec<u32>>,
    by_label: HashMap<(Symbol, Symbol, Symbol), Vec<u32>>,
    /// By namespace and key of a label.
    by_key: HashMap<(Symbol, Symbol), OfKey>,
}

/// Who has a label, whatever its value.
#[derive(Default)]
struct OfKey {
    having: Vec<u32>,
    /// The values, each once.
    values: Vec<Symbol>,
}

#[derive(Default)]
struct Namespaces {
    /// The labels of each, its name among them.
    labels: Vec<Vec<(Symbol, Symbol)>>,
    by_name: HashMap<Symbol, u32>,
    by_label: HashMap<(Symbol, Symbol), Vec<u32>>,
}

impl Indexes {
    /// What an analysis has made of the inventory, by its type: made when first asked for, once for all that ask.
    ///
    /// **Invariant:** it is made of the inventory and of other such things, all of it when it is made.
    pub fn derived<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        self.kept(Numbers::Held, make)
    }

    /// The same, of something that has no numbers of objects in it, but only places of facts in their lists.
    pub fn derived_of_facts<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        self.kept(Numbers::None, make)
    }

    fn kept<T: Any + Send + Sync>(&self, numbers: Numbers, make: impl FnOnce() -> T) -> Arc<T> {
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = derived.entry(TypeId::of::<T>()).or_insert_with(|| {
            let (made, read) = keeping(make);
            Derived { made: Arc::new(made), read, numbers }
        });
        mark_kept(kept.read);
        Arc::clone(&kept.made).downcast().expect("what is kept under a type is of that type")
    }

    /// Forgets what was made of lists that are not as they were, and what holds numbers of objects if they are others.
    pub(super) fn forget(&mut self, changed: Lists, renumbered: bool) {
        if changed.meets(WorkloadFact::LIST) {
            self.workloads.take();
        }
        if changed.meets(NamespaceFact::LIST) {
            self.namespaces.take();
        }
        let derived = self.derived.get_mut().unwrap_or_else(PoisonError::into_inner);
        derived.retain(|_, kept| !kept.read.meets(changed) && (kept.numbers == Numbers::None || !renumbered));
    }
}

impl Inventory {
    fn workloads_index(&self) -> &Workloads {
        mark(WorkloadFact::LIST);
        self.indexes.workloads.get_or_init(|| Workloads::new(self))
    }

    fn namespaces_index(&self) -> &Namespaces {
        mark(NamespaceFact::LIST);
        self.indexes.namespaces.get_or_init(|| Namespaces::new(self))
    }

    /// The workloads of a namespace that the selector selects. The condition that the fewest can meet is looked up; a
    /// selector without one has all of the namespace looked at.
    pub fn selected<'a>(
        &'a self,
        namespace: Symbol,
        selector: &'a Selector,
    ) -> impl Iterator<Item = &'a WorkloadFact> + 'a {
        let workloads = self.may_be_selected(namespace, selector).map(|number| &self.facts.workloads[number as usize]);
        workloads.filter(|workload| selector.matches(&workload.labels))
    }

    /// For every workload whether one of these selectors, each with the namespace in which it selects, selects it.
    pub fn selected_by_any<'a>(&'a self, selectors: impl IntoIterator<Item = (Symbol, &'a Selector)>) -> Vec<bool> {
        let mut selected = vec![false; self.facts.workloads.len()];
        for (namespace, selector) in selectors.into_iter().collect::<HashSet<_>>() {
            for number in self.may_be_selected(namespace, selector) {
                let number = number as usize;
                selected[number] = selected[number] || selector.matches(&self.facts.workloads[number].labels);
            }
        }
        selected
    }

    /// The numbers of the workloads that meet the condition of a selector that the fewest meet.
    fn may_be_selected<'a>(&'a self, namespace: Symbol, selector: &'a Selector) -> impl Iterator<Item = u32> + 'a {
        let index = self.workloads_index();
        let all = as_slice(index.by_namespace.get(&namespace));
        let meeting = |asked: &'a Requirement| index.meeting(namespace, all, asked);
        let lists = selector.requirements.iter().map(meeting);
        let fewest = lists.min_by_key(|lists| lists.iter().map(|list| list.len()).sum::<usize>());
        fewest.unwrap_or_else(|| vec![all]).into_iter().flatten().copied()
    }

    /// The namespaces that workloads are in, as written.
    pub fn populated_namespaces(&self) -> impl Iterator<Item = Symbol> {
        let index = self.workloads_index();
        index.by_namespace.keys().copied()
    }

    /// The Namespaces that the selector selects. Every namespace has a label with its name.
    pub fn selected_namespaces<'a>(&'a self, selector: &'a Selector) -> impl Iterator<Item = &'a NamespaceFact> + 'a {
        let index = self.namespaces_index();
        let lists = single_labels(selector).map(|(key, value)| index.by_label.get(&(key, value)));
        let fewest = lists.map(as_slice).min_by_key(|namespaces| namespaces.len());
        let all = (0..index.labels.len() as u32).filter(move |_| fewest.is_none());
        let candidates = fewest.unwrap_or_default().iter().copied().chain(all);
        candidates
            .filter(|&number| selector.matches(&index.labels[number as usize]))
            .map(|number| &self.facts.namespaces[number as usize])
    }

    /// The Namespace of that name, if it is in the input.
    pub fn namespace_named(&self, name: Symbol) -> Option<&NamespaceFact> {
        let index = self.namespaces_index();
        index.by_name.get(&name).map(|&number| &self.facts.namespaces[number as usize])
    }
}

impl Workloads {
    fn new(inventory: &Inventory) -> Self {
        let mut index = Self::default();
        for (number, workload) in (0..).zip(&inventory.facts.workloads) {
            let namespace = inventory.namespace(workload.resource);
            index.by_namespace.entry(namespace).or_default().push(number);
            for (at, &(key, value)) in workload.labels.iter().enumerate() {
                // A key that stands twice: the last one wins, as in the selector.
                if workload.labels[at + 1..].iter().all(|(later, _)| *later != key) {
                    let of_label = index.by_label.entry((namespace, key, value)).or_default();
                    let of_key = index.by_key.entry((namespace, key)).or_default();
                    if of_label.is_empty() {
                        of_key.values.push(value);
                    }
                    of_key.having.push(number);
                    of_label.push(number);
                }
            }
        }
        index
    }

    /// The workloads of a namespace that meet a requirement, in lists that have nothing in common. A requirement that
    /// some lack the label for is one that all may meet.
    fn meeting<'a>(&'a self, namespace: Symbol, all: &'a [u32], asked: &'a Requirement) -> Vec<&'a [u32]> {
        let of_value = |value: Symbol| as_slice(self.by_label.get(&(namespace, asked.key, value)));
        let of_key = self.by_key.get(&(namespace, asked.key));
        let having = of_key.map_or(&[][..], |of_key| &of_key.having);
        match asked.operator {
            Operator::In if asked.values.len() == 1 => asked.values.iter().map(|&value| of_value(value)).collect(),
            Operator::In => asked.values.iter().collect::<HashSet<_>>().into_iter().map(|&v| of_value(v)).collect(),
            Operator::Exists => vec![having],
            Operator::DoesNotExist | Operator::NotIn if having.len() < all.len() => vec![all],
            Operator::DoesNotExist => Vec::new(),
            Operator::NotIn => {
                let refused: HashSet<Symbol> = asked.values.iter().copied().collect();
                let values = of_key.into_iter().flat_map(|of_key| &of_key.values);
                values.filter(|value| !refused.contains(value)).map(|value| of_value(*value)).collect()
            }
        }
    }
}

impl Namespaces {
    fn new(inventory: &Inventory) -> Self {
        let name_label = inventory.symbols.intern(NAMESPACE_NAME);
        let mut index = Self::default();
        for (number, namespace) in (0..).zip(&inventory.facts.namespaces) {
            let name = inventory.resource(namespace.resource).name;
            let own = namespace.labels.iter().copied().filter(|(key, _)| *key != name_label);
            let labels: Vec<(Symbol, Symbol)> = own.chain([(name_label, name)]).collect();
            for &label in &labels {
                index.by_label.entry(label).or_default().push(number);
            }
            index.labels.push(labels);
            index.by_name.insert(name, number);
        }
        index
    }
}

/// The labels that what is selected has for certain.
fn single_labels(selector: &Selector) -> impl Iterator<Item = (Symbol, Symbol)> {
    selector.requirements.iter().filter_map(|requirement| match (requirement.operator, &*requirement.values) {
        (Operator::In, &[value]) => Some((requirement.key, value)),
        (Operator::In | Operator::NotIn | Operator::Exists | Operator::DoesNotExist, _) => None,
    })
}

fn as_slice(list: Option<&Vec<u32>>) -> &[u32] {
    list.map_or(&[], Vec::as_slice)
}
