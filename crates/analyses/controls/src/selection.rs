//! Which controls run: `--only` and `--skip` by id, alias, group or severity.

use model::control::{Control, Group, Registered};
use model::nearest::{is_same, nearest};
use model::severity::Severity;

/// A word that names no control, group or severity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// The word.
    pub name: String,
    /// What may have been meant.
    pub suggestion: Option<&'static str>,
}

/// The controls that `only` names (all if it names none) without those that `skip` names.
///
/// # Errors
/// A word that names nothing: an empty scan would look like a clean one.
pub fn select(only: &[String], skip: &[String]) -> Result<Vec<Registered>, UnknownName> {
    let mut chosen = vec![only.is_empty(); crate::CONTROLS.len()];
    for name in only {
        mark(name, true, &mut chosen)?;
    }
    for name in skip {
        mark(name, false, &mut chosen)?;
    }
    Ok(crate::all().filter(|registered| chosen[registered.id.0 as usize]).collect())
}

fn mark(name: &str, to: bool, chosen: &mut [bool]) -> Result<(), UnknownName> {
    // A group or severity that no control has yet is a name all the same.
    let mut found = Group::from_name(name).is_some() || Severity::from_name(name).is_some();
    for registered in crate::all().filter(|registered| names(registered, name)) {
        chosen[registered.id.0 as usize] = to;
        found = true;
    }
    if found { Ok(()) } else { Err(UnknownName { name: name.to_owned(), suggestion: suggest(name) }) }
}

fn names(registered: &Registered, name: &str) -> bool {
    let control = registered.control;
    control.id == name || registered.group.name() == name || control.severity.name() == name || is_alias(control, name)
}

/// Whether other tools call `control` so, however the name is written: Trivy writes `KSV-0017`, and wrote `KSV017`
/// and `AVD-KSV-0017`.
pub fn is_alias(control: &Control, name: &str) -> bool {
    let name = name.get(..4).filter(|start| start.eq_ignore_ascii_case("avd-")).map_or(name, |_| &name[4..]);
    control.aliases.iter().any(|alias| is_same(alias.id, name))
}

/// The control, group, severity or alias whose name is nearest to `name`, if it is near.
pub fn suggest(name: &str) -> Option<&'static str> {
    let groups = Group::ALL.iter().map(|group| group.name());
    let severities = Severity::ALL.iter().map(|severity| severity.name());
    let ids = crate::all().map(|registered| registered.control.id);
    let aliases = || crate::all().flat_map(|registered| registered.control.aliases.iter().map(|alias| alias.id));
    // Who writes half a word means ours rather than another tool's.
    nearest(name, groups.chain(severities).chain(ids)).or_else(|| nearest(name, aliases()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_nearly_right_is_suggested() {
        assert_eq!(suggest("priviledged-container"), Some("privileged-container"));
        assert_eq!(suggest("hihg"), Some("high"));
        assert_eq!(suggest("workloads"), Some("workload"));
        assert_eq!(suggest("zzzzzzzzzzzz"), None);
    }

    #[test]
    fn half_a_word_is_one_of_ours() {
        assert_eq!(suggest("privileged"), Some("privileged-port"));
        assert!(suggest("priv").is_some_and(|name| name.starts_with("privilege")));
    }

    #[test]
    fn names_of_other_tools_are_known_however_they_are_written() {
        let only = |name: &str| select(&[name.to_owned()], &[]).map(|found| found[0].control.id);
        for name in ["KSV-0017", "KSV017", "ksv-17", "AVD-KSV-0017", "C-0057", "c0057", "CKV_K8S_16", "ckv-k8s-16"] {
            assert_eq!(only(name), Ok("privileged-container"), "{name}");
        }
        assert!(only("KSV-00171").is_err() && only("CKV_K8S_160").is_ok_and(|id| id != "privileged-container"));
    }

    #[test]
    fn a_group_that_no_control_has_selects_nothing() {
        assert!(select(&["node".to_owned()], &[]).unwrap().is_empty());
    }

    #[test]
    fn unknown_names_are_errors() {
        let error = select(&["no-such-thing-at-all".to_owned()], &[]).unwrap_err();
        assert_eq!(error.name, "no-such-thing-at-all");
    }
}
