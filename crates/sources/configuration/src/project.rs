//! `plimsoll.yaml`: everything that a flag can say, and what no flag can: severities and parameters of controls, and
//! what holds for some paths only.

use model::document::Value;

use crate::fields::Reader;

/// A project's configuration, as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// What is scanned if the command line names nothing, relative to the folder of the file.
    pub paths: Vec<String>,
    /// Flags, by their names.
    pub flags: Vec<Flag>,
    /// What is set for controls.
    pub controls: Vec<ControlSetting>,
    /// What is set for some paths only, in order: later ones win.
    pub overrides: Vec<Override>,
    /// With which values charts are rendered, environment by environment.
    pub charts: Vec<ChartSetting>,
}

/// With which values a chart is rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartSetting {
    /// Its folder or archive, relative to the folder of the file.
    pub path: String,
    /// The environments.
    pub environments: Vec<Environment>,
    /// Where it stands.
    pub position: (u32, u32),
}

/// With which values a chart is rendered for one environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// Files of values, relative to the folder of the file.
    pub files: Vec<String>,
    /// Values as `--set` takes them.
    pub set: Vec<String>,
    /// The name of the release.
    pub release_name: Option<String>,
    /// The namespace of the release.
    pub namespace: Option<String>,
    /// Where it stands.
    pub position: (u32, u32),
}

/// A flag, and what it is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Its name without dashes.
    pub name: String,
    /// What is written: `true` and `false` for switches.
    pub values: Vec<String>,
    /// Where it stands.
    pub position: (u32, u32),
}

/// What is set for a control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlSetting {
    /// Its id.
    pub control: String,
    /// Whether it runs.
    pub enabled: Option<bool>,
    /// Its severity.
    pub severity: Option<String>,
    /// Parameters: the name and the words, of a list or of one text.
    pub parameters: Vec<(String, Vec<String>, (u32, u32))>,
    /// Where it stands.
    pub position: (u32, u32),
}

/// What is set for some paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Globs, relative to the folder of the file.
    pub paths: Vec<String>,
    /// Controls, groups or severities that say nothing there.
    pub skip: Vec<String>,
    /// What is set for controls there.
    pub controls: Vec<ControlSetting>,
    /// Where it stands.
    pub position: (u32, u32),
}

const CONTROL_KEYS: &[&str] = &["enabled", "severity", "parameters"];
const OVERRIDE_KEYS: &[&str] = &["paths", "skip", "controls"];

/// Keys that are no flags.
const OWN_KEYS: &[&str] = &["paths", "controls", "overrides", "charts"];

const CHART_KEYS: &[&str] = &["environments", "release-name", "namespace"];
const ENVIRONMENT_KEYS: &[&str] = &["values", "set", "release-name", "namespace"];

/// Reads a configuration. `flags` are the flags that there are. What is wrong is left in `reader`.
pub fn read(reader: &mut Reader<'_>, flags: &[&str]) -> Project {
    let known: Vec<&str> = OWN_KEYS.iter().chain(flags).copied().collect();
    let mut project = Project::default();
    let entries = reader.entries(reader.root(), "the configuration", &known);
    for problem in &mut reader.problems {
        let own = OWN_KEYS.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        let all = format!("there are {own}, and the flags that `plimsoll scan --help` lists");
        problem.message = problem.message.replace("it is none of those that there are", &all);
    }
    for (key, value) in entries {
        match &*key {
            "paths" => project.paths = reader.texts(value, "`paths`"),
            "controls" => project.controls = controls(reader, value),
            "charts" => project.charts = charts(reader, value),
            "overrides" => {
                project.overrides = value.items().filter_map(|item| one_override(reader, item)).collect();
                if !value.is_sequence() && !value.is_null() {
                    reader.problem(value, "`overrides` is a list");
                }
            }
            _ => {
                let position = reader.position(value);
                let values = reader.texts(value, &format!("`{key}`"));
                project.flags.push(Flag { name: key, values, position });
            }
        }
    }
    project
}

fn controls(reader: &mut Reader<'_>, value: Value<'_>) -> Vec<ControlSetting> {
    let value = reader.root().document().value(value.id());
    let entries = reader.entries(value, "`controls`", &[]);
    entries.into_iter().map(|(id, value)| control(reader, id, value)).collect()
}

fn control<'d>(reader: &mut Reader<'d>, id: String, value: Value<'d>) -> ControlSetting {
    let position = reader.position(value);
    let mut setting = ControlSetting { control: id, enabled: None, severity: None, parameters: Vec::new(), position };
    // `low-user-id: false` switches it off.
    if let Some(enabled) = value.as_bool().filter(|_| value.is_scalar()) {
        setting.enabled = Some(enabled);
        return setting;
    }
    let what = format!("control `{}`", setting.control);
    for (key, value) in reader.entries(value, &what, CONTROL_KEYS) {
        match &*key {
            "enabled" => {
                setting.enabled = value.as_bool();
                if setting.enabled.is_none() {
                    reader.problem(value, "`enabled` is true or false");
                }
            }
            "severity" => setting.severity = reader.text(value, "`severity`"),
            _ => {
                for (name, value) in reader.entries(value, "`parameters`", &[]) {
                    let position = reader.position(value);
                    let words = reader.texts(value, &format!("`{name}`"));
                    setting.parameters.push((name, words, position));
                }
            }
        }
    }
    setting
}

fn charts(reader: &mut Reader<'_>, value: Value<'_>) -> Vec<ChartSetting> {
    let value = reader.root().document().value(value.id());
    let mut found = Vec::new();
    for (path, value) in reader.entries(value, "`charts`", &[]) {
        let position = reader.position(value);
        let what = format!("chart `{path}`");
        let mut common = Environment::default();
        let mut environments = Vec::new();
        for (key, value) in reader.entries(value, &what, CHART_KEYS) {
            match &*key {
                "release-name" => common.release_name = reader.text(value, "`release-name`"),
                "namespace" => common.namespace = reader.text(value, "`namespace`"),
                _ => environments = reader.entries(value, "`environments`", &[]),
            }
        }
        let environments: Vec<Environment> =
            environments.into_iter().map(|(name, value)| environment(reader, name, value, &common)).collect();
        if environments.is_empty() {
            reader.problem(value, "a chart names the `environments` that it is rendered for");
        }
        found.push(ChartSetting { path, environments, position });
    }
    found
}

/// One environment: files of values, or a mapping that says more.
fn environment<'d>(reader: &mut Reader<'d>, name: String, value: Value<'d>, common: &Environment) -> Environment {
    let position = reader.position(value);
    let mut found = Environment { name, position, ..common.clone() };
    if !value.is_mapping() {
        found.files = reader.texts(value, &format!("environment `{}`", found.name));
        return found;
    }
    let what = format!("environment `{}`", found.name);
    for (key, value) in reader.entries(value, &what, ENVIRONMENT_KEYS) {
        match &*key {
            "values" => found.files = reader.texts(value, "`values`"),
            "set" => found.set = reader.texts(value, "`set`"),
            "release-name" => found.release_name = reader.text(value, "`release-name`"),
            _ => found.namespace = reader.text(value, "`namespace`"),
        }
    }
    found
}

fn one_override(reader: &mut Reader<'_>, value: Value<'_>) -> Option<Override> {
    let value = reader.root().document().value(value.id());
    let position = reader.position(value);
    let mut found = Override { paths: Vec::new(), skip: Vec::new(), controls: Vec::new(), position };
    for (key, value) in reader.entries(value, "an override", OVERRIDE_KEYS) {
        match &*key {
            "paths" => found.paths = reader.texts(value, "`paths`"),
            "skip" => found.skip = reader.texts(value, "`skip`"),
            _ => found.controls = controls(reader, value),
        }
    }
    if found.paths.is_empty() {
        reader.problem(value, "an override names the `paths` that it is for");
        return None;
    }
    Some(found)
}
