//! Roles and bindings as YAML, and back.

use std::fmt::Write as _;

use anyhow::Context as _;
use model::finding::Origin;
use model::inventory::{Inventory, Part};
use model::object::Object;
use model::place::LineIndex;
use rbac::least::{Proposal, ProposedRule};

/// Appends the roles that `user` needs, each with its binding.
pub(super) fn write(user: &str, proposal: &Proposal, out: &mut String) {
    let name = format!("least-{}", slug(user));
    for (namespace, rules) in proposal {
        let (role, binding, of) = match namespace {
            None => ("ClusterRole", "ClusterRoleBinding", String::new()),
            Some(namespace) => ("Role", "RoleBinding", format!("\n  namespace: {}", quoted(namespace))),
        };
        let _ = write!(
            out,
            "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {role}\nmetadata:\n  name: {name}{of}\nrules:\n"
        );
        rules.iter().for_each(|rule| write_rule(rule, out));
        let _ = write!(
            out,
            "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {binding}\nmetadata:\n  name: {name}{of}\nroleRef:\n  \
             apiGroup: rbac.authorization.k8s.io\n  kind: {role}\n  name: {name}\nsubjects:\n"
        );
        match rbac::split_service_account(user) {
            Some((namespace, name)) => {
                let (namespace, name) = (quoted(namespace), quoted(name));
                let _ = writeln!(out, "  - kind: ServiceAccount\n    name: {name}\n    namespace: {namespace}");
            }
            None => {
                let user = quoted(user);
                let _ = writeln!(out, "  - kind: User\n    apiGroup: rbac.authorization.k8s.io\n    name: {user}");
            }
        }
    }
}

fn write_rule(rule: &ProposedRule, out: &mut String) {
    let list = |words: &[String]| words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", ");
    let fields = [
        ("apiGroups", &rule.groups),
        ("resources", &rule.resources),
        ("resourceNames", &rule.names),
        ("nonResourceURLs", &rule.urls),
        ("verbs", &rule.verbs),
    ];
    let mut first = true;
    for (key, words) in fields.into_iter().filter(|(_, words)| !words.is_empty()) {
        let begin = if first { "- " } else { "  " };
        let _ = writeln!(out, "  {begin}{key}: [{}]", list(words));
        first = false;
    }
}

/// A text as JSON writes it, which YAML reads as the same text.
fn quoted(text: &str) -> String {
    let plain = !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'/' | b'.'))
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !matches!(text, "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n");
    if plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

/// A name that an object may have, and that no other user gets.
fn slug(user: &str) -> String {
    let short = user.strip_prefix("system:serviceaccount:").unwrap_or(user);
    let clean: String =
        short.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(60).collect();
    let clean = clean.trim_matches('-');
    if short.replace(':', "-") == clean {
        return clean.to_owned();
    }
    let sum = user
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{clean}-{:08x}", sum >> 32)
}

/// What the roles say, read as any other input.
pub(super) fn inventory(text: &str) -> anyhow::Result<Inventory> {
    let mut inventory = Inventory { complete: true, ..Inventory::default() };
    let mut part = Part::default();
    for range in yaml::separate::documents(text) {
        let parsed = yaml::parse_document(&text[range]);
        let document = parsed.ok().context("the roles that were written cannot be read again")?;
        let Some(object) = Object::new(document.root()) else { continue };
        let lines = LineIndex::new(1);
        let origin = Origin { root: object.value, lines: &lines };
        part.observe(&object, &[], 0, origin, &inventory.symbols);
    }
    inventory.append(part);
    Ok(inventory)
}
