//! Rendered files into manifests: their documents, hooks apart, in the order in which Helm installs kinds.
//! Source: Helm, `release/v1/util`.

mod print;

use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;

use regex::Regex;

use crate::render::{File, Output};

pub use print::{Crds, Hooks, Print, Tests};

pub(crate) use print::print;

/// Why manifests were not sorted or printed.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// A document is no YAML.
    #[error("YAML parse error on {name}: {message}")]
    Syntax {
        /// The file, by the name that Helm gives it.
        name: String,
        /// What is wrong.
        message: String,
        /// The byte of the rendered text of the file.
        offset: u32,
    },
    /// `--show-only` names a file that gave nothing.
    #[error("could not find template {0} in chart")]
    NotFound(String),
}

/// One document.
#[derive(Clone, Debug)]
pub struct Manifest<'o> {
    /// The file that it is in.
    pub file: &'o File,
    /// Its bytes in the rendered text of the file.
    pub range: Range<usize>,
    /// `kind`, as it is written.
    pub kind: String,
    /// When Helm runs it, for a hook: `pre-install`, `test` and so on.
    pub hooks: Vec<String>,
}

/// The documents of a chart.
#[derive(Debug, Default)]
pub struct Manifests<'o> {
    /// What is installed, in order.
    pub manifests: Vec<Manifest<'o>>,
    /// Hooks, in order.
    pub hooks: Vec<Manifest<'o>>,
}

impl Manifest<'_> {
    /// The text.
    pub fn text(&self) -> &str {
        &self.file.rendered.text[self.range.clone()]
    }

    /// Whether it is a hook that runs for `helm test` only.
    pub fn is_test(&self) -> bool {
        self.hooks.iter().any(|hook| hook == "test")
    }

    /// The template, as it is shown.
    pub fn path(&self) -> &Path {
        &self.file.path
    }
}

/// The order of kinds. Source: Helm, `InstallOrder`.
const ORDER: &[&str] = &[
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

const EVENTS: &[(&str, &str)] = &[
    ("pre-install", "pre-install"),
    ("post-install", "post-install"),
    ("pre-delete", "pre-delete"),
    ("post-delete", "post-delete"),
    ("pre-upgrade", "pre-upgrade"),
    ("post-upgrade", "post-upgrade"),
    ("pre-rollback", "pre-rollback"),
    ("post-rollback", "post-rollback"),
    ("test", "test"),
    ("test-success", "test"),
];

fn separator() -> &'static Regex {
    static REGEX: OnceLock<Regex> = OnceLock::new();
    REGEX.get_or_init(|| Regex::new(r"(?m)^---[ \t]*").expect("the pattern is fixed"))
}

/// The documents of a text, without the white space before them.
pub(crate) fn split(text: &str) -> Vec<Range<usize>> {
    let start = text.len() - text.trim_start_matches(is_space).len();
    let mut documents = Vec::new();
    let mut from = start;
    let cuts = separator().find_iter(&text[start..]).map(|found| (start + found.start(), start + found.end()));
    for (end, next) in cuts.chain([(text.len(), text.len())]) {
        let document = &text[from..end];
        let trimmed = document.trim_start_matches(is_space);
        if !trimmed.is_empty() {
            documents.push(end - trimmed.len()..end);
        }
        from = next;
    }
    documents
}

pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() && !matches!(c, '\x1C'..='\x1F')
}

/// Sorts the documents of a chart.
pub(crate) fn sort(output: &Output) -> Result<Manifests<'_>, PrintError> {
    let mut sorted = Manifests::default();
    for file in &output.files {
        let text = &file.rendered.text;
        if text.trim_matches(is_space).is_empty() {
            continue;
        }
        for range in split(text) {
            sort_one(file, range, &mut sorted)?;
        }
    }
    let rank = |manifest: &Manifest<'_>| {
        let place = ORDER.iter().position(|kind| *kind == manifest.kind);
        (place.unwrap_or(ORDER.len()), if place.is_none() { manifest.kind.clone() } else { String::new() })
    };
    sorted.manifests.sort_by_cached_key(rank);
    sorted.hooks.sort_by_cached_key(rank);
    Ok(sorted)
}

fn sort_one<'o>(file: &'o File, range: Range<usize>, sorted: &mut Manifests<'o>) -> Result<(), PrintError> {
    let text = &file.rendered.text[range.clone()];
    let syntax = |offset: usize, message: String| PrintError::Syntax {
        name: file.name.clone(),
        message,
        offset: (range.start + offset) as u32,
    };
    // A document of comments is one too.
    let Some(content) = yaml::separate::documents(text).next() else {
        sorted.manifests.push(Manifest { file, range, kind: String::new(), hooks: Vec::new() });
        return Ok(());
    };
    let start = content.start;
    let document =
        yaml::parse_document(&text[content]).map_err(|error| syntax(start + error.offset as usize, error.message))?;
    let root = document.root();
    if !root.is_mapping() && !root.is_null() {
        return Err(syntax(start, "a manifest is a mapping, and this is something else".to_owned()));
    }
    let kind = root.get("kind").map(|kind| kind.text().into_owned()).unwrap_or_default();
    let hook = root.at(&["metadata", "annotations", "helm.sh/hook"]).map(|hook| hook.text().into_owned());
    let Some(hook) = hook else {
        sorted.manifests.push(Manifest { file, range, kind, hooks: Vec::new() });
        return Ok(());
    };
    let mut hooks = Vec::new();
    for name in hook.split(',') {
        let name = name.trim().to_lowercase();
        // Helm leaves out what it does not know, with all that is in it.
        let Some((_, event)) = EVENTS.iter().find(|(known, _)| *known == name) else { return Ok(()) };
        hooks.push((*event).to_owned());
    }
    sorted.hooks.push(Manifest { file, range, kind, hooks });
    Ok(())
}
