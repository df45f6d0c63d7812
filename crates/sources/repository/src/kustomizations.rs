//! Which kustomizations there are, what they use of each other, and which files are theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use model::document::Value;

use crate::options::Options;
use crate::paths::join;

/// The names that a kustomization has; `kustomize` takes no other.
pub(crate) const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// A kustomization is small; of a larger file only this much is read.
const LARGEST: u64 = 1 << 20;

/// What a kustomization uses.
#[derive(Debug, Default)]
pub(crate) struct Kustomization {
    /// Folders and files that it names, without those that are elsewhere.
    pub(crate) uses: BTreeSet<PathBuf>,
    /// Folders whose charts it renders itself.
    pub(crate) charts: BTreeSet<PathBuf>,
    /// Whether it is a part for others only.
    pub(crate) is_component: bool,
}

/// Whether a file is called as a kustomization.
pub(crate) fn is_name(path: &Path) -> bool {
    path.file_name().is_some_and(|name| NAMES.iter().any(|known| name == *known))
}

/// The kustomizations among these files, by their folders.
pub(crate) fn find<'a>(files: impl Iterator<Item = &'a Path>, options: &Options) -> BTreeMap<PathBuf, Kustomization> {
    let mut found = BTreeMap::new();
    for path in files.filter(|path| is_name(path)) {
        let folder = path.parent().unwrap_or(Path::new(""));
        let text = options.text(path).map(str::to_owned).or_else(|| text(path));
        if let Some(read) = text.and_then(|text| read(&text, folder)) {
            found.insert(folder.to_path_buf(), read);
        }
    }
    found
}

fn text(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    String::from_utf8(bytes).ok()
}

fn read(text: &str, folder: &Path) -> Option<Kustomization> {
    let Ok(document) = yaml::parse_document(text) else {
        // Rendering it says what is wrong with it.
        return Some(Kustomization::default());
    };
    let root = document.root();
    let text_of = |key| root.get(key).map(|value| value.text().into_owned()).unwrap_or_default();
    let (api_version, kind) = (text_of("apiVersion"), text_of("kind"));
    // Flux has a kind of that name, which is an object like others.
    let is_kustomize = api_version.is_empty() || api_version.starts_with("kustomize.config.k8s.io/");
    if !is_kustomize || !matches!(&*kind, "" | "Kustomization" | "Component") {
        return None;
    }
    let mut found = Kustomization { is_component: kind == "Component", ..Kustomization::default() };
    named(root, &mut |name| {
        if !is_elsewhere(name) {
            found.uses.insert(join(folder, name));
        }
    });
    let home = root.at(&["helmGlobals", "chartHome"]).map_or_else(|| "charts".into(), Value::text);
    for chart in root.get("helmCharts").into_iter().flat_map(Value::items) {
        let text = |key| chart.get(key).map_or_else(String::new, |value| value.text().into_owned());
        let (name, version) = (text("name"), text("version"));
        if !name.is_empty() {
            // What Kustomize fetches lies apart by version.
            let is_fetched = !version.is_empty() && !text("repo").is_empty();
            let below = if is_fetched { format!("{name}-{version}/{name}") } else { name };
            found.charts.insert(join(&join(folder, &home), &below));
        }
    }
    Some(found)
}

/// Whether a resource is a URL or a repository, and no path.
fn is_elsewhere(name: &str) -> bool {
    let first = name.split('/').next().unwrap_or(name);
    name.contains("://") || name.contains('\n') || name.starts_with("git@") || first.contains("github.com")
}

/// Everything in a kustomization that is the name of a file or folder.
fn named(kustomization: Value<'_>, on_name: &mut dyn FnMut(&str)) {
    const LISTS: [&str; 9] = [
        "resources",
        "bases",
        "components",
        "generators",
        "transformers",
        "validators",
        "configurations",
        "patchesStrategicMerge",
        "crds",
    ];
    let items = |key: &str| kustomization.get(key).into_iter().flat_map(Value::items);
    for value in LISTS.into_iter().flat_map(items).filter(|value| value.is_scalar()) {
        on_name(&value.text());
    }
    for key in ["patches", "patchesJson6902", "replacements"] {
        items(key).filter_map(|item| item.get("path")).for_each(|path| on_name(&path.text()));
    }
    for generator in ["configMapGenerator", "secretGenerator"].into_iter().flat_map(items) {
        let lists = ["files", "envs"].into_iter().filter_map(|key| generator.get(key)).flat_map(Value::items);
        for value in lists.chain(generator.get("env")) {
            let text = value.text();
            // `key=file`
            on_name(text.split_once('=').map_or(&*text, |(_, file)| file));
        }
    }
    for chart in items("helmCharts") {
        let more = chart.get("additionalValuesFiles").into_iter().flat_map(Value::items);
        chart.get("valuesFile").into_iter().chain(more).for_each(|file| on_name(&file.text()));
    }
    if let Some(path) = kustomization.at(&["openapi", "path"]) {
        on_name(&path.text());
    }
}
