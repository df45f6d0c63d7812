//! Documents that were meant to be objects and are none: kubectl refuses them, and a scan that takes them for something
//! else would call them clean.
//!
//! Much YAML has a `kind` or a `metadata` and nothing to do with Kubernetes: a near miss has more than one of its marks.

use model::document::Value;
use model::object::Object;
use schemas::kubernetes;

use super::document::is_of_a_tool;

/// What is wrong with a document that is no object and was meant to be one, and where. `None` if it was not.
pub(super) fn near_miss(root: Value<'_>) -> Option<(Value<'_>, String)> {
    if root.is_sequence() {
        let item = root.items().find(|item| Object::new(*item).is_some_and(|object| !is_of_a_tool(&object)))?;
        let reason = "a list of objects that is no `List`: kubectl refuses it; separate the objects with `---`";
        return Some((item, reason.to_owned()));
    }
    let fields = Fields::of(root);
    let kind = usable(fields.kind);
    let api_version = usable(fields.api_version);
    let wrong = if api_version.is_none() { "apiVersion" } else { "kind" };
    let is_meant = match (&kind, &api_version) {
        (Some(kind), _) if is_kind(kind) => fields.has_body || fields.api_version.is_some_and(is_no_text),
        (Some(_), _) => fields.has_body && fields.api_version.is_some_and(is_no_text),
        (None, Some(api_version)) => fields.has_body && is_of_kubernetes(api_version),
        (None, None) => false,
    };
    let is_misspelt = || fields.misspelt_kind.is_some_and(|kind| is_kind(&kind.text())) && fields.has_body;
    if !(is_meant || kind.is_none() && is_misspelt()) {
        return None;
    }
    let (value, misspelt) = match wrong {
        "kind" => (fields.kind, fields.misspelt_kind),
        _ => (fields.api_version, fields.misspelt_api_version),
    };
    let said = match (value, misspelt) {
        (None, Some(_)) => format!("has to be written `{wrong}`"),
        (None, None) => "is missing".to_owned(),
        (Some(value), _) if value.is_null() || value.is_scalar() && value.text().is_empty() => "is empty".to_owned(),
        (Some(_), _) => "is no text".to_owned(),
    };
    let reason = format!("meant to be an object and none, kubectl refuses it: its `{wrong}` {said}");
    Some((value.or(misspelt).unwrap_or(root), reason))
}

/// What a document has of an object.
#[derive(Default)]
struct Fields<'d> {
    api_version: Option<Value<'d>>,
    kind: Option<Value<'d>>,
    misspelt_api_version: Option<Value<'d>>,
    misspelt_kind: Option<Value<'d>>,
    /// Metadata with a name, a specification, or items that are objects.
    has_body: bool,
}

impl<'d> Fields<'d> {
    fn of(root: Value<'d>) -> Self {
        let mut fields = Self::default();
        for (key, child) in root.entries() {
            match &*key.text() {
                "apiVersion" => fields.api_version = Some(child),
                "kind" => fields.kind = Some(child),
                "metadata" => {
                    let name = child.get("name").or_else(|| child.get("generateName"));
                    fields.has_body |= name.is_some_and(|name| name.is_scalar() && !name.is_null());
                }
                "spec" => fields.has_body |= child.is_mapping(),
                "items" => fields.has_body |= child.items().next().is_some_and(|item| Object::new(item).is_some()),
                other if other.eq_ignore_ascii_case("kind") => fields.misspelt_kind = Some(child),
                other if other.eq_ignore_ascii_case("apiVersion") => fields.misspelt_api_version = Some(child),
                _ => {}
            }
        }
        fields
    }
}

fn usable(value: Option<Value<'_>>) -> Option<String> {
    value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(String::from)
}

/// Whether it is there and neither text nor nothing.
fn is_no_text(value: Value<'_>) -> bool {
    !value.is_null() && value.as_str().is_none()
}

/// Whether Kubernetes has, in any group, a kind of that name.
fn is_kind(name: &str) -> bool {
    name == "List" || kubernetes().kinds().iter().any(|kind| kind.kind == name)
}

/// Whether it is the version of a group that comes with Kubernetes.
fn is_of_kubernetes(api_version: &str) -> bool {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let mut letters = version.chars();
    letters.next() == Some('v')
        && letters.next().is_some_and(|digit| digit.is_ascii_digit())
        && kubernetes().has_group(group)
}
