//! Secrets that are known by what stands around them: JSON web tokens, private keys, passwords in URLs and
//! connection strings, authorization headers, and tokens whose mark is in their middle.
//!
//! Every look around is bounded, so that no text makes it slow.

use memchr::memmem;

use super::encoding::base64_prefix;
use super::formats::{self, BASE62, BASE64, DOTTED, HEX, LOWER36, TILDE, URL64, run, run_back};
use super::{Hit, is_filler, values};

/// How far the halves of a URL or a connection string may be apart.
const AROUND: usize = 512;
/// A private key is no longer than this.
const LONGEST_KEY: usize = 32 * 1024;
/// A JSON web token is no longer than this.
const LONGEST_JWT: usize = 16 * 1024;

/// A signed or encrypted JSON web token (RFC 7519, RFC 7516) that begins at `start`.
pub(super) fn json_web_token(text: &str, start: usize) -> Option<Hit> {
    let bytes = text.as_bytes();
    // `-` and `_` are of the alphabet: a token does not begin after them.
    if start > 0 && formats::CLASSES[bytes[start - 1] as usize] & DOTTED != 0 {
        return None;
    }
    let token = &bytes[start..start + run(&bytes[start..], DOTTED, LONGEST_JWT)];
    let mut parts = token.split(|&byte| byte == b'.');
    let header = parts.next()?;
    let second = parts.next()?;
    let third = parts.next()?;
    let more = parts.take_while(|part| !part.is_empty()).count();
    let signed = second.starts_with(b"eyJ") && third.len() >= 16 && more == 0;
    let encrypted = third.len() >= 8 && more == 2;
    if !formats::is_jose_header(header) || !(signed || encrypted) {
        return None;
    }
    let end = start + token.iter().rposition(|&byte| byte != b'.')? + 1;
    Some(Hit { start, end, name: "JSON web token" })
}

/// A private key in PEM armour (RFC 7468, OpenSSH, OpenPGP) whose `-----BE` begins at `start`.
pub(super) fn private_key(text: &str, start: usize) -> Option<Hit> {
    let rest = cut(text, start, start + LONGEST_KEY);
    let label = rest.strip_prefix("-----BEGIN ")?;
    let label = &label[..label.find("-----").filter(|&length| length <= 40)?];
    if !label.ends_with("PRIVATE KEY") && label != "PGP PRIVATE KEY BLOCK" {
        return None;
    }
    let armour = "-----BEGIN ".len() + label.len() + "-----".len();
    let body = &rest[armour..];
    // The next armour ends this one, whatever it is.
    let length = memmem::find(body.as_bytes(), b"-----").unwrap_or(body.len());
    // A script that only names the line has no key after it.
    let longest = body[..length].split(|c: char| !c.is_ascii() || formats::CLASSES[c as usize] & BASE64 == 0);
    if longest.map(str::len).max().unwrap_or(0) < 40 {
        return None;
    }
    let footer = "-----END ".len() + label.len() + "-----".len();
    let is_closed = body[length..].starts_with("-----END");
    let end = if is_closed { (length + footer).min(body.len()) } else { end_of_armour(&body[..length]) };
    Some(Hit { start, end: start + armour + floor(body, end), name: "private key" })
}

/// Where a key ends whose last line is missing: after the last long line of base64.
fn end_of_armour(body: &str) -> usize {
    let mut end = 0;
    for line in body.split_inclusive('\n') {
        let content = line.trim();
        if !content.is_empty() && !content.bytes().all(|byte| formats::CLASSES[byte as usize] & BASE64 != 0) {
            let inline = line.find([' ', '"', '\'']).unwrap_or(line.len());
            return if end == 0 { inline } else { end };
        }
        end += line.len();
    }
    end
}

/// The password in `scheme://user:password@host`, where `end` is after the `//`.
pub(super) fn url_password(text: &str, end: usize) -> Option<Hit> {
    let before = text.as_bytes().get(..end.checked_sub(3)?)?;
    if run_back(before, BASE62, 2) < 2 {
        return None;
    }
    let authority = cut(text, end, end + AROUND);
    let stop = authority.find(['/', '?', '#', '"', '\'', '`', '\\']).unwrap_or(authority.len());
    let authority = &authority[..stop];
    let authority = &authority[..authority.find(char::is_whitespace).unwrap_or(authority.len())];
    let userinfo = &authority[..authority.rfind('@')?];
    let (user, password) = userinfo.split_once(':')?;
    // `[` is in patterns that match URLs, and not allowed in a password that is written in one.
    if password.is_empty() || password.contains(['[', '*']) || user.starts_with('(') || values::is_placeholder(password)
    {
        return None;
    }
    let nobody = ["user", "username", "login", "uname", "usr", "foo"];
    let nothing = ["password", "pass", "passwd", "pwd", "secret", "token", "bar"];
    let says = |words: &[&str], text: &str| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if says(&nobody, user) && says(&nothing, password) {
        return None;
    }
    let start = end + user.len() + 1;
    Some(Hit { start, end: start + password.len(), name: "password in a URL" })
}

/// The address of a webhook, which is its own password, where `end` is after the `//`. Source: the documentation of Slack and
/// of Discord.
pub(super) fn webhook(text: &str, end: usize) -> Option<Hit> {
    const HOOKS: [(&str, &str); 5] = [
        ("hooks.slack.com/services/", "Slack webhook"),
        ("hooks.slack.com/workflows/", "Slack webhook"),
        ("hooks.slack.com/triggers/", "Slack webhook"),
        ("discord.com/api/webhooks/", "Discord webhook"),
        ("discordapp.com/api/webhooks/", "Discord webhook"),
    ];
    let rest = cut(text, end, end + AROUND);
    let (before, name) = HOOKS.into_iter().find(|(before, _)| rest.starts_with(before))?;
    let path = &rest[before.len()..];
    let path = &path[..run(path.as_bytes(), BASE64, AROUND)];
    let token = path.rsplit('/').next()?;
    if !path.contains('/') || token.len() < 20 || is_filler(token.as_bytes()) || values::is_placeholder(token) {
        return None;
    }
    let start = end + before.len();
    Some(Hit { start, end: start + path.len(), name })
}

/// The value of `password=`, `pwd=`, `AccountKey=`, `SharedAccessKey=` or `sig=`, where `end` is after the `=`.
pub(super) fn connection_string(text: &str, end: usize) -> Option<Hit> {
    let bytes = text.as_bytes();
    let key_length = run_back(&bytes[..end - 1], BASE62, 32);
    let key_start = end - 1 - key_length;
    let key = &text[key_start..end - 1];
    let is = |name: &str| key.eq_ignore_ascii_case(name);
    let (name, shortest) = match () {
        () if is("password") || is("pwd") => ("password in a connection string", 1),
        () if is("accountkey") => ("Azure storage key", 40),
        () if is("sharedaccesskey") => ("Azure shared access key", 40),
        () if is("sig") => ("Azure shared access signature", 40),
        () => return None,
    };
    let before = cut_back(text, key_start);
    if !before.is_empty() && !before.ends_with([';', ',', '&', '?', ' ', '\t', '"', '\'']) {
        return None;
    }
    let after = cut(text, end, end + AROUND);
    let after = &after[..after.find('\n').unwrap_or(after.len())];
    let (value, quote) = unquoted(after);
    if value.len() < shortest || values::is_harmless(value) || is_filler(value.as_bytes()) && shortest > 1 {
        return None;
    }
    if shortest == 1 && (!speaks_of_connection(before, after) || is_code(before, value, quote)) {
        return None;
    }
    if is("sig") && !before.contains("sv=") && !after.contains("sv=") {
        return None;
    }
    let start = end + usize::from(quote);
    Some(Hit { start, end: start + value.len(), name })
}

/// The value at the start of `text`, and whether it is in quotes.
fn unquoted(text: &str) -> (&str, bool) {
    for quote in ["\\\"", "\"", "'"] {
        if let Some(inner) = text.strip_prefix(quote) {
            let length = inner.find(quote).unwrap_or(inner.len());
            return if quote.len() == 1 { (&inner[..length], true) } else { ("", true) };
        }
    }
    let end = text.find([';', '&', ',', '"', '\'', '`', '<', '\\']).unwrap_or(text.len());
    let value = &text[..end];
    (&value[..value.find(char::is_whitespace).unwrap_or(value.len())], false)
}

/// `connect(host, password=password)`: an argument, not a value.
fn is_code(before: &str, value: &str, quoted: bool) -> bool {
    let names = ["password", "passwd", "pwd", "pass"];
    !quoted
        && (before.ends_with(", ")
            || value.contains(['(', ')', '[', ']'])
            || names.iter().any(|name| value.eq_ignore_ascii_case(name)))
}

/// Whether the text beside a password says to what and as whom it connects.
fn speaks_of_connection(before: &str, after: &str) -> bool {
    let keys = [
        "server",
        "host",
        "data source",
        "user",
        "user id",
        "uid",
        "username",
        "userid",
        "database",
        "dbname",
        "endpoint",
        "ssl",
        "addr",
    ];
    let has_key = |text: &str| {
        memchr::memchr_iter(b'=', text.as_bytes()).any(|at| {
            let key = &text.as_bytes()[..at];
            keys.iter().any(|name| {
                let start = key.len().checked_sub(name.len());
                start.is_some_and(|start| key[start..].eq_ignore_ascii_case(name.as_bytes()))
            })
        })
    };
    has_key(before) || has_key(after) || memmem::find(before.as_bytes(), b"jdbc:").is_some()
}

/// The credentials after `Authorization: Basic ` or `Authorization: Bearer `, where `end` is after the space.
pub(super) fn authorization(text: &str, end: usize) -> Option<Hit> {
    let bytes = text.as_bytes();
    let before = &bytes[end.saturating_sub(32)..end - 1];
    if !before.windows(12).any(|window| window.eq_ignore_ascii_case(b"uthorization")) {
        return None;
    }
    let is_basic = bytes[end - 2].eq_ignore_ascii_case(&b'c');
    let alphabet = if is_basic { BASE64 } else { DOTTED | BASE64 };
    let length = run(&bytes[end..], alphabet, 4096);
    let credentials = text.get(end..end + length)?;
    if is_filler(credentials.as_bytes()) {
        return None;
    }
    if is_basic {
        let decoded = base64_prefix(credentials.as_bytes(), 512);
        let colon = decoded.iter().position(|&byte| byte == b':')?;
        let readable = std::str::from_utf8(&decoded).is_ok_and(|text| !text.contains(char::is_control));
        let password = String::from_utf8_lossy(&decoded[colon + 1..]).into_owned();
        let real = readable && !password.is_empty() && !values::is_placeholder(&password);
        return real.then_some(Hit { start: end, end: end + length, name: "password in an authorization header" });
    }
    let real = length >= 20 && (values::is_random(credentials) || json_web_token(text, end).is_some());
    real.then_some(Hit { start: end, end: end + length, name: "token in an authorization header" })
}

/// A token whose mark, three characters before `end`, is in its middle.
pub(super) fn by_middle(text: &str, end: usize) -> Option<Hit> {
    let bytes = text.as_bytes();
    let mark = bytes.get(end.checked_sub(3)?..end)?;
    let (name, start, stop) = match mark {
        b":AA" => telegram(bytes, end)?,
        [b'0'..=b'9', b'Q', b'~'] => entra(bytes, end)?,
        b"asv" => terraform(bytes, end)?,
        b"QJ9" => azure_service(bytes, end)?,
        b"RAL" => new_relic(bytes, end)?,
        _ => return None,
    };
    let free = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
    let before = start.checked_sub(1).and_then(|at| bytes.get(at));
    (free(before) && free(bytes.get(stop)) && !is_filler(&bytes[start..stop])).then_some(Hit { start, end: stop, name })
}

type Found = Option<(&'static str, usize, usize)>;

/// Number of the bot, colon, 35 characters that begin with `AA`.
fn telegram(bytes: &[u8], end: usize) -> Found {
    let digits = bytes[..end - 3].iter().rev().take(12).take_while(|byte| byte.is_ascii_digit()).count();
    let rest = run(&bytes[end - 2..], URL64, 64);
    (matches!(digits, 8..=11) && rest == 35).then_some(("Telegram bot token", end - 3 - digits, end + 33))
}

/// 40 characters, the fourth to sixth are a digit and `Q~`.
fn entra(bytes: &[u8], end: usize) -> Found {
    let start = end.checked_sub(6)?;
    let whole = run_back(&bytes[..end], TILDE, 7) == 6 && run(&bytes[start..], TILDE, 64) == 40;
    whole.then_some(("Entra ID client secret", start, start + 40))
}

/// 14 characters, `.atlasv1.`, 60 to 70 characters.
fn terraform(bytes: &[u8], end: usize) -> Found {
    let mark = end.checked_sub(".atlasv".len())?;
    bytes[mark..].starts_with(b".atlasv1.").then_some(())?;
    let before = run_back(&bytes[..mark], BASE62, 20);
    let after = run(&bytes[mark + 9..], URL64, 128);
    (before == 14 && matches!(after, 60..=70)).then_some(("HCP Terraform token", mark - before, mark + 9 + after))
}

/// 84 characters with `JQQJ9` after the 52nd, as Azure's services make their keys.
fn azure_service(bytes: &[u8], end: usize) -> Found {
    let start = end.checked_sub(57)?;
    let whole = bytes[..end].ends_with(b"JQQJ9") && run(&bytes[start..], BASE62, 128) == 84;
    whole.then_some(("Azure service key", start, start + 84))
}

/// 36 characters and `NRAL`.
fn new_relic(bytes: &[u8], end: usize) -> Found {
    let start = end.checked_sub(40)?;
    let whole = bytes[..end].ends_with(b"NRAL") && run(&bytes[start..], LOWER36 | HEX, 64) == 36;
    whole.then_some(("New Relic license key", start, end))
}

/// `text` from `from` to about `to`, on a border of characters.
fn cut(text: &str, from: usize, to: usize) -> &str {
    text.get(from..floor(text, to)).unwrap_or("")
}

/// What stands before `to` on its line, not too far away.
fn cut_back(text: &str, to: usize) -> &str {
    let mut from = to.saturating_sub(AROUND);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let before = &text[from..to];
    &before[before.rfind('\n').map_or(0, |at| at + 1)..]
}

fn floor(text: &str, to: usize) -> usize {
    let mut to = to.min(text.len());
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    to
}
