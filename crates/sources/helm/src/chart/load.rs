//! Files into charts: which file is what, and the charts in `charts/`. Source: Helm, `chart/v2/loader`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::provenance::SourceFile;

use super::archive::ArchiveError;
use super::metadata::Metadata;
use super::{Chart, Content, File, MAX_DEPTH, Problem, Template, archive as archives, folder as folders};
use crate::values;

/// Why a chart is not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file or folder cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// An archive is refused.
    #[error("`{}` is not a chart archive", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// Why.
        source: ArchiveError,
    },
    /// A file says something that it must not.
    #[error("`{}`: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What, as Helm says it.
        message: String,
    },
    /// There is no `Chart.yaml`.
    #[error("`{}`: Chart.yaml file is missing", path.display())]
    NoChart {
        /// The folder or archive.
        path: PathBuf,
    },
}

pub(super) fn folder(path: &Path, instead: folders::Instead<'_>, more: &[PathBuf]) -> Result<Chart, LoadError> {
    let (files, problems) = folders::files(path, instead, more)?;
    let mut chart = assemble(files, path, 0)?;
    chart.problems.extend(problems);
    Ok(chart)
}

pub(super) fn archive(bytes: &[u8], path: &Path) -> Result<Chart, LoadError> {
    archive_at(bytes, path, 0)
}

fn archive_at(bytes: &[u8], path: &Path, depth: usize) -> Result<Chart, LoadError> {
    let files =
        archives::files(bytes, path).map_err(|source| LoadError::Archive { path: path.to_path_buf(), source })?;
    assemble(files, path, depth)
}

fn invalid(file: &File, message: impl Into<String>) -> LoadError {
    LoadError::Invalid { path: file.path.clone(), message: message.into() }
}

fn assemble(files: Vec<File>, path: &Path, depth: usize) -> Result<Chart, LoadError> {
    if depth > MAX_DEPTH {
        let message = format!("charts lie in charts more than {MAX_DEPTH} deep");
        return Err(LoadError::Invalid { path: path.to_path_buf(), message });
    }
    let mut metadata = metadata(&files)?.ok_or_else(|| LoadError::NoChart { path: path.to_path_buf() })?;
    let mut content = Content::default();
    let mut values = values::Table::new();
    let mut subcharts: BTreeMap<String, Vec<File>> = BTreeMap::new();
    for mut file in files {
        match file.name.as_str() {
            "Chart.yaml" | "Chart.lock" => {}
            "requirements.yaml" | "requirements.lock" if metadata.api_version != "v1" => {}
            "values.yaml" => values = default_values(&file)?,
            "values.schema.json" => content.schema = Some(file.data.to_vec()),
            name if name.starts_with("templates/") => {
                let source = source_of(&file);
                content.templates.push(Template::new(file.name, source));
            }
            name if name.starts_with("charts/") && !name.ends_with(".prov") => {
                let name = name["charts/".len()..].to_owned();
                let chart = name.split('/').next().unwrap_or(&name).to_owned();
                file.name = name;
                subcharts.entry(chart).or_default().push(file);
            }
            _ => content.files.push(file),
        }
    }
    metadata.validate().map_err(|message| LoadError::Invalid { path: path.join("Chart.yaml"), message })?;
    let mut chart = Chart {
        metadata,
        path: path.to_path_buf(),
        dependencies: Vec::new(),
        problems: Vec::new(),
        values: Arc::new(values),
        content: Arc::new(content),
    };
    for (name, files) in subcharts {
        if let Some(subchart) = subchart(&chart, &name, files, depth)? {
            chart.dependencies.push(subchart);
        }
    }
    missing_dependencies(&mut chart);
    Ok(chart)
}

fn source_of(file: &File) -> SourceFile {
    let text = String::from_utf8_lossy(&file.data);
    SourceFile { path: file.path.clone(), text: Arc::from(text.as_ref()), editable: file.editable }
}

fn metadata(files: &[File]) -> Result<Option<Metadata>, LoadError> {
    let mut metadata = None;
    for name in ["Chart.yaml", "requirements.yaml"] {
        let Some(file) = files.iter().find(|file| file.name == name) else { continue };
        let metadata: &mut Metadata = match name {
            "Chart.yaml" => metadata.insert(Metadata::default()),
            _ => metadata.get_or_insert_default(),
        };
        let text = String::from_utf8_lossy(&file.data);
        let Some(range) = yaml::separate::documents(&text).next() else { continue };
        let message = |message: String| invalid(file, format!("cannot load {name}: {message}"));
        let document = yaml::parse_document(&text[range]).map_err(|error| message(error.message))?;
        metadata.read(document.root()).map_err(message)?;
        if metadata.api_version.is_empty() {
            metadata.api_version = "v1".to_owned();
        }
    }
    Ok(metadata)
}

fn default_values(file: &File) -> Result<values::Table, LoadError> {
    let source = Arc::new(source_of(file));
    let text = Arc::clone(&source.text);
    values::read_table(&text, Some(&source)).map_err(|error| invalid(file, format!("cannot load values.yaml: {error}")))
}

/// A chart in `charts/`: a folder or an archive; `None` for other files.
fn subchart(chart: &Chart, name: &str, files: Vec<File>, depth: usize) -> Result<Option<Chart>, LoadError> {
    if name.starts_with(['_', '.']) {
        return Ok(None);
    }
    if name.ends_with(".tgz") {
        let Some(file) = files.first().filter(|file| file.name == name) else {
            let message = format!("error unpacking subchart tar in {}: `{name}` is a folder", chart.name());
            return Err(LoadError::Invalid { path: chart.path.join("charts").join(name), message });
        };
        return archive_at(&file.data, &file.path, depth + 1).map(Some);
    }
    let mut inner = Vec::new();
    for mut file in files {
        if let Some((_, name)) = file.name.split_once('/') {
            file.name = name.to_owned();
            inner.push(file);
        }
    }
    let path = inner_path(&inner).unwrap_or_else(|| chart.path.join("charts").join(name));
    assemble(inner, &path, depth + 1).map(Some)
}

/// The folder of a chart, from the path of its `Chart.yaml`.
fn inner_path(files: &[File]) -> Option<PathBuf> {
    let file = files.iter().find(|file| file.name == "Chart.yaml")?;
    file.path.parent().map(Path::to_path_buf)
}

fn missing_dependencies(chart: &mut Chart) {
    for dependency in &chart.metadata.dependencies {
        if chart.dependencies.iter().any(|present| present.name() == dependency.name) {
            continue;
        }
        let message = format!(
            "chart `{}` needs `{}`, which is not in its `charts/` folder: what it would bring was not looked at",
            chart.name(),
            dependency.name
        );
        let command = format!("run `helm dependency build {}`", chart.path.display());
        chart.problems.push(Problem { message, path: chart.path.join("Chart.yaml"), hint: Some(command) });
    }
    let inner = chart.dependencies.iter_mut().flat_map(|dependency| std::mem::take(&mut dependency.problems));
    chart.problems.extend(inner);
}
