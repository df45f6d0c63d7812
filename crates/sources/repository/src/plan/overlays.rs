//! Which kustomizations are entries, and which are bases of others.

use std::collections::{BTreeMap, BTreeSet};
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
    reached: BTreeSet<PathBuf>,
}

impl Overlays {
    /// Sorts what was found; `named` are the paths that the user named.
    pub(super) fn new(known: &BTreeMap<PathBuf, Kustomization>, named: &BTreeSet<PathBuf>, bases: Bases) -> Self {
        let used: BTreeSet<&PathBuf> = known.values().flat_map(|one| &one.uses).collect();
        let is_entry = |(folder, one): &(&PathBuf, &Kustomization)| {
            let is_asked_for = bases == Bases::All
                || named.contains(*folder)
                || kustomizations::NAMES.iter().any(|name| named.contains(&folder.join(name)));
            !one.is_component && (!used.contains(*folder) || is_asked_for)
        };
        let mut entries: Vec<&PathBuf> = known.iter().filter(is_entry).map(|(folder, _)| folder).collect();
        let mut reached: Vec<BTreeSet<PathBuf>> = entries.iter().map(|folder| reach(folder, known)).collect();
        // What is in a circle is used by others, and nobody comes to it: rendering one of it says so.
        for (folder, one) in known {
            if !one.is_component && !reached.iter().any(|reached| reached.contains(folder)) {
                entries.push(folder);
                reached.push(reach(folder, known));
            }
        }
        let mut families: Vec<(BTreeSet<PathBuf>, Vec<PathBuf>)> = Vec::new();
        for (folder, reached) in entries.into_iter().zip(&reached) {
            let (together, apart): (Vec<_>, Vec<_>) =
                families.into_iter().partition(|(known, _)| !known.is_disjoint(reached));
            families = apart;
            let mut family = (reached.clone(), Vec::new());
            for (reached, folders) in together {
                family.0.extend(reached);
                family.1.extend(folders);
            }
            family.1.push(folder.clone());
            families.push(family);
        }
        let mut families: Vec<Vec<PathBuf>> = families.into_iter().map(|(_, folders)| folders).collect();
        families.iter_mut().for_each(|folders| folders.sort());
        families.sort();
        let reached: BTreeSet<PathBuf> = reached.into_iter().flatten().collect();
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
fn reach(folder: &Path, known: &BTreeMap<PathBuf, Kustomization>) -> BTreeSet<PathBuf> {
    let mut reached = BTreeSet::from([folder.to_path_buf()]);
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
