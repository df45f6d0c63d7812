//! A patch that is new in an overlay, where nothing that is there can be changed for it.

use std::path::PathBuf;

use model::document::Value;
use model::origin::Rendering;

use super::locate::Locator;
use super::{Site, SourceEdit, TextOf, Way};
use crate::edit::{Action, Patch};
use crate::field::{self, Step};
use crate::tree::Tree;

/// What a kustomization is called.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The change as a strategic merge patch, for the object by the name that it has in its source and by that which it has
/// at last.
pub(super) fn ways(
    rendering: &Rendering,
    locator: &Locator<'_>,
    object: Value<'_>,
    patch: &Patch,
    text_of: TextOf<'_>,
) -> Vec<Way> {
    let folder = PathBuf::from(&rendering.path);
    let kustomization = NAMES.iter().map(|name| folder.join(name)).find(|path| text_of(path).is_some());
    let (Some(kustomization), Some(tree)) = (kustomization, tree(object, patch)) else { return Vec::new() };
    let text = |path: &[&str]| object.at(path).map(|value| value.text().into_owned()).unwrap_or_default();
    let (api_version, kind) = (text(&["apiVersion"]), text(&["kind"]));
    let own = (text(&["metadata", "name"]), text(&["metadata", "namespace"]));
    let mut names = vec![locator.original_name(object).unwrap_or_else(|| own.clone())];
    if names[0] != own {
        names.push(own);
    }
    let mut ways = Vec::new();
    for (name, namespace) in names {
        let file = file_name(&kind, &name);
        let list = Tree::Sequence(vec![Tree::Mapping(vec![("path".to_owned(), Tree::Text(file.clone()))])]);
        let entry = Tree::Mapping(vec![("patches".to_owned(), list)]);
        let mut head = vec![("name".to_owned(), Tree::Text(name))];
        if !namespace.is_empty() {
            head.push(("namespace".to_owned(), Tree::Text(namespace)));
        }
        let head = Tree::Mapping(vec![
            ("apiVersion".to_owned(), Tree::Text(api_version.clone())),
            ("kind".to_owned(), Tree::Text(kind.clone())),
            ("metadata".to_owned(), Tree::Mapping(head)),
        ]);
        let edit = |path: PathBuf, tree: Tree, creates: Option<String>| SourceEdit {
            path,
            site: Site::Overlay,
            document: 0,
            patch: Patch { steps: Vec::new(), action: Action::Merge(tree) },
            creates,
        };
        let head = crate::edit::document(&head);
        let way = vec![edit(folder.join(&file), tree.clone(), Some(head)), edit(kustomization.clone(), entry, None)];
        ways.push(way);
    }
    ways
}

fn file_name(kind: &str, name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c.to_ascii_lowercase() } else { '-' };
    format!("{}-{}-patch.yaml", kind, name).chars().map(plain).collect()
}

/// What a strategic merge patch says of the object so that it becomes what `patch` makes of it; `None` if items of a list
/// would have to be told by something else than their names.
fn tree(object: Value<'_>, patch: &Patch) -> Option<Tree> {
    let (steps, inner) = match (&patch.action, patch.steps.split_last()) {
        (Action::Merge(tree), _) => (&patch.steps[..], tree.clone()),
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
                let name = Tree::of(field::find(object, &steps[..=end])?.get("name")?);
                let Tree::Mapping(entries) = tree else { return None };
                let name = std::iter::once(("name".to_owned(), name));
                Tree::Sequence(vec![Tree::Mapping(name.chain(entries).collect())])
            }
        };
    }
    Some(tree)
}
