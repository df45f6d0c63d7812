//! Patches of Kustomize: files that look like objects and are only parts of them.
//!
//! A kustomization names its patches; judging them as they stand would find what the base may well have.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use model::document::Value;

use crate::walk::{Input, Texts};
use yaml::parse_document;

const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// A kustomization is small; of a larger file only this much is read.
const LARGEST: u64 = 1 << 20;

/// The files that kustomizations among `inputs` name as patches; some are to say what `texts` has.
pub(crate) fn of(inputs: &[Input], texts: &Texts) -> HashSet<OsString> {
    let is_kustomization = |path: &Path| path.file_name().is_some_and(|name| NAMES.iter().any(|known| name == *known));
    let mut patches = HashSet::new();
    for input in inputs.iter().filter(|input| is_kustomization(&input.path)) {
        let Some(text) = texts.get(&input.path).cloned().or_else(|| read(&input.path)) else { continue };
        let Ok(document) = parse_document(&text) else { continue };
        let folder = input.path.parent().unwrap_or(Path::new(""));
        named(document.root(), &mut |patch| {
            patches.insert(join(folder, patch).into_os_string());
        });
    }
    patches
}

/// The files that a kustomization in `folder` names as patches.
pub(crate) fn beside(folder: &Path, texts: &Texts) -> HashSet<PathBuf> {
    let mut patches = HashSet::new();
    for path in NAMES.iter().map(|name| folder.join(name)) {
        let Some(text) = texts.get(&path).cloned().or_else(|| read(&path)) else { continue };
        let Ok(document) = parse_document(&text) else { continue };
        named(document.root(), &mut |patch| {
            patches.insert(join(folder, patch));
        });
    }
    patches
}

fn read(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    String::from_utf8(bytes).ok()
}

/// `patches[].path`, `patchesJson6902[].path` and the names in `patchesStrategicMerge`.
fn named(kustomization: Value<'_>, on_patch: &mut dyn FnMut(&str)) {
    for key in ["patches", "patchesJson6902"] {
        for patch in kustomization.get(key).into_iter().flat_map(Value::items) {
            if let Some(path) = patch.get("path") {
                on_patch(&path.text());
            }
        }
    }
    for patch in kustomization.get("patchesStrategicMerge").into_iter().flat_map(Value::items) {
        let text = patch.text();
        // A patch may also stand here itself.
        if patch.is_scalar() && !text.contains('\n') {
            on_patch(&text);
        }
    }
}

/// `path` from `folder` on, without `.` and `..` where they can be resolved.
fn join(folder: &Path, path: &str) -> PathBuf {
    let mut joined = folder.to_path_buf();
    for component in Path::new(path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                joined.pop();
            }
            other => joined.push(other),
        }
    }
    joined
}
