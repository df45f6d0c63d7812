//! What checks say of the objects of one part of the input: findings, and, for those who count, what was judged.
//!
//! Passes are not kept (there may be a hundred for every object), only their number.

use super::ResourceId;
use crate::finding::{ControlId, Occurrence};

/// What checks of single objects say.
#[derive(Debug, Default)]
pub struct Verdicts {
    /// What they have found.
    pub occurrences: Vec<Occurrence>,
    /// What they have judged, if somebody counts.
    pub judged: Judged,
}

impl Verdicts {
    /// Adds those of the next objects, of which there are `base` before.
    pub fn append(&mut self, other: Self, base: u32) {
        self.occurrences.extend(other.occurrences.into_iter().map(|occurrence| occurrence.moved(base)));
        self.judged.append(other.judged, base);
    }
}

/// What controls have judged.
#[derive(Debug, Default)]
pub struct Judged {
    /// By control, how many objects: of controls that look at every object once.
    pub counts: Vec<u64>,
    /// Of controls that may come to the same object twice, the objects: they are counted when both times are over.
    pub resources: Vec<(ControlId, ResourceId)>,
}

impl Judged {
    /// Counts one object that `control` will not come back to.
    pub fn count(&mut self, control: ControlId) {
        let at = usize::from(control.0);
        if self.counts.len() <= at {
            self.counts.resize(at + 1, 0);
        }
        self.counts[at] += 1;
    }

    /// Adds what was judged of the next objects, of which there are `base` before.
    pub fn append(&mut self, other: Self, base: u32) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        self.counts.iter_mut().zip(other.counts).for_each(|(count, more)| *count += more);
        self.resources.extend(other.resources.into_iter().map(|(control, id)| (control, ResourceId(id.0 + base))));
    }
}

/// How many objects one control has judged, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The control.
    pub control: ControlId,
    /// Objects that are as they should be.
    pub passed: u64,
    /// Objects with a failure.
    pub failed: u64,
    /// Objects of which the answer needs something that was not seen.
    pub unknown: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_added_and_their_objects_moved() {
        let mut all = Judged::default();
        all.count(ControlId(1));
        let mut part = Judged::default();
        part.count(ControlId(1));
        part.count(ControlId(3));
        part.resources.push((ControlId(2), ResourceId(4)));
        all.append(part, 10);
        assert_eq!(all.counts, [0, 2, 0, 1]);
        assert_eq!(all.resources, [(ControlId(2), ResourceId(14))]);
    }
}
