//! Custom resources against the schemas of their CustomResourceDefinitions.
//!
//! A definition may come after its resources, in any file. So objects are looked at again once all definitions are
//! known, and only those that have one.

use std::collections::{BTreeMap, BTreeSet};

use model::custom_schema::{Choice, CustomKind, CustomSchema, Node, NodeId, NodeKind};
use model::document::Value;
use model::finding::{Finding, Findings};
use model::inventory::Inventory;
use model::object::Object;
use model::scalar::Scalar;
use model::symbols::Symbol;
use schemas::kubernetes;

use super::nearest::nearest;
use super::scalars::found;
use super::walk::{self, Manner, shown};

/// So many findings are filed for one object.
const MOST: usize = 200;

/// Of so many definitions of one kind is asked whether a resource fits one.
const MOST_DEFINITIONS: usize = 4;

/// Everything that custom resources may be.
pub(crate) struct CustomKinds {
    by_name: BTreeMap<(Box<str>, Box<str>), Vec<CustomKind>>,
}

impl CustomKinds {
    pub(crate) fn new(kinds: Vec<CustomKind>) -> Self {
        let mut by_name: BTreeMap<_, Vec<CustomKind>> = BTreeMap::new();
        // What comes with Kubernetes is judged by the schemas of Kubernetes.
        for kind in kinds.into_iter().filter(|kind| !kubernetes().has_group(&kind.group)) {
            by_name.entry((kind.group.clone(), kind.kind.clone())).or_default().push(kind);
        }
        Self { by_name }
    }

    /// The files that hold objects of these kinds.
    pub(crate) fn files(&self, inventory: &Inventory) -> BTreeSet<u32> {
        let named = named(inventory);
        let is_defined = |(_, (group, kind)): &(_, (String, String))| {
            self.by_name.contains_key(&(group.as_str().into(), kind.as_str().into()))
        };
        let defined: BTreeSet<(Symbol, Symbol)> = named.into_iter().filter(is_defined).map(|(key, _)| key).collect();
        let resources = inventory.resources.iter();
        resources
            .filter(|resource| defined.contains(&(resource.api_version, resource.kind)))
            .map(|resource| resource.file)
            .collect()
    }

    /// Judges an object. False if it is of no kind that is known here.
    pub(crate) fn check(&self, object: &Object<'_>, findings: &mut Findings<'_>) -> bool {
        let Some(kinds) = self.by_name.get(&(object.group().into(), (&*object.kind).into())) else { return false };
        let version = object.api_version.rsplit('/').next().unwrap_or_default();
        let of_version: Vec<&CustomKind> = kinds.iter().filter(|kind| &*kind.version == version).collect();
        if of_version.is_empty() {
            unknown_version(kinds, object, findings);
            return true;
        }
        if let (Some(metadata), Some(id)) = (object.metadata, kubernetes().definition_named("meta.v1.ObjectMeta")) {
            walk::check(metadata, id, "metadata", Manner::Plain, findings);
        }
        let Some(schemas) = of_version.iter().map(|kind| kind.schema.as_ref()).collect::<Option<Vec<_>>>() else {
            return true;
        };
        // Two definitions of one version may be of two releases: it is enough to fit one of them.
        let before = findings.occurrences.len();
        for schema in schemas.into_iter().take(MOST_DEFINITIONS) {
            findings.occurrences.truncate(before);
            let mut walk = Walk { schema, findings, root: object.value, kind: &object.kind, left: MOST };
            walk.root();
            if findings.occurrences.len() == before {
                break;
            }
        }
        true
    }
}

/// The files that hold the definitions of kinds of which there are objects.
pub(crate) fn files_of_definitions(inventory: &Inventory) -> BTreeSet<u32> {
    let definitions = &inventory.facts.definitions;
    if definitions.is_empty() {
        return BTreeSet::new();
    }
    let used: BTreeSet<(String, String)> = named(inventory).into_values().collect();
    let text = |symbol| inventory.symbols.text(symbol).to_string();
    let wanted = definitions.iter().filter(|fact| used.contains(&(text(fact.group), text(fact.kind))));
    wanted.map(|fact| inventory.resource(fact.resource).file).collect()
}

/// The groups and kinds of all objects, by how API version and kind are written.
fn named(inventory: &Inventory) -> BTreeMap<(Symbol, Symbol), (String, String)> {
    let mut named = BTreeMap::new();
    let mut last = None;
    for resource in &inventory.resources {
        let key = (resource.api_version, resource.kind);
        // Objects of one kind stand together more often than not.
        if last.replace(key) == Some(key) {
            continue;
        }
        named.entry(key).or_insert_with(|| {
            let text = |symbol| inventory.symbols.text(symbol).to_string();
            let group =
                text(resource.api_version).split_once('/').map_or_else(String::new, |(group, _)| group.to_owned());
            (group, text(resource.kind))
        });
    }
    named
}

fn unknown_version(kinds: &[CustomKind], object: &Object<'_>, findings: &mut Findings<'_>) {
    let mut names: Vec<String> = kinds.iter().map(|kind| format!("`{}`", shown(&kind.version))).collect();
    names.dedup();
    names.truncate(8);
    let message = format!(
        "`{{value}}` is no version that the definition of `{}` serves, those are {}: the API refuses the object",
        shown(&object.kind),
        names.join(", ")
    );
    if let Some(stated) = object.value.get("apiVersion") {
        findings.report(Finding::at(stated).message(message));
    }
}

struct Walk<'w, 'f, 'd> {
    schema: &'w CustomSchema,
    findings: &'w mut Findings<'f>,
    root: Value<'d>,
    kind: &'w str,
    left: usize,
}

impl<'d> Walk<'_, '_, 'd> {
    fn root(&mut self) {
        let node = self.schema.node(self.schema.root());
        if self.root.is_mapping() {
            // The metadata has a schema of its own, and the status is the controller's business.
            let own = |name: &str| matches!(name, "apiVersion" | "kind" | "metadata" | "status");
            self.fields(self.root, node, "", &own);
        }
    }

    fn value(&mut self, value: Value<'d>, id: NodeId, name: &str) {
        let schema = self.schema;
        let node = schema.node(id);
        if value.is_null() && (node.nullable || node.kind.is_none()) {
            return;
        }
        if !fits(value, node.kind) {
            let expected = node.kind.map_or("something else", expected);
            // The value itself may be a secret: what is meant for text may be a password of digits.
            let message = format!(
                "`{}` is {}, and its definition asks for {expected}: the API refuses the object",
                shown(name),
                found(value)
            );
            self.report(if value.is_null() { Finding::at_key_of(value) } else { Finding::at(value).secret() }, message);
            return;
        }
        self.bounds(value, node, name);
        match value.scalar() {
            Scalar::Collection if value.is_mapping() => {
                let own = |name: &str| node.embedded && matches!(name, "apiVersion" | "kind" | "metadata");
                self.fields(value, node, name, &own);
            }
            Scalar::Collection => {
                let Some(items) = node.items else { return };
                for item in value.items() {
                    self.value(item, items, name);
                    if self.left == 0 {
                        return;
                    }
                }
            }
            _ => {}
        }
    }

    fn fields(&mut self, value: Value<'d>, node: &Node, name: &str, own: &dyn Fn(&str) -> bool) {
        let keeps = node.preserves_unknown || node.kind.is_none();
        for (key, child) in value.entries() {
            let key = key.text();
            match node.fields.get(&*key).copied().or(node.values) {
                _ if own(&key) => {}
                Some(id) => self.value(child, id, &key),
                None if keeps => {}
                None => self.unknown(&key, child, node, name),
            }
            if self.left == 0 {
                return;
            }
        }
        for required in node.required.iter().filter(|required| !own(required)) {
            let is_there = value.entries().any(|(key, _)| key.is_key(required));
            if !is_there {
                let message =
                    format!("{} has no `{}`, which its definition requires", self.called(name), shown(required));
                self.report(Finding::at_key_of(value), message);
            }
            if self.left == 0 {
                return;
            }
        }
    }

    fn unknown(&mut self, key: &str, value: Value<'d>, node: &Node, name: &str) {
        let meant = nearest(key, node.fields.keys().map(|field| &**field));
        let is = meant.map_or_else(String::new, |meant| format!(", `{meant}` is"));
        let message = format!("`{}` is not a field of {}{is}: the API drops it", shown(key), lower(&self.called(name)));
        self.report(Finding::at_key_of(value), message);
    }

    fn bounds(&mut self, value: Value<'d>, node: &Node, name: &str) {
        let name = shown(name);
        if !node.choices.is_empty() && !node.choices.iter().any(|choice| is_choice(value, choice)) {
            let texts = node.choices.iter().filter_map(|choice| match choice {
                Choice::Text(text) => Some(format!("`{}`", shown(text))),
                Choice::Number(number) => Some(format!("`{number}`")),
                Choice::Boolean(truth) => Some(format!("`{truth}`")),
                Choice::Null | Choice::Other => None,
            });
            let texts = texts.take(8).collect::<Vec<_>>().join(", ");
            let more = if node.choices.len() > 8 { " and more" } else { "" };
            let message =
                format!("`{name}` is `{{value}}`, and its definition allows {texts}{more}: the API refuses the object");
            self.report(Finding::at(value), message);
            return;
        }
        let (least, most) = node.length;
        let length = length(value, node.kind);
        let (is_short, is_long) = match value.scalar() {
            Scalar::Int(number) => outside(number as f64, node),
            Scalar::Float(number) => outside(number, node),
            _ => (
                length.zip(least).is_some_and(|(length, least)| length < least),
                length.zip(most).is_some_and(|(length, most)| length > most),
            ),
        };
        let (is, bound) = match value.scalar() {
            Scalar::Int(_) | Scalar::Float(_) if is_short => ("less", node.minimum.map(|(bound, _)| bound.to_string())),
            Scalar::Int(_) | Scalar::Float(_) if is_long => ("more", node.maximum.map(|(bound, _)| bound.to_string())),
            _ if is_short => ("shorter", least.map(|least| least.to_string())),
            _ if is_long => ("longer", most.map(|most| most.to_string())),
            _ => return,
        };
        let bound = bound.unwrap_or_default();
        let message =
            format!("`{name}` is {is} than its definition allows, the bound is {bound}: the API refuses the object");
        let finding = Finding::at_key_of(value);
        self.report(finding, message);
    }

    fn called(&self, name: &str) -> String {
        if name.is_empty() { format!("The `{}`", shown(self.kind)) } else { format!("`{}`", shown(name)) }
    }

    fn report(&mut self, finding: Finding<'d>, message: String) {
        self.left = self.left.saturating_sub(1);
        self.findings.report(finding.message(message));
    }
}

fn lower(text: &str) -> String {
    text.strip_prefix("The ").map_or_else(|| text.to_owned(), |rest| format!("the {rest}"))
}

fn fits(value: Value<'_>, kind: Option<NodeKind>) -> bool {
    let scalar = value.scalar();
    match kind {
        None => true,
        Some(NodeKind::Mapping) => value.is_mapping(),
        Some(NodeKind::Sequence) => value.is_sequence(),
        Some(NodeKind::Text) => matches!(scalar, Scalar::String(_)),
        Some(NodeKind::Integer) => matches!(scalar, Scalar::Int(_)),
        Some(NodeKind::Number) => matches!(scalar, Scalar::Int(_) | Scalar::Float(_)),
        Some(NodeKind::Boolean) => matches!(scalar, Scalar::Bool(_)),
        Some(NodeKind::IntOrText) => matches!(scalar, Scalar::Int(_) | Scalar::String(_)),
    }
}

fn expected(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Mapping => "a mapping",
        NodeKind::Sequence => "a list",
        NodeKind::Text => "text",
        NodeKind::Integer => "a whole number",
        NodeKind::Number => "a number",
        NodeKind::Boolean => "`true` or `false`",
        NodeKind::IntOrText => "a whole number or text",
    }
}

fn is_choice(value: Value<'_>, choice: &Choice) -> bool {
    match (value.scalar(), choice) {
        (Scalar::String(text), Choice::Text(known)) => *text == **known,
        (Scalar::Int(number), Choice::Number(known)) => number as f64 == *known,
        (Scalar::Float(number), Choice::Number(known)) => number == *known,
        (Scalar::Bool(truth), Choice::Boolean(known)) => truth == *known,
        (Scalar::Null, Choice::Null) | (Scalar::Collection, _) => true,
        _ => false,
    }
}

fn length(value: Value<'_>, kind: Option<NodeKind>) -> Option<u64> {
    match kind? {
        NodeKind::Mapping => Some(value.entries().count() as u64),
        NodeKind::Sequence => Some(value.items().count() as u64),
        NodeKind::Text => value.as_str().map(|text| text.chars().count() as u64),
        _ => None,
    }
}

/// Whether the number is less, or more, than the node allows.
fn outside(number: f64, node: &Node) -> (bool, bool) {
    let is_less = |(bound, inclusive): (f64, bool)| number < bound || !inclusive && number == bound;
    let is_more = |(bound, inclusive): (f64, bool)| number > bound || !inclusive && number == bound;
    (node.minimum.is_some_and(is_less), node.maximum.is_some_and(is_more))
}
