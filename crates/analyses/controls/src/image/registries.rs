//! Which registries and repositories an image may come from.

use model::image_reference::ImageReference;
use model::parameter::Words;

/// Whether an image matches none of `denied` and, if `allowed` has any, one of them.
pub(crate) fn is_allowed(image: &str, allowed: Words<'_>, denied: Words<'_>) -> bool {
    if allowed.is_empty() && denied.is_empty() {
        return true;
    }
    let reference = ImageReference::parse(image);
    // Patterns without stars that begin otherwise need no closer look, which is what most images are.
    let begins = |pattern: &str| {
        pattern.contains('*')
            || !reference.has_host()
            || reference.repository.starts_with("index.docker.io")
            || reference.repository.get(..pattern.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(pattern))
    };
    if allowed.is_empty() && !denied.iter().any(begins) {
        return true;
    }
    let (host, path) = reference.normalized();
    let name = format!("{host}/{path}");
    !denied.iter().any(|pattern| matches(pattern, &name))
        && (allowed.is_empty() || allowed.iter().any(|pattern| matches(pattern, &name)))
}

/// Whether a pattern is `name` or a beginning of it that ends between its parts: `host/org` is not `host/org-evil`.
/// `*` stands for anything in a part, and for any number of parts if it is all there is.
fn matches(pattern: &str, name: &str) -> bool {
    let has_parts = pattern.contains('/');
    let pattern = pattern.trim().trim_end_matches('/').trim_end_matches("/**").trim_end_matches("/*");
    if matches!(pattern, "*" | "**") {
        return true;
    }
    let host = pattern.split('/').next().unwrap_or(pattern);
    // As in images, what is no host is a repository of the Docker Hub.
    let is_host = host.contains(['.', ':', '*']) || host == "localhost";
    let pattern = match (is_host, has_parts) {
        (true, _) => pattern.to_owned(),
        (false, true) => format!("docker.io/{pattern}"),
        (false, false) => format!("docker.io/library/{pattern}"),
    };
    let mut parts = name.split('/');
    pattern.split('/').enumerate().all(|(number, wanted)| {
        parts
            .next()
            .is_some_and(|part| if number == 0 { glob(&wanted.to_ascii_lowercase(), part) } else { glob(wanted, part) })
    })
}

/// Whether `text` is what `pattern` says; `*` stands for any letters.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut rest = rest;
    while let Some((middle, after)) = rest.split_once('*') {
        let Some(at) = text.find(middle) else { return false };
        (text, rest) = (&text[at + middle.len()..], after);
    }
    text.len() >= rest.len() && text.ends_with(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_end_between_parts() {
        let cases = [
            ("ghcr.io/acme", "ghcr.io/acme/app", true),
            ("ghcr.io/acme", "ghcr.io/acme-evil/app", false),
            ("ghcr.io", "ghcr.io/x/y", true),
            ("ghcr.io/acme/*", "ghcr.io/acme/app", true),
            ("*.dkr.ecr.*.amazonaws.com", "123.dkr.ecr.eu-west-1.amazonaws.com/app", true),
            ("*.example.com", "evil-example.com/app", false),
            ("nginx", "docker.io/library/nginx", true),
            ("nginx", "docker.io/acme/nginx", false),
            ("acme/*", "docker.io/acme/app", true),
            ("GHCR.io/acme", "ghcr.io/acme/app", true),
            ("*", "any.example/app", true),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
