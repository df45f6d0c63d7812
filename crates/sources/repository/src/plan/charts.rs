//! Which folders are charts, which of them are parts of others, and with which values each is rendered.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use manifests::walk::{Input, InputSource};

use super::{ChartUnit, OWN_VALUES, Unit, is_named};
use crate::options::{Bases, Options, ValuesSource};
use crate::paths::on_disk;

/// The file that makes a folder a chart.
const CHART: &str = "Chart.yaml";

/// Where a file belongs.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// To the chart in this folder, which is rendered.
    Chart(PathBuf),
    /// It is a template of the chart in this folder, and was asked for by itself.
    Template(PathBuf),
    /// It is an archive.
    Archive,
    /// To a part of something that is rendered.
    Part,
    /// To no chart.
    Elsewhere,
}

/// The charts of an input.
pub(super) struct Charts {
    all: HashSet<PathBuf>,
    roots: HashSet<PathBuf>,
}

impl Charts {
    /// The charts among these inputs. `used` are charts that kustomizations render; `named` are the paths that the
    /// user named.
    pub(super) fn new(inputs: &[Input], used: &BTreeSet<PathBuf>, named: &BTreeSet<PathBuf>, bases: Bases) -> Self {
        let is_chart = |input: &&Input| input.path.file_name().is_some_and(|name| name == CHART);
        let folders = inputs.iter().filter(is_chart).filter_map(|input| input.path.parent());
        let all: HashSet<PathBuf> = folders.map(Path::to_path_buf).collect();
        let is_root = |folder: &&PathBuf| {
            let is_asked_for = bases == Bases::All || named.contains(*folder) || named.contains(&folder.join(CHART));
            let is_part = || used.contains(*folder) || is_subchart(folder, &all);
            is_asked_for || !is_part()
        };
        let roots = all.iter().filter(is_root).cloned().collect();
        Self { all, roots }
    }

    /// Where a file belongs.
    pub(super) fn place(&self, input: &Input) -> Place {
        let path = &input.path;
        if input.source == InputSource::Stdin {
            return Place::Elsewhere;
        }
        let mut homes = path.ancestors().skip(1).filter(|_| !self.all.is_empty());
        let home = homes.find(|folder| self.all.contains(*folder));
        let Some(home) = home.filter(|home| belongs(path, home)) else {
            return Self::outside(input);
        };
        if self.roots.contains(home) {
            return Place::Chart(home.to_path_buf());
        }
        Place::Part
    }

    /// Where a file belongs that is in no chart that was found: its chart may be outside what was asked for.
    fn outside(input: &Input) -> Place {
        let path = &input.path;
        let is_archive = input.source == InputSource::Archive
            || (is_named(input) && path.extension().is_some_and(|end| end == "tgz"));
        if is_archive {
            return Place::Archive;
        }
        let home = || {
            let homes = path.ancestors().skip(1);
            homes.filter(|folder| belongs(path, folder)).find(|folder| on_disk(folder).join(CHART).is_file())
        };
        match input.source {
            InputSource::Template => home().map_or(Place::Elsewhere, |home| Place::Template(home.to_path_buf())),
            InputSource::Named if name_of(path).starts_with("values") => {
                home().map_or(Place::Elsewhere, |home| Place::Chart(home.to_path_buf()))
            }
            _ => Place::Elsewhere,
        }
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Whether a chart lies in the `charts` of another.
fn is_subchart(folder: &Path, all: &HashSet<PathBuf>) -> bool {
    let homes = folder.ancestors().skip(1).filter(|above| above.ends_with("charts")).filter_map(Path::parent);
    homes.into_iter().any(|home| all.contains(home) || on_disk(home).join(CHART).is_file())
}

/// Whether a file below the folder of a chart is a part of it, and not something that only lies there.
fn belongs(path: &Path, home: &Path) -> bool {
    let Ok(inside) = path.strip_prefix(home) else { return false };
    let mut components = inside.components();
    let Some(Component::Normal(first)) = components.next() else { return false };
    let first = first.to_string_lossy();
    if components.next().is_some() {
        return matches!(&*first, "templates" | "charts" | "crds" | "ci");
    }
    ["Chart.", "requirements.", "values"].iter().any(|start| first.starts_with(start))
}

/// A chart with every set of values that it is rendered with: those that flags give; else those that the project names;
/// else its own, and those in `ci/`, as chart-testing has them.
pub(super) fn units(path: &Path, options: &Options) -> Vec<Unit> {
    let unit = |variant: &str, values: Vec<ValuesSource>| ChartUnit {
        path: path.to_path_buf(),
        variant: variant.to_owned(),
        values,
        release_name: options.release_name.clone(),
        namespace: options.namespace.clone(),
    };
    if !options.values.is_empty() {
        return vec![Unit::Chart(unit("the given values", options.values.clone()))];
    }
    let is_same = |other: &Path| {
        let (one, other) = (on_disk(path).canonicalize(), on_disk(other).canonicalize());
        one.is_ok_and(|one| other.is_ok_and(|other| one == other))
    };
    let sets = options.sets.iter().filter(|set| is_same(&set.chart));
    let of_project: Vec<Unit> = sets
        .map(|set| {
            let ChartUnit { release_name, namespace, .. } = unit("", Vec::new());
            Unit::Chart(ChartUnit {
                release_name: release_name.or_else(|| set.release_name.clone()),
                namespace: namespace.or_else(|| set.namespace.clone()),
                ..unit(&set.name, set.values.clone())
            })
        })
        .collect();
    if !of_project.is_empty() {
        return of_project;
    }
    let mut units = vec![Unit::Chart(unit(OWN_VALUES, Vec::new()))];
    for file in ci_values(path) {
        let variant = format!("ci/{}", name_of(&file));
        units.push(Unit::Chart(unit(&variant, vec![ValuesSource::File(file)])));
    }
    units
}

/// The sets of values in `ci/`, in the order of their names.
fn ci_values(chart: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(on_disk(chart).join("ci")) else { return Vec::new() };
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.ends_with("-values.yaml")).collect();
    names.sort();
    names.into_iter().map(|name| chart.join("ci").join(name)).collect()
}
