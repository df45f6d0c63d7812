//! Labels and selectors. Source: the meta/v1 API, `LabelSelector`.

use crate::document::Value;
use crate::symbols::{Symbol, Symbols};

/// The labels of an object.
pub type Labels = Box<[(Symbol, Symbol)]>;

/// A label selector.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector {
    /// What must hold, all of it. Empty selects everything.
    pub requirements: Box<[Requirement]>,
    /// An operator that does not exist, or one without the values that it needs: the API refuses it.
    pub invalid: bool,
}

/// One condition of a selector.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Requirement {
    /// The key of the label.
    pub key: Symbol,
    /// How it is compared.
    pub operator: Operator,
    /// What it is compared with.
    pub values: Box<[Symbol]>,
}

/// How a requirement compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// The label is there, with one of the values.
    In,
    /// The label is not there, or has none of the values.
    NotIn,
    /// The label is there.
    Exists,
    /// The label is not there.
    DoesNotExist,
}

/// Reads a mapping of labels.
pub fn labels(value: Option<Value<'_>>, symbols: &Symbols) -> Labels {
    let entries = value.into_iter().flat_map(Value::entries);
    entries.map(|(key, value)| (symbols.intern(&key.text()), symbols.intern(&value.text()))).collect()
}

impl Selector {
    /// Reads a `LabelSelector`: `matchLabels` and `matchExpressions`.
    pub fn new(value: Value<'_>, symbols: &Symbols) -> Self {
        let mut selector = Self::from_labels(value.get("matchLabels"), symbols);
        let mut requirements = std::mem::take(&mut selector.requirements).into_vec();
        for expression in value.get("matchExpressions").into_iter().flat_map(Value::items) {
            let key = expression.get("key").map(Value::text).unwrap_or_default();
            let values: Box<[Symbol]> = expression
                .get("values")
                .into_iter()
                .flat_map(Value::items)
                .map(|value| symbols.intern(&value.text()))
                .collect();
            let operator = match expression.get("operator").map(Value::text).as_deref() {
                Some("In") if !values.is_empty() => Operator::In,
                Some("NotIn") if !values.is_empty() => Operator::NotIn,
                Some("Exists") => Operator::Exists,
                Some("DoesNotExist") => Operator::DoesNotExist,
                _ => {
                    selector.invalid = true;
                    continue;
                }
            };
            requirements.push(Requirement { key: symbols.intern(&key), operator, values });
        }
        selector.requirements = requirements.into();
        selector
    }

    /// Reads a plain mapping of labels, as Services and ReplicationControllers have it.
    pub fn from_labels(value: Option<Value<'_>>, symbols: &Symbols) -> Self {
        let requirements = labels(value, symbols)
            .iter()
            .map(|&(key, value)| Requirement { key, operator: Operator::In, values: Box::new([value]) })
            .collect();
        Self { requirements, invalid: false }
    }

    /// A selector of what has one label of one value.
    pub fn of_label(key: Symbol, value: Symbol) -> Self {
        let requirement = Requirement { key, operator: Operator::In, values: Box::new([value]) };
        Self { requirements: Box::new([requirement]), invalid: false }
    }

    /// A label that what is selected has for certain, if there is one.
    pub fn single_label(&self) -> Option<(Symbol, Symbol)> {
        self.requirements.iter().find_map(|requirement| match (requirement.operator, &*requirement.values) {
            (Operator::In, &[value]) => Some((requirement.key, value)),
            _ => None,
        })
    }

    /// Whether there is nothing to hold: everything is selected.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty() && !self.invalid
    }

    /// Whether `labels` have all that is required. An invalid selector selects nothing.
    pub fn matches(&self, labels: &[(Symbol, Symbol)]) -> bool {
        !self.invalid && self.requirements.iter().all(|requirement| requirement.matches(labels))
    }
}

impl Requirement {
    fn matches(&self, labels: &[(Symbol, Symbol)]) -> bool {
        // A key that stands twice: the last one wins.
        let value = labels.iter().rev().find(|(key, _)| *key == self.key).map(|(_, value)| value);
        match self.operator {
            Operator::In => value.is_some_and(|value| self.values.contains(value)),
            Operator::NotIn => value.is_none_or(|value| !self.values.contains(value)),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}
