//! What is known of a cluster that is followed: the slim text of every object, by list and name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::lists::Wanted;
use crate::snapshot::ListTrouble;
use crate::watch::{Event, Happened};

/// Objects of a list, by `namespace/name`.
type Objects = BTreeMap<String, Arc<str>>;

/// One list, as far as it is known.
#[derive(Clone)]
pub struct Followed {
    /// What it is.
    pub wanted: Wanted,
    objects: Objects,
    /// Why it is not seen: of the list, and of namespaces of it.
    troubles: BTreeMap<Option<String>, (bool, String)>,
    /// Why what is known may be old.
    stale: BTreeMap<Option<String>, String>,
    /// What was read at least once: the list, or namespaces of it.
    read: BTreeSet<Option<String>>,
    /// Whether something was heard of it.
    heard: bool,
    /// Namespaces of it of which nothing was heard yet.
    awaited: Vec<String>,
}

/// What is known of a cluster. Copies share the texts.
#[derive(Clone, Default)]
pub struct Store {
    lists: Vec<Followed>,
}

/// Objects that an event touches.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Those whose text is new or different, or gone.
    pub objects: Vec<(String, Option<Arc<str>>)>,
    /// Whether what can be seen is different.
    pub coverage: bool,
    /// Whether what may be old is different.
    pub stale: bool,
}

impl Touched {
    /// Whether there is anything.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && !self.coverage && !self.stale
    }
}

impl Store {
    /// Adds a list; returns its number.
    pub fn add(&mut self, wanted: Wanted) -> usize {
        let followed = Followed {
            wanted,
            objects: Objects::new(),
            troubles: BTreeMap::new(),
            stale: BTreeMap::new(),
            read: BTreeSet::new(),
            heard: false,
            awaited: Vec::new(),
        };
        self.lists.push(followed);
        self.lists.len() - 1
    }

    /// All lists.
    pub fn lists(&self) -> &[Followed] {
        &self.lists
    }

    /// Whether something was heard of every list.
    pub fn is_complete(&self) -> bool {
        self.lists.iter().all(|list| list.heard && list.awaited.is_empty())
    }

    /// The number of objects.
    pub fn len(&self) -> usize {
        self.lists.iter().map(|list| list.objects.len()).sum()
    }

    /// Whether there is no object.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All objects: the number of the list, the name in it, and the text.
    pub fn all(&self) -> impl Iterator<Item = (usize, &str, &Arc<str>)> {
        let lists = self.lists.iter().enumerate();
        lists.flat_map(|(at, list)| list.objects.iter().map(move |(name, text)| (at, &**name, text)))
    }

    /// The object of that name in a list.
    pub fn object(&self, list: usize, key: &str) -> Option<&Arc<str>> {
        self.lists.get(list)?.objects.get(key)
    }

    /// Takes what happened. What leaves an object as it was touches nothing.
    pub fn apply(&mut self, event: Event) -> Touched {
        let mut touched = Touched::default();
        let Some(list) = self.lists.get_mut(event.list) else { return touched };
        list.heard = true;
        list.awaited.retain(|awaited| Some(awaited) != event.namespace.as_ref());
        match event.what {
            Happened::Changed(key, text) => list.put(key, text, &mut touched),
            Happened::Listed(entries) => {
                list.read.insert(event.namespace.clone());
                let new: Objects = entries.into_iter().collect();
                let is_of = |key: &str| match &event.namespace {
                    Some(namespace) => key.split_once('/').is_some_and(|(of, _)| of == namespace),
                    None => true,
                };
                let gone = list.objects.keys().filter(|key| is_of(key) && !new.contains_key(*key));
                for key in gone.cloned().collect::<Vec<String>>() {
                    list.put(key, None, &mut touched);
                }
                for (key, text) in new {
                    list.put(key, Some(text), &mut touched);
                }
            }
            Happened::Only { namespaces, reason } => {
                list.awaited = namespaces;
                touched.coverage = list.troubles.insert(None, (true, reason)).is_none();
            }
            Happened::Lost { forbidden: false, reason } if list.read.contains(&event.namespace) => {
                touched.stale = list.stale.insert(event.namespace, reason).is_none();
            }
            Happened::Lost { forbidden, reason } => {
                let trouble = (forbidden, reason);
                let before = list.troubles.insert(event.namespace, trouble.clone());
                touched.coverage = before.as_ref() != Some(&trouble);
            }
            Happened::Found => {
                touched.coverage = list.troubles.remove(&event.namespace).is_some();
                touched.stale = list.stale.remove(&event.namespace).is_some();
            }
        }
        touched
    }

    /// Kinds of which what is known may be old, and why, by the reason.
    pub fn stale(&self) -> BTreeMap<&str, Vec<String>> {
        let mut stale: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for list in &self.lists {
            if let Some(reason) = list.stale.values().next() {
                stale.entry(reason).or_default().push(list.wanted.label());
            }
        }
        stale
    }

    /// What cannot be seen, by the numbers of the lists.
    pub(crate) fn troubles(&self) -> Vec<ListTrouble> {
        let of_list = |(number, list): (usize, &Followed)| {
            let mut troubles = list.troubles.iter();
            let (namespace, (forbidden, reason)) = troubles.next()?;
            let reason = match namespace {
                Some(namespace) => format!("in `{namespace}`: {reason}"),
                None => reason.clone(),
            };
            Some(ListTrouble { list: number, forbidden: *forbidden, reason })
        };
        self.lists.iter().enumerate().filter_map(of_list).collect()
    }
}

impl Followed {
    /// The objects, in the order of their names.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.objects.values().map(|text| &**text)
    }

    fn put(&mut self, key: String, text: Option<Arc<str>>, touched: &mut Touched) {
        let before = match &text {
            Some(text) => self.objects.insert(key.clone(), Arc::clone(text)),
            None => self.objects.remove(&key),
        };
        if before != text {
            touched.objects.push((key, text));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::discovery::ApiResource;
    use crate::lists::Phase;

    fn store() -> Store {
        let mut store = Store::default();
        store.add(Wanted { resource: ApiResource::default(), namespace: None, phase: Phase::Objects });
        store
    }

    fn apply(store: &mut Store, namespace: Option<&str>, what: Happened) -> Vec<String> {
        let event = Event { list: 0, namespace: namespace.map(str::to_owned), what, at: Instant::now() };
        let sign = |(key, text): (String, Option<Arc<str>>)| format!("{}{key}", if text.is_some() { '+' } else { '-' });
        store.apply(event).objects.into_iter().map(sign).collect()
    }

    fn listed(keys: &[&str]) -> Happened {
        Happened::Listed(keys.iter().map(|key| ((*key).to_owned(), Arc::from("{}"))).collect())
    }

    #[test]
    fn only_what_is_different_is_touched() {
        let mut store = store();
        assert_eq!(apply(&mut store, None, listed(&["a/x", "a/y"])), ["+a/x", "+a/y"]);
        assert_eq!(apply(&mut store, None, listed(&["a/y", "b/z"])), ["-a/x", "+b/z"]);
        let same = Happened::Changed("a/y".to_owned(), Some(Arc::from("{}")));
        assert!(apply(&mut store, None, same).is_empty());
        assert_eq!(apply(&mut store, None, Happened::Changed("a/y".to_owned(), None)), ["-a/y"]);
        assert!(apply(&mut store, None, Happened::Changed("a/y".to_owned(), None)).is_empty());
    }

    #[test]
    fn the_list_of_a_namespace_says_nothing_of_another() {
        let mut store = store();
        apply(&mut store, Some("a"), listed(&["a/x"]));
        assert_eq!(apply(&mut store, Some("ab"), listed(&["ab/x"])), ["+ab/x"]);
        assert_eq!(apply(&mut store, Some("a"), listed(&[])), ["-a/x"]);
        assert_eq!(store.len(), 1);
    }

    #[test]
    fn what_cannot_be_seen_is_said_until_it_can() {
        let mut store = store();
        let lost = || Happened::Lost { forbidden: true, reason: "cut".to_owned() };
        let event = |what| Event { list: 0, namespace: None, what, at: Instant::now() };
        assert!(store.apply(event(lost())).coverage && !store.apply(event(lost())).coverage);
        assert_eq!(store.troubles().len(), 1);
        assert!(store.apply(event(Happened::Found)).coverage);
        assert!(store.troubles().is_empty());
        // What was read is known, though it may be old.
        apply(&mut store, None, listed(&["a/x"]));
        let cut = || Happened::Lost { forbidden: false, reason: "cut".to_owned() };
        assert!(store.apply(event(cut())).stale && !store.apply(event(cut())).stale);
        assert_eq!((store.troubles().len(), store.stale().len(), store.len()), (0, 1, 1));
        assert!(store.apply(event(Happened::Found)).stale && store.stale().is_empty());
    }
}
