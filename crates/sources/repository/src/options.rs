//! How charts and kustomizations are rendered: what flags and the project's configuration say.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use helm::Print;
use manifests::walk::Texts;
use model::document::Span;
use model::provenance::Rendered;

use crate::paths::clean;

/// What flags say of rendering.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Values that users give, in the order in which they win over each other. They are for every chart.
    pub values: Vec<ValuesSource>,
    /// The name of the release; `release-name` if nobody says.
    pub release_name: Option<String>,
    /// The namespace of the release; `default` if nobody says.
    pub namespace: Option<String>,
    /// The version of Kubernetes that templates see.
    pub kube_version: Option<String>,
    /// API versions that templates see beside the usual ones.
    pub api_versions: Vec<String>,
    /// Templates of which alone the objects are judged, as paths from the root of the chart.
    pub show_only: Vec<String>,
    /// What Helm prints of a chart, in its order; all of the chart in the order of its files if nobody says.
    pub print: Option<Print>,
    /// Whether what others use is judged alone as well.
    pub bases: Bases,
    /// Sets of values that the project names.
    pub sets: Vec<ValueSet>,
    /// What files are to say, instead of what they say on disk, by the paths under which they are shown.
    pub texts: Texts,
}

impl Options {
    /// What the file at `path` is to say, if that is not what it says.
    pub fn text(&self, path: &Path) -> Option<&str> {
        if self.texts.is_empty() { None } else { self.texts.get(&clean(path)).map(String::as_str) }
    }
}

/// Whether bases of overlays and subcharts are judged alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bases {
    /// Only where nothing in the input uses them.
    #[default]
    Unused,
    /// All of them.
    All,
}

/// Where values come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValuesSource {
    /// A file.
    File(PathBuf),
    /// `--set`
    Set(String),
    /// `--set-string`
    SetString(String),
    /// `--set-json`
    SetJson(String),
    /// `--set-file`
    SetFile(String),
    /// Values that stand in an object.
    Inline(Inline),
    /// Values that Kustomize merges over those before: null takes away what they say, and says nothing itself.
    Over(Box<ValuesSource>),
    /// Parameters of an Application (Argo CD).
    Parameters {
        /// All of them.
        all: Vec<Parameter>,
        /// Where they stand.
        at: Inline,
    },
}

impl ValuesSource {
    /// The file that they are in, if they are in one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) | Self::Inline(Inline { path, .. }) | Self::Parameters { at: Inline { path, .. }, .. } => {
                Some(path)
            }
            Self::Over(source) => source.path(),
            _ => None,
        }
    }
}

/// A parameter that stands in an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// `name=value`
    pub set: String,
    /// Whether the value is text, whatever it looks like.
    pub is_text: bool,
    /// The bytes of the value in the text that the parameters stand in.
    pub part: (u32, u32),
}

/// Values that stand in an object, such as a HelmRelease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inline {
    /// The file.
    pub path: PathBuf,
    /// The text that they stand in, on the lines on which it stands in the file.
    pub text: String,
    /// The bytes of them in it, as YAML.
    pub part: (u32, u32),
    /// Where the text comes from, if it was rendered.
    pub source: Option<Source>,
}

/// Rendered text, a part of which is another.
#[derive(Clone, Debug)]
pub struct Source {
    /// The whole.
    pub rendered: Arc<Rendered>,
    /// Where the part begins in it.
    pub start: u32,
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.rendered, &other.rendered) && self.start == other.start
    }
}

impl Eq for Source {}

impl Inline {
    /// A mapping that stands in a text.
    pub fn mapping(path: &Path, text: &str, span: Span) -> Self {
        let before = text.get(..span.start as usize).unwrap_or_default();
        // A block begins with the indentation of its first key; a flow mapping is a text as it stands.
        let start = before.trim_end_matches([' ', '\t']).len();
        let start = if before[..start].ends_with('\n') { start as u32 } else { span.start };
        Self { path: path.to_path_buf(), text: text.to_owned(), part: (start, span.end), source: None }
    }

    /// Values that are a text of their own.
    pub fn whole(path: &Path, text: String) -> Self {
        let part = (0, text.len() as u32);
        Self { path: path.to_path_buf(), text, part, source: None }
    }
}

/// Values of one environment of a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueSet {
    /// The folder or archive of the chart.
    pub chart: PathBuf,
    /// The name of the environment.
    pub name: String,
    /// The values, in the order in which they win over each other.
    pub values: Vec<ValuesSource>,
    /// The name of the release.
    pub release_name: Option<String>,
    /// The namespace of the release.
    pub namespace: Option<String>,
}

impl Default for ValuesSource {
    fn default() -> Self {
        Self::Set(String::new())
    }
}
