//! Which kustomizations are entries, and which are bases of others.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use manifests::walk::Input;

use super::is_named;
use crate::kustomizations::{self, Kustomization};
use crate::options::Bases;

/// The kustomizations of an input.
pub(super) struct Overlays {
    /// Entries, those together that have something in common.
    pub(super) families: Vec<Vec<PathBuf>>,
    /// Charts that kustomizations render.
    pub(super) charts: BTreeSet<PathBuf>,
    /// Folders and files that entries use, directly or through others, and their own folders.
    reached: HashSet<PathBuf>,
}

/// Entries by their number, put together where they reach the same.
#[derive(Default)]
struct Families {
    /// The entry that reached a folder or file first.
    first: HashMap<PathBuf, usize>,
    /// For every entry another of its family, or itself: the last of that way stands for the family.
    above: Vec<usize>,
}

impl Families {
    fn add(&mut self, number: usize, reached: impl IntoIterator<Item = PathBuf>) {
        self.above.push(number);
        for path in reached {
            let first = *self.first.entry(path).or_insert(number);
            let (one, other) = (self.head(first), self.head(number));
            self.above[one.max(other)] = one.min(other);
        }
    }

    fn head(&mut self, mut number: usize) -> usize {
        while self.above[number] != number {
            self.above[number] = self.above[self.above[number]];
            number = self.above[number];
        }
        number
    }

    /// The folders of every family in their order, and all that is reached.
    fn sorted(mut self, entries: &[&PathBuf]) -> (Vec<Vec<PathBuf>>, HashSet<PathBuf>) {
        let mut families: BTreeMap<usize, Vec<PathBuf>> = BTreeMap::new();
        for (number, folder) in entries.iter().enumerate() {
            families.entry(self.head(number)).or_default().push((*folder).clone());
        }
        let mut families: Vec<Vec<PathBuf>> = families.into_values().collect();
        families.iter_mut().for_each(|folders| folders.sort());
        families.sort();
        (families, self.first.into_keys().collect())
    }
}

impl Overlays {
    /// Sorts what was found; `named` are the paths that the user named.
    pub(super) fn new(known: &BTreeMap<PathBuf, Kustomization>, named: &BTreeSet<PathBuf>, bases: Bases) -> Self {
        let used: HashSet<&PathBuf> = known.values().flat_map(|one| &one.uses).collect();
        let is_entry = |(folder, one): &(&PathBuf, &Kustomization)| {
            let is_asked_for = bases == Bases::All
                || named.contains(*folder)
                || kustomizations::NAMES.iter().any(|name| named.contains(&folder.join(name)));
            !one.is_component && (!used.contains(*folder) || is_asked_for)
        };
        let mut entries: Vec<&PathBuf> = known.iter().filter(is_entry).map(|(folder, _)| folder).collect();
        let mut families = Families::default();
        for (number, folder) in entries.iter().enumerate() {
            families.add(number, reach(folder, known));
        }
        // What is in a circle is used by others, and nobody comes to it: rendering one of it says so.
        for (folder, one) in known {
            if !one.is_component && !families.first.contains_key(folder) {
                families.add(entries.len(), reach(folder, known));
                entries.push(folder);
            }
        }
        let (families, reached) = families.sorted(&entries);
        let of_reached = known.iter().filter(|(folder, _)| reached.contains(*folder));
        let charts = of_reached.flat_map(|(_, one)| one.charts.iter().cloned()).collect();
        Self { families, charts, reached }
    }

    /// Whether a file is judged as a part of a kustomization.
    pub(super) fn owns(&self, input: &Input) -> bool {
        if is_named(input) && !kustomizations::is_name(&input.path) {
            return false;
        }
        let folder = input.path.parent().unwrap_or(Path::new(""));
        self.reached.contains(&input.path) || (kustomizations::is_name(&input.path) && self.reached.contains(folder))
    }
}

/// The folder, and all folders and files that it uses.
fn reach(folder: &Path, known: &BTreeMap<PathBuf, Kustomization>) -> HashSet<PathBuf> {
    let mut reached = HashSet::from([folder.to_path_buf()]);
    let mut waiting = vec![folder];
    while let Some(folder) = waiting.pop() {
        for used in known.get(folder).into_iter().flat_map(|one| &one.uses) {
            if reached.insert(used.clone()) {
                waiting.push(used);
            }
        }
    }
    reached
}
