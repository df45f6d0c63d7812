//! Objects that say which chart is rendered with which values: HelmRelease of Flux, and Application of Argo CD. Where the
//! chart is in the same repository, it is rendered so; where it is not, what it deploys is not seen. Paths that objects
//! name stay in their repository.

use std::path::{Component, Path, PathBuf};

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
    /// Where the chart is.
    pub chart: Home,
    /// How the object is called: `HelmRelease shop`.
    pub name: String,
    /// Values that stand in the object, and files of values.
    pub values: Vec<Named>,
    /// What is elsewhere or not applied, with the line of each.
    pub unseen: Vec<(u32, String)>,
    /// The name of the release.
    pub release_name: Option<String>,
    /// The namespace of the release.
    pub namespace: Option<String>,
}

/// Where the chart of an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Home {
    /// A folder of a repository, from its root: perhaps of this one. Perhaps it is no chart.
    Folder(String),
    /// What is not in the input, in words.
    Elsewhere(String),
}

/// Values that an object names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// Those that stand in it.
    Own(ValuesSource),
    /// A file.
    File {
        /// Its path.
        path: String,
        /// Where it begins.
        from: From,
        /// The line of its name.
        line: u32,
        /// Whether it may be missing.
        optional: bool,
    },
}

/// Where the path of a file of values begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// In the folder of the chart; one that begins with `/` at the root of the repository.
    Chart,
    /// At the root of the repository.
    Root,
}

/// What an object refers to.
pub fn find(object: &Object<'_>, path: &Path, origin: Origin<'_>) -> Option<Reference> {
    match &*object.kind {
        "HelmRelease" if object.group() == "helm.toolkit.fluxcd.io" => helm_release(object, path, origin),
        "Application" if object.group() == "argoproj.io" => application(object, path, origin),
        "ApplicationSet" if object.group() == "argoproj.io" => application_set(object, path, origin),
        _ => None,
    }
}

fn text(value: Option<Value<'_>>) -> Option<String> {
    value.filter(|value| value.is_scalar() && !value.is_null()).map(|value| value.text().into_owned())
}

fn line_of(value: Value<'_>, origin: Origin<'_>) -> u32 {
    origin.lines.line(value.document().text, value.span().start)
}

/// A HelmRelease (Flux, helm.toolkit.fluxcd.io/v2): the chart of `spec.chart.spec` is a path where its source is a
/// repository of files.
fn helm_release(object: &Object<'_>, path: &Path, origin: Origin<'_>) -> Option<Reference> {
    let spec = object.value.get("spec")?;
    let meta = object.value.get("metadata");
    let own_name = text(meta.and_then(|meta| meta.get("name"))).unwrap_or_default();
    let own_namespace = text(meta.and_then(|meta| meta.get("namespace")));
    let target = text(spec.get("targetNamespace"));
    let release_name = text(spec.get("releaseName")).unwrap_or_else(|| match &target {
        // Flux: "Defaults to a composition of '[TargetNamespace-]Name'".
        Some(target) => format!("{target}-{own_name}"),
        None => own_name.clone(),
    });
    let chart = spec.at(&["chart", "spec"]);
    let home = match (chart, spec.get("chartRef")) {
        (Some(chart), _) => {
            let name = text(chart.get("chart"))?;
            let source = |key| text(chart.at(&["sourceRef", key])).unwrap_or_default();
            match &*source("kind") {
                "GitRepository" | "Bucket" => Home::Folder(name),
                kind => Home::Elsewhere(format!("the chart `{name}` of the {kind} `{}`", source("name"))),
            }
        }
        (None, Some(reference)) => {
            let part = |key| text(reference.get(key)).unwrap_or_default();
            Home::Elsewhere(format!("the chart of the {} `{}`", part("kind"), part("name")))
        }
        (None, None) => return None,
    };
    // "Expected to be a relative path in the SourceRef"; `valuesFile` is the older one, and the lesser.
    let of_chart = |key| chart.and_then(|chart| chart.get(key));
    let optional = of_chart("ignoreMissingValuesFiles").and_then(Value::as_bool) == Some(true);
    let older = of_chart("valuesFile").into_iter();
    let files = older.chain(of_chart("valuesFiles").into_iter().flat_map(Value::items));
    let file = |file: Value<'_>| Named::File {
        path: file.text().into_owned(),
        from: From::Root,
        line: line_of(file, origin),
        optional,
    };
    let mut values: Vec<Named> = files.map(file).collect();
    values.extend(spec.get("values").and_then(|values| inline(values, path, origin)).map(Named::Own));
    let elsewhere = spec.get("valuesFrom").into_iter().flat_map(Value::items);
    let unseen = elsewhere.map(|from| {
        let (kind, name) = (text(from.get("kind")).unwrap_or_default(), text(from.get("name")).unwrap_or_default());
        let what = format!("values of the {kind} `{name}` are not in a file, and it is rendered without them");
        (line_of(from, origin), what)
    });
    let rendered = spec.get("postRenderers").into_iter().flat_map(Value::items);
    let changed = rendered.map(|one| {
        (line_of(one, origin), "what `postRenderers` change is not applied, and it is judged without that".to_owned())
    });
    Some(Reference {
        path: path.to_path_buf(),
        line: line(object, origin),
        chart: home,
        name: format!("HelmRelease {own_name}"),
        values,
        unseen: unseen.chain(changed).collect(),
        release_name: Some(release_name),
        namespace: target.or(own_namespace),
    })
}

/// An Application (Argo CD): `path` of its source is a folder of a repository, `chart` one of a repository of charts.
fn application(object: &Object<'_>, path: &Path, origin: Origin<'_>) -> Option<Reference> {
    let spec = object.value.get("spec")?;
    let several: Vec<Value<'_>> = spec.get("sources").into_iter().flat_map(Value::items).collect();
    let sources = || spec.get("source").into_iter().chain(several.iter().copied());
    let has = |key: &'static str| sources().find(move |source| source.get(key).is_some());
    let source = has("path").or_else(|| has("chart"))?;
    let repository = |source: Value<'_>| text(source.get("repoURL")).unwrap_or_default();
    let own_name = text(object.value.at(&["metadata", "name"])).unwrap_or_default();
    let helm = source.get("helm");
    let of_helm = |key: &str| helm.and_then(|helm| helm.get(key));
    let (mut values, mut unseen) = (Vec::new(), Vec::new());
    let optional = of_helm("ignoreMissingValueFiles").and_then(Value::as_bool) == Some(true);
    for file in of_helm("valueFiles").into_iter().flat_map(Value::items) {
        let name = file.text();
        let line = line_of(file, origin);
        let Some((reference, rest)) = name.strip_prefix('$').and_then(|name| name.split_once('/')) else {
            values.push(Named::File { path: name.into_owned(), from: From::Chart, line, optional });
            continue;
        };
        // `$ref/…` is a file of another source, which may be of the same repository.
        let is_it = |other: &&Value<'_>| text(other.get("ref")).as_deref() == Some(reference);
        if several.iter().find(is_it).is_some_and(|other| repository(*other) == repository(source)) {
            values.push(Named::File { path: rest.to_owned(), from: From::Root, line, optional });
        } else {
            unseen.push((line, format!("the values `{name}` are in another source, and it is rendered without them")));
        }
    }
    let own = [
        of_helm("values").and_then(|values| written(values, path, origin)),
        of_helm("valuesObject").and_then(|values| inline(values, path, origin)),
        of_helm("parameters").and_then(|list| parameters(list, path, origin)),
    ];
    values.extend(own.into_iter().flatten().map(Named::Own));
    let changing = [(of_helm("fileParameters"), "helm.fileParameters"), (source.get("plugin"), "plugin")];
    let of_kustomize = source.get("kustomize").filter(|own| own.entries().next().is_some());
    for (value, name) in changing.into_iter().chain([(of_kustomize, "kustomize")]) {
        let said = value.map(|value| (line_of(value, origin), format!("what `{name}` changes is not applied")));
        unseen.extend(said);
    }
    for other in sources().filter(|other| other.id() != source.id() && other.get("ref").is_none()) {
        let what = text(other.get("chart")).or_else(|| text(other.get("path"))).unwrap_or_default();
        unseen.push((line_of(other, origin), format!("its source `{what}` is not looked at with it")));
    }
    let home = match (text(source.get("path")), text(source.get("chart"))) {
        (Some(path), _) => Home::Folder(path),
        (None, chart) => {
            Home::Elsewhere(format!("the chart `{}` of `{}`", chart.unwrap_or_default(), repository(source)))
        }
    };
    Some(Reference {
        path: path.to_path_buf(),
        line: line(object, origin),
        chart: home,
        name: format!("Application {own_name}"),
        values,
        unseen,
        release_name: text(of_helm("releaseName")).or(Some(own_name)),
        namespace: text(spec.at(&["destination", "namespace"])),
    })
}

/// An ApplicationSet (Argo CD): its generators make Applications of a template. Folders of them are judged by themselves;
/// what charts get as values is known in a cluster alone.
fn application_set(object: &Object<'_>, path: &Path, origin: Origin<'_>) -> Option<Reference> {
    let spec = object.value.at(&["spec", "template", "spec"])?;
    let several = spec.get("sources").into_iter().flat_map(Value::items);
    let changes =
        |source: &Value<'_>| ["chart", "helm", "kustomize", "plugin"].iter().any(|key| source.get(key).is_some());
    spec.get("source").into_iter().chain(several).find(changes)?;
    let own_name = text(object.value.at(&["metadata", "name"])).unwrap_or_default();
    Some(Reference {
        path: path.to_path_buf(),
        line: line(object, origin),
        chart: Home::Elsewhere("what its generators make".to_owned()),
        name: format!("ApplicationSet {own_name}"),
        values: Vec::new(),
        unseen: Vec::new(),
        release_name: None,
        namespace: None,
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

/// Adds to the families what references render, and says of what is not seen. `scanned` are the paths that the user
/// named: where no repository is around them, they are taken for one.
pub fn resolve(
    mut references: Vec<Reference>,
    mut families: Vec<UnitFamily>,
    options: &Options,
    scanned: &[PathBuf],
) -> (Vec<UnitFamily>, Vec<Skipped>) {
    let mut skipped = Vec::new();
    // Objects come from several threads.
    references.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    references.dedup();
    if !options.values.is_empty() {
        return (families, skipped);
    }
    for reference in references {
        let say = |line: u32, what: &str| Skipped {
            path: reference.path.clone(),
            line: Some(line),
            kind: SkipKind::NeedsRendering,
            reason: format!("{}: {what}", reference.name),
        };
        let folder = match &reference.chart {
            Home::Folder(folder) => folder,
            Home::Elsewhere(what) => {
                skipped.push(say(reference.line, &format!("{what} is not here: what it deploys was not looked at")));
                continue;
            }
        };
        let Some(root) = repository_of(&reference.path, scanned) else { continue };
        let chart = match inside(&root, &root, folder) {
            Some(chart) if on_disk(&chart).is_dir() => chart,
            _ => {
                let what = format!("its folder `{folder}` is not here: what it deploys was not looked at");
                skipped.push(say(reference.line, &what));
                continue;
            }
        };
        skipped.extend(reference.unseen.iter().map(|(line, what)| say(*line, what)));
        if !on_disk(&chart).join("Chart.yaml").is_file() {
            continue;
        }
        let same = |unit: &Unit| {
            let (one, other) = (on_disk(unit.path()).canonicalize(), on_disk(&chart).canonicalize());
            matches!(unit, Unit::Chart(_)) && one.is_ok_and(|one| other.is_ok_and(|other| one == other))
        };
        let family = families.iter_mut().find(|family| family.units.iter().any(same));
        let shown = family.as_ref().map_or_else(|| clean(&chart), |family| family.units[0].path().to_path_buf());
        let mut values = Vec::new();
        for named in &reference.values {
            let (path, from, line, optional) = match named {
                Named::Own(source) => {
                    values.push(source.clone());
                    continue;
                }
                Named::File { path, from, line, optional } => (path, *from, *line, *optional),
            };
            let begin = if from == From::Chart && !path.starts_with('/') { &shown } else { &root };
            match inside(&root, begin, path) {
                Some(file) if optional && !on_disk(&file).is_file() => {}
                Some(file) => values.push(ValuesSource::File(file)),
                None => skipped.push(say(line, &format!("`{path}` lies outside of the repository, and is not read"))),
            }
        }
        let unit = Unit::Chart(ChartUnit {
            variant: reference.name,
            values,
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

/// The root of the repository that a file is in, as a path from where the file's path starts; if it is in none, the
/// folder that the user named.
fn repository_of(file: &Path, scanned: &[PathBuf]) -> Option<PathBuf> {
    let folder = file.parent()?;
    let whole = on_disk(folder).canonicalize().ok()?;
    if let Some(depth) = whole.ancestors().position(|above| above.join(".git").exists()) {
        return Some(join(folder, &vec![".."; depth].join("/")));
    }
    let is_around = |named: &&PathBuf| on_disk(named).is_dir() && clean(file).starts_with(clean(named));
    Some(scanned.iter().find(is_around).map_or_else(|| folder.to_path_buf(), |named| clean(named)))
}

/// `path` from `begin` on, if it stays below `root`, also through links; one that begins with `/` begins at `begin` too.
pub(crate) fn inside(root: &Path, begin: &Path, path: &str) -> Option<PathBuf> {
    let joined = join(begin, path.trim_start_matches('/'));
    let (cleaned, above) = (clean(&joined), clean(root));
    let below = cleaned.strip_prefix(&above).ok()?;
    if below.components().any(|part| !matches!(part, Component::Normal(_))) {
        return None;
    }
    match (on_disk(&joined).canonicalize(), on_disk(root).canonicalize()) {
        (Ok(leads), Ok(root)) => leads.starts_with(root).then_some(joined),
        // What is not there leads nowhere.
        _ => Some(joined),
    }
}
