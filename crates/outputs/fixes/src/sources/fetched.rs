//! Charts that others write: what lies in an archive, or is fetched again with the next update of dependencies, is not
//! changed. What decides in such a chart is said in the values of the chart that has it.

use std::path::{Component, Path, PathBuf};

use manifests::walk::clean;
use model::document::Value;
use model::origin::Renderer;
use model::provenance::{SourceFile, ValueOrigin};

use super::locate::Locator;
use super::{Site, SourceEdit, TextOf, conditions};
use crate::edit::Action;
use crate::field::{self, Step};
use crate::tree::Tree;

/// The dependencies of the chart that was rendered which are fetched, by the folders that they are in.
pub(super) struct Fetched {
    charts: Vec<PathBuf>,
    /// The values of the chart that was rendered.
    values: Option<PathBuf>,
}

impl Fetched {
    pub(super) fn new(locator: &Locator<'_>, text_of: TextOf<'_>) -> Self {
        let rendering = locator.rendering;
        if rendering.renderer != Renderer::Helm {
            return Self { charts: Vec::new(), values: None };
        }
        let root = Path::new(&rendering.path);
        let charts = root.join("charts");
        let names = ["Chart.yaml", "requirements.yaml"].iter().filter_map(|file| text_of(&clean(&root.join(file))));
        let names = names.flat_map(|text| fetched(&text));
        Self {
            charts: names.map(|name| clean(&charts.join(name))).collect(),
            values: Some(clean(&root.join("values.yaml"))),
        }
    }

    /// Whether a file is of a chart that others write.
    pub(super) fn has(&self, path: &Path) -> bool {
        let is_archive = |part: Component<'_>| part.as_os_str().to_string_lossy().ends_with('!');
        path.components().any(is_archive) || self.charts.iter().any(|chart| path.starts_with(chart))
    }

    /// The changes of the chart's own values after which a scalar or mapping that a fetched chart makes is otherwise.
    pub(super) fn edits(
        &self,
        locator: &Locator<'_>,
        value: Value<'_>,
        action: &Action,
        text_of: TextOf<'_>,
    ) -> Vec<SourceEdit> {
        let tree = match action {
            Action::Replace(tree) | Action::Merge(tree) => tree.clone(),
            Action::Remove if Tree::of(value) == Tree::Bool(true) => Tree::Bool(false),
            Action::Remove | Action::Rename(_) => return Vec::new(),
        };
        let mut found: Vec<SourceEdit> = Vec::new();
        for origin in locator.values_of(value) {
            let Some(file) = origin.source.and_then(|source| locator.file(source.file)) else { continue };
            if !self.has(&file.path) || !decides(file, origin, value) {
                continue;
            }
            found.extend(self.set(origin, value, &tree, text_of).filter(|edit| !found.contains(edit)));
        }
        found
    }

    /// The change with which the values say `tree` at the path of `origin`.
    fn set(&self, origin: &ValueOrigin, value: Value<'_>, tree: &Tree, text_of: TextOf<'_>) -> Option<SourceEdit> {
        let mut path = field::parse(&origin.path)?;
        if value.is_mapping() {
            // What made the mapping may be one of its values.
            let is_entry = |last: &Step| matches!(last, Step::Key(key) if value.get(key).is_some_and(Value::is_scalar));
            path.truncate(path.len() - usize::from(path.last().is_some_and(is_entry)));
        }
        let names: Option<Vec<String>> =
            path.into_iter().map(|step| if let Step::Key(key) = step { Some(key) } else { None }).collect();
        let values = self.values.as_ref()?;
        // A chart may have no values of its own yet.
        let text = text_of(values)?;
        let (document, patch) = conditions::set(&text, &names?, tree)?;
        Some(SourceEdit { path: values.clone(), site: Site::Values, document, block: None, patch, creates: None })
    }
}

/// Whether the value is what a scalar says; of a mapping, whether it is the mapping, or an entry of it.
fn decides(file: &SourceFile, origin: &ValueOrigin, value: Value<'_>) -> bool {
    let written = origin.source.and_then(|source| file.text.get(source.span.start as usize..source.span.end as usize));
    let Some(document) = written.and_then(|text| yaml::parse_document(text).ok()) else { return false };
    let name = origin.path.rsplit('.').next().unwrap_or_default();
    // The place is the value, or its entry.
    let said = document.root().get(name).unwrap_or_else(|| document.root());
    let has = |mapping: Value<'_>, key: &str, said: Value<'_>| {
        mapping.get(key).is_some_and(|own| said.is_scalar() && own.is_scalar() && own.text() == said.text())
    };
    match (value.is_mapping(), said.is_mapping()) {
        (true, true) => said.entries().all(|(key, _)| value.get(&key.text()).is_some()),
        (true, false) => has(value, name, said),
        (false, _) => said.is_scalar() && said.text() == value.text(),
    }
}

/// The names of the dependencies of a chart that are fetched from elsewhere.
fn fetched(chart: &str) -> Vec<String> {
    let Ok(document) = yaml::parse_document(chart) else { return Vec::new() };
    let dependencies = document.root().get("dependencies").into_iter().flat_map(Value::items);
    let is_elsewhere = |dependency: &Value<'_>| {
        let repository = dependency.get("repository").map(|repository| repository.text().into_owned());
        repository.is_some_and(|repository| !repository.is_empty() && !repository.starts_with("file:"))
    };
    let name = |dependency: Value<'_>| dependency.get("name").map(|name| name.text().into_owned());
    dependencies.filter(is_elsewhere).filter_map(name).collect()
}
