//! Values as Go prints them with `%v`, `%+v` and `%#v`.

use std::fmt::Write as _;
use std::rc::Rc;

use super::numbers::float_g;
use super::quote::quoted;
use crate::render::{Capabilities, Tracing};
use crate::text::{Builder, NOWHERE, Origin, Text};
use crate::value::{Kind, List, Map, Object, Value};

/// Deeper values are cut off: Go would not come back from a mapping that holds itself.
pub(crate) const DEEPEST: usize = 1_000;

/// The value as `%v` prints it.
pub(crate) fn display(value: &Value) -> String {
    let mut out = Builder::new(Tracing::Off);
    display_into(value, &mut out, NOWHERE);
    out.into_parts().0
}

/// The value as `%v` prints it; what no template made has `origin`.
pub(crate) fn display_into(value: &Value, out: &mut Builder, origin: Origin) {
    Printer { out, origin, depth: 0 }.value(value, 0);
}

/// The value as Sprig makes text of it: bytes as text, objects by their own words.
pub(crate) fn stringify(value: &Value) -> Text {
    match &value.kind {
        Kind::Text(text) => text.clone(),
        Kind::Bytes(bytes) => Text::from(&*crate::text::from_bytes(bytes)),
        _ => Text::from(display(value)),
    }
}

struct Printer<'b> {
    out: &'b mut Builder,
    origin: Origin,
    depth: usize,
}

impl Printer<'_> {
    fn raw(&mut self, text: &str, taint: u32) {
        self.out.push(text, self.origin, taint);
    }

    fn value(&mut self, value: &Value, above: u32) {
        let taint = if value.taint == 0 { above } else { value.taint };
        match &value.kind {
            Kind::Nil => self.raw("<nil>", taint),
            Kind::Bool(value) => self.raw(if *value { "true" } else { "false" }, taint),
            Kind::Int(value, _) => self.raw(&value.to_string(), taint),
            Kind::Float(value) => self.raw(&float_g(*value), taint),
            Kind::Text(text) => self.out.push_text(text, taint, self.origin),
            Kind::Bytes(bytes) => {
                let texts: Vec<String> = bytes.iter().map(u8::to_string).collect();
                self.raw(&format!("[{}]", texts.join(" ")), taint);
            }
            Kind::List(_) | Kind::Map(_) if self.depth == DEEPEST => self.raw("…", taint),
            Kind::List(list) => self.list(list, taint),
            Kind::Map(map) => self.map(map, taint),
            Kind::Object(object) => self.raw(&object_text(object), taint),
        }
    }

    fn list(&mut self, list: &Rc<List>, taint: u32) {
        self.depth += 1;
        self.raw("[", taint);
        for (index, item) in list.items.iter().enumerate() {
            if index > 0 {
                self.raw(" ", taint);
            }
            self.value(item, taint);
        }
        self.raw("]", taint);
        self.depth -= 1;
    }

    fn map(&mut self, map: &Rc<Map>, taint: u32) {
        self.depth += 1;
        self.raw("map[", taint);
        for (index, (key, value)) in map.entries.borrow().iter().enumerate() {
            if index > 0 {
                self.raw(" ", taint);
            }
            self.raw(key, taint);
            self.raw(":", taint);
            self.value(value, taint);
        }
        self.raw("]", taint);
        self.depth -= 1;
    }
}

pub(crate) fn object_text(object: &Object) -> String {
    match object {
        Object::Files(files) => {
            let show = |(name, data): (&String, &Rc<[u8]>)| {
                let bytes: Vec<String> = data.iter().map(u8::to_string).collect();
                format!("{name}:[{}]", bytes.join(" "))
            };
            let entries: Vec<String> = files.iter().map(show).collect();
            format!("map[{}]", entries.join(" "))
        }
        Object::Capabilities(capabilities) => capabilities_text(capabilities),
        Object::KubeVersion(capabilities) => capabilities.kube_version.normalized.clone(),
        Object::ApiVersions(versions) => format!("[{}]", versions.join(" ")),
        Object::HelmVersion => helm_version(),
        Object::Time(time) => time.to_string(),
        Object::Duration(nanoseconds) => crate::functions::dates::duration_text(*nanoseconds),
        Object::Version(version) => version.to_string(),
        Object::Certificate(certificate, key) => format!("{{{certificate} {key}}}"),
    }
}

pub(crate) fn kube_version_struct(capabilities: &Capabilities) -> String {
    let version = &capabilities.kube_version;
    format!("{{{} {} {} {}}}", version.version, version.normalized, version.major, version.minor)
}

fn helm_version() -> String {
    let (helm, go) = (crate::render::HELM_VERSION, crate::render::GO_VERSION);
    format!("{{{helm}   {go} {}}}", Capabilities::client_version())
}

fn capabilities_text(capabilities: &Capabilities) -> String {
    let versions = capabilities.api_versions.join(" ");
    format!("{{{} [{versions}] {}}}", kube_version_struct(capabilities), helm_version())
}

/// The value as `%#v` prints it.
pub(crate) fn go_syntax(value: &Value, depth: usize) -> String {
    if depth == DEEPEST {
        return "…".to_owned();
    }
    let mut out = String::new();
    match &value.kind {
        Kind::Nil => out.push_str("interface {}(nil)"),
        Kind::Text(text) => out.push_str(&quoted(text)),
        Kind::Int(value, crate::value::Width::Uint64 | crate::value::Width::Uint8) => {
            let _ = write!(out, "{value:#x}");
        }
        Kind::Bytes(bytes) => {
            let bytes: Vec<String> = bytes.iter().map(|b| format!("{b:#x}")).collect();
            let _ = write!(out, "[]byte{{{}}}", bytes.join(", "));
        }
        Kind::List(list) if list.is_nil => {
            let _ = write!(out, "{}(nil)", value.type_name());
        }
        Kind::List(list) => {
            out.push_str(value.type_name());
            let items: Vec<String> = list.items.iter().map(|item| go_syntax(item, depth + 1)).collect();
            let _ = write!(out, "{{{}}}", items.join(", "));
        }
        Kind::Map(map) => {
            out.push_str(value.type_name());
            let show = |(key, value): (&Rc<str>, &Value)| format!("{}:{}", quoted(key), go_syntax(value, depth + 1));
            let entries: Vec<String> = map.entries.borrow().iter().map(show).collect();
            let _ = write!(out, "{{{}}}", entries.join(", "));
        }
        Kind::Object(object) => out.push_str(&object_text(object)),
        Kind::Float(number) => out.push_str(&float_g(*number)),
        Kind::Bool(_) | Kind::Int(..) => out.push_str(&display(value)),
    }
    out
}
