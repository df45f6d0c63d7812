//! Walks an object along the schema of its kind: unknown, misplaced and missing fields, wrong types.

use std::borrow::Cow;

use model::document::Value;
use model::finding::{Finding, Findings};
use model::scalar::Scalar;
use model::severity::Severity;
use schemas::{DefinitionId, Field, Lookup, Schemas, Shape, ShapeId, Version, Versions, kubernetes};

use super::nearest::nearest;
use super::pods::{Level, Levels, around, home, locks, protects};
use super::scalars::{Misfit, expected, found, misfit};

/// So many findings are filed for one object; who has more than these has another problem.
const MOST: usize = 200;

/// How an object is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// As what it says it is.
    Plain,
    /// The same, and fields of pods are recognized where they do not belong.
    Pods,
    /// As what took the place of its kind: what differs outside its pods is let pass.
    Former,
}

/// Reports what is wrong with `value`, which has to be what the definition says, and with all that is in it.
pub(crate) fn check(value: Value<'_>, id: DefinitionId, kind: &str, manner: Manner, findings: &mut Findings<'_>) {
    let version = findings.settings.kubernetes_minor.map(Version::new);
    let mut walk = Walk {
        findings,
        schemas: kubernetes(),
        levels: Levels::known(),
        version,
        manner,
        kind,
        root: value,
        container: None,
        is_status: false,
        is_lenient: false,
        left: MOST,
    };
    walk.record(value, id, Spot::ROOT);
}

/// Where a value stands in the schema.
#[derive(Clone, Copy)]
struct Spot {
    /// The definition whose field it is, and the field; nothing for the object itself.
    field: Option<(DefinitionId, &'static Field)>,
    /// Whether it is the value of the field, or in it.
    nesting: Nesting,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Nesting {
    Value,
    Item,
    Entry,
}

impl Spot {
    const ROOT: Self = Self { field: None, nesting: Nesting::Value };

    fn name(self) -> &'static str {
        self.field.map_or("", |(_, field)| field.name)
    }
}

struct Walk<'w, 'f, 'd> {
    findings: &'w mut Findings<'f>,
    schemas: &'static Schemas,
    levels: &'static Levels,
    version: Option<Version>,
    manner: Manner,
    kind: &'w str,
    root: Value<'d>,
    container: Option<Value<'d>>,
    /// Servers write the status; what is required and which texts are allowed there is their business.
    is_status: bool,
    /// Whether the API server's decoder lets unknown fields pass here.
    is_lenient: bool,
    left: usize,
}

impl<'d> Walk<'_, '_, 'd> {
    fn record(&mut self, value: Value<'d>, id: DefinitionId, spot: Spot) {
        let is_container = self.levels.is_container(id);
        let outer = self.container;
        if is_container {
            self.container = Some(value);
        }
        let mut required = 0;
        for (key, child) in value.entries() {
            match self.schemas.field(id, &key.text(), self.version) {
                Lookup::Known(_) if child.is_null() => {}
                Lookup::Known(field) => {
                    required += usize::from(field.required);
                    self.field(child, id, field, spot);
                }
                Lookup::Elsewhere(_) | Lookup::Unknown if self.is_lenient => {}
                Lookup::Elsewhere(versions) => self.elsewhere(key, child, id, versions, spot),
                Lookup::Unknown => self.unknown(key, child, id, spot),
            }
            if self.left == 0 {
                return;
            }
        }
        let all = self.schemas.required(id);
        // A field that stands twice is counted twice.
        if all.len() > required || all.len() > 0 && !value.document().duplicates.is_empty() {
            self.missing(value, id, spot);
        }
        self.container = outer;
    }

    fn field(&mut self, value: Value<'d>, id: DefinitionId, field: &'static Field, spot: Spot) {
        let is_status = spot.field.is_none() && field.name == "status";
        self.is_status |= is_status;
        self.shape(value, field.shape, Spot { field: Some((id, field)), nesting: Nesting::Value });
        if is_status {
            self.is_status = false;
        }
    }

    fn shape(&mut self, value: Value<'d>, shape: Shape, spot: Spot) {
        match shape {
            Shape::Any => {}
            Shape::Record(id) if value.is_mapping() => self.record(value, id, spot),
            Shape::Lenient(id) | Shape::LenientOrBool(id) if value.is_mapping() => self.lenient(value, id, spot),
            Shape::Lenient(id) => value.items().for_each(|item| self.lenient(item, id, spot)),
            Shape::Map(inner) if value.is_mapping() => {
                let values = value.entries().map(|(_, child)| child);
                self.inner(values, inner, Spot { nesting: Nesting::Entry, ..spot });
            }
            Shape::List(inner) if value.is_sequence() => {
                self.inner(value.items(), inner, Spot { nesting: Nesting::Item, ..spot });
            }
            _ => match misfit(value, shape, self.schemas, self.version) {
                Some(Misfit::Choice) => self.wrong_choice(value, shape, spot),
                Some(Misfit::Form) if self.is_encrypted_by_sops(value) => {}
                Some(misfit) => self.wrong_type(value, shape, misfit, spot),
                None => {}
            },
        }
    }

    fn lenient(&mut self, value: Value<'d>, id: DefinitionId, spot: Spot) {
        if value.is_mapping() {
            let before = std::mem::replace(&mut self.is_lenient, true);
            self.record(value, id, spot);
            self.is_lenient = before;
        }
    }

    fn inner(&mut self, values: impl Iterator<Item = Value<'d>>, shape: ShapeId, spot: Spot) {
        let shape = self.schemas.shape(shape);
        if shape == Shape::Any {
            return;
        }
        for value in values.filter(|value| !value.is_null()) {
            self.shape(value, shape, spot);
            if self.left == 0 {
                return;
            }
        }
    }

    fn wrong_type(&mut self, value: Value<'d>, shape: Shape, misfit: Misfit, spot: Spot) {
        // A password of digits is as secret as any other.
        let is_hidden = self.hides(spot) && !matches!(value.scalar(), Scalar::Bool(_));
        let shown = if is_hidden || !value.is_scalar() { "" } else { " (`{value}`)" };
        let subject = if spot.nesting == Nesting::Value { "" } else { "A value in " };
        let name = spot.name();
        let (is, expected) = match misfit {
            Misfit::Range => ("a number", "a whole number of at most 32 bits"),
            _ => (found(value), expected(shape)),
        };
        let is_form = misfit == Misfit::Form;
        let message = if is_form {
            format!("{subject}`{name}`{shown} is no {}: the API refuses the object", form(shape))
        } else {
            format!("{subject}`{name}` is {is}{shown}, and the API expects {expected}: it refuses the object")
        };
        let finding = Finding::at(value).severity(self.severity(spot)).message(message);
        self.report(if is_hidden { finding.secret() } else { finding });
    }

    fn wrong_choice(&mut self, value: Value<'d>, shape: Shape, spot: Spot) {
        let Shape::OneOf(id) = shape else { return };
        if self.is_status || self.manner == Manner::Former {
            return;
        }
        let choices = self.schemas.choices(id);
        let text = value.text();
        let name = spot.name();
        let finding = Finding::at(value).severity(self.severity(spot));
        if let (Some(version), Some(choice)) = (self.version, choices.iter().find(|choice| choice.text == text)) {
            let told = choice.versions.describe(self.schemas.versions());
            let message = format!(
                "`{{value}}` as `{name}` is not known to Kubernetes {version}, {told}: the API refuses the object"
            );
            self.report(finding.message(message));
            return;
        }
        let texts = choices.iter().map(|choice| choice.text);
        let known = if choices.len() <= 8 {
            let texts: Vec<String> = texts.clone().map(|text| format!("`{text}`")).collect();
            format!("the API knows {}", texts.join(", "))
        } else if let Some(meant) = nearest(&text, texts.clone()) {
            format!("the API knows `{meant}`")
        } else {
            format!("that is none of the {} that the API knows", choices.len())
        };
        let finding = match texts.clone().find(|known| known.eq_ignore_ascii_case(&text)) {
            Some(meant) => finding.replace(meant),
            None => finding,
        };
        self.report(finding.message(format!("`{name}` is `{{value}}`, and {known}: it refuses the object")));
    }

    fn missing(&mut self, value: Value<'d>, id: DefinitionId, spot: Spot) {
        // Containers and their names have a check of their own, which also knows what is empty.
        let has_own = matches!(self.levels.level(id), Some(Level::Pod | Level::Container));
        if has_own || self.is_lenient || self.is_status || self.manner == Manner::Former {
            return;
        }
        let schemas = self.schemas;
        let version = self.version;
        let required = schemas.required(id).filter(|field| version.is_none_or(|asked| field.versions.contains(asked)));
        for field in required.filter(|field| value.get(field.name).is_none()) {
            let called = capitalized(&self.called(id, spot));
            let message = format!("{called} has no `{}`, which the API requires", field.name);
            self.report(Finding::missing(value, field.name).message(message));
            if self.left == 0 {
                return;
            }
        }
    }

    fn elsewhere(&mut self, key: Value<'d>, value: Value<'d>, id: DefinitionId, versions: Versions, spot: Spot) {
        let Some(version) = self.version else { return };
        let name = key.text();
        let (severity, name) = (self.severity_of(id, &name), shown(&name));
        let called = self.called(id, spot);
        let told = versions.describe(self.schemas.versions());
        let message = format!("`{name}` of {called} is not known to Kubernetes {version}, {told}: the API drops it");
        self.report(Finding::at_key_of(value).severity(severity).message(message));
    }

    fn unknown(&mut self, key: Value<'d>, value: Value<'d>, id: DefinitionId, spot: Spot) {
        let name = key.text();
        // Directives of patches are taken out before anything reads the object.
        if name.starts_with('$') || is_of_sops(&name, value, spot) {
            return;
        }
        if self.manner != Manner::Plain && self.misplaced(&name, value, id, spot) {
            return;
        }
        if self.manner == Manner::Former && self.levels.level(id).is_none() {
            return;
        }
        let called = self.called(id, spot);
        let meant = nearest(&name, self.schemas.fields(id).iter().map(|field| field.name));
        let severity = meant.map_or(Severity::Medium, |meant| self.severity_of(id, meant));
        let name = shown(&name);
        let message = match meant {
            Some(meant) => format!("`{name}` is not a field of {called}, `{meant}` is: the API drops it"),
            None => format!("`{name}` is not a field of {called}: the API drops it"),
        };
        self.report(Finding::at_key_of(value).severity(severity).message(message));
    }

    /// Reports a field of a pod that stands at another level of it, or between the object and its pod.
    fn misplaced(&mut self, name: &str, value: Value<'d>, id: DefinitionId, spot: Spot) -> bool {
        let here = self.levels.level(id);
        let around = around(self.schemas, id, spot.field.is_none());
        let Some(home) = home(name, here) else { return false };
        let is_lock = home.locks(name);
        // In small records the same words mean something else: a probe has a `command` too, one level down.
        if here.is_none() && around.is_none() && !is_lock {
            return false;
        }
        let place = around.map_or_else(|| self.called(id, spot), Cow::Borrowed);
        let effect = if protects(name, value) { "the protection is not there" } else { "it has no effect" };
        let message =
            format!("`{name}` stands in {place} and belongs in {}: the API drops it, {effect}", home.called());
        let severity = if is_lock { Severity::High } else { Severity::Medium };
        self.report(Finding::at_key_of(value).severity(severity).message(message));
        true
    }

    fn report(&mut self, finding: Finding<'d>) {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            let message = "There is more that does not match the schema: only the beginning of it is listed";
            self.findings.report(Finding::at_key_of(self.root).message(message));
            return;
        }
        let name = self.container.and_then(|container| container.get("name")).map(Value::text);
        self.findings.report(finding.container_name(name.unwrap_or_default()));
    }

    /// Whether nothing can be said of the form of a value before SOPS takes its own out of the object again.
    fn is_encrypted_by_sops(&self, value: Value<'d>) -> bool {
        is_encrypted(value) && self.root.at(&["sops", "mac"]).is_some()
    }

    fn severity(&self, spot: Spot) -> Severity {
        spot.field.map_or(Severity::Medium, |(id, field)| self.severity_of(id, field.name))
    }

    fn severity_of(&self, id: DefinitionId, field: &str) -> Severity {
        let is_lock = locks(self.schemas.definition(id).name, field);
        if is_lock { Severity::High } else { Severity::Medium }
    }

    /// Whether the value may be a secret.
    fn hides(&self, spot: Spot) -> bool {
        let Some((id, field)) = spot.field else { return false };
        matches!(
            (self.schemas.definition(id).name, field.name),
            ("core.v1.Secret" | "core.v1.ConfigMap", "data" | "stringData" | "binaryData")
                | ("core.v1.Container" | "core.v1.EphemeralContainer" | "core.v1.ExecAction", "args" | "command")
                | ("core.v1.EnvVar" | "core.v1.HTTPHeader", "value")
                | ("meta.v1.ObjectMeta", "annotations")
                | (_, "parameters" | "options" | "volumeAttributes" | "request" | "token" | "caBundle")
        )
    }

    /// What a mapping of that definition is called in messages.
    fn called(&self, id: DefinitionId, spot: Spot) -> Cow<'static, str> {
        if let Some(level) = self.levels.level(id) {
            return Cow::Borrowed(level.called());
        }
        let known = match self.schemas.definition(id).name {
            "core.v1.AppArmorProfile" | "core.v1.SeccompProfile" => "the profile",
            "core.v1.ContainerPort" => "a port",
            "core.v1.EnvVar" => "an environment variable",
            "core.v1.LifecycleHandler" => "a hook",
            "core.v1.Probe" => "a probe",
            "core.v1.Sysctl" => "a sysctl",
            "core.v1.Toleration" => "a toleration",
            "core.v1.Volume" => "a volume",
            "core.v1.VolumeDevice" => "a volume device",
            "core.v1.VolumeMount" => "a volume mount",
            _ => "",
        };
        if !known.is_empty() {
            return Cow::Borrowed(known);
        }
        match spot.nesting {
            _ if spot.field.is_none() => Cow::Owned(format!("the `{}`", self.kind)),
            Nesting::Value => Cow::Owned(format!("`{}`", spot.name())),
            Nesting::Item => Cow::Owned(format!("an item of `{}`", spot.name())),
            Nesting::Entry => Cow::Owned(format!("a value in `{}`", spot.name())),
        }
    }
}

/// What SOPS has put in the place of a value.
fn is_encrypted(value: Value<'_>) -> bool {
    let text = value.text();
    text.starts_with("ENC[") && text.ends_with(']')
}

/// What text of that shape has to be, with an article that fits "is no".
fn form(shape: Shape) -> &'static str {
    match shape {
        Shape::Bytes => "base64",
        Shape::Time => "time such as `2030-01-31T08:00:00Z`",
        _ => "quantity such as `100m` or `64Mi`",
    }
}

/// A name as it is shown: what is longer than any field is cut.
pub(crate) fn shown(name: &str) -> Cow<'_, str> {
    match name.char_indices().nth(60) {
        Some((end, _)) => Cow::Owned(format!("{}…", &name[..end])),
        None => Cow::Borrowed(name),
    }
}

/// What SOPS adds to an object that it encrypts, and takes out again before the object is applied.
fn is_of_sops(name: &str, value: Value<'_>, spot: Spot) -> bool {
    spot.field.is_none() && name == "sops" && value.get("mac").is_some()
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
