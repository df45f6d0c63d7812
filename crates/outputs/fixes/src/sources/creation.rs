//! Objects that are new: a file of their own, in the place where such files are.

use std::path::{Path, PathBuf};

use manifests::walk::clean;
use model::document::Value;
use model::origin::Renderer;

use super::locate::Locator;
use super::overlay::NAMES;
use super::{Site, SourceEdit, TextOf, Way};
use crate::edit::{Action, Patch};
use crate::tree::Tree;

/// The name of the file, before what makes it one of its own.
const NAME: &str = "network-policies";

/// So many files of one name are looked at for one that is not there yet.
const MOST: usize = 9;

fn edit(path: PathBuf, tree: Tree, creates: Option<String>) -> SourceEdit {
    let patch = Patch { steps: Vec::new(), action: Action::Merge(tree) };
    SourceEdit { path, site: Site::Object, document: 0, block: None, patch, creates }
}

/// A file in the folder of `beside` that says this.
pub(super) fn file(beside: &Path, documents: &str, text_of: TextOf<'_>) -> SourceEdit {
    let folder = beside.parent().unwrap_or(Path::new(""));
    // The name of the namespace tells several files in one folder apart; one of a template is for all that it makes.
    let namespace = documents.lines().find_map(|line| line.trim().strip_prefix("namespace: "));
    let namespace = namespace.filter(|name| !name.contains('{')).unwrap_or("");
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    let namespace: String = namespace.chars().filter(is_plain).take(63).collect();
    let name = if namespace.is_empty() { NAME.to_owned() } else { format!("{NAME}-{namespace}") };
    let of_number = |number: usize| {
        let number = if number == 1 { String::new() } else { format!("-{number}") };
        clean(&folder.join(format!("{name}{number}.yaml")))
    };
    let is_free = |path: &PathBuf| text_of(path).is_none_or(|text| text == documents);
    let path = (1..=MOST).map(of_number).find(is_free).unwrap_or_else(|| of_number(1));
    // The text says it all: the change of it is none.
    let kind = Tree::Mapping(vec![("kind".to_owned(), Tree::Text("NetworkPolicy".to_owned()))]);
    edit(path, kind, Some(documents.to_owned()))
}

/// The ways to write these documents beside a rendered object, which gives its name to the namespace in them.
pub(super) fn ways(locator: &Locator<'_>, object: Value<'_>, documents: &str, text_of: TextOf<'_>) -> Vec<Way> {
    let Some(name) = object.at(&["metadata", "name"]) else { return Vec::new() };
    let own = name.text();
    let named = |text: &str| {
        let line = |line: &str| match line.trim().strip_prefix("namespace: ") {
            Some(known) if known.trim_matches('"') == own => line.replace(known, text),
            _ => line.to_owned(),
        };
        documents.split('\n').map(line).collect::<Vec<_>>().join("\n")
    };
    let written = locator.written(name);
    if locator.rendering.renderer == Renderer::Helm {
        // As the template has the name, so has the new one.
        let Some((path, text)) = written else { return Vec::new() };
        return vec![vec![file(&path, &named(&text), text_of)]];
    }
    let mut ways: Vec<Way> = Vec::new();
    let overlay = PathBuf::from(&locator.rendering.path).join("kustomization.yaml");
    let base = written.map(|(path, text)| (path, named(&text)));
    for (beside, documents) in base.into_iter().chain([(overlay, documents.to_owned())]) {
        let folder = beside.parent().unwrap_or(Path::new(""));
        let kustomization = NAMES.iter().map(|name| clean(&folder.join(name))).find(|path| text_of(path).is_some());
        let Some(kustomization) = kustomization else { continue };
        let new = file(&beside, &documents, text_of);
        let name = new.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let list = Tree::Mapping(vec![("resources".to_owned(), Tree::Sequence(vec![Tree::Text(name)]))]);
        ways.push(vec![new, edit(kustomization, list, None)]);
    }
    ways
}
