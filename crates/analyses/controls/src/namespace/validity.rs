//! What names, labels and annotations may be made of. Source: `k8s.io/apimachinery/pkg/util/validation` and the
//! strategies of the kinds.

/// Whether a text is still to be filled in by a template or by `envsubst`.
pub(crate) fn is_unrendered(text: &str) -> bool {
    text.contains("{{") || text.contains("${") || text.contains("$(")
}

/// Whether objects of the kind may have that name.
pub(crate) fn name(group: &str, kind: &str, name: &str) -> Result<(), &'static str> {
    match (group, kind) {
        ("rbac.authorization.k8s.io", _) => segment(name),
        ("", "Namespace") => label(name, 63),
        ("", "Service") => {
            label(name, 63)?;
            // Servers before 1.34 want a letter first, and names of hosts do so everywhere.
            if name.starts_with(|c: char| c.is_ascii_digit()) { Err("it begins with a digit") } else { Ok(()) }
        }
        // Names of the jobs have eleven characters more.
        ("batch", "CronJob") => subdomain(name, 52),
        _ => subdomain(name, 253),
    }
}

/// Whether a label may have that key.
pub(crate) fn label_key(key: &str) -> Result<(), &'static str> {
    qualified(key, true)
}

/// Whether an annotation may have that key: as labels, without regard to case.
pub(crate) fn annotation_key(key: &str) -> Result<(), &'static str> {
    if key.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return qualified(&key.to_ascii_lowercase(), true);
    }
    qualified(key, true)
}

/// Whether a label may have that value.
pub(crate) fn label_value(value: &str) -> Result<(), &'static str> {
    if value.is_empty() { Ok(()) } else { word(value) }
}

fn qualified(key: &str, prefixed: bool) -> Result<(), &'static str> {
    match key.split_once('/') {
        Some(("", _)) => Err("nothing stands before the slash"),
        Some((prefix, name)) if prefixed => {
            subdomain(prefix, 253)?;
            qualified(name, false)
        }
        Some(_) => Err("it has more than one slash"),
        None => word(key),
    }
}

/// Letters, digits, `-`, `_` and `.`, with a letter or digit at both ends.
fn word(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("it is empty");
    }
    if text.len() > 63 {
        return Err("it is longer than 63 characters");
    }
    if !text.bytes().all(|b| CLASSES[b as usize] & WORD != 0) {
        return Err("it has other characters than letters, digits, `-`, `_` and `.`");
    }
    ends(text)
}

/// RFC 1123: labels with points between them.
fn subdomain(text: &str, longest: usize) -> Result<(), &'static str> {
    if text.len() > longest {
        return Err(if longest == 52 { "it is longer than 52 characters" } else { "it is longer than 253 characters" });
    }
    // One look is enough for what is right, and nearly everything is.
    let mut before = b'.';
    let is_right = text.bytes().chain([b'.']).all(|byte| {
        let (at_end, class) = (byte == b'.', CLASSES[byte as usize]);
        let is_good =
            class & LABEL != 0 && (before != b'.' || byte != b'-') || at_end && !matches!(before, b'.' | b'-');
        before = byte;
        is_good
    });
    if is_right { Ok(()) } else { text.split('.').try_for_each(|part| label(part, longest)) }
}

/// Characters of words: letters of both cases, digits, `-`, `_`, `.`.
const WORD: u8 = 1;
/// Characters of labels in names of hosts: lower case letters, digits, `-`.
const LABEL: u8 = 2;

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.') {
            classes[byte] |= WORD;
        }
        if b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' {
            classes[byte] |= LABEL;
        }
        byte += 1;
    }
    classes
}

/// RFC 1123: lower case letters, digits and `-`, with a letter or digit at both ends.
fn label(text: &str, longest: usize) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("it or a part of it is empty");
    }
    if text.len() > longest {
        return Err("it is longer than 63 characters");
    }
    if !text.bytes().all(|b| CLASSES[b as usize] & LABEL != 0) {
        return Err("it has other characters than lower case letters, digits and `-`");
    }
    ends(text)
}

fn ends(text: &str) -> Result<(), &'static str> {
    let is_good = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    if is_good(text.as_bytes().first()) && is_good(text.as_bytes().last()) {
        Ok(())
    } else {
        Err("it does not begin and end with a letter or digit")
    }
}

/// A part of a path.
fn segment(text: &str) -> Result<(), &'static str> {
    if text.is_empty() || matches!(text, "." | "..") || text.contains(['/', '%']) {
        return Err("it cannot stand in a path");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_hosts_are_labels_with_points_between_them() {
        for (text, expected) in [
            ("a", true),
            ("a.b-c.d1", true),
            ("1a.2", true),
            ("", false),
            (".a", false),
            ("a.", false),
            ("a..b", false),
            ("-a", false),
            ("a-", false),
            ("a.-b", false),
            ("a-.b", false),
            ("A", false),
            ("a_b", false),
        ] {
            assert_eq!(subdomain(text, 253).is_ok(), expected, "{text}");
        }
    }
}
