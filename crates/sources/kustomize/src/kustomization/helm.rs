//! `helmCharts`, `helmGlobals` and the older `helmChartInflationGenerator`.

use std::path::PathBuf;
use std::sync::Arc;

use model::document::Span;

use super::{setting, settings};
use crate::context::Error;
use crate::encoding;
use crate::fields::Fields;
use crate::node::Origin;

/// A chart that a kustomization wants rendered.
#[derive(Clone, Debug, Default)]
pub struct HelmChart {
    /// The name of the chart, or the path of its folder below `home`.
    pub name: String,
    /// The version, if one is asked for.
    pub version: String,
    /// The repository that it would be fetched from.
    pub repository: String,
    /// The name of the release.
    pub release_name: String,
    /// The namespace of the release.
    pub namespace: String,
    /// The folder of the kustomization. The paths below are relative to it.
    pub folder: PathBuf,
    /// The folder that charts are in, `charts` if the kustomization does not say.
    pub home: PathBuf,
    /// The values file in place of the chart's own.
    pub values_file: Option<PathBuf>,
    /// Values that stand in the kustomization, as JSON. They go over those of `values_file` (or of the chart).
    pub values_inline: Option<String>,
    /// Where those stand.
    pub written: Option<Written>,
    /// How: `override` (the default), `merge` (those of the file win) or `replace` (the file is not read).
    pub values_merge: String,
    /// More values files, which go over all others.
    pub additional_values_files: Vec<PathBuf>,
    /// Whether the chart's custom resource definitions belong to the output.
    pub include_crds: bool,
    /// Whether hooks are left out.
    pub skip_hooks: bool,
    /// Whether tests are left out.
    pub skip_tests: bool,
    /// `--api-versions`.
    pub api_versions: Vec<String>,
    /// `--kube-version`.
    pub kube_version: String,
    /// `--name-template`.
    pub name_template: String,
    pub(crate) place: Place,
}

/// Where values of a chart stand.
#[derive(Clone, Debug)]
pub struct Written {
    /// The file, as it is shown.
    pub path: PathBuf,
    /// What it says.
    pub text: Arc<str>,
    /// The bytes of the values in it.
    pub span: Span,
}

/// Where a chart is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub origin: Origin,
    pub values: Origin,
    pub field: String,
}

impl Default for Place {
    fn default() -> Self {
        Self { origin: Origin::NONE, values: Origin::NONE, field: String::new() }
    }
}

/// What holds for all charts of a kustomization.
#[derive(Clone, Debug, Default)]
pub(crate) struct HelmGlobals {
    pub home: String,
}

const FIELDS: &[&str] = &[
    "name",
    "version",
    "repo",
    "releaseName",
    "namespace",
    "additionalValuesFiles",
    "valuesFile",
    "valuesInline",
    "valuesMerge",
    "includeCRDs",
    "skipHooks",
    "apiVersions",
    "kubeVersion",
    "nameTemplate",
    "skipTests",
    "debug",
    "devel",
];

pub(super) fn read_all(fields: &Fields<'_, '_>) -> Result<(Vec<HelmChart>, HelmGlobals), Error> {
    let mut globals = HelmGlobals::default();
    let mut charts = Vec::new();
    for chart in fields.mappings("helmCharts")? {
        chart.only(FIELDS)?;
        charts.push(read_chart(&chart)?);
    }
    for old in fields.mappings("helmChartInflationGenerator")? {
        charts.push(read_old(&old)?);
        if let Some(home) = old.text("chartHome")? {
            globals.home = home;
        }
    }
    if let Some(own) = fields.mapping("helmGlobals")? {
        own.only(&["chartHome", "configHome"])?;
        globals.home = own.text("chartHome")?.unwrap_or_default();
    }
    Ok((charts, globals))
}

/// One chart, from a kustomization or from a generator's file.
pub(crate) fn read_chart(fields: &Fields<'_, '_>) -> Result<HelmChart, Error> {
    let text = |name: &str| -> Result<String, Error> { Ok(fields.text(name)?.unwrap_or_default()) };
    let texts = |name: &str| -> Result<Vec<String>, Error> {
        Ok(settings(fields, name)?.into_iter().map(|setting| setting.text).collect())
    };
    Ok(HelmChart {
        name: text("name")?,
        version: text("version")?,
        repository: text("repo")?,
        release_name: text("releaseName")?,
        namespace: text("namespace")?,
        values_file: setting(fields, "valuesFile")?.map(|setting| PathBuf::from(setting.text)),
        values_inline: inline(fields, "valuesInline")?,
        values_merge: text("valuesMerge")?,
        additional_values_files: texts("additionalValuesFiles")?.into_iter().map(PathBuf::from).collect(),
        include_crds: fields.is_true("includeCRDs")?,
        skip_hooks: fields.is_true("skipHooks")?,
        skip_tests: fields.is_true("skipTests")?,
        api_versions: texts("apiVersions")?,
        kube_version: text("kubeVersion")?,
        name_template: text("nameTemplate")?,
        place: place(fields, "valuesInline"),
        ..HelmChart::default()
    })
}

fn place(fields: &Fields<'_, '_>, values: &str) -> Place {
    let values = fields.get(values).map_or(Origin::NONE, |values| values.origin);
    Place { origin: fields.node.origin, values, field: fields.path.clone() }
}

fn read_old(fields: &Fields<'_, '_>) -> Result<HelmChart, Error> {
    fields.only(&[
        "chartName",
        "chartVersion",
        "chartRepoUrl",
        "chartHome",
        "chartRepoName",
        "helmBin",
        "helmHome",
        "values",
        "valuesLocal",
        "valuesMerge",
        "releaseName",
        "releaseNamespace",
        "extraArgs",
    ])?;
    let text = |name: &str| -> Result<String, Error> { Ok(fields.text(name)?.unwrap_or_default()) };
    Ok(HelmChart {
        name: text("chartName")?,
        version: text("chartVersion")?,
        repository: text("chartRepoUrl")?,
        release_name: text("releaseName")?,
        values_file: setting(fields, "values")?.map(|setting| PathBuf::from(setting.text)),
        values_inline: inline(fields, "valuesLocal")?,
        values_merge: text("valuesMerge")?,
        place: place(fields, "valuesLocal"),
        ..HelmChart::default()
    })
}

fn inline(fields: &Fields<'_, '_>, name: &str) -> Result<Option<String>, Error> {
    let Some(values) = fields.get(name) else { return Ok(None) };
    let mut text = String::new();
    encoding::push_json(values, &mut text)
        .map_err(|_| fields.error(format!("`{name}` holds a value that JSON cannot")))?;
    Ok(Some(text))
}
