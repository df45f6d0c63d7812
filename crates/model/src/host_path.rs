//! Paths of a node, as the kubelet reads them.

/// An absolute path without `.`, `..`, `//` and a slash at its end; the root is `/`.
pub fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_the_kubelet_does() {
        let cases =
            [("/etc/kubernetes/pki/..", "/etc/kubernetes"), ("//var//run/", "/var/run"), ("/..", "/"), ("", "/")];
        for (path, expected) in cases {
            assert_eq!(clean(path), expected);
        }
    }
}
