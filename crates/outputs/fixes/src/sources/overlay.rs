//! A patch that is new in an overlay, where nothing that is there can be changed for it.

use std::path::PathBuf;

use manifests::walk::clean;
use model::document::Value;
use model::origin::Rendering;

use super::locate::Locator;
use super::{Site, SourceEdit, TextOf, Way, operations};
use crate::edit::{Action, Patch};
use crate::field::{self, Step};
use crate::tree::Tree;

/// What a kustomization is called.
pub(super) const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The change as a patch, for the object by the name that it has in its source and by that which it has at last: a
/// strategic merge patch, and operations of a JSON patch.
pub(super) fn ways(
    rendering: &Rendering,
    locator: &Locator<'_>,
    object: Value<'_>,
    patch: &Patch,
    text_of: TextOf<'_>,
) -> Vec<Way> {
    let folder = PathBuf::from(&rendering.path);
    let kustomization = NAMES.iter().map(|name| clean(&folder.join(name))).find(|path| text_of(path).is_some());
    let Some(kustomization) = kustomization else { return Vec::new() };
    let text = |path: &[&str]| object.at(path).map(|value| value.text().into_owned()).unwrap_or_default();
    let own = Name { api_version: text(&["apiVersion"]), kind: text(&["kind"]), ..Name::default() };
    let last = Name { name: text(&["metadata", "name"]), namespace: text(&["metadata", "namespace"]), ..own.clone() };
    let mut names: Vec<Name> =
        locator.original_name(object).map(|(name, namespace)| Name { name, namespace, ..own }).into_iter().collect();
    if !names.contains(&last) {
        names.push(last);
    }
    let strategic = tree(object, patch);
    let operations = operations::of(object, patch);
    let of_name = |name: &Name| {
        let strategic = strategic.iter().map(|tree| name.strategic(tree));
        strategic.chain(operations.iter().map(|operations| name.operations(operations))).collect::<Vec<_>>()
    };
    let way = |Written { file, says, creates, entry }: Written| {
        let edit = |path: PathBuf, tree: Tree, creates: Option<String>| SourceEdit {
            path,
            site: Site::Overlay,
            document: 0,
            block: None,
            patch: Patch { steps: Vec::new(), action: Action::Merge(tree) },
            creates,
        };
        let entry = mapping(vec![("patches", Tree::Sequence(vec![entry]))]);
        vec![edit(clean(&folder.join(file)), says, Some(creates)), edit(kustomization.clone(), entry, None)]
    };
    let written: Vec<Vec<Written>> = names.iter().map(of_name).collect();
    // Each form is tried by all names before the next.
    let most = written.iter().map(Vec::len).max().unwrap_or(0);
    let mut ways: Vec<Way> = Vec::new();
    let mut written: Vec<std::vec::IntoIter<Written>> = written.into_iter().map(Vec::into_iter).collect();
    for _ in 0..most {
        ways.extend(written.iter_mut().filter_map(Iterator::next).map(way));
    }
    ways
}

/// What an object is called.
#[derive(Clone, Debug, Default, PartialEq)]
struct Name {
    api_version: String,
    kind: String,
    name: String,
    namespace: String,
}

/// A patch in a file of its own.
struct Written {
    file: String,
    says: Tree,
    /// What the file says before it says that.
    creates: String,
    /// What the kustomization says of it.
    entry: Tree,
}

fn mapping(entries: Vec<(&str, Tree)>) -> Tree {
    Tree::Mapping(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

impl Name {
    fn strategic(&self, tree: &Tree) -> Written {
        let text = |text: &str| Tree::Text(text.to_owned());
        let mut metadata = vec![("name", text(&self.name))];
        if !self.namespace.is_empty() {
            metadata.push(("namespace", text(&self.namespace)));
        }
        let head = mapping(vec![
            ("apiVersion", text(&self.api_version)),
            ("kind", text(&self.kind)),
            ("metadata", mapping(metadata)),
        ]);
        let file = self.file("patch");
        let entry = mapping(vec![("path", text(&file))]);
        Written { file, says: tree.clone(), creates: crate::edit::document(&head), entry }
    }

    fn operations(&self, operations: &[Tree]) -> Written {
        let text = |text: &str| Tree::Text(text.to_owned());
        let (group, version) = self.api_version.split_once('/').unwrap_or(("", &self.api_version));
        let mut target = vec![("version", text(version)), ("kind", text(&self.kind)), ("name", text(&self.name))];
        if !group.is_empty() {
            target.insert(0, ("group", text(group)));
        }
        if !self.namespace.is_empty() {
            target.push(("namespace", text(&self.namespace)));
        }
        let file = self.file("json-patch");
        let entry = mapping(vec![("path", text(&file)), ("target", mapping(target))]);
        let says = Tree::Sequence(operations.to_vec());
        Written { file, creates: crate::edit::document(&says), says, entry }
    }

    fn file(&self, end: &str) -> String {
        let plain =
            |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c.to_ascii_lowercase() } else { '-' };
        format!("{}-{}-{end}.yaml", self.kind, self.name).chars().map(plain).collect()
    }
}

/// Lists whose items Kubernetes tells by their names when it merges patches. Of others a patch would leave nothing but
/// what it says.
const BY_NAME: &[&str] =
    &["containers", "initContainers", "ephemeralContainers", "volumes", "env", "imagePullSecrets", "webhooks"];

/// Whether an object is of Kubernetes itself: of custom resources nobody knows how their lists are merged.
fn is_built_in(object: Value<'_>) -> bool {
    let version = object.get("apiVersion").map(|value| value.text().into_owned()).unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    matches!(group, "" | "apps" | "batch" | "policy" | "autoscaling" | "admissionregistration.k8s.io")
}

/// What a strategic merge patch says of the object so that it becomes what `patch` makes of it; `None` if items of a list
/// would have to be told by something else than their names.
fn tree(object: Value<'_>, patch: &Patch) -> Option<Tree> {
    let (steps, inner) = match (&patch.action, patch.steps.split_last()) {
        (Action::Merge(tree), _) => (&patch.steps[..], merged(object, &patch.steps, tree)?),
        (Action::Replace(tree), Some((Step::Key(key), parents))) => {
            (parents, Tree::Mapping(vec![(key.clone(), tree.clone())]))
        }
        (Action::Remove, Some((Step::Key(key), parents))) => (parents, Tree::Mapping(vec![(key.clone(), Tree::Null)])),
        (Action::Remove, Some((Step::Index(_), _))) => {
            let delete = ("$patch".to_owned(), Tree::Text("delete".to_owned()));
            (&patch.steps[..], Tree::Mapping(vec![delete]))
        }
        _ => return None,
    };
    let mut tree = inner;
    for end in (0..steps.len()).rev() {
        tree = match &steps[end] {
            Step::Key(key) => Tree::Mapping(vec![(key.clone(), tree)]),
            Step::Index(_) => {
                let is_by_name = matches!(end.checked_sub(1).map(|at| &steps[at]), Some(Step::Key(list)) if BY_NAME.contains(&list.as_str()));
                if !is_by_name || !is_built_in(object) {
                    return None;
                }
                let name = Tree::of(field::find(object, &steps[..=end])?.get("name")?);
                let Tree::Mapping(entries) = tree else { return None };
                let name = std::iter::once(("name".to_owned(), name));
                Tree::Sequence(vec![Tree::Mapping(name.chain(entries).collect())])
            }
        };
    }
    Some(tree)
}

/// What is merged into a mapping of the object; `None` if that has a list which a patch would write over.
fn merged(object: Value<'_>, steps: &[Step], tree: &Tree) -> Option<Tree> {
    let known = Tree::of(field::find(object, steps)?);
    fn keeps(known: &Tree, added: &Tree) -> bool {
        match (known, added) {
            (Tree::Sequence(items), Tree::Sequence(_)) => items.is_empty(),
            (Tree::Mapping(_), Tree::Mapping(entries)) => {
                entries.iter().all(|(key, value)| known.get(key).is_none_or(|known| keeps(known, value)))
            }
            _ => true,
        }
    }
    keeps(&known, tree).then(|| tree.clone())
}
