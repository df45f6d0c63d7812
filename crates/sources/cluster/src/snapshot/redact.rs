//! Names that are nobody's business: the same name becomes the same other name everywhere, so that what belongs
//! together still does.
//!
//! A name is found where a field has one. Where a text is free (arguments, variables, images, the data of ConfigMaps) the
//! names that were found anywhere in the cluster are replaced, which is why a snapshot is written when all was read.

mod fields;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use model::document::{Kind, Value};

use fields::Text;

/// Replaces names.
pub struct Redaction {
    /// Makes the other names different in every snapshot.
    key: u64,
    /// Names that were found, in lower case.
    found: RefCell<HashSet<String>>,
}

/// A name that is shorter is a word of many texts.
const SHORTEST: usize = 4;

/// A name that is as long as this is replaced within words too.
const DISTINCT: usize = 8;

/// A name of letters alone that is shorter is replaced where it is part of a host, and nowhere else in texts.
const PLAIN: usize = 12;

static KEPT: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let lines = include_str!("redact/kept.txt").lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_whitespace).collect()
});

/// Beginnings that answers depend on.
const PREFIXES: &[&str] = &["kube-", "openshift-", "bootstrap-token-", "system-"];

impl Redaction {
    /// A redaction with this key.
    pub fn new(key: u64) -> Self {
        Self { key, found: RefCell::default() }
    }

    /// The other name. Of what is put together of names each one is replaced: `web.shop.svc`, `*.example.com`,
    /// `system:serviceaccount:shop:web`.
    pub fn name(&self, name: &str) -> String {
        if let Some(rest) = name.strip_prefix("system:") {
            let of_account = ["serviceaccount:", "serviceaccounts:", "node:"];
            return match of_account.iter().find_map(|kind| Some((kind, rest.strip_prefix(kind)?))) {
                Some((kind, names)) => format!("system:{kind}{}", self.words(names)),
                None => name.to_owned(),
            };
        }
        // Signers and the like are words of a project.
        if name.contains('/') && fields::is_known_key(name) {
            return name.to_owned();
        }
        self.words(name)
    }

    /// A text with every word replaced that is none of those that every cluster has.
    fn words(&self, text: &str) -> String {
        let is_word = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let end = rest.find(|c| is_word(c) != is_word(first)).unwrap_or(rest.len());
            let (part, after) = rest.split_at(end);
            match is_word(first) {
                true => {
                    let word = part.trim_matches(['-', '_']);
                    let begin = part.len() - part.trim_start_matches(['-', '_']).len();
                    out.push_str(&part[..begin]);
                    out.push_str(&self.word(word));
                    out.push_str(&part[(begin + word.len()).min(part.len())..]);
                }
                false => out.push_str(part),
            }
            rest = after;
        }
        out
    }

    fn word(&self, word: &str) -> String {
        let lower = word.to_lowercase();
        if KEPT.contains(&*lower) || is_key(word) || !word.chars().any(char::is_alphabetic) {
            return word.to_owned();
        }
        if let Some((prefix, rest)) = PREFIXES.iter().find_map(|prefix| Some((prefix, word.strip_prefix(prefix)?)))
            && !rest.is_empty()
        {
            return format!("{prefix}{}", self.word(rest));
        }
        // What the server once completed the name of an account by.
        let completed = ["-token-", "-dockercfg-"].iter().find_map(|kind| Some((kind, lower.rsplit_once(kind)?)));
        if let Some((kind, (account, end))) = completed
            && end.len() == 5
        {
            return format!("{}{kind}{}", self.word(account), &self.other(end)[..5]);
        }
        self.other(&lower)
    }

    fn is_noted(&self, text: &str) -> bool {
        self.found.borrow().contains(&text.to_lowercase())
    }

    /// Takes down the words of a name, to be found in texts. Numbers of versions and sums are none.
    fn note(&self, text: &str) {
        if text.starts_with("system:") && self.name(text) == text {
            return;
        }
        for word in text.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_')) {
            let written = word.trim_matches(['-', '_']);
            let word = written.to_lowercase();
            let is_sum = word.len() >= 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
            let is_kept = KEPT.contains(&*word) || is_key(written) || !word.chars().any(char::is_alphabetic);
            if word.len() >= SHORTEST && !is_sum && !is_kept {
                let known = PREFIXES.iter().find_map(|prefix| word.strip_prefix(prefix));
                let word = known.map(str::to_owned).unwrap_or(word);
                self.found.borrow_mut().insert(word);
            }
        }
    }

    /// A word that can be spoken: what looks for secrets takes it for one no more than the name.
    fn other(&self, name: &str) -> String {
        let mut hash = name.bytes().fold(self.key ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(23)
        });
        hash ^= hash >> 31;
        hash = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut out = String::with_capacity(16);
        for _ in 0..8 {
            out.push(char::from(b"bdfgklmnprstvwzj"[(hash >> 60) as usize]));
            out.push(char::from(b"aeio"[(hash >> 58) as usize & 3]));
            hash <<= 6;
        }
        out
    }

    /// The value of an annotation that nobody knows: its words are names, and what looks like a key or a sum is none.
    fn annotation(&self, text: &str) -> String {
        let is_end = |c: char| !(c.is_alphanumeric() || "-_+=".contains(c));
        let part = |part: &str| {
            let word = part.trim_end_matches(is_end);
            let is_mixed =
                word.bytes().any(|byte| byte.is_ascii_digit()) || !word.bytes().any(|b| b.is_ascii_lowercase());
            let is_key = word.len() >= 16 && is_mixed && !word.contains('-');
            if is_key { part.to_owned() } else { self.words(part) }
        };
        text.split_inclusive(is_end).map(part).collect()
    }

    fn label_key(&self, key: &str) -> String {
        let known = ["k8s:", "any:", "container:", "io.cilium.k8s.namespace.labels."];
        if let Some((prefix, rest)) = known.iter().find_map(|prefix| Some((prefix, key.strip_prefix(prefix)?))) {
            return format!("{prefix}{}", self.label_key(rest));
        }
        if fields::is_known_key(key) { key.to_owned() } else { self.words(key) }
    }

    fn label_value(&self, key: &str, value: &str) -> String {
        if fields::is_word_label(key) { value.to_owned() } else { self.name(value) }
    }

    /// A selector as one text: `app=web,tier in (a, b)`, `app == 'web'`.
    pub fn selector(&self, text: &str) -> String {
        let is_part = |c: char| c.is_alphanumeric() || "-_./:".contains(c);
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let end = rest.find(|c| is_part(c) != is_part(first)).unwrap_or(rest.len());
            let (part, after) = rest.split_at(end);
            match is_part(first) && !KEPT.contains(part) {
                true if fields::is_known_key(part) => out.push_str(part),
                true => out.push_str(&self.words(part)),
                false => out.push_str(part),
            }
            rest = after;
        }
        out
    }

    /// Takes down the names of an object.
    pub fn learn(&self, text: &str) {
        if let Ok(document) = yaml::parse_document(text) {
            self.object_spans(document.root(), &Names::default());
        }
    }

    /// The names that were taken down, to be found in texts.
    pub fn names(&self) -> Names {
        Names::new(self.found.borrow().iter())
    }

    /// The object with its names replaced, and those that are known in its texts.
    pub fn object(&self, text: &str, names: &Names) -> String {
        let Ok(document) = yaml::parse_document(text) else { return "{}".to_owned() };
        let mut spans = self.object_spans(document.root(), names);
        spans.sort_unstable_by_key(|(start, _, _)| *start);
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (start, end, name) in spans {
            out.push_str(&text[at..start]);
            out.push_str(&serde_json::to_string(&name).expect("a string is JSON"));
            at = end;
        }
        out.push_str(&text[at..]);
        out
    }

    /// A text with the names replaced that are known.
    pub(super) fn free(&self, text: &str, names: &Names) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        while at < text.len() {
            match names.longest(&text[at..], &text[..at]) {
                Some(name) => {
                    let other = self.other(name);
                    let is_small = text[at..at + name.len()].bytes().any(|byte| byte.is_ascii_lowercase());
                    out.push_str(&if is_small { other } else { other.to_uppercase() });
                    at += name.len();
                }
                None => {
                    let next = text[at..].chars().next().map_or(1, char::len_utf8);
                    out.push_str(&text[at..at + next]);
                    at += next;
                }
            }
        }
        out
    }

    /// A sentence of ours, in which names are in backticks.
    pub(super) fn sentence(&self, text: &str, names: &Names) -> String {
        let part = |(number, part): (usize, &str)| match number % 2 {
            1 => self.name(part),
            _ => self.free(part, names),
        };
        text.split('`').enumerate().map(part).collect::<Vec<_>>().join("`")
    }

    fn object_spans(&self, root: Value<'_>, names: &Names) -> Vec<(usize, usize, String)> {
        let kind = root.get("kind").map(|kind| kind.text().into_owned()).unwrap_or_default();
        let mut walk = Walk { redaction: self, names, spans: Vec::new() };
        for (key, child) in root.entries() {
            let key = key.text();
            match (&*key, &*kind) {
                // Names of kinds, of groups of the API and of drivers are what all others are read by.
                ("spec" | "status", "CustomResourceDefinition" | "APIService") => {
                    let services = [
                        child.get("service"),
                        child.at(&["conversion", "webhook", "clientConfig", "service"]),
                        child.at(&["conversion", "webhookClientConfig", "service"]),
                    ];
                    services.into_iter().flatten().for_each(|service| walk.field("service", "", service));
                }
                ("metadata", "CustomResourceDefinition" | "APIService" | "CSIDriver") => {
                    for (key, child) in child.entries().filter(|(key, _)| key.text() != "name") {
                        walk.field(&key.text(), "metadata", child);
                    }
                }
                _ => walk.field(&key, "", child),
            }
        }
        walk.spans
    }
}

/// One object on its way.
struct Walk<'r> {
    redaction: &'r Redaction,
    names: &'r Names,
    spans: Vec<(usize, usize, String)>,
}

impl Walk<'_> {
    fn field(&mut self, key: &str, above: &str, value: Value<'_>) {
        match value.kind() {
            Kind::Mapping if key == "annotations" => self.annotations(value),
            Kind::Mapping if fields::is_labels(key) && value.entries().all(|(_, child)| child.is_scalar()) => {
                self.labels(value);
            }
            // Keys and values of data are for programs.
            Kind::Mapping if matches!(key, "data" | "stringData" | "binaryData") => self.data(value),
            Kind::Mapping => {
                let label = (key == "matchExpressions").then(|| value.get("key")).flatten();
                let label = label.map(|key| key.text().into_owned());
                for (name, child) in value.entries() {
                    match (&label, &*name.text()) {
                        (Some(label), "values") => child.items().for_each(|item| {
                            self.put(item, self.redaction.label_value(label, &item.text()));
                        }),
                        (_, name) => self.field(name, key, child),
                    }
                }
            }
            Kind::Sequence => value.items().for_each(|item| self.item(key, above, item)),
            _ => self.text(key, above, value),
        }
    }

    fn item(&mut self, key: &str, above: &str, item: Value<'_>) {
        match item.kind() {
            Kind::Mapping => self.field(key, above, item),
            Kind::Sequence => item.items().for_each(|inner| self.item(key, above, inner)),
            _ => self.text(key, above, item),
        }
    }

    fn data(&mut self, data: Value<'_>) {
        for (name, value) in data.entries() {
            self.put(name, self.redaction.free(&name.text(), self.names));
            match value.is_scalar() {
                true => self.put(value, self.redaction.free(&value.text(), self.names)),
                false => self.field("", "data", value),
            }
        }
    }

    fn labels(&mut self, labels: Value<'_>) {
        for (key, value) in labels.entries() {
            let text = key.text();
            self.put(key, self.redaction.label_key(&text));
            if !fields::is_word_label(&text) {
                self.redaction.note(&value.text());
            }
            self.put(value, self.redaction.label_value(&text, &value.text()));
        }
    }

    fn annotations(&mut self, annotations: Value<'_>) {
        for (key, value) in annotations.entries() {
            let (text, said) = (key.text(), value.text());
            self.put(key, self.redaction.label_key(&text));
            let other = match fields::is_known_key(&text) && !fields::is_name_annotation(&text) {
                true => self.redaction.free(&said, self.names),
                false => self.redaction.annotation(&said),
            };
            self.put(value, other);
        }
    }

    fn text(&mut self, key: &str, above: &str, value: Value<'_>) {
        let text = value.text();
        let other = match fields::of(key, above) {
            Text::Word => return,
            Text::Name => {
                if !fields::is_inside_pod(above) {
                    self.redaction.note(&text);
                }
                self.redaction.name(&text)
            }
            Text::LabelKey => self.redaction.label_key(&text),
            Text::LabelValue => self.redaction.label_value("", &text),
            Text::Selector => self.redaction.selector(&text),
            // A variable that is the name of an object is one.
            Text::Free if key == "value" && self.redaction.is_noted(&text) => self.redaction.name(&text),
            Text::Free => self.redaction.free(&text, self.names),
        };
        self.put(value, other);
    }

    fn put(&mut self, value: Value<'_>, other: String) {
        if value.kind() == Kind::DoubleQuoted && *value.text() != other {
            let span = value.span();
            self.spans.push((span.start as usize, span.end as usize, other));
        }
    }
}

/// Names that are looked for in texts, by how they begin.
#[derive(Default)]
pub struct Names {
    by_beginning: HashMap<[u8; SHORTEST], Vec<String>>,
}

impl Names {
    fn new<'n>(names: impl IntoIterator<Item = &'n String>) -> Self {
        let mut by_beginning: HashMap<[u8; SHORTEST], Vec<String>> = HashMap::new();
        for name in names {
            let Some(beginning) = name.as_bytes().first_chunk::<SHORTEST>() else { continue };
            let beginning = beginning.map(|byte| if byte == b'_' { b'-' } else { byte });
            by_beginning.entry(beginning).or_default().push(name.clone());
        }
        by_beginning.values_mut().for_each(|names| names.sort_by_key(|name| std::cmp::Reverse(name.len())));
        Self { by_beginning }
    }

    /// The longest name that a text begins with, after another; `_` is as good as `-`, and capitals as small letters.
    fn longest(&self, text: &str, before: &str) -> Option<&str> {
        let same = |byte: u8| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
        let beginning = text.as_bytes().first_chunk::<SHORTEST>()?.map(same);
        let is_end = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        let fits = |name: &&String| {
            let Some((part, after)) = text.split_at_checked(name.len()) else { return false };
            let is_whole = is_end(before.chars().next_back()) && is_end(after.chars().next());
            part.bytes().map(same).eq(name.bytes().map(same))
                && match is_plain(name) {
                    true => is_whole && is_of_host(before, after),
                    false => is_whole || name.len() >= DISTINCT,
                }
        };
        self.by_beginning.get(&beginning)?.iter().find(fits).map(String::as_str)
    }
}

/// Whether a word looks like the key of some service, which nobody has for a name: what looks for such keys has to find it.
fn is_key(word: &str) -> bool {
    let has = |is: fn(&u8) -> bool| word.as_bytes().iter().any(is);
    word.len() >= 16 && has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit) && !word.contains('-')
}

/// Whether a name is a word such as many texts have, `payments` and not `payments-api`.
fn is_plain(name: &str) -> bool {
    name.len() < PLAIN && name.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Whether a word between two texts is a part of the name of a host.
fn is_of_host(before: &str, after: &str) -> bool {
    let of_service = |after: &str| {
        let dotted = after.split(|c: char| !(c.is_ascii_alphanumeric() || "-.".contains(c))).next().unwrap_or_default();
        dotted.split('.').any(|part| part == "svc")
    };
    before.ends_with("//") || before.ends_with('@') || (after.starts_with('.') && of_service(after))
}
