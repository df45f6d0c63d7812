//! What templates see: `.Values`, `.Chart`, `.Release`, `.Capabilities`, `.Files`, `.Subcharts`, `.Template`.

use std::rc::Rc;
use std::sync::Arc;

use model::document::push_key;

use super::{Capabilities, Error, Operation, Options, Tracing};
use crate::chart::Chart;
use crate::chart::metadata::{Dependency, Metadata};
use crate::functions::paths;
use crate::template::{Machine, Render};
use crate::text::Text;
use crate::value::{Entries, Kind, MapType, Object, Value, Width};
use crate::values::{GLOBAL, Node, Table, Tree};

/// The templates of a chart and of those in it, each with what it sees.
pub(super) struct Context<'c> {
    templates: Vec<Found<'c>>,
}

struct Found<'c> {
    name: String,
    base_path: String,
    template: &'c crate::chart::Template,
    data: Rc<Entries>,
}

/// Works out what every chart sees.
pub(super) fn build<'c>(
    chart: &'c Chart,
    table: &Table,
    options: &Options,
    capabilities: &Capabilities,
    machine: &mut Machine,
) -> Context<'c> {
    let mut converter = Converter { machine, tracing: options.tracing };
    // What is not in the values is missing from somewhere.
    let whole = converter.taint("", &Node::default());
    let values = converter.map(table, Some(chart), "", whole);
    let release = Value::map(Entries::from([
        ("Name".into(), Value::text(options.release_name.as_str())),
        ("Namespace".into(), Value::text(options.namespace.as_str())),
        ("IsUpgrade".into(), Value::bool(options.operation == Operation::Upgrade)),
        ("IsInstall".into(), Value::bool(options.operation == Operation::Install)),
        ("Revision".into(), Value::int(1)),
        ("Service".into(), Value::text("Helm")),
    ]));
    let mut context = Context { templates: Vec::new() };
    let shared = Shared { release, capabilities: Value::object(Object::Capabilities(Rc::new(capabilities.clone()))) };
    let values = typed(values, MapType::Values);
    context.add_chart(chart, &values, &shared, &Place { path: chart.name().to_owned(), is_root: true });
    context
}

struct Shared {
    release: Value,
    capabilities: Value,
}

/// Where a chart stands.
struct Place {
    path: String,
    is_root: bool,
}

/// The same mapping under another type.
fn typed(value: Value, map_type: MapType) -> Value {
    match value.kind {
        Kind::Map(map) => match Rc::try_unwrap(map) {
            Ok(mut map) => {
                let entries = std::mem::take(map.entries.get_mut());
                Value { taint: value.taint, ..Value::map_of(entries, map_type) }
            }
            Err(map) => Value { kind: Kind::Map(map), ..Value::NIL },
        },
        _ => value,
    }
}

impl<'c> Context<'c> {
    fn add_chart(&mut self, chart: &'c Chart, values: &Value, shared: &Shared, place: &Place) -> Value {
        let mut subcharts = Entries::new();
        let mut data = Entries::from([
            ("Chart".into(), metadata(&chart.metadata, place)),
            ("Files".into(), files(chart)),
            ("Release".into(), shared.release.clone()),
            ("Capabilities".into(), shared.capabilities.clone()),
            ("Values".into(), values.clone()),
        ]);
        for dependency in &chart.dependencies {
            let inner = match &values.kind {
                Kind::Map(map) => map.entries.borrow().get(dependency.name()).cloned(),
                _ => None,
            };
            let inner = inner.filter(|inner| matches!(inner.kind, Kind::Map(_)));
            let inner = inner.unwrap_or_else(|| Value::map_of(Entries::new(), MapType::Values));
            let below = Place { path: format!("{}/charts/{}", place.path, dependency.name()), is_root: false };
            let seen = self.add_chart(dependency, &inner, shared, &below);
            subcharts.insert(Rc::from(dependency.name()), seen);
        }
        data.insert("Subcharts".into(), Value::map(subcharts));
        let data = Rc::new(data);
        for template in &chart.content.templates {
            if chart.is_library() && !paths::base(&template.name).starts_with('_') {
                continue;
            }
            self.templates.push(Found {
                name: paths::clean(&format!("{}/{}", place.path, template.name)),
                base_path: paths::clean(&format!("{}/templates", place.path)),
                template,
                data: Rc::clone(&data),
            });
        }
        Value::map((*data).clone())
    }

    /// Adds all templates to the machine, and returns those that are rendered.
    pub(super) fn add_to(mut self, machine: &mut Machine) -> Result<Vec<Render>, Error> {
        // Those that lie deeper come first, so that those of parents override theirs. Source: Helm, `sortTemplates`.
        let depth = |name: &str| memchr::memchr_iter(b'/', name.as_bytes()).count();
        self.templates.sort_by(|a, b| (depth(&b.name), &b.name).cmp(&(depth(&a.name), &a.name)));
        self.templates.dedup_by(|a, b| a.name == b.name);
        let mut renders = Vec::new();
        for found in &self.templates {
            let parsed = found.template.parsed();
            machine.add(&found.name, &found.template.source, parsed).map_err(|message| {
                let at = parsed.result.as_ref().err().map_or(0, |error| error.offset);
                Error { message, place: Some((found.template.source.path.clone(), at)) }
            })?;
            if paths::base(&found.name).starts_with('_') {
                continue;
            }
            let mut data = (*found.data).clone();
            let template = Entries::from([
                ("Name".into(), Value::text(found.name.as_str())),
                ("BasePath".into(), Value::text(found.base_path.as_str())),
            ]);
            data.insert("Template".into(), Value::map_of(template, MapType::Values));
            renders.push(Render {
                name: found.name.clone(),
                path: found.template.source.path.clone(),
                data: Value::map_of(data, MapType::Values),
            });
        }
        Ok(renders)
    }
}

/// Trees into values that know their paths.
struct Converter<'m> {
    machine: &'m mut Machine,
    tracing: Tracing,
}

impl Converter<'_> {
    fn taint(&mut self, path: &str, node: &Node) -> u32 {
        match self.tracing {
            Tracing::On => self.machine.trace.source(path, node.place.clone()),
            Tracing::Off => 0,
        }
    }

    fn node(&mut self, node: &Node, chart: Option<&Chart>, path: &str) -> Value {
        let taint = self.taint(path, node);
        let kind = match &node.tree {
            Tree::Null => Kind::Nil,
            Tree::Bool(truth) => Kind::Bool(*truth),
            Tree::Int(number) => Kind::Int(*number, Width::Int64),
            Tree::Float(number) => Kind::Float(*number),
            Tree::Text(text) => Kind::Text(Text::from(&**text)),
            Tree::List(items) => {
                let items = items.iter().enumerate();
                Value::list(items.map(|(index, item)| self.node(item, None, &format!("{path}[{index}]"))).collect())
                    .kind
            }
            Tree::Map(map) => return self.map(map, chart, path, taint),
        };
        Value::tainted(kind, taint)
    }

    /// The mapping at `path`: the values of `chart`, if it is one.
    fn map(&mut self, table: &Table, chart: Option<&Chart>, path: &str, taint: u32) -> Value {
        let mut entries = Entries::new();
        for (key, node) in table {
            let subchart = chart.and_then(|chart| chart.dependencies.iter().find(|one| one.name() == &**key));
            let mut inner = path.to_owned();
            if chart.is_some() && &**key == GLOBAL {
                // Whatever chart sees it: it is written at the top.
                inner.clear();
            }
            push_key(key, &mut inner);
            entries.insert(Rc::from(&**key), self.node(node, subchart, &inner));
        }
        Value { taint, ..Value::map_of(entries, if path.is_empty() { MapType::Values } else { MapType::Any }) }
    }
}

fn text(text: &str) -> Value {
    Value::text(text)
}

fn list(texts: &[String]) -> Value {
    Value::list(texts.iter().map(|one| text(one)).collect())
}

/// `.Chart`: the fields of the metadata by the names that Go has for them.
fn metadata(metadata: &Metadata, place: &Place) -> Value {
    let annotations = match &metadata.annotations {
        Some(all) => {
            let entries = all.iter().map(|(key, value)| (Rc::from(key.as_str()), text(value)));
            Value::map_of(entries.collect(), MapType::Text)
        }
        None => {
            let map = crate::value::Map { entries: Default::default(), map_type: MapType::Text, is_nil: true };
            Value::new(Kind::Map(Rc::new(map)))
        }
    };
    let maintainers = metadata.maintainers.iter().map(|[name, email, url]| {
        Value::map(Entries::from([
            ("Name".into(), text(name)),
            ("Email".into(), text(email)),
            ("URL".into(), text(url)),
        ]))
    });
    Value::map(Entries::from([
        ("Name".into(), text(&metadata.name)),
        ("Home".into(), text(&metadata.home)),
        ("Sources".into(), list(&metadata.sources)),
        ("Version".into(), text(&metadata.version)),
        ("Description".into(), text(&metadata.description)),
        ("Keywords".into(), list(&metadata.keywords)),
        ("Maintainers".into(), Value::list(maintainers.collect())),
        ("Icon".into(), text(&metadata.icon)),
        ("APIVersion".into(), text(&metadata.api_version)),
        ("Condition".into(), text(&metadata.condition)),
        ("Tags".into(), text(&metadata.tags)),
        ("AppVersion".into(), text(&metadata.app_version)),
        ("Deprecated".into(), Value::bool(metadata.deprecated)),
        ("Annotations".into(), annotations),
        ("KubeVersion".into(), text(&metadata.kube_version)),
        ("Dependencies".into(), Value::list(metadata.dependencies.iter().map(dependency).collect())),
        ("Type".into(), text(&metadata.kind)),
        ("IsRoot".into(), Value::bool(place.is_root)),
    ]))
}

fn dependency(dependency: &Dependency) -> Value {
    let mut nowhere = Machine::new(Tracing::Off, crate::template::Bounds::default());
    let mut converter = Converter { machine: &mut nowhere, tracing: Tracing::Off };
    let imports = dependency.import_values.iter().map(|item| converter.node(item, None, "import"));
    let imports = Value::list(imports.collect());
    Value::map(Entries::from([
        ("Name".into(), text(&dependency.name)),
        ("Version".into(), text(&dependency.version)),
        ("Repository".into(), text(&dependency.repository)),
        ("Condition".into(), text(&dependency.condition)),
        ("Tags".into(), list(&dependency.tags)),
        ("Enabled".into(), Value::bool(dependency.enabled)),
        ("ImportValues".into(), imports),
        ("Alias".into(), text(&dependency.alias)),
    ]))
}

fn files(chart: &Chart) -> Value {
    let entry = |file: &crate::chart::File| (file.name.clone(), Rc::from(&*Arc::clone(&file.data)));
    Value::object(Object::Files(chart.content.files.iter().map(entry).collect()))
}
