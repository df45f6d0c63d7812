//! `appArmorProfile`: profiles, in fields and in annotations.

use model::workload::Workload;

use crate::pod_security::annotations::wrong_annotations;
use crate::pod_security::wording::{Forbidden, Set, Setters, plural, quoted, text_of};

/// What follows is the name of a container; that there is one is not asked.
const ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";

pub(super) fn check(workload: &Workload<'_>) -> Option<Forbidden> {
    let mut types = Set::new();
    let setters = Setters::of(&workload.pod, |context| {
        let Some(profile) = context.app_armor_profile else { return false };
        let kind = text_of(profile.get("type"));
        let is_wrong = !matches!(&*kind, "RuntimeDefault" | "Localhost");
        if is_wrong {
            types.insert(kind);
        }
        is_wrong
    });
    let annotations = wrong_annotations(&workload.pod, |key, value| {
        key.starts_with(ANNOTATION) && !matches!(value, "" | "runtime/default") && !value.starts_with("localhost/")
    });
    if setters.is_empty() && annotations.is_empty() {
        return None;
    }
    let mut parts = setters.parts();
    if !annotations.is_empty() {
        parts.push(plural(annotations.len(), "annotation", "annotations").to_owned());
    }
    let values = types.iter().map(|kind| &**kind).chain(annotations.iter().map(String::as_str));
    Some(Forbidden {
        reason: plural(types.len() + annotations.len(), "forbidden AppArmor profile", "forbidden AppArmor profiles"),
        detail: format!("{} must not set AppArmor profile type to {}", parts.join(" and "), quoted(values)),
    })
}
