//! A NetworkPolicy for the pods of a workload, in a file of its own beside that of the workload.

use std::path::{Path, PathBuf};

use model::document::Value;
use model::origin::Renderer;

use super::locate::Locator;
use super::overlay::NAMES;
use super::{Site, SourceEdit, TextOf, Way};
use crate::edit::{self, Action, Patch};
use crate::tree::Tree;

/// Labels that controllers give pods by themselves.
const OF_CONTROLLERS: [&str; 3] = ["pod-template-hash", "controller-revision-hash", "pod-template-generation"];

/// Where templates of pods have their labels.
const LABELS: [&[&str]; 4] = [
    &["spec", "selector", "matchLabels"],
    &["spec", "template", "metadata", "labels"],
    &["spec", "jobTemplate", "spec", "template", "metadata", "labels"],
    &["metadata", "labels"],
];

/// The policy for an object of the manifest at `path`.
///
/// # Errors
/// Why it cannot be written.
pub(crate) fn beside(path: &Path, object: Value<'_>, ingress: &Tree, text_of: TextOf<'_>) -> Result<Way, String> {
    let (name, namespace) = (text(object, "name"), text(object, "namespace"));
    let policy = edit::document(&policy(&name, &namespace, selector(object)?, ingress));
    Ok(vec![file(beside_of(path, &name, text_of)?, Site::Manifest, policy)])
}

/// The policy for a rendered object: a template of a chart, or a resource of the kustomization that has the object.
pub(super) fn in_rendering(
    locator: &Locator<'_>,
    object: Value<'_>,
    ingress: &Tree,
    text_of: TextOf<'_>,
) -> Result<Way, String> {
    let written = object.at(&["metadata", "name"]).and_then(|name| locator.written_at(key_of(name)));
    let (source, _) = written.ok_or("the object does not come from a file that could be written beside")?;
    let own = text(object, "name");
    if locator.rendering.renderer == Renderer::Helm {
        let policy = template(locator, object, ingress)?;
        return Ok(vec![file(beside_of(&source.path, &own, text_of)?, Site::Template, policy)]);
    }
    let (name, namespace) = locator.original_name(object).ok_or("the object is not found in its base")?;
    let policy = edit::document(&policy(&name, &namespace, selector(object)?, ingress));
    let path = beside_of(&source.path, &name, text_of)?;
    let (kustomization, below) = kustomization_of(&path, text_of).ok_or("no kustomization here has the object")?;
    let list = Tree::Sequence(vec![Tree::Text(below)]);
    let entry = Tree::Mapping(vec![("resources".to_owned(), list)]);
    let patch = Patch { steps: Vec::new(), action: Action::Merge(entry) };
    let listed =
        SourceEdit { path: kustomization, site: Site::Overlay, document: 0, block: None, patch, creates: None };
    Ok(vec![file(path, Site::Manifest, policy), listed])
}

/// A value's key, in the mapping that has it.
fn key_of(value: Value<'_>) -> Value<'_> {
    let steps = crate::field::steps_to(value);
    let parent = steps.split_last().and_then(|(last, parents)| {
        let parent = crate::field::find(value.document().root(), parents)?;
        match last {
            crate::field::Step::Key(key) => crate::field::entry(parent, key).map(|(key, _)| key),
            crate::field::Step::Index(_) => None,
        }
    });
    parent.unwrap_or(value)
}

fn text(object: Value<'_>, key: &str) -> String {
    object.at(&["metadata", key]).map(|value| value.text().into_owned()).unwrap_or_default()
}

/// The mapping that says by which labels the pods of an object are known.
fn labels<'d>(object: Value<'d>) -> Result<Value<'d>, String> {
    let is_pod = object.at(&["kind"]).is_some_and(|kind| kind.text() == "Pod");
    let places = if is_pod { &LABELS[3..] } else { &LABELS[..3] };
    let mut found = places.iter().filter_map(|path| object.at(path)).filter(|value| value.is_mapping());
    let labels = found.find(|labels| labels.entries().any(|(key, _)| !is_of_controllers(&key.text())));
    labels.ok_or_else(|| "its pods have no labels that a policy could name them by".to_owned())
}

fn is_of_controllers(key: &str) -> bool {
    OF_CONTROLLERS.contains(&key)
}

fn selector(object: Value<'_>) -> Result<Vec<(String, Tree)>, String> {
    let entries = labels(object)?.entries().filter(|(key, _)| !is_of_controllers(&key.text()));
    Ok(entries.map(|(key, value)| (key.text().into_owned(), Tree::of(value))).collect())
}

fn mapping(entries: Vec<(&str, Tree)>) -> Tree {
    Tree::Mapping(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// What the policy is called.
fn policy_name(name: &str) -> String {
    format!("{name}-ingress")
}

fn policy(name: &str, namespace: &str, selector: Vec<(String, Tree)>, ingress: &Tree) -> Tree {
    let mut head = vec![("name", Tree::Text(policy_name(name)))];
    if !namespace.is_empty() {
        head.push(("namespace", Tree::Text(namespace.to_owned())));
    }
    mapping(vec![
        ("apiVersion", Tree::Text("networking.k8s.io/v1".to_owned())),
        ("kind", Tree::Text("NetworkPolicy".to_owned())),
        ("metadata", mapping(head)),
        (
            "spec",
            mapping(vec![
                ("podSelector", mapping(vec![("matchLabels", Tree::Mapping(selector))])),
                ("policyTypes", Tree::Sequence(vec![Tree::Text("Ingress".to_owned())])),
                ("ingress", ingress.clone()),
            ]),
        ),
    ])
}

/// The policy as a template: name, namespace and labels are what the template of the object has for them, so that they
/// are made in the same way for every release.
fn template(locator: &Locator<'_>, object: Value<'_>, ingress: &Tree) -> Result<String, String> {
    let unclear = || "its name and labels are made by the template in a way that cannot be copied".to_owned();
    let line = |key: &str| -> Result<Option<String>, String> {
        let Some(value) = object.at(&["metadata", key]) else { return Ok(None) };
        let (source, at) = locator.written_at(key_of(value)).ok_or_else(unclear)?;
        let line = source.text[at..].lines().next().unwrap_or_default();
        let value = line.strip_prefix(key).and_then(|rest| rest.strip_prefix(':')).ok_or_else(unclear)?;
        Ok(Some(value.trim().to_owned()))
    };
    let name = line("name")?.ok_or_else(unclear)?;
    let named = match name.strip_suffix(['"', '\'']) {
        Some(open) if name.starts_with(['"', '\'']) => {
            format!("{}{}", policy_name(open), &name[open.len()..])
        }
        _ => policy_name(&name),
    };
    let mut text = format!("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: {named}\n");
    if let Some(namespace) = line("namespace")? {
        text += &format!("  namespace: {namespace}\n");
    }
    text += "spec:\n  podSelector:\n    matchLabels:\n";
    let (source, at) = locator.written_at(key_of(labels(object)?)).ok_or_else(unclear)?;
    text += &block(&source.text, at).ok_or_else(unclear)?;
    let rest =
        vec![("policyTypes", Tree::Sequence(vec![Tree::Text("Ingress".to_owned())])), ("ingress", ingress.clone())];
    edit::document(&mapping(rest)).lines().for_each(|line| text += &format!("  {line}\n"));
    Ok(text)
}

/// What stands below the key at a byte, below one that is four deep. What templates write is as deep as they say, and
/// cannot be moved.
fn block(text: &str, at: usize) -> Option<String> {
    let depth_of = |line: &str| line.len() - line.trim_start().len();
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let mut lines = text[start..].lines();
    let key = lines.next()?;
    let depth = depth_of(key);
    let after = key[depth..].split_once(':')?.1.trim();
    let inner = lines.take_while(|line| line.trim().is_empty() || depth_of(line) > depth);
    let inner: Vec<&str> = inner.filter(|line| !line.trim().is_empty()).collect();
    if !after.is_empty() && !after.starts_with('#') || inner.is_empty() {
        return None;
    }
    if depth == 4 {
        return Some(inner.iter().map(|line| format!("{line}\n")).collect());
    }
    if inner.iter().any(|line| line.contains("indent")) {
        return None;
    }
    Some(
        inner.iter().map(|line| format!("{}{}\n", " ".repeat(4 + depth_of(line) - depth), line.trim_start())).collect(),
    )
}

fn file(path: PathBuf, site: Site, text: String) -> SourceEdit {
    // The file is made as it is to be: nothing more changes in it.
    let kind = mapping(vec![("kind", Tree::Text("NetworkPolicy".to_owned()))]);
    let patch = Patch { steps: Vec::new(), action: Action::Merge(kind) };
    SourceEdit { path, site, document: 0, block: None, patch, creates: Some(text) }
}

/// The file for the policy of an object of that name.
fn beside_of(path: &Path, name: &str, text_of: TextOf<'_>) -> Result<PathBuf, String> {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c.to_ascii_lowercase() } else { '-' };
    let file: String = format!("{name}-networkpolicy.yaml").chars().map(plain).collect();
    let file = path.with_file_name(file);
    match text_of(&file) {
        Some(_) => Err(format!("`{}` is there already", file.display())),
        None => Ok(file),
    }
}

/// The kustomization that the file at `path` would be a resource of, and how it names it.
fn kustomization_of(path: &Path, text_of: TextOf<'_>) -> Option<(PathBuf, String)> {
    path.ancestors().skip(1).find_map(|folder| {
        let file = NAMES.iter().map(|name| folder.join(name)).find(|file| text_of(file).is_some())?;
        let below = path.strip_prefix(folder).ok()?;
        Some((file, below.to_string_lossy().into_owned()))
    })
}
