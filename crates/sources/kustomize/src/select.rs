//! Which objects a selector means: regular expressions for names and kinds, and Kubernetes' selectors for labels and
//! annotations.

use regex::Regex;

use crate::kustomization::Selector;
use crate::resource::{Gvk, Resource};
use crate::schema::Schema;

/// Texts that have to match from end to end.
enum Pattern {
    Any,
    /// A text in which nothing is special.
    Text(String),
    Expression(Regex),
}

impl Pattern {
    fn new(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::Any);
        }
        if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_/".contains(&byte)) {
            return Ok(Self::Text(text.to_owned()));
        }
        let compiled = regex::RegexBuilder::new(&format!("^(?:{text})$")).size_limit(1 << 20).build();
        compiled.map(Self::Expression).map_err(|_| format!("`{text}` is not a regular expression"))
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Text(expected) => expected == text,
            Self::Expression(expression) => expression.is_match(text),
        }
    }
}

/// A selector, ready to be asked.
pub(crate) struct Matcher {
    group: Pattern,
    version: Pattern,
    kind: Pattern,
    name: Pattern,
    namespace: Pattern,
    labels: Vec<Requirement>,
    annotations: Vec<Requirement>,
    /// Nothing is asked of the identity.
    pub names_nothing: bool,
    /// Something is asked of labels or annotations.
    pub asks_labels: bool,
}

impl Matcher {
    pub(crate) fn new(selector: &Selector) -> Result<Self, String> {
        let Selector { gvk, name, namespace, annotations, labels } = selector;
        Ok(Self {
            group: Pattern::new(&gvk.group)?,
            version: Pattern::new(&gvk.version)?,
            kind: Pattern::new(&gvk.kind)?,
            name: Pattern::new(name)?,
            namespace: Pattern::new(namespace)?,
            labels: requirements(labels)?,
            annotations: requirements(annotations)?,
            names_nothing: *gvk == Gvk::default() && name.is_empty() && namespace.is_empty(),
            asks_labels: !annotations.is_empty() || !labels.is_empty(),
        })
    }

    pub(crate) fn matches_gvk(&self, gvk: &Gvk) -> bool {
        self.group.matches(&gvk.group) && self.version.matches(&gvk.version) && self.kind.matches(&gvk.kind)
    }

    pub(crate) fn matches_name(&self, name: &str) -> bool {
        self.name.matches(name)
    }

    pub(crate) fn matches_namespace(&self, namespace: &str) -> bool {
        self.namespace.matches(namespace)
    }

    pub(crate) fn matches_labels(&self, resource: &Resource) -> bool {
        let all = |requirements: &[Requirement], field: &str| {
            requirements.is_empty() || {
                let texts = resource.texts(field);
                requirements.iter().all(|requirement| requirement.holds(&texts))
            }
        };
        all(&self.labels, "labels") && all(&self.annotations, "annotations")
    }

    /// Whether a patch with this target is for the object: by its first name or its present one.
    pub(crate) fn selects(&self, resource: &Resource, schema: &Schema) -> bool {
        let (original, current) = (resource.original_id(schema), resource.id(schema));
        [&original, &current].iter().any(|id| self.matches_namespace(id.effective_namespace()))
            && [&original, &current].iter().any(|id| self.matches_name(&id.name))
            && self.matches_gvk(&current.gvk)
            && self.matches_labels(resource)
    }
}

/// One requirement of a label selector.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    Missing,
    Greater,
    Less,
}

impl Requirement {
    fn holds(&self, texts: &[(&str, &str)]) -> bool {
        let found = texts.iter().find(|(key, _)| *key == self.key).map(|(_, value)| *value);
        let is_listed = |value: &str| self.values.iter().any(|listed| listed == value);
        let number = |text: &str| text.parse::<i64>().ok();
        let limit = self.values.first().and_then(|limit| number(limit));
        match self.operator {
            Operator::In => found.is_some_and(is_listed),
            Operator::NotIn => !found.is_some_and(is_listed),
            Operator::Exists => found.is_some(),
            Operator::Missing => found.is_none(),
            Operator::Greater => found.and_then(number).zip(limit).is_some_and(|(value, limit)| value > limit),
            Operator::Less => found.and_then(number).zip(limit).is_some_and(|(value, limit)| value < limit),
        }
    }
}

/// Reads `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1,m<2`.
fn requirements(selector: &str) -> Result<Vec<Requirement>, String> {
    let mut found = Vec::new();
    let mut rest = selector.trim();
    let wrong = || format!("`{selector}` is not a label selector");
    while !rest.is_empty() {
        let (requirement, after) = requirement(rest).ok_or_else(wrong)?;
        found.push(requirement);
        rest = match after.trim_start() {
            "" => "",
            after => {
                let next = after.strip_prefix(',').ok_or_else(wrong)?.trim_start();
                if next.is_empty() {
                    return Err(wrong());
                }
                next
            }
        };
    }
    Ok(found)
}

fn word(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| matches!(c, ',' | '=' | '!' | '(' | ')' | '<' | '>') || c.is_whitespace());
    text.split_at(end.unwrap_or(text.len()))
}

fn requirement(text: &str) -> Option<(Requirement, &str)> {
    if let Some(rest) = text.strip_prefix('!') {
        let (key, rest) = word(rest.trim_start());
        let requirement = Requirement { key: key.to_owned(), operator: Operator::Missing, values: Vec::new() };
        return (!key.is_empty()).then_some((requirement, rest));
    }
    let (key, rest) = word(text);
    if key.is_empty() {
        return None;
    }
    let rest = rest.trim_start();
    let one = |operator: Operator, rest: &'_ str| {
        let (value, _) = word(rest.trim_start());
        Requirement { key: key.to_owned(), operator, values: vec![value.to_owned()] }
    };
    let signs = [
        ("==", Operator::In),
        ("=", Operator::In),
        ("!=", Operator::NotIn),
        (">", Operator::Greater),
        ("<", Operator::Less),
    ];
    for (sign, operator) in signs {
        if let Some(rest) = rest.strip_prefix(sign) {
            return Some((one(operator, rest), word(rest.trim_start()).1));
        }
    }
    let (sign, after) = word(rest);
    let operator = match sign {
        "in" => Operator::In,
        "notin" => Operator::NotIn,
        "" => return Some((Requirement { key: key.to_owned(), operator: Operator::Exists, values: Vec::new() }, rest)),
        _ => return None,
    };
    let (list, rest) = after.trim_start().strip_prefix('(')?.split_once(')')?;
    let values = list.split(',').map(|value| value.trim().to_owned()).collect();
    Some((Requirement { key: key.to_owned(), operator, values }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(selector: &str, labels: &[(&str, &str)]) -> bool {
        requirements(selector).unwrap().iter().all(|requirement| requirement.holds(labels))
    }

    #[test]
    fn label_selectors_are_read_as_kubernetes_documents_them() {
        let labels = [("app", "web"), ("tier", "2")];
        for selector in [
            "app=web",
            "app == web,tier!=3",
            "app in (api, web)",
            "app notin (db)",
            "app,!gone",
            "tier>1",
            "tier<3",
            "",
        ] {
            assert!(holds(selector, &labels), "{selector}");
        }
        for selector in ["app=api", "app!=web", "app in (db)", "gone", "!app", "tier>2"] {
            assert!(!holds(selector, &labels), "{selector}");
        }
        for selector in ["app in web", "=web", "app=web tier=2", "app=web,"] {
            assert!(requirements(selector).is_err(), "{selector}");
        }
    }
}
