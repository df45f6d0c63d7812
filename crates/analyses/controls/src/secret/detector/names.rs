//! Which names promise a secret: `DB_PASSWORD` does, `PASSWORD_FILE` and `token_endpoint` do not.
//!
//! A name is split into words at everything that is not a letter or digit and where a capital begins a word.
//! It is sensitive if it ends in one of the words of the list.

/// Words that end a sensitive name. Two words are two words of the name (`api_key`, `apiKey`, `API-KEY`); what
/// people write in one is here in one.
const SENSITIVE: &[&[&str]] = &[
    &["password"],
    &["passwd"],
    &["pwd"],
    &["secret"],
    &["token"],
    &["api", "key"],
    &["apikey"],
    &["access", "key"],
    &["accesskey"],
    &["private", "key"],
    &["privatekey"],
    &["secret", "key"],
    &["secretkey"],
    &["secret", "key", "base"],
    &["credential"],
    &["credentials"],
    &["auth"],
    &["conn", "str"],
    &["connstr"],
    &["passphrase"],
    // Variables that clients of PostgreSQL and ssh read, which are written as one word.
    &["pgpassword"],
    &["sshpass"],
];

/// Words that make of a secret a thing about a secret: the name of one, its checksum, a switch.
const DISARMING: &[&str] = &[
    "checksum",
    "hash",
    "digest",
    "sha",
    "sha1",
    "sha256",
    "existing",
    "pull",
    "tls",
    "enable",
    "enabled",
    "disable",
    "disabled",
    "use",
    "require",
    "required",
    "allow",
    "has",
    "is",
    "no",
    "skip",
    "next",
    "csrf",
    "xsrf",
    "public",
    "name",
    "ref",
    "input",
    "output",
    "page",
    "continuation",
    "start",
    "marker",
];

/// How many of the last words are looked at, and how long a name may be.
const WORDS: usize = 6;
const LONGEST: usize = 128;

/// Whether a value under this name is expected to be a secret.
pub(super) fn is_sensitive(name: &str) -> bool {
    last_words(name).is_some_and(|words| {
        let words = words.as_slice();
        SENSITIVE.iter().any(|sensitive| ends_with(words, sensitive))
            && !words.iter().any(|word| DISARMING.iter().any(|disarming| word.eq_ignore_ascii_case(disarming)))
    })
}

/// Whether the name ends in a word that is also said of the object that holds secrets, or of a way to log in:
/// its value may be the name of a Secret, or a mode.
pub(super) fn may_name_an_object(name: &str) -> bool {
    last_words(name).is_some_and(|words| {
        let words = words.as_slice();
        let own = ["client", "app", "shared", "consumer", "jwt", "hmac", "cookie", "session", "webhook", "signing"];
        let owned = words.len() > 1 && own.iter().any(|own| words[words.len() - 2].eq_ignore_ascii_case(own));
        !owned && [&["secret"][..], &["credential"], &["credentials"]].iter().any(|word| ends_with(words, word))
    })
}

/// Whether the name ends in `auth`, which says how as often as with what.
pub(super) fn is_about_authentication(name: &str) -> bool {
    last_words(name).is_some_and(|words| ends_with(words.as_slice(), &["auth"]))
}

fn ends_with(words: &[&str], sensitive: &[&str]) -> bool {
    words.len() >= sensitive.len()
        && words[words.len() - sensitive.len()..]
            .iter()
            .zip(sensitive)
            .all(|(word, other)| word.eq_ignore_ascii_case(other))
}

struct Words<'n> {
    words: [&'n str; WORDS],
    first: usize,
}

impl<'n> Words<'n> {
    fn as_slice(&self) -> &[&'n str] {
        &self.words[self.first..]
    }
}

/// A quick look at the last letters of a name: false if it cannot be sensitive.
pub(super) fn may_be_sensitive(name: &[u8]) -> bool {
    let Some(tail) = name.last_chunk::<3>() else { return false };
    let tail = tail.map(|byte| byte | 0x20);
    let ends = matches!(
        &tail,
        b"ord" | b"swd" | b"pwd" | b"ret" | b"ken" | b"key" | b"ase" | b"ial" | b"als" | b"uth" | b"str" | b"ass"
    );
    ends || !tail[2].is_ascii_lowercase()
}

/// The last words of a name. Numbers at the end count copies (`PASSWORD_2`, `token1`) and are left out.
/// `None` where the last letters already say that the name is not sensitive.
fn last_words(name: &str) -> Option<Words<'_>> {
    let name = name.trim_end_matches(|c: char| c.is_ascii() && !c.is_ascii_alphabetic());
    let bytes = name.as_bytes();
    if bytes.len() > LONGEST || !may_be_sensitive(bytes) {
        return None;
    }
    let mut words = Words { words: [""; WORDS], first: WORDS };
    let mut end = bytes.len();
    while end > 0 && words.first > 0 {
        match bytes[end - 1] {
            byte if !byte.is_ascii() => return None,
            byte if !byte.is_ascii_alphanumeric() => {
                end -= 1;
                continue;
            }
            _ => {}
        }
        let start = start_of_word(bytes, end);
        words.first -= 1;
        words.words[words.first] = name.get(start..end)?;
        end = start;
    }
    Some(words)
}

/// `dbPassword` and `APIKey` are two words, `PASSWORD` is one.
fn start_of_word(bytes: &[u8], end: usize) -> usize {
    let mut start = end - 1;
    while start > 0 {
        let (before, here) = (bytes[start - 1], bytes[start]);
        let next = bytes.get(start + 1).filter(|_| start + 1 < end);
        let new_word = here.is_ascii_uppercase()
            && (before.is_ascii_lowercase()
                || before.is_ascii_digit()
                || before.is_ascii_uppercase() && next.is_some_and(u8::is_ascii_lowercase));
        if new_word || !before.is_ascii_alphanumeric() {
            break;
        }
        start -= 1;
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_sensitive_if_it_ends_in_a_sensitive_word() {
        for name in [
            "password",
            "PASSWORD",
            "DB_PASSWORD",
            "db.password",
            "db-password",
            "dbPassword",
            "DBPassword",
            "MYSQL_PWD",
            "admin-passwd",
            "clientSecret",
            "GITHUB_TOKEN",
            "apiKey",
            "API_KEY",
            "APIKey",
            "X_APIKEY",
            "AWS_SECRET_ACCESS_KEY",
            "ssh.private.key",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "REDISCLI_AUTH",
            "CONN_STR",
            "PASSWORD_2",
            "token1",
            "spring.datasource.password",
            "SECRET_KEY",
            "SECRET_KEY_BASE",
            "PGPASSWORD",
            "a/b/password",
        ] {
            assert!(is_sensitive(name), "{name}");
        }
    }

    #[test]
    fn a_name_about_a_secret_is_not_sensitive() {
        for name in [
            "token_endpoint",
            "password_policy",
            "PASSWORD_FILE",
            "TOKEN_PATH",
            "SECRET_NAME",
            "TOKEN_URL",
            "secretName",
            "passwordLength",
            "MAX_TOKENS",
            "monkey",
            "API_KEYS_ENABLED",
            "keyboard",
            "compassword",
            "tokenizer",
            "author",
            "authority",
            "checksum/secret",
            "existingSecret",
            "imagePullSecret",
            "tls_secret",
            "ENABLE_AUTH",
            "",
            "2",
            "_",
            "é",
            "passwordé",
            "key",
            "public_access_key",
            "nextToken",
        ] {
            assert!(!is_sensitive(name), "{name}");
        }
    }
}
