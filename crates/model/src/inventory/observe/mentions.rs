//! Which hosts pods and ConfigMaps name. Secrets are not looked into, nor what is called like one.

use super::Observer;
use crate::document::Value;
use crate::inventory::{HostMention, MentionFacts, MentionForm, ScrapeFact};
use crate::object::Object;
use crate::pod::Container;
use crate::workload::Workload;

/// The most bytes of a value that are looked at, and the most hosts of an object that are kept.
const LONGEST: usize = 256 << 10;
const MOST: usize = 512;

/// Parts of keys whose values are hosts.
const HOST_KEYS: &[&str] =
    &["HOST", "ADDR", "URL", "URI", "SERVER", "ENDPOINT", "BROKER", "UPSTREAM", "SERVICE", "NODES"];

/// Parts of keys whose values are nobody's business.
const SECRET_KEYS: &[&str] = &["PASSW", "SECRET", "TOKEN", "CREDENTIAL", "PRIVATE", "APIKEY", "API_KEY"];

/// Schemes, and the ports that they have.
const SCHEMES: &[(&str, u16)] = &[
    ("http", 80),
    ("https", 443),
    ("ws", 80),
    ("wss", 443),
    ("grpc", 443),
    ("postgres", 5432),
    ("postgresql", 5432),
    ("mysql", 3306),
    ("redis", 6379),
    ("rediss", 6379),
    ("mongodb", 27017),
    ("amqp", 5672),
    ("amqps", 5671),
    ("nats", 4222),
    ("kafka", 9092),
    ("ldap", 389),
    ("ldaps", 636),
    ("smtp", 25),
];

/// A host in a text.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    host: String,
    port: Option<u16>,
    usual_port: Option<u16>,
    is_url: bool,
}

impl Observer<'_> {
    pub(super) fn mentions(&self, object: &Object<'_>, workloads: &[Workload<'_>], facts: &mut MentionFacts) {
        let before = facts.hosts.len();
        for workload in workloads {
            for container in &workload.pod.containers {
                self.container_mentions(container, facts);
            }
            facts.scrapes.extend(self.scrape(workload));
        }
        if object.group().is_empty() && object.kind == "ConfigMap" {
            for (key, value) in object.value.get("data").into_iter().flat_map(Value::entries) {
                self.find_hosts(&key.text(), value, MentionForm::ConfigMap, None, facts);
            }
        }
        facts.hosts.truncate(before + MOST);
    }

    fn container_mentions(&self, container: &Container<'_>, facts: &mut MentionFacts) {
        let variables: Vec<(String, Value<'_>)> = container
            .env
            .into_iter()
            .flat_map(Value::items)
            .filter_map(|item| Some((item.get("name")?.text().into_owned(), item.get("value")?)))
            .collect();
        for (name, value) in &variables {
            // DATABASE_HOST has its port in DATABASE_PORT.
            let stem = name.rsplit_once('_').map(|(stem, _)| format!("{stem}_PORT"));
            let beside = variables.iter().find(|(other, _)| Some(other) == stem.as_ref());
            let port = beside.and_then(|(_, value)| value.text().parse().ok()).filter(|port| *port > 0);
            self.find_hosts(name, *value, MentionForm::Environment, port, facts);
        }
        let arguments = [container.command, container.args].into_iter().flatten().flat_map(Value::items);
        for argument in arguments {
            self.find_hosts("", argument, MentionForm::Argument, None, facts);
        }
    }

    fn find_hosts(&self, key: &str, value: Value<'_>, form: MentionForm, port: Option<u16>, facts: &mut MentionFacts) {
        if !value.is_scalar() || value.is_null() {
            return;
        }
        let text = value.text();
        let mut end = text.len().min(LONGEST);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        for found in hosts(key, &text[..end]) {
            facts.hosts.push(HostMention {
                resource: self.resource,
                host: self.symbols.intern(&found.host),
                port: found.port.or(port),
                usual_port: found.usual_port,
                is_url: found.is_url,
                form,
                place: self.place(value),
            });
        }
    }

    fn scrape(&self, workload: &Workload<'_>) -> Option<ScrapeFact> {
        let annotation = |name: &str| {
            let mut all = workload.pod.annotations();
            all.find(|(key, _)| key.text() == name).map(|(_, value)| value)
        };
        let asked = annotation("prometheus.io/scrape").filter(|value| value.text() == "true")?;
        let port = annotation("prometheus.io/port").and_then(|port| port.text().parse().ok());
        Some(ScrapeFact { resource: self.resource, port, place: self.place(asked) })
    }
}

/// The hosts that a value names, each once.
fn hosts(key: &str, text: &str) -> Vec<Found> {
    let mut all = Vec::new();
    let bytes = text.as_bytes();
    let mut marks = memchr::memchr2_iter(b':', b'.', bytes).filter(|at| begins(&bytes[*at..])).peekable();
    let whole = text.trim();
    let is_on_one_line = !whole.contains('\n') && (whole.contains(',') || words(whole).nth(1).is_none());
    // Most values are neither: what they are called is not asked.
    if (marks.peek().is_none() && !(is_on_one_line && has_letter(whole))) || is_called(key, SECRET_KEYS) {
        return all;
    }
    // The whole value is a host, or several on one line.
    if is_on_one_line && is_called(key, HOST_KEYS) {
        look_at(whole, true, &mut all);
        return all;
    }
    // Everything else has a port, a scheme or the domain of Services: lines without these are not looked at.
    let mut seen = 0;
    for at in marks {
        if at < seen || all.len() == MOST {
            continue;
        }
        let start = memchr::memrchr(b'\n', &bytes[seen..at]).map_or(seen, |before| seen + before + 1);
        seen = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |after| at + after);
        look_at(&text[start..seen], false, &mut all);
    }
    all
}

fn has_letter(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Whether what follows a name makes a host of it: a port, what stands after a scheme, or the domain of Services.
fn begins(rest: &[u8]) -> bool {
    match rest {
        [b':', b'0'..=b'9', ..] | [b':', b'/', b'/', ..] => true,
        [b'.', word @ ..] => word.get(..3).is_some_and(|word| word.eq_ignore_ascii_case(b"svc")),
        _ => false,
    }
}

/// Whether a name has one of these parts, which are in capitals.
fn is_called(name: &str, parts: &[&str]) -> bool {
    let bytes = name.as_bytes();
    let begins = |at: usize, part: &str| {
        bytes.get(at..at + part.len()).is_some_and(|found| found.eq_ignore_ascii_case(part.as_bytes()))
    };
    let is_first = |byte: u8, part: &str| part.as_bytes().first() == Some(&byte);
    let letters = bytes.iter().map(u8::to_ascii_uppercase).enumerate();
    letters.into_iter().any(|(at, byte)| parts.iter().any(|part| is_first(byte, part) && begins(at, part)))
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| c.is_whitespace() || "\"'`,;=()[]{}<>|".contains(c)).filter(|word| !word.is_empty())
}

fn look_at(line: &str, is_expected: bool, all: &mut Vec<Found>) {
    // A file of configuration has names and values: what is called like a secret is passed over there too.
    if !line.contains("://") && is_called(line, SECRET_KEYS) {
        return;
    }
    for word in words(line) {
        if let Some(found) = host(word, is_expected).filter(|found| !all.contains(found)) {
            all.push(found);
        }
        if all.len() == MOST {
            return;
        }
    }
}

/// The host of a word, if it is one: of a URL, with a port, in the domain of Services, or where hosts are expected.
fn host(word: &str, is_expected: bool) -> Option<Found> {
    let (usual_port, rest, is_url) = match word.find("://") {
        Some(at) => {
            let scheme = word[..at].rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            let scheme = scheme.to_ascii_lowercase();
            let known = SCHEMES.iter().find(|(name, _)| *name == scheme);
            (known.map(|(_, port)| *port), &word[at + 3..], true)
        }
        None => (None, word, false),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // Who logs in is not kept.
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let (name, port) = match authority.rsplit_once(':') {
        Some((name, port)) => (name, Some(port.parse::<u16>().ok().filter(|port| *port > 0)?)),
        None => (authority, None),
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let is_in_cluster = name.ends_with(".svc") || name.contains(".svc.");
    let is_meant = is_url || port.is_some() || is_in_cluster || is_expected;
    (is_meant && is_host_name(&name)).then_some(Found { host: name, port, usual_port, is_url })
}

fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(is_label) && name.bytes().any(|b| b.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_and_nothing_around_them() {
        let find = |key: &str, text: &str| {
            let show = |found: Found| {
                let port = found.port.or(found.usual_port).map(|port| format!(":{port}")).unwrap_or_default();
                format!("{}{port}", found.host)
            };
            hosts(key, text).into_iter().map(show).collect::<Vec<_>>().join(" ")
        };
        for (key, text, expected) in [
            ("URL", "http://catalogue.storefront.svc:8080/a?b=c:d", "catalogue.storefront.svc:8080"),
            ("X", "postgresql://user:pa:ss@db.data/shop", "db.data:5432"),
            ("X", "jdbc:postgresql://db:6432/shop", "db:6432"),
            ("DATABASE_HOST", "postgres.data.svc", "postgres.data.svc"),
            ("DATABASE_HOST", "postgres", "postgres"),
            ("POSTGRES_USER", "postgres", ""),
            ("KAFKA_BROKERS", "k-0.kafka:9092,k-1.kafka:9092", "k-0.kafka:9092 k-1.kafka:9092"),
            ("", "--upstream=api.payments.svc.cluster.local:8443", "api.payments.svc.cluster.local:8443"),
            ("", "user:pass@tcp(mysql.data:3306)/db", "mysql.data:3306"),
            ("DB_PASSWORD", "hunter2:1234", ""),
            ("app.conf", "[db]\npassword = letmein:5432\nhost = pg:5432\n", "pg:5432"),
            ("X", "10:30", ""),
            ("X", "10.0.0.1:80", ""),
            ("X", "web:latest", ""),
            ("X", "a:0", ""),
            ("SERVICE_URL", "HTTPS://API.Example.COM.", "api.example.com:443"),
            ("HOSTS", "a.b, c.d", "a.b c.d"),
            ("server.conf", "listen 80\nname, other\nupstream API.Data.SVC;\n", "api.data.svc"),
            ("app.conf", "first: 1\nurl: http://a.b\nport: x:1, y:2\n\nlast", "a.b:80 x:1 y:2"),
        ] {
            assert_eq!(find(key, text), expected, "{key}: {text}");
        }
    }
}
