//! Paths as they are shown, joined and compared without asking the system.

use std::path::{Component, Path, PathBuf};

/// `path` from `folder` on, without `.` and `..` where they can be resolved.
pub(crate) fn join(folder: &Path, path: &str) -> PathBuf {
    let mut joined = folder.to_path_buf();
    for component in Path::new(path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => match joined.components().next_back() {
                Some(Component::Normal(_)) => {
                    joined.pop();
                }
                _ => joined.push(".."),
            },
            other => joined.push(other),
        }
    }
    joined
}

/// The path without the `./` before it; the folder that one is in is the empty path.
pub fn clean(path: &Path) -> PathBuf {
    join(Path::new(""), &path.to_string_lossy())
}

/// A path that can be opened: the empty one is the folder that one is in.
pub(crate) fn on_disk(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

/// A path that can be shown: the empty one is `.`.
pub(crate) fn shown(path: &Path) -> PathBuf {
    let path = clean(path);
    if path.as_os_str().is_empty() { PathBuf::from(".") } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_climb_only_where_there_is_a_name_to_leave() {
        for (folder, path, expected) in [
            ("overlays/prod", "../../base", "base"),
            ("", "./a/./b", "a/b"),
            ("", "../a", "../a"),
            ("..", "../a", "../../a"),
            ("/a", "../../b", "/../b"),
            ("a", "/b", "/b"),
        ] {
            assert_eq!(join(Path::new(folder), path), Path::new(expected), "{folder} {path}");
        }
    }
}
