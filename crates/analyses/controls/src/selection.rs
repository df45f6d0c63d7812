//! Which controls run: `--only` and `--skip` by id, alias, group or severity.

use model::control::{Group, Registered};
use model::nearest::nearest;
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
    control.id == name
        || registered.group.name() == name
        || control.severity.name() == name
        || control.aliases.iter().any(|alias| alias.id.eq_ignore_ascii_case(name))
}

/// The control, group, severity or alias whose name is nearest to `name`, if it is near.
pub fn suggest(name: &str) -> Option<&'static str> {
    let groups = Group::ALL.iter().map(|group| group.name());
    let severities = Severity::ALL.iter().map(|severity| severity.name());
    let ids = crate::all().map(|registered| registered.control.id);
    let aliases = crate::all().flat_map(|registered| registered.control.aliases.iter().map(|alias| alias.id));
    nearest(name, groups.chain(severities).chain(ids).chain(aliases))
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
    fn a_group_that_no_control_has_selects_nothing() {
        assert!(select(&["node".to_owned()], &[]).unwrap().is_empty());
    }

    #[test]
    fn unknown_names_are_errors() {
        let error = select(&["no-such-thing-at-all".to_owned()], &[]).unwrap_err();
        assert_eq!(error.name, "no-such-thing-at-all");
    }
}
