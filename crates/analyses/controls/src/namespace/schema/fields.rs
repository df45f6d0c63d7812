//! Fields of a wrong type, at a place where they do not belong, or that do not exist.

use model::document::Value;
use model::finding::{Finding, Findings};
use model::scalar::Scalar;
use model::severity::Severity;

use super::expected::{CONTAINER, CONTAINER_CONTEXT, Field, POD, POD_CONTEXT, Record, Shape};

/// Whether a field of that name decides how well a pod is locked in, wherever it belongs.
pub(crate) fn is_security_field(name: &str) -> bool {
    LEVELS.iter().any(|level| level.field(name).is_some_and(|field| field.security))
        || matches!(name, "add" | "drop" | "hostPath" | "hostPort")
}

/// The levels of a pod, from which fields stray.
const LEVELS: [&Record; 4] = [&POD, &POD_CONTEXT, &CONTAINER, &CONTAINER_CONTEXT];

/// Reports what is wrong with `value`, which has to be what `record` says, and with all that is in it.
pub(crate) fn check(value: Value<'_>, record: &'static Record, findings: &mut Findings<'_>) {
    Walk { findings, container: None }.record(value, record);
}

struct Walk<'w, 'f, 'd> {
    findings: &'w mut Findings<'f>,
    container: Option<Value<'d>>,
}

impl<'d> Walk<'_, '_, 'd> {
    fn record(&mut self, value: Value<'d>, record: &'static Record) {
        let is_container = std::ptr::eq(record, &CONTAINER);
        if is_container {
            self.container = Some(value);
        }
        for (key, child) in value.entries() {
            if child.is_null() {
                continue;
            }
            match record.field(&key.text()) {
                Some(field) => self.shape(child, &field.shape, field),
                None if record.complete => self.unknown(key, child, record),
                None => {}
            }
        }
        if is_container {
            self.container = None;
        }
    }

    fn shape(&mut self, value: Value<'d>, shape: &'static Shape, field: &'static Field) {
        match shape {
            Shape::Record(record) if value.is_mapping() => self.record(value, record),
            Shape::Map(shape) if value.is_mapping() => {
                let values = value.entries().filter(|(_, child)| !child.is_null());
                values.for_each(|(_, child)| self.shape(child, shape, field));
            }
            Shape::List(shape) if value.is_sequence() => {
                value.items().filter(|item| !item.is_null()).for_each(|item| self.shape(item, shape, field));
            }
            _ if !fits(value, shape) => self.wrong_type(value, shape, field),
            _ => {}
        }
    }

    fn wrong_type(&mut self, value: Value<'d>, shape: &Shape, field: &Field) {
        // A password of digits is as secret as any other.
        let is_hidden = matches!(shape, Shape::HiddenText) && !matches!(value.scalar(), Scalar::Bool(_));
        let shown = if is_hidden || !value.is_scalar() { "" } else { " (`{value}`)" };
        let subject = if std::ptr::eq(shape, &field.shape) { "" } else { "A value in " };
        let (name, found, expected) = (field.name, found(value), expected(shape));
        let message =
            format!("{subject}`{name}` is {found}{shown}, and the API expects {expected}: it refuses the object");
        let finding = Finding::at(value).severity(severity(field)).message(message);
        self.report(if is_hidden { finding.secret() } else { finding });
    }

    fn unknown(&mut self, key: Value<'d>, value: Value<'d>, record: &'static Record) {
        let name = key.text();
        // Directives of patches are taken out before anything reads the object.
        if name.starts_with('$') {
            return;
        }
        // In small records the same words mean something else: a probe has a `command` too, one level down.
        let is_level = LEVELS.iter().any(|level| std::ptr::eq(*level, record));
        if let Some((home, field)) = home(&name, Some(record))
            && (is_level || field.security)
        {
            self.report(misplaced(value, field, record.name, home));
            return;
        }
        let meant = record.fields.iter().find(|field| field.name.eq_ignore_ascii_case(&name));
        let finding = Finding::at_key_of(value);
        let finding = match meant {
            Some(field) => finding
                .severity(severity(field))
                .message(format!("`{name}` is not a field of {}, `{}` is: the API drops it", record.name, field.name)),
            None => finding.message(format!("`{name}` is not a field of {}: the API drops it", record.name)),
        };
        self.report(finding);
    }

    fn report(&mut self, finding: Finding<'d>) {
        let name = self.container.and_then(|container| container.get("name")).map(Value::text);
        self.findings.report(finding.container_name(name.unwrap_or_default()));
    }
}

/// The level of a pod to which a field belongs that stands in `here`, or outside the pod; and the field.
pub(crate) fn home(name: &str, here: Option<&Record>) -> Option<(&'static Record, &'static Field)> {
    // Too many things have a name.
    if name == "name" {
        return None;
    }
    let is = |level: &Record| here.is_some_and(|here| std::ptr::eq(here, level));
    let order: [&Record; 4] = if is(&CONTAINER) {
        [&CONTAINER_CONTEXT, &POD, &POD_CONTEXT, &CONTAINER]
    } else if is(&POD) {
        [&POD_CONTEXT, &CONTAINER_CONTEXT, &CONTAINER, &POD]
    } else if is(&POD_CONTEXT) || is(&CONTAINER_CONTEXT) {
        [&CONTAINER_CONTEXT, &POD_CONTEXT, &POD, &CONTAINER]
    } else {
        [&POD, &POD_CONTEXT, &CONTAINER_CONTEXT, &CONTAINER]
    };
    order.into_iter().filter(|level| !is(level)).find_map(|level| Some((level, level.field(name)?)))
}

/// The finding for a field of `home` that stands in `here`.
pub(crate) fn misplaced<'d>(value: Value<'d>, field: &Field, here: &str, home: &Record) -> Finding<'d> {
    let effect = if protects(field.name, value) { "the protection is not there" } else { "it has no effect" };
    let message = format!("`{}` stands in {here} and belongs in {}: the API drops it, {effect}", field.name, home.name);
    Finding::at_key_of(value).severity(severity(field)).message(message)
}

fn severity(field: &Field) -> Severity {
    if field.security { Severity::High } else { Severity::Medium }
}

/// Whether a field with this value was meant to lock the pod in.
fn protects(name: &str, value: Value<'_>) -> bool {
    match name {
        "allowPrivilegeEscalation"
        | "automountServiceAccountToken"
        | "hostIPC"
        | "hostNetwork"
        | "hostPID"
        | "hostUsers"
        | "privileged"
        | "shareProcessNamespace" => value.as_bool() == Some(false),
        "readOnlyRootFilesystem" | "runAsNonRoot" => value.as_bool() == Some(true),
        "appArmorProfile" | "capabilities" | "fsGroup" | "runAsGroup" | "runAsUser" | "runtimeClassName"
        | "seLinuxOptions" | "seccompProfile" | "securityContext" | "supplementalGroups" => true,
        _ => false,
    }
}

fn fits(value: Value<'_>, shape: &Shape) -> bool {
    match shape {
        Shape::Any => true,
        Shape::Bool => matches!(value.scalar(), Scalar::Bool(_)),
        Shape::Int => matches!(value.scalar(), Scalar::Int(_)),
        Shape::Text | Shape::HiddenText => matches!(value.scalar(), Scalar::String(_)),
        Shape::IntOrText => matches!(value.scalar(), Scalar::Int(_) | Scalar::String(_)),
        Shape::Quantity => matches!(value.scalar(), Scalar::Int(_) | Scalar::Float(_) | Scalar::String(_)),
        Shape::Record(_) | Shape::Map(_) => value.is_mapping(),
        Shape::List(_) => value.is_sequence(),
    }
}

fn found(value: Value<'_>) -> &'static str {
    match value.scalar() {
        Scalar::Null => "null",
        Scalar::Bool(_) => "a boolean",
        Scalar::Int(_) | Scalar::Float(_) => "a number",
        Scalar::String(_) => "text",
        Scalar::Collection if value.is_mapping() => "a mapping",
        Scalar::Collection => "a list",
    }
}

fn expected(shape: &Shape) -> &'static str {
    match shape {
        Shape::Any => "something else",
        Shape::Bool => "`true` or `false`",
        Shape::Int => "a whole number",
        Shape::Text | Shape::HiddenText => "text",
        Shape::IntOrText => "a whole number or a name",
        Shape::Quantity => "a quantity",
        Shape::Record(_) | Shape::Map(_) => "a mapping",
        Shape::List(_) => "a list",
    }
}
