//! `helmCharts`: rendered by who asked for the build, and what makes the rendered text carried over.

use std::sync::Arc;

use model::document::Span;
use model::provenance::Rendered;

use super::{Way, objects};
use crate::context::{Context, Error};
use crate::kustomization::{HelmChart, Kustomization, Written};
use crate::node::{Entry, Node, Origin};
use crate::read;
use crate::resource::Resource;

/// The objects of a chart; none, and a problem, if nobody renders it.
pub(crate) fn inflate(
    chart: &HelmChart,
    kustomization: &Kustomization,
    way: &Way,
    context: &mut Context<'_>,
) -> Result<Vec<Resource>, Error> {
    let mut chart = chart.clone();
    chart.folder.clone_from(&kustomization.folder);
    let home = &kustomization.helm_globals.home;
    if chart.home.as_os_str().is_empty() {
        chart.home = kustomization.folder.join(if home.is_empty() { "charts" } else { home });
    }
    // What Kustomize fetches, it puts apart from other versions, and looks for nowhere else.
    if !chart.version.is_empty() && !chart.repository.is_empty() {
        chart.home = chart.home.join(format!("{}-{}", chart.name, chart.version));
    }
    if !matches!(chart.values_merge.as_str(), "" | "override" | "merge" | "replace") {
        let message = format!("`valuesMerge` of the chart `{}` is `{}`", chart.name, chart.values_merge);
        return Err(context.error(chart.place.origin, message).hint("it is one of `override`, `merge` and `replace`"));
    }
    if chart.namespace.is_empty() {
        let own = kustomization.namespace.as_ref().map(|namespace| namespace.text.clone());
        chart.namespace = own.or_else(|| way.namespace.clone()).unwrap_or_default();
    }
    let values = chart.place.values;
    chart.written = context.sources.get(values.file as usize).map(|source| Written {
        path: source.path.clone(),
        text: Arc::clone(&source.text),
        span: Span { start: values.start, end: values.end },
    });
    let (origin, field) = (chart.place.origin, chart.place.field.clone());
    let command = (!chart.repository.is_empty()).then(|| {
        let version = if chart.version.is_empty() { String::new() } else { format!(" --version {}", chart.version) };
        let home = context.files.shown(&chart.home);
        format!("helm pull {} --repo {}{version} --untar --untardir {}", chart.name, chart.repository, home.display())
    });
    let Some(render) = context.options.helm else {
        context.leave_out(origin, field, format!("the chart `{}` is not rendered", chart.name), command);
        return Ok(Vec::new());
    };
    let rendered = match render(&chart) {
        Ok(rendered) => rendered,
        Err(message) => {
            let message = format!("the chart `{}`: {message}", chart.name);
            context.leave_out(origin, field, message, command);
            return Ok(Vec::new());
        }
    };
    let base = Origin { file: 0, ..Origin::NONE };
    let mut documents = read::documents(&rendered.text, base, read::Dialect::Tree).map_err(|trouble| {
        context.error(origin, format!("what the chart `{}` renders is not valid YAML: {}", chart.name, trouble.message))
    })?;
    let places = Places::new(&rendered, origin, context);
    for document in &mut documents {
        places.carry_over(document);
    }
    let mut resources = objects(documents, context)?;
    resources.iter_mut().for_each(|resource| resource.is_from_helm = true);
    Ok(resources)
}

/// The places of rendered text in the sources of the build.
struct Places<'r> {
    rendered: &'r Rendered,
    files: Vec<u32>,
    values: Vec<u32>,
    fallback: Origin,
}

impl<'r> Places<'r> {
    fn new(rendered: &'r Rendered, fallback: Origin, context: &mut Context<'_>) -> Self {
        let first_file = context.sources.len() as u32;
        let provenance = &rendered.provenance;
        context.sources.extend(provenance.files.iter().cloned());
        let files = (0..provenance.files.len() as u32).map(|at| first_file + at).collect();
        let first_value = context.values.len() as u32;
        context.values.extend(provenance.values.iter().cloned().map(|mut value| {
            if let Some(source) = &mut value.source {
                source.file.0 += first_file;
            }
            value
        }));
        let values = (0..provenance.values.len() as u32).map(|at| first_value + at + 1).collect();
        Self { rendered, files, values, fallback }
    }

    fn origin(&self, place: Origin) -> Origin {
        let provenance = &self.rendered.provenance;
        let Some(piece) = provenance.piece(place.start) else { return self.fallback };
        let Some(&file) = self.files.get(piece.source.file.0 as usize) else { return self.fallback };
        let value = self.values.get(piece.values.0 as usize).filter(|_| piece.values.0 < piece.values.1);
        let value = value.copied().unwrap_or_default();
        let mut span = piece.source.span;
        if piece.verbatim {
            let start = span.start + (place.start - piece.start);
            span =
                model::document::Span { start, end: (start + (place.end - place.start)).min(span.end.max(start + 1)) };
        }
        Origin { file, start: span.start, end: span.end, value }
    }

    fn carry_over(&self, node: &mut Node) {
        node.for_each_mut(&mut |node| {
            node.origin = self.origin(node.origin);
            let entries: Option<&mut Vec<Entry>> = node.entries_mut();
            for entry in entries.into_iter().flatten() {
                entry.key_origin = self.origin(entry.key_origin);
            }
        });
    }
}
