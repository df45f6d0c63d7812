//! Where the paths of a report lie in the repository that a code host shows, and their addresses there.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

use model::finding::Occurrence;
use model::inventory::ResourceId;

use crate::report::{Report, display_path};

/// The repository that a scan ran in, as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct Repository {
    /// The folder that the repository is checked out to.
    pub root: Option<PathBuf>,
    /// The folder that relative paths start from.
    pub here: PathBuf,
    /// What stands before a path to make the address of the file, with a `/` at its end.
    pub address: Option<String>,
}

impl Repository {
    /// A path of a report as a path from the root of the repository. What lies elsewhere stays as it is.
    pub fn path(&self, path: &str) -> String {
        self.within(path).unwrap_or_else(|| path.strip_prefix("./").unwrap_or(path).to_owned())
    }

    /// The address of a line, if the code host has the file.
    pub fn link(&self, path: &str, line: u32) -> Option<String> {
        let address = self.address.as_ref()?;
        let path = self.within(path)?;
        Some(format!("{address}{}#L{line}", percent_encode(&path)))
    }

    fn within(&self, path: &str) -> Option<String> {
        let root = self.root.as_deref()?;
        let joined = normalize(&self.here.join(path));
        Some(display_path(joined.strip_prefix(normalize(root)).ok()?))
    }
}

/// The id of a resource and the path of its file, kept for the results of the same resource that follow.
pub(crate) struct Located<'a> {
    report: &'a Report<'a>,
    repository: &'a Repository,
    resource: Option<ResourceId>,
    id: String,
    path: String,
}

impl<'a> Located<'a> {
    /// Resources of `report`, whose files lie in `repository`.
    pub(crate) fn new(report: &'a Report<'a>, repository: &'a Repository) -> Self {
        Self { report, repository, resource: None, id: String::new(), path: String::new() }
    }

    /// The path of the file that an occurrence of the resource is in that was asked for last.
    pub(crate) fn place_of(&self, occurrence: &Occurrence) -> Cow<'_, str> {
        match self.report.traced(occurrence) {
            None => Cow::Borrowed(&self.path),
            Some(_) => Cow::Owned(self.repository.path(&self.report.place_path(occurrence))),
        }
    }

    /// The id of `resource`, and its path.
    pub(crate) fn of(&mut self, resource: ResourceId) -> (&str, &str) {
        if self.resource != Some(resource) {
            self.resource = Some(resource);
            self.id = self.report.resource_id(resource);
            self.path = self.repository.path(&self.report.path(self.report.resource(resource)));
        }
        (&self.id, &self.path)
    }
}

/// `path` without `.` and `..`, which are taken out of the text: links are not followed.
fn normalize(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => out.push(component),
        }
    }
    out
}

/// A path as a part of a URI (RFC 3986).
pub fn percent_encode(path: &str) -> String {
    let mut out = String::with_capacity(path.len() + 8);
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> Repository {
        let address = Some("https://code.example/acme/shop/blob/abc/".to_owned());
        Repository { root: Some("/src/shop".into()), here: "/src/shop/deploy".into(), address }
    }

    #[test]
    fn paths_start_at_the_root() {
        let repository = repository();
        assert_eq!(repository.path("api.yaml"), "deploy/api.yaml");
        assert_eq!(repository.path("./api.yaml"), "deploy/api.yaml");
        assert_eq!(repository.path("../base/./api.yaml"), "base/api.yaml");
        assert_eq!(repository.path("/src/shop/base/api.yaml"), "base/api.yaml");
        assert_eq!(repository.path("/etc/pod.yaml"), "/etc/pod.yaml");
        assert_eq!(Repository::default().path("./api.yaml"), "api.yaml");
    }

    #[test]
    fn links_hold_nothing_but_a_uri() {
        let link = repository().link("a b/(x)\"<ä>.yaml", 7);
        let expected = "https://code.example/acme/shop/blob/abc/deploy/a%20b/%28x%29%22%3C%C3%A4%3E.yaml#L7";
        assert_eq!(link.as_deref(), Some(expected));
        assert_eq!(repository().link("../../elsewhere.yaml", 7), None);
        assert_eq!(Repository::default().link("api.yaml", 7), None);
    }
}
