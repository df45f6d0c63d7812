//! Findings in rendered text point at templates, values and bases; what several renderings say is said once. The renderer
//! here is a small one that knows `{{ .Values.a.b }}` and says where its bytes come from, as the real ones do.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::coverage::SkipKind;
use model::document::{Document, Span};
use model::finding::{ControlId, Edit, Occurrence, Standing, Status};
use model::inventory::{Inventory, Observed, Results, Verdicts};
use model::origin::RenderingId;
use model::provenance::{Piece, Provenance, Rendered, SourceFile, SourceId, SourceSpan, ValueOrigin};
use model::severity::Severity;
use model::symbols::{Symbol, Symbols};
use repository::merge::merge;
use repository::plan::{ChartUnit, Unit, UnitFamily};
use repository::world::{Again, Judges, Outcome};

const TEMPLATE: &str = "\
# a comment
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Values.name }}
spec:
  hostNetwork: {{ .Values.host.network }}
  hostPID: true
  securityContext: {{ .Values.securityContext }}
";

fn source(path: &str, text: &str) -> SourceFile {
    SourceFile { path: PathBuf::from(path), text: Arc::from(text), editable: true }
}

/// Renders the template with the values of a file of lines `path = value`, which is how this test writes them.
fn render(values_path: &str, values: &str) -> Rendered {
    let files = vec![source("chart/templates/pod.yaml", TEMPLATE), source(values_path, values)];
    let mut rendered = Rendered { text: String::new(), provenance: Provenance { files, ..Provenance::default() } };
    let of = |start: usize, end: usize, file: u32| SourceSpan {
        file: SourceId(file),
        span: Span { start: start as u32, end: end as u32 },
    };
    let mut at = 0;
    while at < TEMPLATE.len() {
        let open = TEMPLATE[at..].find("{{").map_or(TEMPLATE.len(), |open| at + open);
        let start = rendered.text.len() as u32;
        rendered.provenance.pieces.push(Piece { start, source: of(at, open, 0), verbatim: true, values: (0, 0) });
        rendered.text.push_str(&TEMPLATE[at..open]);
        if open == TEMPLATE.len() {
            break;
        }
        let close = open + TEMPLATE[open..].find("}}").unwrap() + 2;
        let path = TEMPLATE[open..close].trim_matches(['{', '}', ' ']).strip_prefix(".Values.").unwrap();
        let (value, span) = look_up(values, path);
        let number = rendered.provenance.values.len() as u32;
        rendered.provenance.values.push(ValueOrigin { path: path.to_owned(), source: Some(of(span.0, span.1, 1)) });
        let (start, source) = (rendered.text.len() as u32, of(open, close, 0));
        let values = (number, number + 1);
        rendered.provenance.pieces.push(Piece { start, source, verbatim: false, values });
        rendered.text.push_str(&value);
        at = close;
    }
    rendered
}

/// A value of a YAML text, as flow, and where it is written.
fn look_up(values: &str, path: &str) -> (String, (usize, usize)) {
    let document = yaml::parse_document(values).unwrap();
    let keys: Vec<&str> = path.split('.').collect();
    let value = document.root().at(&keys).unwrap();
    let span = (value.span().start as usize, value.span().end as usize);
    if value.is_mapping() {
        let entries = value.entries().map(|(key, value)| format!("{}: {}", key.text(), value.text()));
        return (format!("{{{}}}", entries.collect::<Vec<_>>().join(", ")), span);
    }
    (value.text().into_owned(), span)
}

/// Says of every `true` in `spec` that it is wrong, and that `hostUsers` is missing.
fn judge(observed: Observed<'_>, symbols: &Symbols, verdicts: &mut Verdicts) {
    let Some(spec) = observed.object.value.get("spec") else { return };
    let mut say = |place, message: &str| {
        verdicts.occurrences.push(Occurrence {
            resource: observed.resource,
            control: ControlId(0),
            status: Status::Fail,
            severity: Severity::High,
            secret: false,
            standing: Standing::Open,
            place,
            container: Symbol::EMPTY,
            value: Symbol::EMPTY,
            message: symbols.intern(message),
            edit: Edit::None,
            class: None,
        });
    };
    for (key, value) in spec.entries() {
        for (key, value) in std::iter::once((key, value)).chain(value.entries()) {
            if value.as_bool() == Some(true) {
                say(observed.origin.place_of(value, symbols), &key.text());
            }
        }
    }
    if let Some(context) = spec.get("securityContext") {
        say(observed.origin.place_of_missing(context, "missing", symbols), "missing");
    }
}

fn judged(sets: &[(&str, &str, &str)]) -> Results {
    let unit = |variant: &str| {
        Unit::Chart(ChartUnit { path: "chart".into(), variant: variant.to_owned(), ..ChartUnit::default() })
    };
    let units = sets.iter().map(|(variant, ..)| unit(variant)).collect();
    let families = vec![UnitFamily { units, ..UnitFamily::default() }];
    let inventory = Inventory::default();
    let symbols = Arc::clone(&inventory.symbols);
    let render = |unit: &Unit| {
        let Unit::Chart(chart) = unit else { return Outcome::default() };
        let (_, path, values) = sets.iter().find(|(variant, ..)| *variant == chart.variant).unwrap();
        Outcome { rendered: Some(render(path, values)), ..Outcome::default() }
    };
    let each = |_: RenderingId, observed: Observed<'_>, symbols: &Symbols, verdicts: &mut Verdicts| {
        judge(observed, symbols, verdicts);
    };
    let all = |_: &mut Inventory, _: Again<'_>| {};
    let secrets = |_: &Document<'_>| Vec::new();
    let judges = Judges { each: &each, all: &all, secrets: &secrets };
    let families = repository::judge(families, &render, &judges, &symbols, 2);
    drop(symbols);
    let mut results = inventory.into_results();
    merge(families, &mut results);
    results
}

/// What was found: the message, the place, and for each reason the renderings and the first value with its place.
fn found(results: &Results) -> Vec<String> {
    let path = |file: u32| results.files[file as usize].display().to_string();
    let all = results.occurrences.iter().map(|found| {
        let traced = results.origins.of(found).unwrap();
        let mut line = format!(
            "{} {}:{}:{}",
            results.symbols.text(found.message),
            path(traced.file),
            found.place.line,
            found.place.column
        );
        for reason in &traced.reasons {
            let variants: Vec<&str> =
                reason.renderings.iter().map(|id| results.origins.rendering(*id).variant.as_str()).collect();
            line.push_str(&format!(" [{}", variants.join(",")));
            for value in reason.values.iter().take(1) {
                let (file, place) = value.place.unwrap();
                line.push_str(&format!(" {} {}:{}", value.path, path(file), place.line));
            }
            line.push(']');
        }
        line
    });
    all.collect()
}

const VALUES: &str = "\
name: web
host:
  network: true
securityContext:
  runAsUser: 0
  privileged: true
";

#[test]
fn findings_point_at_the_template_and_at_the_value() {
    let results = judged(&[("default", "chart/values.yaml", VALUES)]);
    let resource = &results.resources[0];
    let file = results.files[resource.file as usize].as_path();
    assert_eq!((file, resource.line), (Path::new("chart/templates/pod.yaml"), 2));
    assert_eq!(
        found(&results),
        [
            "hostNetwork chart/templates/pod.yaml:7:16 [default host.network chart/values.yaml:3]",
            "hostPID chart/templates/pod.yaml:8:12 [default]",
            // The value is a mapping: what decides is the part of it that the field is.
            "privileged chart/templates/pod.yaml:9:20 [default securityContext.privileged chart/values.yaml:6]",
            // What is missing is missing from what the value gave.
            "missing chart/templates/pod.yaml:9:3 [default securityContext chart/values.yaml:5]",
        ]
    );
}

#[test]
fn what_several_sets_of_values_say_is_said_once() {
    let other = VALUES.replace("network: true", "network: false");
    let results = judged(&[("dev", "chart/values.yaml", VALUES), ("prod", "prod.yaml", &other)]);
    assert_eq!(results.resources.len(), 1);
    assert_eq!(results.origins.of_resource(model::inventory::ResourceId(0)).len(), 2);
    assert_eq!(
        found(&results),
        [
            "hostNetwork chart/templates/pod.yaml:7:16 [dev host.network chart/values.yaml:3]",
            "hostPID chart/templates/pod.yaml:8:12 [dev,prod]",
            "privileged chart/templates/pod.yaml:9:20 [dev securityContext.privileged chart/values.yaml:6] \
             [prod securityContext.privileged prod.yaml:6]",
            "missing chart/templates/pod.yaml:9:3 [dev securityContext chart/values.yaml:5] \
             [prod securityContext prod.yaml:5]",
        ]
    );
    let only = &results.occurrences[0];
    assert_eq!(results.origins.variants(&results.origins.renderings_of(only)), ["dev"]);
    let both = &results.occurrences[1];
    assert!(results.origins.variants(&results.origins.renderings_of(both)).is_empty());
}

#[test]
fn objects_of_other_names_are_other_objects() {
    let other = VALUES.replace("name: web", "name: api");
    let results = judged(&[("dev", "chart/values.yaml", VALUES), ("prod", "prod.yaml", &other)]);
    assert_eq!(results.resources.len(), 2);
}

#[test]
fn what_does_not_parse_is_said_with_the_place_of_the_template() {
    let broken = VALUES.replace("network: true", "network: '\"x: ['");
    let results = judged(&[("default", "chart/values.yaml", &broken)]);
    let skipped = &results.coverage.skipped[0];
    assert_eq!((skipped.path.as_path(), skipped.kind), (Path::new("chart/templates/pod.yaml"), SkipKind::Syntax));
    assert!(skipped.line.is_some_and(|line| line >= 7), "{skipped:?}");
}
