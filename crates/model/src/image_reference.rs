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

    /// The registry and the repository in it, with what a runtime adds: `docker.io` and `library`. The host is in
    /// lower case. Source: `ParseNormalizedNamed` of the distribution project.
    pub fn normalized(&self) -> (String, String) {
        let (host, path) = match self.repository.split_once('/') {
            Some((first, path)) if is_host(first) => (first.to_ascii_lowercase(), path),
            _ => (String::new(), self.repository),
        };
        match &*host {
            "" | "docker.io" | "index.docker.io" => {
                let path = if path.contains('/') { path.to_owned() } else { format!("library/{path}") };
                ("docker.io".to_owned(), path)
            }
            _ => (host, path.to_owned()),
        }
    }

    /// Whether the registry is written, and not left to the runtime.
    pub fn has_host(&self) -> bool {
        self.repository.split_once('/').is_some_and(|(first, _)| is_host(first))
    }

    /// Whether the digest is one: `sha256:` and 64 digits, or `sha512:` and 128.
    pub fn is_pinned(&self) -> bool {
        let Some((algorithm, digits)) = self.digest.and_then(|digest| digest.split_once(':')) else { return false };
        let length = match algorithm {
            "sha256" => 64,
            "sha512" => 128,
            _ => return false,
        };
        digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    /// The last part of the repository: `git-sync` of `registry.k8s.io/git-sync/git-sync`.
    pub fn basename(&self) -> &'t str {
        self.repository.rsplit('/').next().unwrap_or(self.repository)
    }
}

/// Whether the first part of a reference is a registry.
fn is_host(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost" || first.bytes().any(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::ImageReference;

    #[test]
    fn what_a_runtime_adds_is_added() {
        let cases = [
            ("nginx:1", "docker.io", "library/nginx"),
            ("acme/app", "docker.io", "acme/app"),
            ("index.docker.io/nginx", "docker.io", "library/nginx"),
            ("GHCR.io/acme/app", "ghcr.io", "acme/app"),
            ("localhost/app", "localhost", "app"),
            ("registry:5000/app", "registry:5000", "app"),
        ];
        for (text, host, path) in cases {
            assert_eq!(ImageReference::parse(text).normalized(), (host.to_owned(), path.to_owned()), "{text}");
        }
    }

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
