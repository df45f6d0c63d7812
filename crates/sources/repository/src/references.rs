//! Objects that say which chart is rendered with which values: HelmRelease of Flux, and Application of Argo CD. Where the
//! chart is in the same repository, it is rendered so.

use std::path::{Path, PathBuf};

use model::coverage::{SkipKind, Skipped};
use model::document::Value;
use model::finding::Origin;
use model::object::Object;

use crate::options::{Inline, Options, Parameter, ValuesSource};
use crate::paths::{clean, join, on_disk};
use crate::plan::{ChartUnit, FamilyKind, Unit, UnitFamily};

/// A chart that an object names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The file of the object.
    pub path: PathBuf,
    /// The line of the object.
    pub line: u32,
    /// The path of the chart from the root of its repository.
    pub chart: String,
    /// How the object is called: `HelmRelease shop`.
    pub name: String,
    /// Values that stand in the object, and files of values from the chart's folder.
    pub values: Vec<ValuesSource>,
    /// Values that are elsewhere, with the line of each.
    pub unseen: Vec<(u32, String)>,
    /// The name of the release.
    pub release_name: Option<String>,
    /// The namespace of the release.
    pub namespace: Option<String>,
}

/// What an object refers to.
pub fn find(object: &Object<'_>, path: &Path, origin: Origin<'_>) -> Option<Reference> {
    match &*object.kind {
        "HelmRelease" if object.group() == "helm.toolkit.fluxcd.io" => helm_release(object, path, origin),
        "Application" if object.group() == "argoproj.io" => application(object, path, origin),
        _ => None,
    }
}

fn text(value: Option<Value<'_>>) -> Option<String> {
    value.filter(|value| value.is_scalar() && !value.is_null()).map(|value| value.text().into_owned())
}

/// `spec.chart.spec` of a HelmRelease (Flux, helm.toolkit.fluxcd.io/v2): the chart is a path where its source is a
/// repository of files.
fn helm_release(object: &Object<'_>, path: &Path, origin: Origin<'_>) -> Option<Reference> {
    let spec = object.value.get("spec")?;
    let chart = spec.at(&["chart", "spec"])?;
    let kind = text(chart.at(&["sourceRef", "kind"]))?;
    if kind != "GitRepository" && kind != "Bucket" {
        return None;
    }
    let meta = object.value.get("metadata");
    let own_name = text(meta.and_then(|meta| meta.get("name"))).unwrap_or_default();
    let own_namespace = text(meta.and_then(|meta| meta.get("namespace")));
    let target = text(spec.get("targetNamespace"));
    let release_name = text(spec.get("releaseName")).unwrap_or_else(|| match &target {
        // Flux: "Defaults to a composition of '[TargetNamespace-]Name'".
        Some(target) => format!("{target}-{own_name}"),
        None => own_name.clone(),
    });
    let files = chart.get("valuesFiles").into_iter().flat_map(Value::items);
    let mut values: Vec<ValuesSource> =
        files.map(|file| ValuesSource::File(PathBuf::from(file.text().into_owned()))).collect();
    values.extend(spec.get("values").and_then(|values| inline(values, path, origin)));
    let elsewhere = spec.get("valuesFrom").into_iter().flat_map(Value::items);
    let unseen = elsewhere.map(|from| {
        let (kind, name) = (text(from.get("kind")).unwrap_or_default(), text(from.get("name")).unwrap_or_default());
        let line = origin.lines.line(from.document().text, from.span().start);
        (line, format!("values of the {kind} `{name}` are not in a file, and it is rendered without them"))
    });
    Some(Reference {
        path: path.to_path_buf(),
        line: line(object, origin),
        chart: text(chart.get("chart"))?,
        name: format!("HelmRelease {own_name}"),
        values,
        unseen: unseen.collect(),
        release_name: Some(release_name),
        namespace: target.or(own_namespace),
    })
}

/// `spec.source` of an Application (Argo CD): `path` is a folder of its repository.
fn application(object: &Object<'_>, path: &Path, origin: Origin<'_>) -> Option<Reference> {
    let spec = object.value.get("spec")?;
    let several = spec.get("sources").into_iter().flat_map(Value::items);
    let source = spec.get("source").into_iter().chain(several).find(|source| source.get("path").is_some())?;
    let own_name = text(object.value.at(&["metadata", "name"])).unwrap_or_default();
    let helm = source.get("helm");
    let of_helm = |key: &str| helm.and_then(|helm| helm.get(key));
    let (mut values, mut unseen) = (Vec::new(), Vec::new());
    for file in of_helm("valueFiles").into_iter().flat_map(Value::items) {
        let name = file.text();
        // `$ref/…` is a file of another repository.
        if name.starts_with('$') {
            let line = origin.lines.line(file.document().text, file.span().start);
            unseen.push((line, format!("the values `{name}` are in another source, and it is rendered without them")));
        } else {
            values.push(ValuesSource::File(PathBuf::from(name.into_owned())));
        }
    }
    values.extend(of_helm("values").and_then(|values| written(values, path, origin)));
    values.extend(of_helm("valuesObject").and_then(|values| inline(values, path, origin)));
    values.extend(of_helm("parameters").and_then(|list| parameters(list, path, origin)));
    Some(Reference {
        path: path.to_path_buf(),
        line: line(object, origin),
        chart: text(source.get("path"))?,
        name: format!("Application {own_name}"),
        values,
        unseen,
        release_name: text(of_helm("releaseName")).or(Some(own_name)),
        namespace: text(spec.at(&["destination", "namespace"])),
    })
}

fn line(object: &Object<'_>, origin: Origin<'_>) -> u32 {
    origin.lines.line(object.value.document().text, object.value.span().start)
}

/// A mapping that stands in an object.
fn inline(values: Value<'_>, path: &Path, origin: Origin<'_>) -> Option<ValuesSource> {
    if !values.is_mapping() {
        return None;
    }
    let begins = Inline::mapping(path, values.document().text, values.span()).part;
    Some(ValuesSource::Inline(part(values, path, origin, begins)))
}

/// Values that are written as a text: where it is a literal block, at their places.
fn written(values: Value<'_>, path: &Path, origin: Origin<'_>) -> Option<ValuesSource> {
    let own = text(Some(values))?;
    let span = values.span();
    let source = values.source();
    match source.find('\n').filter(|_| source.starts_with('|')) {
        Some(header) => {
            let part = part(values, path, origin, (span.start + header as u32 + 1, span.end));
            Some(ValuesSource::Inline(part))
        }
        None => Some(ValuesSource::Inline(Inline::whole(path, own))),
    }
}

fn parameters(list: Value<'_>, path: &Path, origin: Origin<'_>) -> Option<ValuesSource> {
    let span = list.span();
    let at = part(list, path, origin, (span.start, span.end));
    let moved = at.part.0 - span.start;
    let one = |parameter: Value<'_>| {
        let (name, value) = (text(parameter.get("name"))?, parameter.get("value")?);
        let set = format!("{name}={}", text(Some(value))?);
        let is_text = parameter.get("forceString").and_then(Value::as_bool) == Some(true);
        let span = value.span();
        Some(Parameter { set, is_text, part: (span.start + moved, span.end + moved) })
    };
    let all: Vec<Parameter> = list.items().filter_map(one).collect();
    (!all.is_empty()).then_some(ValuesSource::Parameters { all, at })
}

/// A part of a document, on the lines that it has in its file.
fn part(value: Value<'_>, path: &Path, origin: Origin<'_>, (start, end): (u32, u32)) -> Inline {
    let text = value.document().text;
    let above = origin.lines.line(text, 0).saturating_sub(1);
    let text = format!("{}{text}", "\n".repeat(above as usize));
    Inline { path: path.to_path_buf(), text, part: (start + above, end + above), source: None }
}

/// Adds to the families what references render. Says of what is not seen.
pub fn resolve(
    mut references: Vec<Reference>,
    mut families: Vec<UnitFamily>,
    options: &Options,
) -> (Vec<UnitFamily>, Vec<Skipped>) {
    let mut skipped = Vec::new();
    // Objects come from several threads.
    references.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    references.dedup();
    if !options.values.is_empty() {
        return (families, skipped);
    }
    for reference in references {
        let Some(root) = repository_of(&reference.path) else { continue };
        let chart = join(&root, reference.chart.trim_start_matches('/'));
        if !on_disk(&chart).join("Chart.yaml").is_file() {
            continue;
        }
        skipped.extend(reference.unseen.iter().map(|(line, reason)| Skipped {
            path: reference.path.clone(),
            line: Some(*line),
            kind: SkipKind::NeedsRendering,
            reason: format!("{}: {reason}", reference.name),
        }));
        let same = |unit: &Unit| {
            let (one, other) = (on_disk(unit.path()).canonicalize(), on_disk(&chart).canonicalize());
            matches!(unit, Unit::Chart(_)) && one.is_ok_and(|one| other.is_ok_and(|other| one == other))
        };
        let family = families.iter_mut().find(|family| family.units.iter().any(same));
        let shown = family.as_ref().map_or_else(|| clean(&chart), |family| family.units[0].path().to_path_buf());
        let in_chart = |source: ValuesSource| match source {
            ValuesSource::File(file) => ValuesSource::File(join(&shown, &file.to_string_lossy())),
            other => other,
        };
        let unit = Unit::Chart(ChartUnit {
            variant: reference.name,
            values: reference.values.into_iter().map(in_chart).collect(),
            release_name: reference.release_name,
            namespace: reference.namespace,
            path: shown,
        });
        match family {
            Some(family) => family.units.push(unit),
            None => families.push(UnitFamily { units: vec![unit], kind: FamilyKind::Known, ..UnitFamily::default() }),
        }
    }
    (families, skipped)
}

/// The root of the repository that a file is in, as a path from where the file's path starts.
fn repository_of(file: &Path) -> Option<PathBuf> {
    let folder = file.parent()?;
    let whole = on_disk(folder).canonicalize().ok()?;
    let depth = whole.ancestors().position(|above| above.join(".git").exists())?;
    let climb = vec![".."; depth].join("/");
    Some(join(folder, &climb))
}
