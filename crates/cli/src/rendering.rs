//! What flags and the project's configuration say of rendering, as the sources have it.

use model::nearest::nearest;
use repository::options::{Bases, Options, ValuesSource};
use repository::rendering::check_flags;

use crate::arguments::{RenderingArguments, SelectionArguments};
use crate::configuration::ProjectSettings;
use crate::exit::UsageError;

/// How charts and kustomizations are rendered.
///
/// # Errors
/// A file of values that is not there, or a flag that sets nothing.
pub(crate) fn options(
    arguments: &RenderingArguments,
    selection: Option<&SelectionArguments>,
    project: Option<&ProjectSettings>,
) -> Result<Options, UsageError> {
    let RenderingArguments {
        values,
        set,
        set_string,
        set_json,
        set_file,
        release_name,
        release_namespace,
        kube_version,
        api_versions,
        show_only,
        include_bases,
    } = arguments;
    if let Some(missing) = values.iter().find(|file| !file.is_file()) {
        return Err(UsageError(format!("there is no file of values `{}`{}", missing.display(), near(missing))));
    }
    // The order in which Helm applies them.
    let mut all: Vec<ValuesSource> = values.iter().cloned().map(ValuesSource::File).collect();
    all.extend(set_json.iter().cloned().map(ValuesSource::SetJson));
    all.extend(set.iter().cloned().map(ValuesSource::Set));
    all.extend(set_string.iter().cloned().map(ValuesSource::SetString));
    all.extend(set_file.iter().cloned().map(ValuesSource::SetFile));
    let flags = Options { values: all.clone(), ..Options::default() };
    check_flags(&flags).map_err(UsageError)?;
    let of_selection = selection.and_then(|selection| selection.kubernetes_version);
    Ok(Options {
        values: all,
        release_name: release_name.clone(),
        namespace: release_namespace.clone(),
        kube_version: kube_version.clone().or_else(|| of_selection.map(|version| version.to_string())),
        api_versions: api_versions.clone(),
        show_only: show_only.clone(),
        bases: if *include_bases { Bases::All } else { Bases::Unused },
        sets: project.map_or_else(Vec::new, |project| project.value_sets.clone()),
        ..Options::default()
    })
}

/// A file in the same folder that is called nearly so.
fn near(missing: &std::path::Path) -> String {
    let folder = missing.parent().filter(|folder| !folder.as_os_str().is_empty());
    let Ok(entries) = std::fs::read_dir(folder.unwrap_or(std::path::Path::new("."))) else { return String::new() };
    let names: Vec<String> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let wanted = missing.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let found = nearest(&wanted, names.iter().map(String::as_str));
    found.map_or_else(String::new, |name| format!(": did you mean `{name}`?"))
}
