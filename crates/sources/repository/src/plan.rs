//! What there is to judge: charts with their sets of values, kustomizations, and the manifests that belong to neither.

mod charts;
mod overlays;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use manifests::walk::{Config, Input, InputSource, Inputs};

use self::charts::Charts;
use self::overlays::Overlays;
use crate::kustomizations;
use crate::options::{Options, ValuesSource};
use crate::paths::clean;

/// A chart with one set of values, or a kustomization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A chart.
    Chart(ChartUnit),
    /// A kustomization, by its folder.
    Kustomization(PathBuf),
}

impl Unit {
    /// The folder or archive.
    pub fn path(&self) -> &Path {
        match self {
            Self::Chart(chart) => &chart.path,
            Self::Kustomization(folder) => folder,
        }
    }
}

/// A chart with one set of values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChartUnit {
    /// The folder or archive.
    pub path: PathBuf,
    /// The name of the set of values.
    pub variant: String,
    /// Values beside those of the chart, in the order in which they win over each other.
    pub values: Vec<ValuesSource>,
    /// The name of the release.
    pub release_name: Option<String>,
    /// The namespace of the release.
    pub namespace: Option<String>,
}

/// Units of which the same objects come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitFamily {
    /// The units, in order.
    pub units: Vec<Unit>,
    /// The index of the path that the user named and that led here.
    pub named: usize,
    /// The files whose objects alone are judged; all if there are none.
    pub only: BTreeSet<PathBuf>,
    /// Whether what the user named is a chart or archive itself, so that one without objects is a gap.
    pub kind: FamilyKind,
}

/// How a family was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FamilyKind {
    /// It is sure to be one.
    #[default]
    Known,
    /// An archive in a folder, which may hold anything.
    Archive,
}

/// What there is to judge.
#[derive(Debug, Default)]
pub struct Plan {
    /// The manifests that belong to neither charts nor kustomizations.
    pub plain: Inputs,
    /// What is rendered.
    pub families: Vec<UnitFamily>,
}

/// The name of the values that a chart brings.
pub const OWN_VALUES: &str = "values.yaml";

impl Plan {
    /// Sorts what was found.
    pub fn new(config: &Config, found: Inputs, options: &Options) -> Self {
        let Inputs { inputs, skipped, covered, notes } = found;
        let named: BTreeSet<PathBuf> = config.paths.iter().map(|path| clean(path)).collect();
        let known = kustomizations::find(inputs.iter().map(|input| input.path.as_path()), options);
        let overlays = Overlays::new(&known, &named, options.bases);
        let charts = Charts::new(&inputs, &overlays.charts, &named, options.bases);
        let mut plan = Self { plain: Inputs { inputs: Vec::new(), skipped, covered, notes }, families: Vec::new() };
        let mut roots: BTreeMap<PathBuf, (usize, FamilyKind)> = BTreeMap::new();
        let mut parts: BTreeMap<PathBuf, (usize, BTreeSet<PathBuf>)> = BTreeMap::new();
        let mut folders: BTreeMap<PathBuf, usize> = BTreeMap::new();
        for input in inputs {
            let named = input.named;
            if let Some(folder) = input.path.parent().filter(|folder| known.contains_key(*folder))
                && kustomizations::is_name(&input.path)
            {
                folders.insert(folder.to_path_buf(), named);
            }
            match charts.place(&input) {
                charts::Place::Chart(root) => {
                    roots.entry(root).or_insert((named, FamilyKind::Known));
                }
                charts::Place::Template(root) => {
                    parts.entry(root).or_insert_with(|| (named, BTreeSet::new())).1.insert(input.path);
                }
                charts::Place::Archive => {
                    let kind = if input.source == InputSource::Named { FamilyKind::Known } else { FamilyKind::Archive };
                    roots.insert(input.path, (named, kind));
                }
                charts::Place::Part => drop(plan.plain.covered.insert(named)),
                charts::Place::Elsewhere if overlays.owns(&input) => drop(plan.plain.covered.insert(named)),
                charts::Place::Elsewhere => plan.plain.inputs.push(input),
            }
        }
        for (root, (named, kind)) in roots {
            parts.remove(&root);
            let units = charts::units(&root, options);
            plan.families.push(UnitFamily { units, named, only: BTreeSet::new(), kind });
        }
        for (root, (named, only)) in parts {
            let units = charts::units(&root, options);
            plan.families.push(UnitFamily { units, named, only, kind: FamilyKind::Known });
        }
        for folders_of_family in overlays.families {
            let named = folders_of_family.iter().find_map(|folder| folders.get(folder)).copied().unwrap_or(0);
            let units = folders_of_family.into_iter().map(Unit::Kustomization).collect();
            plan.families.push(UnitFamily { units, named, ..UnitFamily::default() });
        }
        plan
    }
}

/// Whether an input was named by the user himself.
fn is_named(input: &Input) -> bool {
    input.source == InputSource::Named
}
