//! What a value looks like: a placeholder, something harmless, or something that only a machine would write.

use super::encoding;
use super::formats::{CLASSES, DOTTED, URL64, is_hex};
use super::structures;

/// Values longer than this are texts, not passwords.
const LONGEST: usize = 1024;

/// Words that say that the real value goes elsewhere. They count where they stand as a word of their own.
const PLACEHOLDER_WORDS: &[&str] = &[
    "changeme",
    "changeit",
    "change",
    "changethis",
    "example",
    "placeholder",
    "redacted",
    "replaceme",
    "replace",
    "dummy",
    "fake",
    "todo",
    "tbd",
    "fixme",
    "undefined",
    "unset",
    "masked",
    "omitted",
    "none",
    "null",
    "nil",
    "yourpassword",
    "yoursecret",
    "yourtoken",
    "yourkey",
    "your",
    "insert",
    "sample",
    "mock",
];

/// Whether this stands for a value instead of being one.
pub(super) fn is_placeholder(value: &str) -> bool {
    let value = unwrapped(value.trim());
    value.is_empty()
        || matches!(value, "%s" | "%d" | "%v")
        || is_reference(value)
        || is_masked(value)
        || (value.len() <= 64 && has_placeholder_word(value))
}

/// Without quotes around it.
fn unwrapped(value: &str) -> &str {
    ['"', '\'', '`'].iter().find_map(|&quote| value.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(value)
}

/// `$(VAR)`, `${VAR}`, `$VAR`, `%VAR%`, `%(var)s`, `{{ … }}`, `<…>`, `[[…]]`, `__VAR__`, `@VAR@`, `#{VAR}`: alone, or
/// several in a row.
fn is_reference(value: &str) -> bool {
    if value.contains("{{") || value.contains("<%") {
        return true;
    }
    let mut rest = value;
    while let Some(length) = reference(rest) {
        rest = rest[length..].trim_start_matches([' ', ':', '-', '_', '/', '.']);
    }
    rest.is_empty() && !value.is_empty()
}

/// The length of the reference at the start of `value`.
fn reference(value: &str) -> Option<usize> {
    for (open, close) in [
        ("$((", "))"),
        ("$(", ")"),
        ("${", "}"),
        ("#{", "}#"),
        ("#{", "}"),
        ("%{", "}"),
        ("@{", "}"),
        ("%(", ")s"),
        ("<", ">"),
        ("[[", "]]"),
        ("__", "__"),
        ("%", "%"),
        ("@", "@"),
        ("{", "}"),
        ("[", "]"),
    ] {
        if let Some(inner) = value.strip_prefix(open) {
            let Some(length) = inner.find(close) else { continue };
            let is_name = |text: &str| text.bytes().all(|b| CLASSES[b as usize] & DOTTED != 0);
            let closed = length > 0 && (open.len() > 1 || open == "<" || is_name(&inner[..length]));
            return closed.then_some(open.len() + length + close.len());
        }
    }
    let name = value.strip_prefix('$')?;
    let length = name.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    // `$2a$…` is the hash of a password and `$1` an argument.
    let is_name = length > 0 && (!name.as_bytes()[0].is_ascii_digit() || length == name.len());
    is_name.then_some(1 + length)
}

/// `xxxxx`, `****`, `…`, `-`: the same character again and again, or none that says anything.
fn is_masked(value: &str) -> bool {
    let body: &[u8] = value.as_bytes();
    let first = body[0];
    let filler = matches!(first | 0x20, b'x') || !first.is_ascii_alphanumeric() || body.len() >= 6;
    let same = body.iter().all(|byte| byte.eq_ignore_ascii_case(&first) || matches!(byte, b'-' | b'_' | b' '));
    let silent = value.chars().all(|c| matches!(c, '*' | '.' | '-' | '_' | '…' | '•' | '?' | '#' | ' '));
    (filler && same) || silent || value.contains("xxxx") || value.contains("XXXX") || value.contains("****")
}

fn has_placeholder_word(value: &str) -> bool {
    let mut words = value.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.any(|word| PLACEHOLDER_WORDS.iter().any(|placeholder| word.eq_ignore_ascii_case(placeholder)))
}

/// Whether a value under a sensitive name is no secret all the same: a placeholder, path, reference, URL without
/// userinfo, boolean, short number, digest, certificate.
pub(super) fn is_harmless(value: &str) -> bool {
    let value = unwrapped(value.trim());
    value.len() > LONGEST
        || is_placeholder(value)
        || is_switch(value)
        || is_short_number(value)
        || is_digest(value)
        || is_locator(value)
        || value.starts_with("-----BEGIN CERTIFICATE")
        || value.starts_with("-----BEGIN PUBLIC KEY")
        || value.starts_with("ssh-rsa ")
        || value.starts_with("ssh-ed25519 ")
        || value.starts_with("ENC[")
}

fn is_switch(value: &str) -> bool {
    // Permissions are said under names such as `id-token`.
    let words = [
        "read", "write", "true", "false", "yes", "no", "on", "off", "enabled", "disabled", "required", "optional", "y",
        "n",
    ];
    words.iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// Fewer than six digits, with a sign, a point or a unit: `5432`, `-1`, `0.5`, `30m`, `100Mi`.
fn is_short_number(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let number = value.trim_start_matches(['-', '+']).trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = value.len() - value.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len();
    (1..6).contains(&digits) && unit <= 3 && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && {
        let units = [
            "", "s", "m", "h", "d", "ms", "us", "min", "k", "Ki", "Mi", "Gi", "M", "G", "kb", "mb", "gb", "KB", "MB",
            "GB",
        ];
        units.contains(&&value[value.len() - unit..])
    }
}

/// `sha256:…` and its like.
fn is_digest(value: &str) -> bool {
    let Some((algorithm, digest)) = value.split_once([':', '-']) else { return false };
    ["sha1", "sha224", "sha256", "sha384", "sha512", "md5", "crc32"]
        .iter()
        .any(|name| algorithm.eq_ignore_ascii_case(name))
        && digest.len() >= 8
}

/// Something that says where the secret is: a path, a URL, the address of an entry in a store of secrets.
fn is_locator(value: &str) -> bool {
    if value.contains(char::is_whitespace) {
        return false;
    }
    if let Some(at) = value.find("://") {
        return at > 0 && structures::url_password(value, at + 3).is_none();
    }
    let stores =
        ["arn:", "vault:", "op:", "file:", "secretsmanager:", "ssm:", "secret:", "keyvault:", "urn:", "path:", "env:"];
    if stores.iter().any(|store| value.starts_with(store)) {
        return true;
    }
    let rooted = ["/", "./", "../", "~/"].iter().any(|root| value.starts_with(root));
    let drive = value.as_bytes().get(1..3).is_some_and(|rest| rest == b":\\" || rest == b":/");
    let files = [
        ".txt",
        ".key",
        ".pem",
        ".json",
        ".yaml",
        ".yml",
        ".crt",
        ".cer",
        ".conf",
        ".cfg",
        ".ini",
        ".env",
        ".properties",
        ".token",
        ".secret",
        ".jks",
        ".p12",
        ".pfx",
        ".toml",
        ".xml",
        ".gpg",
    ];
    drive || (rooted && !is_random(value)) || files.iter().any(|ending| value.ends_with(ending))
}

/// Whether only a machine would write this: long enough, of several kinds of characters, and not words.
pub(super) fn is_random(value: &str) -> bool {
    let bytes = value.as_bytes();
    if !(16..=LONGEST).contains(&bytes.len()) || !bytes.iter().all(|&byte| is_token_byte(byte)) {
        return false;
    }
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = bytes.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let is_mixed = bytes.iter().any(u8::is_ascii_uppercase) && bytes.iter().any(u8::is_ascii_lowercase);
    let least_digits = if is_mixed { 1 } else { 2 };
    if digits < least_digits || letters < 4 || is_wordy(value) || is_encoded_text(value) {
        return false;
    }
    // A random hexadecimal number of n digits has close to log2(16) bits a digit, base64 close to log2(n).
    let least = match bytes.len() {
        _ if is_hex(bytes) => 2.8,
        0..24 => 3.2,
        _ => 3.6,
    };
    entropy(bytes) >= least
}

fn is_token_byte(byte: u8) -> bool {
    CLASSES[byte as usize] & URL64 != 0
        || matches!(byte, b'+' | b'/' | b'=' | b'.' | b'~' | b':' | b'!' | b'@' | b'#' | b'%' | b'^' | b'&' | b'*')
}

/// Base64 of something that people write.
fn is_encoded_text(value: &str) -> bool {
    let decoded = if value.len().is_multiple_of(4) { encoding::base64(value) } else { None };
    decoded.is_some_and(|bytes| bytes.iter().all(|&byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~')))
}

/// Words and numbers with something between them: `my-app-2024-production`.
fn is_wordy(value: &str) -> bool {
    let mut segments = value.split(|c: char| !c.is_ascii_alphanumeric()).filter(|segment| !segment.is_empty());
    segments.all(|segment| {
        let segment = segment.strip_prefix(['v', 'V']).unwrap_or(segment);
        segment.bytes().all(|byte| byte.is_ascii_digit()) || segment.bytes().all(|byte| byte.is_ascii_alphabetic())
    })
}

/// Bits a character, after Shannon.
fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    bytes.iter().for_each(|&byte| counts[byte as usize] += 1);
    let all = bytes.len() as f64;
    let share = |count: u32| f64::from(count) / all;
    -counts.iter().filter(|&&count| count > 0).map(|&count| share(count) * share(count).log2()).sum::<f64>()
}

/// Whether this can be the name of an object, made of words: `db-credentials`, and not `hunter2`.
pub(super) fn is_object_name(value: &str) -> bool {
    let words = value.split(['-', '.', '/']);
    value.len() <= 253
        && value.contains(['-', '.', '/'])
        && words
            .clone()
            .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
        && words.clone().filter(|word| word.bytes().all(|byte| byte.is_ascii_lowercase())).count() * 2 > words.count()
        && !is_random(value)
}

/// `user:password` in base64, as clients of registries keep it.
pub(super) fn is_encoded_login(value: &str) -> bool {
    let decoded = encoding::base64(value).and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.is_some_and(|text| {
        !text.contains(char::is_control) && text.split_once(':').is_some_and(|(_, p)| !is_placeholder(p))
    })
}

/// How one logs in, as said under names such as `AUTH`: one word, or a class.
pub(super) fn is_mode(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_' | b'.' | b',' | b' '))
        || [
            "oauth2",
            "oauth2.0",
            "x509",
            "SCRAM-SHA-256",
            "SCRAM-SHA-512",
            "SCRAM-SHA-1",
            "ldap3",
            "md5",
            "scram-sha-256",
            "http01",
        ]
        .iter()
        .any(|mode| value.eq_ignore_ascii_case(mode))
}
