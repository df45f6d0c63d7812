//! References to images. Source: the grammar of the distribution project's `reference` package.

/// An image reference in its parts, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageReference<'t> {
    /// Registry and repository: all before tag and digest.
    pub repository: &'t str,
    /// The tag, if it is written.
    pub tag: Option<&'t str>,
    /// The digest with its algorithm, if it is written.
    pub digest: Option<&'t str>,
}

impl<'t> ImageReference<'t> {
    /// Takes a reference apart. A `:` before the last `/` belongs to a port, not to a tag.
    pub fn parse(text: &'t str) -> Self {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        let name_at = rest.rfind('/').map_or(0, |at| at + 1);
        match rest[name_at..].rfind(':') {
            Some(at) => Self { repository: &rest[..name_at + at], tag: Some(&rest[name_at + at + 1..]), digest },
            None => Self { repository: rest, tag: None, digest },
        }
    }

    /// The last part of the repository: `git-sync` of `registry.k8s.io/git-sync/git-sync`.
    pub fn basename(&self) -> &'t str {
        self.repository.rsplit('/').next().unwrap_or(self.repository)
    }
}

#[cfg(test)]
mod tests {
    use super::ImageReference;

    #[test]
    fn ports_are_not_tags() {
        let parse = ImageReference::parse;
        let reference = |repository, tag, digest| ImageReference { repository, tag, digest };
        assert_eq!(parse("nginx"), reference("nginx", None, None));
        assert_eq!(parse("nginx:1.27"), reference("nginx", Some("1.27"), None));
        assert_eq!(parse("host:5000/a/b"), reference("host:5000/a/b", None, None));
        assert_eq!(parse("host:5000/a/b:v1@sha256:00"), reference("host:5000/a/b", Some("v1"), Some("sha256:00")));
        assert_eq!(parse("host:5000/a/b:v1").basename(), "b");
    }
}
