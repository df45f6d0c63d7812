//! What the API server asks of a policy and of a binding besides their expressions.
//!
//! Source: Kubernetes, `pkg/apis/admissionregistration/validation/validation.go`.

use std::collections::BTreeSet;

use super::Tree;
use super::definition::{Mistake, Step};
use crate::cel::CompileError;

/// What is wrong, as it is found.
struct Mistakes {
    all: Vec<Mistake>,
    at: Vec<Step>,
}

/// What the API server would not take of a policy.
pub(super) fn policy(name: &str, spec: &Tree) -> Vec<Mistake> {
    let mut mistakes = Mistakes { all: Vec::new(), at: vec![Step::Field("spec")] };
    mistakes.one_of(spec, "failurePolicy", &["Fail", "Ignore"]);
    if let Some(kind) = spec.get("paramKind") {
        mistakes.within("paramKind", |mistakes| mistakes.parameter_kind(kind));
    }
    match spec.get("matchConstraints") {
        Some(matching) if !matching.items_of("resourceRules").is_empty() => {
            mistakes.within("matchConstraints", |mistakes| mistakes.matching(matching));
        }
        _ => mistakes.add("matchConstraints", "required value: `resourceRules` say what the policy is for"),
    }
    if spec.items_of("validations").is_empty() && spec.items_of("auditAnnotations").is_empty() {
        mistakes.add("validations", "required value: validations or auditAnnotations");
    }
    mistakes.each(spec, "matchConditions", MOST_CONDITIONS, |mistakes, condition, seen| {
        mistakes.named(condition, "name", seen, is_qualified);
    });
    mistakes.each(spec, "variables", usize::MAX, |mistakes, variable, seen| {
        mistakes.named(variable, "name", seen, is_identifier);
    });
    mistakes.each(spec, "validations", usize::MAX, |mistakes, validation, _| mistakes.validation(validation));
    mistakes.each(spec, "auditAnnotations", MOST_ANNOTATIONS, |mistakes, annotation, seen| {
        mistakes.named(annotation, "key", seen, |key| is_qualified(&format!("{name}/{key}")));
        if annotation.text_at(&["valueExpression"]).len() > LONGEST_ANNOTATION {
            mistakes.add("valueExpression", "must be at most 5 kB long");
        }
    });
    mistakes.all
}

/// What the API server would not take of a binding.
pub(super) fn binding(spec: &Tree) -> Vec<Mistake> {
    let mut mistakes = Mistakes { all: Vec::new(), at: vec![Step::Field("spec")] };
    match spec.text_at(&["policyName"]) {
        "" => mistakes.add("policyName", "required value: the name of a policy"),
        name if !is_subdomain(name) => mistakes.add("policyName", "must be a DNS subdomain"),
        _ => {}
    }
    if let Some(reference) = spec.get("paramRef") {
        mistakes.within("paramRef", |mistakes| {
            match (reference.text_at(&["name"]), reference.get("selector")) {
                ("", None) => mistakes.add("name", "required value: one of name and selector"),
                ("", Some(selector)) => mistakes.within("selector", |mistakes| mistakes.selector(selector)),
                (_, Some(_)) => mistakes.add("name", "name and selector exclude each other"),
                (_, None) => {}
            }
            match reference.text_at(&["parameterNotFoundAction"]) {
                "" => mistakes.add("parameterNotFoundAction", "required value: Allow or Deny"),
                _ => mistakes.one_of(reference, "parameterNotFoundAction", &["Allow", "Deny"]),
            }
        });
    }
    if let Some(matching) = spec.get("matchResources") {
        mistakes.within("matchResources", |mistakes| mistakes.matching(matching));
    }
    let actions: Vec<&str> = spec.items_of("validationActions").iter().filter_map(Tree::text).collect();
    let has = |action: &str| actions.contains(&action);
    if actions.is_empty() {
        mistakes.add("validationActions", "required value: one of Deny, Warn and Audit at least");
    } else if actions.iter().any(|action| !["Deny", "Warn", "Audit"].contains(action)) {
        mistakes.add("validationActions", "supported values: Deny, Warn, Audit");
    } else if actions.iter().collect::<BTreeSet<_>>().len() < actions.len() {
        mistakes.add("validationActions", "a value is there twice");
    } else if has("Deny") && has("Warn") {
        mistakes.add("validationActions", "Deny and Warn exclude each other: what is refused needs no warning");
    }
    mistakes.all
}

const MOST_CONDITIONS: usize = 64;
const MOST_ANNOTATIONS: usize = 20;
const LONGEST_ANNOTATION: usize = 5 * 1024;

impl Mistakes {
    fn add(&mut self, field: &'static str, message: &str) {
        let field = self.at.iter().cloned().chain([Step::Field(field)]).collect();
        let error = CompileError { message: message.to_owned(), offset: 0, line: 1, column: 1 };
        self.all.push(Mistake { field, error });
    }

    fn within(&mut self, field: &'static str, look: impl FnOnce(&mut Self)) {
        self.at.push(Step::Field(field));
        look(self);
        self.at.pop();
    }

    /// Looks at every item of a list, which has at most so many. Names that were seen go along.
    fn each(
        &mut self,
        tree: &Tree,
        list: &'static str,
        most: usize,
        look: impl Fn(&mut Self, &Tree, &mut BTreeSet<String>),
    ) {
        let items = tree.items_of(list);
        if items.len() > most {
            self.add(list, &format!("must have at most {most} items"));
        }
        let mut seen = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            self.at.extend([Step::Field(list), Step::Item(index)]);
            look(self, item, &mut seen);
            self.at.truncate(self.at.len() - 2);
        }
    }

    fn one_of(&mut self, tree: &Tree, field: &'static str, of: &[&str]) {
        if let Some(written) = tree.get(field)
            && !written.text().is_some_and(|word| of.contains(&word))
        {
            self.add(field, &format!("supported values: {}", of.join(", ")));
        }
    }

    /// A name that is there, is well formed, and is there once.
    fn named(&mut self, tree: &Tree, field: &'static str, seen: &mut BTreeSet<String>, is_name: impl Fn(&str) -> bool) {
        let name = tree.text_at(&[field]);
        if name.is_empty() {
            self.add(field, "required value");
        } else if !is_name(name) {
            self.add(field, "is not a name of this kind");
        } else if !seen.insert(name.to_owned()) {
            self.add(field, "is there twice");
        }
    }

    fn validation(&mut self, validation: &Tree) {
        let message = validation.text_at(&["message"]);
        let has_breaks = |text: &str| text.contains(['\n', '\r']);
        if !message.is_empty() && message.trim().is_empty() {
            self.add("message", "must not be empty");
        } else if has_breaks(message.trim()) {
            self.add("message", "must not contain line breaks");
        }
        self.one_of(validation, "reason", &["Forbidden", "Invalid", "RequestEntityTooLarge"]);
    }

    fn parameter_kind(&mut self, kind: &Tree) {
        let version = kind.text_at(&["apiVersion"]);
        let (group, short) = version.split_once('/').unwrap_or(("", version));
        if version.is_empty() {
            self.add("apiVersion", "required value");
        } else if !is_label(short) || !(group.is_empty() || is_subdomain(group)) || version.starts_with('/') {
            self.add("apiVersion", "is no group and version");
        }
        match kind.text_at(&["kind"]) {
            "" => self.add("kind", "required value"),
            kind if !is_label(&kind.to_lowercase()) => self.add("kind", "is no kind"),
            _ => {}
        }
    }

    fn matching(&mut self, matching: &Tree) {
        self.one_of(matching, "matchPolicy", &["Exact", "Equivalent"]);
        for field in ["namespaceSelector", "objectSelector"] {
            if let Some(selector) = matching.get(field) {
                self.within(field, |mistakes| mistakes.selector(selector));
            }
        }
        for list in ["resourceRules", "excludeResourceRules"] {
            self.each(matching, list, usize::MAX, |mistakes, rule, _| mistakes.rule(rule));
        }
    }

    fn rule(&mut self, rule: &Tree) {
        let texts = |field| rule.items_of(field).iter().map(|item| item.text().unwrap_or_default()).collect::<Vec<_>>();
        for field in ["operations", "apiGroups", "apiVersions"] {
            let words = texts(field);
            if words.is_empty() {
                self.add(field, "required value");
            } else if words.len() > 1 && words.contains(&"*") {
                self.add(field, "`*` stands for all the others");
            }
        }
        if texts("operations").iter().any(|word| !["*", "CREATE", "UPDATE", "DELETE", "CONNECT"].contains(word)) {
            self.add("operations", "supported values: *, CREATE, UPDATE, DELETE, CONNECT");
        }
        if texts("apiVersions").contains(&"") {
            self.add("apiVersions", "required value: a version");
        }
        if let Some(why) = wrong_resources(&texts("resources")) {
            self.add("resources", why);
        }
        let names = texts("resourceNames");
        if names.iter().collect::<BTreeSet<_>>().len() < names.len() {
            self.add("resourceNames", "a name is there twice");
        }
        self.one_of(rule, "scope", &["*", "Cluster", "Namespaced"]);
    }

    fn selector(&mut self, selector: &Tree) {
        let labels = selector.get("matchLabels").map(Tree::entries).unwrap_or_default();
        let is_wrong = |(key, value): &(std::sync::Arc<str>, Tree)| {
            !is_qualified(key) || !value.text().is_some_and(is_label_value)
        };
        if labels.iter().any(is_wrong) {
            self.add("matchLabels", "is no label");
        }
        self.each(selector, "matchExpressions", usize::MAX, |mistakes, expression, _| {
            if !is_qualified(expression.text_at(&["key"])) {
                mistakes.add("key", "is no key of a label");
            }
            let values = expression.items_of("values");
            match (expression.text_at(&["operator"]), values.is_empty()) {
                ("In" | "NotIn", true) => mistakes.add("values", "required value: In and NotIn have values"),
                ("Exists" | "DoesNotExist", false) => {
                    mistakes.add("values", "Exists and DoesNotExist have no values");
                }
                ("In" | "NotIn" | "Exists" | "DoesNotExist", _) => {}
                _ => mistakes.add("operator", "supported values: In, NotIn, Exists, DoesNotExist"),
            }
            if !values.iter().all(|value| value.text().is_some_and(is_label_value)) {
                mistakes.add("values", "is no value of a label");
            }
        });
    }
}

/// What is wrong with the resources of a rule: what stands for others stands alone.
fn wrong_resources(resources: &[&str]) -> Option<&'static str> {
    if resources.is_empty() || resources.contains(&"") {
        return Some("required value: a resource");
    }
    let (mut all_of, mut of_all) = (BTreeSet::new(), BTreeSet::new());
    for resource in resources {
        let Some((resource, sub)) = resource.split_once('/') else { continue };
        if all_of.contains(resource) || of_all.contains(sub) {
            return Some("a subresource is among those of a wildcard before it");
        }
        if sub == "*" {
            all_of.insert(resource);
        }
        if resource == "*" {
            of_all.insert(sub);
        }
    }
    if resources.len() > 1 && resources.contains(&"*/*") {
        return Some("`*/*` stands for all the others");
    }
    let plain: BTreeSet<&&str> = resources.iter().filter(|resource| !resource.contains('/')).collect();
    (plain.len() > 1 && plain.contains(&"*")).then_some("`*` stands for all the others that are no subresources")
}

fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

/// Letters, digits, `-`, `_` and `.` between letters and digits, 63 at most.
fn is_name_part(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else { return false };
    bytes.len() <= 63
        && is_alphanumeric(first)
        && is_alphanumeric(last)
        && bytes.iter().all(|byte| is_alphanumeric(*byte) || b"-_.".contains(byte))
}

fn is_label_value(text: &str) -> bool {
    text.is_empty() || is_name_part(text)
}

/// A name, after the subdomain of whoever gives it or without.
fn is_qualified(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => is_subdomain(prefix) && is_name_part(name),
        None => is_name_part(text),
    }
}

/// RFC 1123: parts of lower case letters, digits and `-`, parted by dots, 253 at most.
fn is_subdomain(text: &str) -> bool {
    let is_part = |part: &str| {
        let bytes = part.as_bytes();
        let is_end = |byte: Option<&u8>| byte.is_some_and(|byte| is_lower(*byte));
        is_end(bytes.first()) && is_end(bytes.last()) && bytes.iter().all(|byte| is_lower(*byte) || *byte == b'-')
    };
    text.len() <= 253 && text.split('.').all(is_part)
}

fn is_lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// RFC 1035: a letter, then lower case letters, digits and `-`, 63 at most.
fn is_label(text: &str) -> bool {
    text.len() <= 63 && !text.contains('.') && is_subdomain(text) && text.starts_with(|c: char| c.is_ascii_lowercase())
}

/// A name of a variable of CEL, none of its own words.
fn is_identifier(text: &str) -> bool {
    const RESERVED: [&str; 21] = [
        "true",
        "false",
        "null",
        "in",
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ];
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|byte| is_alphanumeric(byte) || byte == b'_')
        && !RESERVED.contains(&text)
}
