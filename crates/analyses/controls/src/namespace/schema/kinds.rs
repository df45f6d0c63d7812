//! Kinds that are not there: misspelt, of another group or version, or not yet known to the version that was asked for.

use model::finding::{Finding, Findings};
use model::object::Object;
use schemas::{Kind, Schemas, Version, kubernetes};

use super::nearest::nearest;

/// Kinds of the API version `v1` that never were the API server's: files of its clients, and early OpenShift's.
const OF_OTHERS: &[&str] = &[
    "BuildConfig",
    "Config",
    "DeploymentConfig",
    "Group",
    "ImageStream",
    "ImageStreamTag",
    "OAuthClient",
    "Policy",
    "Project",
    "ProjectRequest",
    "Route",
    "SecurityContextConstraints",
    "Template",
    "User",
];

/// Reports a kind that no version of Kubernetes has, or not the one that was asked for.
pub(crate) fn check(object: &Object<'_>, findings: &mut Findings<'_>) {
    let schemas = kubernetes();
    let message = match schemas.kind(&object.api_version, &object.kind) {
        Some(kind) => findings.settings.kubernetes_minor.and_then(|minor| too_new(kind, Version::new(minor), schemas)),
        None => unknown(object, schemas),
    };
    if let (Some(message), Some(kind)) = (message, object.value.get("kind")) {
        findings.report(Finding::at(kind).message(message));
    }
}

/// That a kind is gone is the finding of `deprecated-api-version`.
fn too_new(kind: &Kind, version: Version, schemas: &Schemas) -> Option<String> {
    if kind.versions.contains(version) || kind.versions.oldest()? < version {
        return None;
    }
    let told = kind.versions.describe(schemas.versions());
    let name = kind.api_version;
    Some(format!("`{{value}}` of `{name}` is not known to Kubernetes {version}, {told}: the API refuses the object"))
}

fn unknown(object: &Object<'_>, schemas: &Schemas) -> Option<String> {
    let group = object.group();
    let is_list = object.kind.ends_with("List");
    let is_of_others = group.is_empty() && OF_OTHERS.contains(&&*object.kind);
    if !schemas.has_group(group) || is_list || is_of_others {
        return None;
    }
    let current = || schemas.kinds().iter().filter(|kind| kind.definition.is_some());
    let same = || current().filter(|kind| kind.kind == object.kind);
    // Stable versions are preferred, and of the same group.
    let rank =
        |kind: &&Kind| (kind.group() != group, kind.api_version.contains("alpha"), kind.api_version.contains("beta"));
    if let Some(kind) = same().min_by_key(rank) {
        let (given, known) = (&object.api_version, kind.api_version);
        return Some(format!("There is no `{{value}}` in `{given}`, it is in `{known}`: the API refuses the object"));
    }
    let near = nearest(&object.kind, current().filter(|kind| kind.group() == group).map(|kind| kind.kind));
    Some(
        match near {
            Some(meant) => format!("`{group}` has no kind `{{value}}`, but `{meant}`: the API refuses the object"),
            None => format!("`{group}` has no kind `{{value}}`: the API refuses the object"),
        }
        .replacen("`` has", "The core group has", 1),
    )
}
