//! A chart and values into texts, each with what made it, and the whole as `helm template` prints it.

mod capabilities;
mod context;
mod schema;

use std::path::PathBuf;

use model::provenance::{Provenance, Rendered};

pub use capabilities::{Capabilities, KubeVersion};
pub(crate) use capabilities::{GO_VERSION, HELM_VERSION};

use crate::chart::{Chart, dependencies};
use crate::manifests::{self, Manifests, PrintError};
use crate::template::{Bounds, Failure, Machine};
use crate::values::{Nulls, Table, Values, coalesce};

/// What the flags of `helm template` say.
#[derive(Clone, Debug)]
pub struct Options {
    /// `.Release.Name`.
    pub release_name: String,
    /// `.Release.Namespace`.
    pub namespace: String,
    /// `--kube-version`, such as `1.33` or `v1.33.4`; `None` is the version that this engine stands for.
    pub kube_version: Option<String>,
    /// `--api-versions`, added to those of Kubernetes itself.
    pub api_versions: Vec<String>,
    /// `.Release.IsInstall` or `.Release.IsUpgrade`.
    pub operation: Operation,
    /// Whether what made each byte is kept.
    pub tracing: Tracing,
    /// `--skip-schema-validation`.
    pub schema: Schema,
    /// The bounds of the work.
    pub bounds: Bounds,
}

/// What a release is rendered for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Operation {
    /// `.Release.IsInstall` is true.
    #[default]
    Install,
    /// `.Release.IsUpgrade` is true.
    Upgrade,
}

/// Whether provenance is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tracing {
    /// `Rendered::provenance` is filled.
    #[default]
    On,
    /// It is empty; rendering is faster.
    Off,
}

/// Whether `values.schema.json` is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Schema {
    /// Values that do not meet it are an error.
    #[default]
    Validate,
    /// They pass.
    Skip,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            release_name: "release-name".to_owned(),
            namespace: "default".to_owned(),
            kube_version: None,
            api_versions: Vec::new(),
            operation: Operation::default(),
            tracing: Tracing::default(),
            schema: Schema::default(),
            bounds: Bounds::default(),
        }
    }
}

/// Why a chart was not rendered. The texts are Helm's.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What and where, as Helm says it.
    pub message: String,
    /// The template in which it happened, as it is shown, and the byte.
    pub place: Option<(PathBuf, u32)>,
}

impl Error {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None }
    }
}

/// One file of `templates/`, rendered.
#[derive(Clone, Debug)]
pub struct File {
    /// The name that Helm gives it: `chart/templates/deployment.yaml`, `chart/charts/sub/templates/…`.
    pub name: String,
    /// The template, as it is shown.
    pub path: PathBuf,
    /// What it became, before manifests are sorted.
    pub rendered: Rendered,
}

/// A file of `crds/`, which is not rendered.
#[derive(Clone, Debug)]
pub struct CustomDefinitions {
    /// The name that Helm gives it: `chart/crds/widgets.yaml`.
    pub name: String,
    /// The file, as it is shown.
    pub path: PathBuf,
    /// What it says, all of it copied.
    pub rendered: Rendered,
}

/// What a chart became.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// The templates, in the order of their names; `NOTES.txt` and partials are left out.
    pub files: Vec<File>,
    /// The definitions of `crds/`, of the chart and of those in it.
    pub crds: Vec<CustomDefinitions>,
    /// What could not be seen, or is not as it will be in a cluster: `lookup` found nothing, a value is random.
    pub notes: Vec<String>,
}

/// Renders `chart` with `values` over its defaults.
///
/// # Errors
/// Helm would stop with this message: a template fails, values do not meet a schema, the version of Kubernetes does
/// not fit; or the bounds were reached.
pub fn render(chart: &Chart, values: &Values, options: &Options) -> Result<Output, Error> {
    // Templates call each other to great depth: they get a stack of their own, of which only what is used exists.
    const STACK: usize = 256 << 20;
    std::thread::scope(|scope| {
        let work = || render_here(chart, values, options);
        match std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work) {
            Ok(handle) => handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(error) => Err(Error::new(format!("there is no memory for a stack to render on: {error}"))),
        }
    })
}

fn render_here(chart: &Chart, values: &Values, options: &Options) -> Result<Output, Error> {
    if !matches!(chart.metadata.kind.as_str(), "" | "application") {
        return Err(Error::new(format!("{} charts are not installable", chart.metadata.kind)));
    }
    let capabilities = Capabilities::new(options).map_err(Error::new)?;
    let (chart, table, mut notes) = prepare(chart, values)?;
    if options.schema == Schema::Validate {
        schema::validate(&chart, &table).map_err(Error::new)?;
    }
    if !chart.metadata.kube_version.is_empty() && !capabilities.fits(&chart.metadata.kube_version) {
        let (asked, present) = (&chart.metadata.kube_version, &capabilities.kube_version.version);
        let message = format!("chart requires kubeVersion: {asked} which is incompatible with Kubernetes {present}");
        return Err(Error::new(message));
    }
    let mut machine = Machine::new(options.tracing, options.bounds);
    let context = context::build(&chart, &table, options, &capabilities, &mut machine);
    let mut output = Output { crds: crds(&chart, ""), ..Output::default() };
    for template in context.add_to(&mut machine)? {
        let rendered =
            machine.render(&template).map_err(|failure| template_error(&template.name, &failure, &machine))?;
        if template.is_output() {
            output.files.push(File { name: template.name.clone(), path: template.path.clone(), rendered });
        }
    }
    output.files.sort_by(|a, b| a.name.cmp(&b.name));
    notes.extend(machine.into_notes());
    output.notes = notes;
    Ok(output)
}

/// The chart with the dependencies that take part, and the values that its templates see.
fn prepare(chart: &Chart, values: &Values) -> Result<(Chart, Table, Vec<String>), Error> {
    let mut chart = chart.clone();
    let notes = dependencies::process(&mut chart, &values.table)
        .map_err(|message| Error::new(format!("chart dependencies processing failed: {message}")))?;
    let table = coalesce(&chart, &values.table, Nulls::Delete).map_err(Error::new)?;
    Ok((chart, table, notes))
}

fn template_error(name: &str, failure: &Failure, machine: &Machine) -> Error {
    Error { message: failure.as_helm(name), place: machine.place(failure) }
}

fn crds(chart: &Chart, prefix: &str) -> Vec<CustomDefinitions> {
    let full = format!("{prefix}{}", chart.name());
    let mut found = Vec::new();
    for file in &chart.content.files {
        let is_manifest = [".yaml", ".yml", ".json"].iter().any(|end| file.name.ends_with(end));
        if file.name.starts_with("crds/") && is_manifest {
            let text = String::from_utf8_lossy(&file.data).into_owned();
            let provenance = Provenance::of_copy(&file.path, &text, file.editable);
            let name = format!("{full}/{}", file.name);
            found.push(CustomDefinitions { name, path: file.path.clone(), rendered: Rendered { text, provenance } });
        }
    }
    for dependency in &chart.dependencies {
        found.extend(crds(dependency, &format!("{full}/charts/")));
    }
    found
}

impl Output {
    /// The documents of all files, sorted, with hooks apart, as Helm would install them.
    ///
    /// # Errors
    /// A document is no YAML.
    pub fn manifests(&self) -> Result<Manifests<'_>, PrintError> {
        manifests::sort(self)
    }

    /// The whole as `helm template` prints it.
    ///
    /// # Errors
    /// A document is no YAML, or a file of `show_only` is not there.
    pub fn print(&self, options: &manifests::Print) -> Result<String, PrintError> {
        manifests::print(self, options)
    }
}
