//! Which values went into what: sets of origins, each a number.

use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::FixedState;

use crate::text::Taint;
use crate::values::Place;

/// More values than this are not told apart.
const LARGEST: usize = 64;

/// A value that a user can set.
#[derive(Debug)]
struct Source {
    path: Rc<str>,
    place: Option<Place>,
}

/// The values, and sets of them. Set 0 is empty.
#[derive(Debug)]
pub(crate) struct Trace {
    sources: Vec<Source>,
    sets: Vec<Rc<[u32]>>,
    unions: HashMap<(Taint, Taint), Taint, FixedState>,
    missing: HashMap<(Taint, Rc<str>), Taint, FixedState>,
}

impl Trace {
    pub(super) fn new() -> Self {
        Self {
            sources: Vec::new(),
            sets: vec![Rc::from([])],
            unions: HashMap::with_hasher(FixedState::default()),
            missing: HashMap::with_hasher(FixedState::default()),
        }
    }

    /// The set of one value.
    pub(crate) fn source(&mut self, path: &str, place: Option<Place>) -> Taint {
        let index = self.sources.len() as u32;
        self.sources.push(Source { path: Rc::from(path), place });
        self.sets.push(Rc::from([index]));
        (self.sets.len() - 1) as Taint
    }

    /// A value that is not there: `key` in the mapping that has this taint.
    pub(crate) fn missing(&mut self, container: Taint, key: &str) -> Taint {
        let [only] = *self.sets[container as usize] else { return container };
        let entry = (container, Rc::from(key));
        if let Some(taint) = self.missing.get(&entry) {
            return *taint;
        }
        let mut path = self.sources[only as usize].path.to_string();
        model::document::push_key(key, &mut path);
        let taint = self.source(&path, None);
        self.missing.insert(entry, taint);
        taint
    }

    /// The values of both.
    pub(crate) fn union(&mut self, a: Taint, b: Taint) -> Taint {
        if a == b || b == 0 {
            return a;
        }
        if a == 0 {
            return b;
        }
        let key = (a.min(b), a.max(b));
        if let Some(taint) = self.unions.get(&key) {
            return *taint;
        }
        let (first, second) = (&self.sets[a as usize], &self.sets[b as usize]);
        let new: Vec<u32> = second.iter().copied().filter(|index| !first.contains(index)).collect();
        let taint = if new.is_empty() || first.len() >= LARGEST {
            a
        } else {
            let all: Vec<u32> = first.iter().copied().chain(new).take(LARGEST).collect();
            self.sets.push(Rc::from(all));
            (self.sets.len() - 1) as Taint
        };
        self.unions.insert(key, taint);
        taint
    }

    /// The values of a set: paths and places.
    pub(super) fn values(&self, taint: Taint) -> impl Iterator<Item = (&str, Option<&Place>)> {
        let set = self.sets.get(taint as usize).map_or(&[][..], |set| &set[..]);
        let sources = set.iter().map(|index| &self.sources[*index as usize]);
        // All values together are no value that decides.
        sources.filter(|source| !source.path.is_empty()).map(|source| (&*source.path, source.place.as_ref()))
    }
}
