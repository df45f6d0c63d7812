//! What `Chart.yaml` and `requirements.yaml` say.

use std::collections::BTreeMap;

use model::document::{Kind, Resolution, Value};

use crate::functions::semver::Version;
use crate::values::{self, Node};

/// The content of `Chart.yaml`.
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    /// `v1` or `v2`.
    pub api_version: String,
    /// The name.
    pub name: String,
    /// The version of the chart.
    pub version: String,
    /// The version of what it installs.
    pub app_version: String,
    /// A sentence.
    pub description: String,
    /// `application`, `library`, or nothing.
    pub kind: String,
    /// The versions of Kubernetes that it is for.
    pub kube_version: String,
    /// A page about it.
    pub home: String,
    /// A picture.
    pub icon: String,
    /// Read by nobody today.
    pub condition: String,
    /// Read by nobody today.
    pub tags: String,
    /// Whether it should not be used any more.
    pub deprecated: bool,
    /// Where the sources are.
    pub sources: Vec<String>,
    /// Words.
    pub keywords: Vec<String>,
    /// Name, address and page of those who look after it.
    pub maintainers: Vec<[String; 3]>,
    /// Notes of any kind; `None` if there are none.
    pub annotations: Option<BTreeMap<String, String>>,
    /// The charts it needs.
    pub dependencies: Vec<Dependency>,
}

/// A chart that a chart needs.
#[derive(Clone, Debug, Default)]
pub struct Dependency {
    /// Its name; after dependencies are worked out, its alias if it has one.
    pub name: String,
    /// The versions that will do.
    pub version: String,
    /// Where it comes from.
    pub repository: String,
    /// The values that enable it, separated by commas; the first that is there counts.
    pub condition: String,
    /// Groups that can be enabled together.
    pub tags: Vec<String>,
    /// The values of it that its parent takes.
    pub import_values: Vec<Node>,
    /// The name under which it is used.
    pub alias: String,
    /// Whether it takes part.
    pub enabled: bool,
}

impl Metadata {
    /// Takes over what a document of `Chart.yaml` or `requirements.yaml` says.
    pub(crate) fn read(&mut self, root: Value<'_>) -> Result<(), String> {
        for (key, value) in root.entries() {
            let key = key.text().to_ascii_lowercase();
            match key.as_str() {
                "apiversion" => self.api_version = text(&key, value)?,
                "name" => self.name = text(&key, value)?,
                "version" => self.version = text(&key, value)?,
                "appversion" => self.app_version = text(&key, value)?,
                "description" => self.description = text(&key, value)?,
                "type" => self.kind = text(&key, value)?,
                "kubeversion" => self.kube_version = text(&key, value)?,
                "home" => self.home = text(&key, value)?,
                "icon" => self.icon = text(&key, value)?,
                "condition" => self.condition = text(&key, value)?,
                "tags" => self.tags = text(&key, value)?,
                "deprecated" => self.deprecated = matches!(value.scalar(), model::scalar::Scalar::Bool(true)),
                "sources" => self.sources = texts(&key, value)?,
                "keywords" => self.keywords = texts(&key, value)?,
                "annotations" => self.annotations = annotations(value)?,
                "maintainers" => self.maintainers = value.items().map(maintainer).collect::<Result<_, _>>()?,
                "dependencies" => self.dependencies = value.items().map(dependency).collect::<Result<_, _>>()?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Checks what must be there, and takes characters out that cannot be printed.
    pub(crate) fn validate(&mut self) -> Result<(), String> {
        for field in [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ] {
            *field = sanitize(field);
        }
        let name = crate::format::quoted(&self.name);
        let problem = match self {
            Self { api_version, .. } if api_version.is_empty() => "chart.metadata.apiVersion is required".to_owned(),
            Self { name, .. } if name.is_empty() => "chart.metadata.name is required".to_owned(),
            Self { name: n, .. } if n == "." || n == ".." => format!("chart.metadata.name {name} is not allowed"),
            Self { name: n, .. } if n.contains('/') => format!("chart.metadata.name {name} is invalid"),
            Self { version, .. } if version.is_empty() => "chart.metadata.version is required".to_owned(),
            Self { version, .. } if Version::parse(version).is_err() => {
                format!("chart.metadata.version {} is invalid", crate::format::quoted(version))
            }
            Self { kind, .. } if !matches!(kind.as_str(), "" | "application" | "library") => {
                "chart.metadata.type must be application or library".to_owned()
            }
            _ => return self.validate_dependencies(),
        };
        Err(format!("validation: {problem}"))
    }

    fn validate_dependencies(&self) -> Result<(), String> {
        let mut names = std::collections::BTreeSet::new();
        for dependency in &self.dependencies {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if !dependency.alias.chars().all(is_plain) {
                let name = crate::format::quoted(&dependency.name);
                return Err(format!("validation: dependency {name} has disallowed characters in the alias"));
            }
            let key = if dependency.alias.is_empty() { &dependency.name } else { &dependency.alias };
            if !names.insert(key) {
                let key = crate::format::quoted(key);
                return Err(format!("validation: more than one dependency with name or alias {key}"));
            }
        }
        Ok(())
    }
}

/// Text as a field that holds text takes it: numbers and booleans are spelled out.
fn text(key: &str, value: Value<'_>) -> Result<String, String> {
    if !value.is_scalar() {
        return Err(format!("`{key}` must be text"));
    }
    let node = value.document().nodes[value.id().0 as usize];
    let is_plain =
        (node.kind == Kind::Plain && node.resolution == Resolution::ByStyle) || node.resolution == Resolution::Plain;
    let text = value.text();
    if !is_plain {
        return Ok(text.into_owned());
    }
    Ok(model::scalar::resolve_key(&text).map(std::borrow::Cow::into_owned).unwrap_or_default())
}

fn texts(key: &str, value: Value<'_>) -> Result<Vec<String>, String> {
    if !value.is_sequence() && !value.is_null() {
        return Err(format!("`{key}` must be a list"));
    }
    value.items().map(|item| text(key, item)).collect()
}

fn annotations(value: Value<'_>) -> Result<Option<BTreeMap<String, String>>, String> {
    if !value.is_mapping() {
        return if value.is_null() { Ok(None) } else { Err("`annotations` must be a mapping".to_owned()) };
    }
    let entries = value.entries().map(|(key, value)| Ok((key.text().into_owned(), text("annotations", value)?)));
    entries.collect::<Result<_, String>>().map(Some)
}

fn maintainer(value: Value<'_>) -> Result<[String; 3], String> {
    let mut maintainer = [String::new(), String::new(), String::new()];
    for (key, value) in value.entries() {
        let at = match key.text().to_ascii_lowercase().as_str() {
            "name" => 0,
            "email" => 1,
            "url" => 2,
            _ => continue,
        };
        maintainer[at] = sanitize(&text("maintainers", value)?);
    }
    Ok(maintainer)
}

fn dependency(value: Value<'_>) -> Result<Dependency, String> {
    if !value.is_mapping() {
        return Err("validation: dependencies must not contain empty or null nodes".to_owned());
    }
    let mut dependency = Dependency::default();
    for (key, value) in value.entries() {
        let key = key.text().to_ascii_lowercase();
        match key.as_str() {
            "name" => dependency.name = sanitize(&text(&key, value)?),
            "version" => dependency.version = sanitize(&text(&key, value)?),
            "repository" => dependency.repository = sanitize(&text(&key, value)?),
            "condition" => dependency.condition = sanitize(&text(&key, value)?),
            "tags" => dependency.tags = texts(&key, value)?.iter().map(|tag| sanitize(tag)).collect(),
            "import-values" => {
                let items = value.items().map(|item| values::of_document(item));
                dependency.import_values = items.collect::<Result<_, _>>()?;
            }
            "alias" => dependency.alias = text(&key, value)?,
            "enabled" => dependency.enabled = matches!(value.scalar(), model::scalar::Scalar::Bool(true)),
            _ => {}
        }
    }
    Ok(dependency)
}

/// White space becomes a space, and what cannot be printed goes. Source: Helm, `sanitizeString`.
fn sanitize(text: &str) -> String {
    let mapped = text.chars().filter_map(|c| match c {
        _ if c.is_whitespace() => Some(' '),
        _ if crate::format::is_printable(c) => Some(c),
        _ => None,
    });
    mapped.collect()
}
