//! Finds secret values in text: tokens of known formats, private keys, passwords in URLs and connection strings;
//! and judges values by the name that they stand under.
//!
//! `find` looks at every byte once (see `anchors`) and looks closely only where something may be. What a value is
//! called, and where names and values stand in files, is the business of `assignments`.

mod anchors;
pub(in crate::secret) mod encoding;
mod formats;
mod names;
mod structures;
mod values;

use anchors::{Anchor, Machine};

/// A secret value in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The first byte of the secret.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// What it is, such as `GitHub token`.
    pub name: &'static str,
}

/// How sure it is that the value under a sensitive name is a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// Only a machine would write such a value.
    Random,
    /// The name says so, and the value does not contradict.
    Named,
}

/// The secrets in `text` that are known by their format, in order, without overlaps.
pub fn find(text: &str) -> impl Iterator<Item = Hit> + '_ {
    let mut machine = Machine::starting_at(0);
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let anchor = machine.next(text.as_bytes())?;
            if let Some(hit) = look(text, anchor).filter(|hit| hit.start >= from && hit.end > hit.start) {
                from = hit.end;
                machine = Machine::starting_at(hit.end.max(anchor.end));
                return Some(hit);
            }
        }
    })
}

/// Whether values under this name are expected to be secrets: it ends in `password`, `token`, `api_key` and so on.
pub fn is_sensitive_name(name: &str) -> bool {
    names::is_sensitive(name)
}

/// A quick look at the end of a name: false if it cannot be sensitive.
pub(super) fn may_be_sensitive_name(name: &[u8]) -> bool {
    names::may_be_sensitive(name)
}

/// Whether this stands for a value instead of being one: `changeme`, `<password>`, `${VAR}`, `xxxx`.
pub fn is_placeholder(value: &str) -> bool {
    values::is_placeholder(value)
}

/// Whether a value is no secret, whatever it is called: a placeholder, path, URL, boolean, short number, digest.
pub fn is_harmless(value: &str) -> bool {
    values::is_harmless(value)
}

/// What the name and the value say together. `None` if the name is not sensitive or the value is harmless.
pub fn judge(name: &str, value: &str) -> Option<Certainty> {
    if !names::is_sensitive(name) || values::is_harmless(value) {
        return None;
    }
    let value = value.trim();
    if values::is_random(value) {
        return Some(Certainty::Random);
    }
    if names::is_about_authentication(name) && values::is_encoded_login(value) {
        return Some(Certainty::Random);
    }
    let names_an_object = names::may_name_an_object(name) && values::is_object_name(value);
    let says_how = names::is_about_authentication(name) && values::is_mode(value);
    (!names_an_object && !says_how).then_some(Certainty::Named)
}

fn look(text: &str, anchor: Anchor) -> Option<Hit> {
    let Anchor { end, buckets } = anchor;
    if buckets & anchors::ENDS != 0 {
        let hit = match &text.as_bytes()[..end] {
            [.., b':', b'/', b'/'] => structures::url_password(text, end).or_else(|| structures::webhook(text, end)),
            [.., b'-', b'B', b'E'] => end.checked_sub("-----BE".len()).and_then(|at| structures::private_key(text, at)),
            _ => structures::by_middle(text, end),
        };
        if hit.is_some() {
            return hit;
        }
    }
    if buckets & anchors::ASSIGNMENTS != 0
        && let Some(hit) = structures::connection_string(text, end)
    {
        return Some(hit);
    }
    if buckets & anchors::SCHEMES != 0
        && let Some(hit) = structures::authorization(text, end)
    {
        return Some(hit);
    }
    if buckets & anchors::PREFIXES == 0 {
        return None;
    }
    token(text, end.checked_sub(anchors::WIDTH - 1)?)
}

/// A token that begins at `start` with its prefix.
fn token(text: &str, start: usize) -> Option<Hit> {
    let bytes = text.as_bytes();
    if start > 0 && bytes[start - 1].is_ascii_alphanumeric() {
        return None;
    }
    let rest = &bytes[start..];
    for format in formats::beginning_with(rest[0]) {
        let prefix = format.prefix.as_bytes();
        if !rest.starts_with(prefix) {
            continue;
        }
        let length = formats::run(&rest[prefix.len()..], format.alphabet, format.longest + 1);
        let body = &rest[prefix.len()..prefix.len() + length];
        if (format.shortest..=format.longest).contains(&length) && !is_filler(body) && (format.check)(body) {
            return Some(Hit { start, end: start + prefix.len() + length, name: format.name });
        }
    }
    if !rest.starts_with(anchors::JSON_WEB_TOKEN) {
        return None;
    }
    structures::json_web_token(text, start)
}

/// A body that nobody was given: few characters again and again, or words that say so.
fn is_filler(body: &[u8]) -> bool {
    let mut seen = [false; 256];
    body.iter().for_each(|&byte| seen[byte as usize] = true);
    let distinct = seen.iter().filter(|&&seen| seen).count();
    let says = |word: &[u8]| body.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word));
    distinct < 5.max(body.len().min(40) / 4)
        || says(b"xxxxx")
        || says(b"your")
        || says(b"placeholder")
        || says(b"redacted")
}

#[cfg(test)]
mod tests;
