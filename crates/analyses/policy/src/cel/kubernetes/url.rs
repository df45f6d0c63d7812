//! URLs, as Go's `net/url` takes them apart.

use std::sync::Arc;

use crate::cel::evaluate::{Answer, Context};
use crate::cel::functions::no_signature;
use crate::cel::functions::strings::quoted;
use crate::cel::value::error;
use crate::cel::{Key, Map, Value};

/// A URL, taken apart.
#[derive(Debug, Clone, Default)]
pub struct Url {
    text: String,
    scheme: String,
    host: String,
    path: Vec<u8>,
    /// As it was written, where that is not how it would be.
    raw_path: String,
    query: String,
}

/// Where in a URL a text stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    Host,
    Zone,
    User,
    Query,
    Fragment,
}

impl Url {
    /// `url.ParseRequestURI`, and then `url.Parse`.
    pub fn parse(text: &str) -> Result<Url, String> {
        let told = |message: String| format!("parse {}: {message}", quoted(text));
        parse(text, true).map_err(told)?;
        let (whole, fragment) = text.split_once('#').unwrap_or((text, ""));
        let mut url = parse(whole, false).map_err(told)?;
        unescaped(fragment, Part::Fragment).map_err(told)?;
        text.clone_into(&mut url.text);
        Ok(url)
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a request may be for it, and what Go says if not.
    pub(super) fn request(text: &str) -> Result<(), String> {
        parse(text, true).map(drop).map_err(|message| format!("parse {}: {message}", quoted(text)))
    }

    fn port(&self) -> &str {
        let (_, after) = split_port(&self.host);
        after
    }

    fn hostname(&self) -> &str {
        let (name, _) = split_port(&self.host);
        match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            Some(inner) => inner,
            None => name,
        }
    }

    fn escaped_path(&self) -> String {
        let is_own = unescaped(&self.raw_path, Part::Path).is_ok_and(|path| path == self.path);
        if !self.raw_path.is_empty() && is_valid_encoded(&self.raw_path) && is_own {
            return self.raw_path.clone();
        }
        if self.path == b"*" { "*".to_owned() } else { escaped(&self.path) }
    }
}

/// The host, and the port where there is a valid one.
fn split_port(host: &str) -> (&str, &str) {
    match host.rfind(':') {
        Some(at) if is_valid_port(host.get(at..).unwrap_or_default()) => {
            (host.get(..at).unwrap_or_default(), host.get(at + 1..).unwrap_or_default())
        }
        _ => (host, ""),
    }
}

fn is_valid_port(port: &str) -> bool {
    port.is_empty() || port.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The scheme and what follows it.
fn scheme(text: &str) -> Result<(&str, &str), String> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok((text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default())),
            _ => return Ok(("", text)),
        }
    }
    Ok(("", text))
}

fn parse(text: &str, is_request: bool) -> Result<Url, String> {
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    if text.is_empty() && is_request {
        return Err("empty url".to_owned());
    }
    let mut url = Url { text: text.to_owned(), ..Url::default() };
    if text == "*" {
        url.path = b"*".to_vec();
        return Ok(url);
    }
    let (scheme, rest) = scheme(text)?;
    url.scheme = scheme.to_ascii_lowercase();
    let (mut rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    query.clone_into(&mut url.query);
    if !rest.starts_with('/') {
        if !scheme.is_empty() {
            return Ok(url);
        }
        if is_request {
            return Err("invalid URI for request".to_owned());
        }
        if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let may_have_host = !scheme.is_empty() || !is_request && !rest.starts_with("///");
    if may_have_host && let Some(after) = rest.strip_prefix("//") {
        let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
        url.host = authority_host(authority)?;
        rest = path;
    }
    url.path = unescaped(rest, Part::Path)?;
    if escaped(&url.path) != rest {
        rest.clone_into(&mut url.raw_path);
    }
    Ok(url)
}

fn authority_host(authority: &str) -> Result<String, String> {
    let Some((user, host)) = authority.rsplit_once('@') else { return parse_host(authority) };
    let host = parse_host(host)?;
    let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
    if !user.bytes().all(is_valid) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    unescaped(user, Part::User)?;
    Ok(host)
}

fn parse_host(host: &str) -> Result<String, String> {
    let wrong_port = |port: &str| Err(format!("invalid port {} after host", quoted(port)));
    if host.starts_with('[') {
        let Some(end) = host.rfind(']') else { return Err("missing ']' in host".to_owned()) };
        let port = host.get(end + 1..).unwrap_or_default();
        if !is_valid_port(port) {
            return wrong_port(port);
        }
        let inner = host.get(..end).unwrap_or_default();
        if let Some(zone) = inner.find("%25") {
            let before = unescaped(host.get(..zone).unwrap_or_default(), Part::Host)?;
            let within = unescaped(host.get(zone..end).unwrap_or_default(), Part::Zone)?;
            let after = unescaped(host.get(end..).unwrap_or_default(), Part::Host)?;
            return Ok(String::from_utf8_lossy(&[before, within, after].concat()).into_owned());
        }
    } else if let Some(at) = host.rfind(':') {
        let port = host.get(at..).unwrap_or_default();
        if !is_valid_port(port) {
            return wrong_port(port);
        }
    }
    unescaped(host, Part::Host).map(|host| String::from_utf8_lossy(&host).into_owned())
}

fn should_escape(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
        return false;
    }
    if matches!(part, Part::Host | Part::Zone) && b"!$&'()*+,;=:[]<>\"".contains(&byte) {
        return false;
    }
    match (byte, part) {
        (b'$' | b'&' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'@', Part::Path) => matches!(byte, b';' | b','),
        (b'$' | b'&' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'?' | b'@', Part::Fragment) => false,
        (b'!' | b'(' | b')' | b'*', Part::Fragment) => false,
        _ => true,
    }
}

fn hexadecimal(bytes: &[u8]) -> Option<u8> {
    let [first, second] = bytes else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(*first)? * 16 + digit(*second)?).ok()
}

fn unescaped(text: &str, part: Part) -> Result<Vec<u8>, String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'%' {
            let wrong = || {
                let shown = String::from_utf8_lossy(bytes.get(at..(at + 3).min(bytes.len())).unwrap_or_default());
                Err(format!("invalid URL escape {}", quoted(&shown)))
            };
            let Some(value) = bytes.get(at + 1..at + 3).and_then(hexadecimal) else { return wrong() };
            if part == Part::Host && value < 0x80 && value != b'%' {
                return wrong();
            }
            if part == Part::Zone && value != b'%' && value != b' ' && should_escape(value, Part::Host) {
                return wrong();
            }
            out.push(value);
            at += 3;
            continue;
        }
        if matches!(part, Part::Host | Part::Zone) && byte < 0x80 && should_escape(byte, part) {
            return Err(format!("invalid character {} in host name", quoted(&char::from(byte).to_string())));
        }
        out.push(if byte == b'+' && part == Part::Query { b' ' } else { byte });
        at += 1;
    }
    Ok(out)
}

fn escaped(path: &[u8]) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path {
        if should_escape(*byte, Part::Path) {
            out.push_str(&format!("%{byte:02X}"));
        } else {
            out.push(char::from(*byte));
        }
    }
    out
}

fn is_valid_encoded(path: &str) -> bool {
    path.bytes().all(|byte| b"!$&'()*+,;=:@[]%".contains(&byte) || !should_escape(byte, Part::Path))
}

/// `url.ParseQuery`, without what is wrong.
fn query(text: &str) -> Map {
    let mut map: Vec<(Arc<str>, Vec<Value>)> = Vec::new();
    for part in text.split('&').filter(|part| !part.is_empty() && !part.contains(';')) {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let (Ok(key), Ok(value)) = (unescaped(key, Part::Query), unescaped(value, Part::Query)) else { continue };
        let key: Arc<str> = Arc::from(String::from_utf8_lossy(&key));
        let value = Value::from(&*String::from_utf8_lossy(&value));
        match map.iter_mut().find(|(own, _)| *own == key) {
            Some((_, values)) => values.push(value),
            None => map.push((key, vec![value])),
        }
    }
    Map::new(map.into_iter().map(|(key, values)| (Key::String(key), Value::from(values))))
}

pub(crate) fn make(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::String(text)] = values else { return no_signature(name, values) };
    context.budget.spend_text(text.len())?;
    if name == "isURL" {
        return Ok(Value::Bool(Url::request(text).is_ok()));
    }
    match Url::parse(text) {
        Ok(url) => Ok(Value::Url(url.into())),
        Err(message) => error(format!("URL parse error during conversion from string: {message}")),
    }
}

pub(crate) fn question(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::Url(url)] = values else { return no_signature(name, values) };
    context.budget.spend_text(url.text.len())?;
    Ok(match name {
        "getScheme" => Value::from(&*url.scheme),
        "getHost" => Value::from(&*url.host),
        "getHostname" => Value::from(url.hostname()),
        "getPort" => Value::from(url.port()),
        "getEscapedPath" => Value::from(url.escaped_path()),
        _ => {
            // Many keys are looked for among many.
            let parts = url.query.split('&').count();
            context.budget.spend_elements(parts.saturating_mul(parts) / 16)?;
            Value::from(query(&url.query))
        }
    })
}
