//! Selectors of Calico: expressions over labels.
//!
//! Source: the selector reference of `projectcalico.org/v3`.

use crate::inventory::Expression;
use crate::inventory::observe::NAMESPACE_NAME;
use crate::labels::{Operator, Requirement, Selector};
use crate::symbols::Symbols;

/// How deep parentheses may stand in one another.
const DEEPEST: usize = 32;

/// Reads an expression; `None` if it is none, or asks for what is not evaluated (parts of values).
pub(super) fn parse(text: &str, symbols: &Symbols) -> Option<Expression> {
    if text.trim().is_empty() {
        return Some(Expression::All);
    }
    let mut parser = Parser { rest: text, symbols };
    let expression = parser.any(DEEPEST)?;
    parser.rest.trim().is_empty().then_some(expression)
}

struct Parser<'a> {
    rest: &'a str,
    symbols: &'a Symbols,
}

impl<'a> Parser<'a> {
    fn eat(&mut self, token: &str) -> bool {
        let trimmed = self.rest.trim_start();
        match trimmed.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn any(&mut self, depth: usize) -> Option<Expression> {
        let mut parts = vec![self.every(depth)?];
        while self.eat("||") {
            parts.push(self.every(depth)?);
        }
        if parts.len() == 1 { parts.pop() } else { Some(Expression::Or(parts.into())) }
    }

    fn every(&mut self, depth: usize) -> Option<Expression> {
        let mut parts = vec![self.one(depth)?];
        while self.eat("&&") {
            parts.push(self.one(depth)?);
        }
        if parts.len() == 1 { parts.pop() } else { Some(Expression::And(parts.into())) }
    }

    fn one(&mut self, depth: usize) -> Option<Expression> {
        let depth = depth.checked_sub(1)?;
        if self.eat("!") {
            return Some(Expression::Not(Box::new(self.one(depth)?)));
        }
        if self.eat("(") {
            let inner = self.any(depth)?;
            return self.eat(")").then_some(inner);
        }
        if self.eat("all()") {
            return Some(Expression::All);
        }
        if self.eat("has(") {
            let key = self.key()?;
            return self.eat(")").then(|| self.requirement(key, Operator::Exists, &[]));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Option<Expression> {
        let key = self.key()?;
        if self.eat("==") || self.eat("=") {
            let value = self.quoted()?;
            return Some(self.requirement(key, Operator::In, &[value]));
        }
        if self.eat("!=") {
            let value = self.quoted()?;
            return Some(self.requirement(key, Operator::NotIn, &[value]));
        }
        let operator = if self.eat("not in") {
            Operator::NotIn
        } else if self.eat("in") {
            Operator::In
        } else {
            return None;
        };
        self.eat("{").then_some(())?;
        let mut values = Vec::new();
        while !self.eat("}") {
            values.push(self.quoted()?);
            self.eat(",");
        }
        Some(self.requirement(key, operator, &values))
    }

    fn key(&mut self) -> Option<&'a str> {
        let trimmed = self.rest.trim_start();
        let end = trimmed
            .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.' | '/'))
            .unwrap_or(trimmed.len());
        let (key, rest) = trimmed.split_at(end);
        self.rest = rest;
        (!key.is_empty()).then_some(key)
    }

    fn quoted(&mut self) -> Option<&'a str> {
        let trimmed = self.rest.trim_start();
        let quote = trimmed.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, rest) = trimmed[1..].split_once(quote)?;
        self.rest = rest;
        Some(value)
    }

    fn requirement(&self, key: &str, operator: Operator, values: &[&str]) -> Expression {
        let key = if key == "projectcalico.org/name" { NAMESPACE_NAME } else { key };
        let values = values.iter().map(|value| self.symbols.intern(value)).collect();
        let requirement = Requirement { key: self.symbols.intern(key), operator, values };
        Expression::Labels(Selector { requirements: Box::new([requirement]), invalid: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selects(text: &str, labels: &[(&str, &str)]) -> Option<bool> {
        let symbols = Symbols::default();
        let labels: Vec<_> = labels.iter().map(|(key, value)| (symbols.intern(key), symbols.intern(value))).collect();
        Some(parse(text, &symbols)?.matches(&labels))
    }

    #[test]
    fn expressions_select_as_the_reference_says() {
        let web = [("app", "web"), ("tier", "front")];
        for (text, expected) in [
            ("", Some(true)),
            ("all()", Some(true)),
            ("app == 'web'", Some(true)),
            ("app == \"web\" && tier == 'back'", Some(false)),
            ("app == 'web' || tier == 'back'", Some(true)),
            ("!(app == 'web' && has(tier))", Some(false)),
            ("!has(missing)", Some(true)),
            ("missing != 'x'", Some(true)),
            ("app in {'api', 'web'}", Some(true)),
            ("app not in {'api', 'web'}", Some(false)),
            ("app == 'x' || app == 'y' && all()", Some(false)),
            ("app starts with 'w'", None),
            ("app ==", None),
            ("(app == 'web'", None),
        ] {
            assert_eq!(selects(text, &web), expected, "{text}");
        }
        let deep = "(".repeat(100_000);
        assert_eq!(selects(&deep, &web), None);
    }
}
