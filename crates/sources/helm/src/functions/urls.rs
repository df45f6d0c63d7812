//! Addresses. Source: Go, package `net/url`.

use std::fmt::Write as _;
use std::rc::Rc;

use super::Answer;
use super::calls::{map, text};
use crate::template::{Failure, Machine};
use crate::value::{Entries, Kind, Value};

/// What may stand unescaped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    User,
    Query,
    Fragment,
    Host,
}

fn is_plain(byte: u8, part: Part) -> bool {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => true,
        b'$' | b'&' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'?' | b'@' => match part {
            Part::Path => byte != b'?',
            Part::User => !matches!(byte, b'@' | b'/' | b'?' | b':'),
            Part::Query => false,
            Part::Fragment => true,
            Part::Host => !matches!(byte, b'/' | b'?' | b'@'),
        },
        b'!' | b'(' | b')' | b'*' => matches!(part, Part::Fragment | Part::Host),
        b'\'' | b'[' | b']' | b'<' | b'>' | b'"' => part == Part::Host,
        _ => false,
    }
}

fn escape(text: &str, part: Part) -> String {
    let mut out = String::new();
    for byte in crate::text::bytes(text).iter() {
        if is_plain(*byte, part) {
            out.push(char::from(*byte));
        } else if *byte == b' ' && part == Part::Query {
            out.push('+');
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// As in a query.
pub(super) fn query_escape(text: &str) -> String {
    escape(text, Part::Query)
}

fn unescape(text: &str) -> Result<String, String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'%' {
            out.push(bytes[at]);
            at += 1;
            continue;
        }
        let digits = text.get(at + 1..at + 3).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(value) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) else {
            let end = (at + 3).min(text.len());
            let shown = crate::format::quoted(text.get(at..end).unwrap_or("%"));
            return Err(format!("invalid URL escape {shown}"));
        };
        out.push(value);
        at += 3;
    }
    Ok(crate::text::from_bytes(&out).into_owned())
}

#[derive(Default)]
struct Url {
    scheme: String,
    opaque: String,
    user: Option<(String, Option<String>)>,
    host: String,
    path: String,
    query: String,
    fragment: String,
}

impl Url {
    fn parse(text: &str) -> Result<Self, String> {
        if text.chars().any(|c| c < ' ' || c == '\x7F') {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        let mut url = Self::default();
        let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
        url.fragment = unescape(fragment)?;
        let (scheme, rest) = scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        query.clone_into(&mut url.query);
        if !rest.starts_with('/') {
            if !url.scheme.is_empty() {
                rest.clone_into(&mut url.opaque);
                return Ok(url);
            }
            if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        let mut path = rest;
        if let Some(after) = rest.strip_prefix("//")
            && (!url.scheme.is_empty() || !rest.starts_with("///"))
        {
            let end = after.find('/').unwrap_or(after.len());
            url.authority(&after[..end])?;
            path = &after[end..];
        }
        url.path = unescape(path)?;
        Ok(url)
    }

    fn authority(&mut self, text: &str) -> Result<(), String> {
        let (user, host) = match text.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, text),
        };
        if let Some(user) = user {
            let (name, password) = match user.split_once(':') {
                Some((name, password)) => (name, Some(unescape(password)?)),
                None => (user, None),
            };
            self.user = Some((unescape(name)?, password));
        }
        let port = host.rsplit_once(':').filter(|_| !host.ends_with(']')).map_or("", |(_, port)| port);
        if !port.bytes().all(|b| b.is_ascii_digit()) {
            let port = crate::format::quoted(&format!(":{port}"));
            return Err(format!("invalid port {port} after host"));
        }
        if host.contains(' ') {
            return Err("invalid character \" \" in host name".to_owned());
        }
        self.host = unescape(host)?;
        Ok(())
    }

    fn hostname(&self) -> &str {
        if let Some(inner) = self.host.strip_prefix('[') {
            return inner.split(']').next().unwrap_or(inner);
        }
        match self.host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => &self.host,
        }
    }

    fn user_text(&self) -> String {
        match &self.user {
            None => String::new(),
            Some((name, None)) => escape(name, Part::User),
            Some((name, Some(password))) => format!("{}:{}", escape(name, Part::User), escape(password, Part::User)),
        }
    }
}

fn scheme(text: &str) -> Result<(&str, &str), String> {
    for (at, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            ':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok(("", text))
}

pub(super) fn url_parse(_: &mut Machine, values: Vec<Value>) -> Answer {
    let text = text(&values[0]);
    let url = Url::parse(&text).map_err(|error| {
        Failure::new(format!("unable to parse url: parse {}: {error}", crate::format::quoted(&text)))
    })?;
    let entries = [
        ("scheme", url.scheme.clone()),
        ("host", url.host.clone()),
        ("hostname", url.hostname().to_owned()),
        ("path", url.path.clone()),
        ("query", url.query.clone()),
        ("opaque", url.opaque.clone()),
        ("fragment", url.fragment.clone()),
        ("userinfo", url.user_text()),
    ];
    let taint = values[0].taint;
    let entries = entries.map(|(key, text)| (Rc::from(key), Value { taint, ..Value::text(text) }));
    Ok(Value::map(Entries::from(entries)))
}

fn text_entry(value: &Value, key: &str) -> Result<String, Failure> {
    let Some(found) = map(value).and_then(|map| map.entries.borrow().get(key).cloned()) else {
        return Ok(String::new());
    };
    match &found.kind {
        Kind::Text(text) => Ok(text.to_string()),
        _ => {
            let kind = found.kind_name();
            let message = format!("unable to parse {key} key, must be of type string, but {kind} found");
            Err(Failure::new(message))
        }
    }
}

pub(super) fn url_join(_: &mut Machine, values: Vec<Value>) -> Answer {
    let entry = |key| text_entry(&values[0], key);
    let (scheme, host, path, query) = (entry("scheme")?, entry("host")?, entry("path")?, entry("query")?);
    let (opaque, fragment, user) = (entry("opaque")?, entry("fragment")?, entry("userinfo")?);
    let mut url = Url::default();
    if !user.is_empty() {
        url.authority(&format!("{user}@host"))
            .map_err(|error| Failure::new(format!("unable to parse userinfo in dict: {error}")))?;
    }
    let mut out = String::new();
    if !scheme.is_empty() {
        let _ = write!(out, "{scheme}:");
    }
    if opaque.is_empty() {
        if !scheme.is_empty() || !host.is_empty() || url.user.is_some() {
            if !host.is_empty() || !path.is_empty() || url.user.is_some() {
                out.push_str("//");
            }
            if url.user.is_some() {
                let _ = write!(out, "{}@", url.user_text());
            }
            out.push_str(&escape(&host, Part::Host));
        }
        let path = escape(&path, Part::Path);
        if !path.is_empty() && !path.starts_with('/') && !host.is_empty() {
            out.push('/');
        }
        if out.is_empty() && path.split('/').next().is_some_and(|segment| segment.contains(':')) {
            out.push_str("./");
        }
        out.push_str(&path);
    } else {
        out.push_str(&opaque);
    }
    if !query.is_empty() {
        let _ = write!(out, "?{query}");
    }
    if !fragment.is_empty() {
        let _ = write!(out, "#{}", escape(&fragment, Part::Fragment));
    }
    Ok(Value::text(out))
}
