//! Checks of other tools that are none here: why, and what to look at in their place. Old reports and exceptions name
//! them.

use std::sync::LazyLock;

/// A check that is none here.
#[derive(Debug)]
pub struct Retired {
    /// What other tools call it.
    pub names: Vec<&'static str>,
    /// Why there is none, as the end of a sentence.
    pub reason: &'static str,
    /// The controls to look at.
    pub instead: Vec<&'static str>,
}

impl Retired {
    /// Whether a tool calls it so, in any case, with or without the `AVD-` and the dash that Trivy once wrote.
    pub fn is_called(&self, name: &str) -> bool {
        let normal = |name: &str| name.to_ascii_uppercase().trim_start_matches("AVD-").replace("KSV0", "KSV-0");
        self.names.iter().any(|own| normal(own) == normal(name))
    }
}

/// All of them.
pub fn all() -> &'static [Retired] {
    static ALL: LazyLock<Vec<Retired>> = LazyLock::new(|| {
        include_str!("retired.txt").lines().filter(|line| !line.starts_with('#')).filter_map(parse).collect()
    });
    &ALL
}

fn parse(line: &'static str) -> Option<Retired> {
    let mut fields = line.split(" | ");
    let (names, reason) = (fields.next()?, fields.next()?);
    let instead = fields.next().unwrap_or_default();
    Some(Retired { names: names.split(' ').collect(), reason, instead: instead.split_whitespace().collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_found_however_they_are_written() {
        let find = |name: &str| all().iter().find(|retired| retired.is_called(name));
        for name in ["C-0213", "c-0213", "CKV_K8S_1", "KSV-0032", "AVD-KSV-0032", "ksv0032"] {
            assert!(find(name).is_some_and(|retired| !retired.instead.is_empty()), "{name}");
        }
        assert!(find("KSV-0001").is_none());
        assert!(all().iter().all(|retired| !retired.reason.ends_with('.')));
    }
}
