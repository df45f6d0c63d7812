//! Formats of texts that have names, and what Kubernetes says of texts that are not of them.

use std::sync::LazyLock;

use regex::Regex;

use super::url::Url;
use crate::cel::Value;
use crate::cel::evaluate::{Answer, Context};
use crate::cel::functions::no_signature;
use crate::cel::time::Timestamp;

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A label of DNS, by RFC 1123.
    Dns1123Label,
    /// What may stand before the end of one.
    Dns1123LabelPrefix,
    /// Labels with dots between them.
    Dns1123Subdomain,
    /// What may stand before the end of them.
    Dns1123SubdomainPrefix,
    /// A label of DNS, by RFC 1035.
    Dns1035Label,
    /// What may stand before the end of one.
    Dns1035LabelPrefix,
    /// The key of a label.
    QualifiedName,
    /// The value of a label.
    LabelValue,
    /// What a request may be for.
    Uri,
    /// A universally unique identifier.
    Uuid,
    /// Base64.
    Byte,
    /// `2006-01-02`.
    Date,
    /// RFC 3339.
    DateTime,
}

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const LABEL_1035: &str = "[a-z]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const NAME: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const VALUE: &str = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?";

const LABEL_MESSAGE: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
                             start and end with an alphanumeric character";
const SUBDOMAIN_MESSAGE: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or \
                                 '.', and must start and end with an alphanumeric character";
const LABEL_1035_MESSAGE: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
                                  alphabetic character, and end with an alphanumeric character";
const NAME_MESSAGE: &str =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const VALUE_MESSAGE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
                             and must start and end with an alphanumeric character";

struct Patterns {
    label: Regex,
    label_1035: Regex,
    subdomain: Regex,
    name: Regex,
    value: Regex,
    uuid: Regex,
    byte: Regex,
    time: Regex,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let whole = |pattern: &str| Regex::new(&format!("^(?:{pattern})$")).expect("the pattern is valid");
    Patterns {
        label: whole(LABEL),
        label_1035: whole(LABEL_1035),
        subdomain: whole(SUBDOMAIN),
        name: whole(NAME),
        value: whole(VALUE),
        uuid: whole("[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}"),
        byte: whole("(?:[A-Za-z0-9+\\\\/]{4})*(?:[A-Za-z0-9+\\\\/]{2}==|[A-Za-z0-9+\\\\/]{3}=|[A-Za-z0-9+\\\\/]{4})"),
        time: whole("([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))"),
    }
});

/// `RegexError`.
fn mismatch(message: &str, pattern: &str, examples: &[&str]) -> String {
    let examples: Vec<String> = examples.iter().map(|example| format!("'{example}', ")).collect();
    format!("{message} (e.g. {}regex used for validation is '{pattern}')", examples.join(" or "))
}

/// What the older part of the library says.
fn too_many_characters(length: usize) -> String {
    format!("must be no more than {length} characters")
}

fn too_long(length: usize) -> String {
    format!("must be no more than {length} bytes")
}

fn dns_1123_label(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 63 {
        errors.push(too_many_characters(63));
    }
    if !PATTERNS.label.is_match(text) {
        if PATTERNS.subdomain.is_match(text) {
            errors.push("must not contain dots".to_owned());
        } else {
            errors.push(mismatch(LABEL_MESSAGE, LABEL, &["my-name", "123-abc"]));
        }
    }
    errors
}

fn dns_1123_subdomain(text: &str, too_long: fn(usize) -> String) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 253 {
        errors.push(too_long(253));
    }
    if !PATTERNS.subdomain.is_match(text) {
        errors.push(mismatch(SUBDOMAIN_MESSAGE, SUBDOMAIN, &["example.com"]));
    }
    errors
}

fn dns_1035_label(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 63 {
        errors.push(too_many_characters(63));
    }
    if !PATTERNS.label_1035.is_match(text) {
        errors.push(mismatch(LABEL_1035_MESSAGE, LABEL_1035, &["my-name", "abc-123"]));
    }
    errors
}

fn qualified_name(text: &str) -> Vec<String> {
    let examples: &[&str] = &["MyName", "my.name", "123-abc"];
    let parts: Vec<&str> = text.split('/').collect();
    let mut errors = Vec::new();
    let name = match parts.as_slice() {
        [name] => name,
        ["", name] => {
            errors.push("prefix part must be non-empty".to_owned());
            name
        }
        [prefix, name] => {
            errors.extend(dns_1123_subdomain(prefix, too_long).into_iter().map(|error| format!("prefix part {error}")));
            name
        }
        _ => {
            let told = mismatch(NAME_MESSAGE, NAME, examples);
            let prefix = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return vec![format!("a valid label key {told} {prefix}")];
        }
    };
    if name.is_empty() {
        errors.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        errors.push(format!("name part {}", too_long(63)));
    }
    if !PATTERNS.name.is_match(name) {
        errors.push(format!("name part {}", mismatch(NAME_MESSAGE, NAME, examples)));
    }
    errors
}

fn label_value(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > 63 {
        errors.push(too_long(63));
    }
    if !PATTERNS.value.is_match(text) {
        errors.push(mismatch(VALUE_MESSAGE, VALUE, &["MyValue", "my_value", "12345"]));
    }
    errors
}

/// What something is before a random end is put to it.
fn masked(text: &str) -> String {
    match text.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => {
            let mut letters: Vec<u8> = rest.bytes().collect();
            letters.pop();
            letters.push(b'a');
            String::from_utf8_lossy(&letters).into_owned()
        }
        _ => text.to_owned(),
    }
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && Timestamp::parse(&format!("{text}T00:00:00Z")).is_some()
}

fn is_datetime(text: &str) -> bool {
    let lower = text.to_lowercase();
    let parts: Vec<&str> = lower.split('t').collect();
    let [date, time, ..] = parts.as_slice() else { return false };
    let Some(found) = PATTERNS.time.captures(time) else { return false };
    let part = |at| found.get(at).map_or("", |part: regex::Match<'_>| part.as_str());
    is_date(date) && part(1) <= "23" && part(2) <= "59" && part(3) <= "59"
}

impl Format {
    fn named(name: &str) -> Option<Format> {
        Some(match name {
            "dns1123Label" => Format::Dns1123Label,
            "dns1123LabelPrefix" => Format::Dns1123LabelPrefix,
            "dns1123Subdomain" => Format::Dns1123Subdomain,
            "dns1123SubdomainPrefix" => Format::Dns1123SubdomainPrefix,
            "dns1035Label" => Format::Dns1035Label,
            "dns1035LabelPrefix" => Format::Dns1035LabelPrefix,
            "qualifiedName" => Format::QualifiedName,
            "labelValue" => Format::LabelValue,
            "uri" => Format::Uri,
            "uuid" => Format::Uuid,
            "byte" => Format::Byte,
            "date" => Format::Date,
            "datetime" => Format::DateTime,
            _ => return None,
        })
    }

    /// What is wrong with a text.
    fn validate(self, text: &str) -> Vec<String> {
        let unless = |is_valid: bool, message: &str| if is_valid { Vec::new() } else { vec![message.to_owned()] };
        match self {
            Format::Dns1123Label => dns_1123_label(text),
            Format::Dns1123LabelPrefix => dns_1123_label(&masked(text)),
            Format::Dns1123Subdomain => dns_1123_subdomain(text, too_many_characters),
            Format::Dns1123SubdomainPrefix => dns_1123_subdomain(&masked(text), too_many_characters),
            Format::Dns1035Label => dns_1035_label(text),
            Format::Dns1035LabelPrefix => dns_1035_label(&masked(text)),
            Format::QualifiedName => qualified_name(text),
            Format::LabelValue => label_value(text),
            Format::Uri => Url::request(text).err().into_iter().collect(),
            Format::Uuid => unless(PATTERNS.uuid.is_match(text), "does not match the UUID format"),
            Format::Byte => unless(PATTERNS.byte.is_match(text), "invalid base64"),
            Format::Date => unless(is_date(text), "invalid date"),
            Format::DateTime => unless(is_datetime(text), "invalid datetime"),
        }
    }
}

pub(crate) fn make(_: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    match (name, values) {
        ("format.named", [Value::String(text)]) => {
            Ok(Value::Optional(Format::named(text).map(|format| Value::Format(format).into())))
        }
        (_, []) => match name.strip_prefix("format.").and_then(Format::named) {
            Some(format) => Ok(Value::Format(format)),
            None => no_signature(name, values),
        },
        _ => no_signature(name, values),
    }
}

pub(crate) fn validate(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::Format(format), Value::String(text)] = values else { return no_signature(name, values) };
    context.budget.spend_text(text.len().saturating_mul(10))?;
    let errors: Vec<Value> = format.validate(text).into_iter().map(Value::from).collect();
    Ok(Value::Optional((!errors.is_empty()).then(|| Value::from(errors).into())))
}

/// Whether a text is a name with dots.
pub(crate) fn is_subdomain(text: &str) -> bool {
    dns_1123_subdomain(text, too_many_characters).is_empty()
}

/// Whether a text is a label.
pub(crate) fn is_label(text: &str) -> bool {
    dns_1123_label(text).is_empty()
}
