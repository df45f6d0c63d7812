//! What may select objects: names of namespaces, and label selectors as `kubectl -l` takes them. What is none is refused
//! before a server is asked, which would refuse it again and again, for every kind.

/// Why a text is no label selector, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{expected} is expected at character {}", at + 1)]
pub struct SelectorError {
    /// The place, in characters.
    pub at: usize,
    /// What should stand there.
    pub expected: &'static str,
}

/// Whether a namespace can have that name (RFC 1123).
pub fn is_namespace(name: &str) -> bool {
    let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.len() <= 63 && name.bytes().all(plain) && ends(name.as_bytes().first()) && ends(name.as_bytes().last())
}

/// Checks a label selector: `a=b,c!=d,e in (f, g),h notin (i),j,!k,l>1`.
///
/// # Errors
/// It is none.
pub fn check(selector: &str) -> Result<(), SelectorError> {
    let mut reading = Reading { text: selector, at: 0 };
    loop {
        reading.requirement()?;
        if reading.rest().is_empty() {
            return Ok(());
        }
        reading.expect(",", "`,` or the end")?;
    }
}

/// A selector as far as it was read.
struct Reading<'t> {
    text: &'t str,
    /// The next byte.
    at: usize,
}

impl<'t> Reading<'t> {
    /// What is left, without spaces before it.
    fn rest(&mut self) -> &'t str {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    fn wrong<T>(&self, expected: &'static str) -> Result<T, SelectorError> {
        Err(SelectorError { at: self.text[..self.at].chars().count(), expected })
    }

    fn takes(&mut self, sign: &str) -> bool {
        let found = self.rest().starts_with(sign);
        self.at += if found { sign.len() } else { 0 };
        found
    }

    fn expect(&mut self, sign: &str, expected: &'static str) -> Result<(), SelectorError> {
        if self.takes(sign) { Ok(()) } else { self.wrong(expected) }
    }

    fn word(&mut self) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c: char| matches!(c, ',' | '=' | '!' | '(' | ')' | '<' | '>') || c.is_whitespace());
        &rest[..end.unwrap_or(rest.len())]
    }

    fn key(&mut self) -> Result<(), SelectorError> {
        let key = self.word();
        let (prefix, name) = key.rsplit_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
        let domain = |prefix: &str| prefix.len() <= 253 && prefix.split('.').all(is_namespace);
        if name.is_empty() || !is_value(name) || !prefix.is_none_or(domain) {
            return self.wrong("the key of a label");
        }
        self.at += key.len();
        Ok(())
    }

    fn value(&mut self) -> Result<(), SelectorError> {
        let value = self.word();
        if !is_value(value) {
            return self.wrong("the value of a label");
        }
        self.at += value.len();
        Ok(())
    }

    fn requirement(&mut self) -> Result<(), SelectorError> {
        if self.takes("!") {
            return self.key();
        }
        self.key()?;
        if ["==", "!=", "="].iter().any(|sign| self.takes(sign)) {
            return self.value();
        }
        if self.takes(">") || self.takes("<") {
            let number = self.word();
            if number.parse::<i64>().is_err() {
                return self.wrong("a number");
            }
            self.at += number.len();
            return Ok(());
        }
        match self.word() {
            "" => Ok(()),
            set @ ("in" | "notin") => {
                self.at += set.len();
                self.values()
            }
            _ => self.wrong("`=`, `!=`, `in`, `notin`, `,` or the end"),
        }
    }

    fn values(&mut self) -> Result<(), SelectorError> {
        self.expect("(", "`(`")?;
        loop {
            self.value()?;
            if self.takes(")") {
                return Ok(());
            }
            self.expect(",", "`,` or `)`")?;
        }
    }
}

fn is_value(value: &str) -> bool {
    let ends = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_alphanumeric);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    value.len() <= 63 && value.bytes().all(plain) && ends(value.as_bytes().first()) && ends(value.as_bytes().last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubectl_takes_is_taken() {
        let all = "a=b|a==b|a!=b|a|!a|a in (b)|a in ( b , c )|a notin (b,)|a=|x.y/a_b=c.d-e, !f ,g in (h)|a>1|a < -2";
        for selector in all.split('|') {
            assert_eq!(check(selector), Ok(()), "{selector}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (selector, at, expected) in [
            ("a in (", 6, "`,` or `)`"),
            ("a in b", 5, "`(`"),
            ("", 0, "the key of a label"),
            ("a=b,", 4, "the key of a label"),
            ("ä=b", 0, "the key of a label"),
            ("a=b c", 4, "`,` or the end"),
            ("a b", 2, "`=`, `!=`, `in`, `notin`, `,` or the end"),
            ("a=-", 2, "the value of a label"),
            ("a>x", 2, "a number"),
            ("A_/b", 0, "the key of a label"),
        ] {
            assert_eq!(check(selector), Err(SelectorError { at, expected }), "{selector}");
        }
    }

    #[test]
    fn names_of_namespaces_are_labels_of_domains() {
        for name in ["a", "kube-system", "0", &"a".repeat(63)] {
            assert!(is_namespace(name), "{name}");
        }
        for name in ["", "Not_A_Label", "-a", "a-", "a.b", "../x", &"a".repeat(64)] {
            assert!(!is_namespace(name), "{name}");
        }
    }
}
