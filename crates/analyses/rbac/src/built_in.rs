//! The roles and bindings that every API server makes when it starts, for files that refer to them and do not contain
//! them.

const TABLE: &str = include_str!("../built_in.txt");

/// A role that every cluster has.
#[derive(Debug, Default)]
pub(crate) struct BuiltInRole {
    /// Empty for a ClusterRole.
    pub(crate) namespace: &'static str,
    pub(crate) name: &'static str,
    pub(crate) labels: Vec<(&'static str, &'static str)>,
    /// Labels of the roles that are aggregated into it.
    pub(crate) aggregates: Option<Vec<(&'static str, &'static str)>>,
    /// Verbs, groups, resources, names, URLs.
    pub(crate) rules: Vec<[Vec<&'static str>; 5]>,
}

/// A binding that every cluster has.
#[derive(Debug, Default)]
pub(crate) struct BuiltInBinding {
    /// Empty for a ClusterRoleBinding.
    pub(crate) namespace: &'static str,
    pub(crate) name: &'static str,
    pub(crate) role_kind: &'static str,
    pub(crate) role: &'static str,
    /// Kind, namespace and name.
    pub(crate) subjects: Vec<(&'static str, &'static str, &'static str)>,
}

/// What a version of Kubernetes starts with.
#[derive(Debug, Default)]
pub(crate) struct BuiltIn {
    pub(crate) roles: Vec<BuiltInRole>,
    pub(crate) bindings: Vec<BuiltInBinding>,
}

/// What Kubernetes 1.`minor` starts with.
pub(crate) fn of_version(minor: u8) -> BuiltIn {
    read(|versions| contains(versions, minor))
}

/// What some version starts with: roles and bindings with all that any of them has.
pub(crate) fn of_any_version() -> BuiltIn {
    read(|_| true)
}

fn read(is_wanted: impl Fn(&str) -> bool) -> BuiltIn {
    let mut built_in = BuiltIn::default();
    let mut skipping = true;
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let (text, versions) = split_versions(line);
        let holds = versions.is_none_or(&is_wanted);
        let Some(detail) = text.strip_prefix("  ") else {
            skipping = !holds;
            if holds {
                begin(text, &mut built_in);
            }
            continue;
        };
        if holds && !skipping {
            add(detail, &mut built_in);
        }
    }
    built_in
}

fn split_versions(line: &'static str) -> (&'static str, Option<&'static str>) {
    match line.rsplit_once(" @") {
        Some((text, versions)) => (text, Some(versions)),
        None => (line, None),
    }
}

fn contains(ranges: &str, minor: u8) -> bool {
    ranges.split(',').filter_map(|range| range.split_once('-')).any(|(from, to)| {
        from.parse().map_or(true, |from: u8| from <= minor) && to.parse().map_or(true, |to: u8| minor <= to)
    })
}

fn begin(text: &'static str, built_in: &mut BuiltIn) {
    let (kind, name) = text.split_once(' ').unwrap_or((text, ""));
    let (namespace, name) = name.split_once('/').unwrap_or(("", name));
    match kind {
        "role" => built_in.roles.push(BuiltInRole { namespace, name, ..BuiltInRole::default() }),
        _ => built_in.bindings.push(BuiltInBinding { namespace, name, ..BuiltInBinding::default() }),
    }
}

fn add(detail: &'static str, built_in: &mut BuiltIn) {
    let (what, text) = detail.split_once(' ').unwrap_or((detail, ""));
    match what {
        "to" => {
            let Some(binding) = built_in.bindings.last_mut() else { return };
            (binding.role_kind, binding.role) = text.split_once(' ').unwrap_or((text, ""));
        }
        "for" => {
            let Some(binding) = built_in.bindings.last_mut() else { return };
            let (kind, name) = text.split_once(' ').unwrap_or((text, ""));
            let (namespace, name) = name.split_once('/').unwrap_or(("", name));
            binding.subjects.push((kind, namespace, name));
        }
        _ => {
            let Some(role) = built_in.roles.last_mut() else { return };
            match what {
                "label" => role.labels.extend(text.split_once('=')),
                "aggregates" => role.aggregates = Some(text.split(',').filter_map(|one| one.split_once('=')).collect()),
                _ => role.rules.push(rule(text)),
            }
        }
    }
}

fn rule(text: &'static str) -> [Vec<&'static str>; 5] {
    let mut lists = text.split(" | ").map(|list| {
        let words = list.split(',').filter(|word| *word != "-");
        words.map(|word| if word == "core" { "" } else { word }).collect::<Vec<_>>()
    });
    std::array::from_fn(|_| lists.next().unwrap_or_default())
}

/// Names of roles by what they are aggregated into, for tests of the table.
#[cfg(test)]
fn aggregated(built_in: &BuiltIn) -> std::collections::BTreeMap<&str, usize> {
    built_in.roles.iter().filter(|role| role.aggregates.is_some()).map(|role| (role.name, role.rules.len())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_whole() {
        let newest = of_version(37);
        assert!(newest.roles.len() > 60, "{}", newest.roles.len());
        assert!(newest.bindings.len() > 50, "{}", newest.bindings.len());
        assert_eq!(aggregated(&newest).keys().copied().collect::<Vec<_>>(), ["admin", "edit", "view"]);
        assert!(newest.bindings.iter().all(|binding| !binding.role.is_empty() && !binding.role_kind.is_empty()));
        assert!(newest.roles.iter().all(|role| role.rules.iter().all(|rule| !rule[0].is_empty())));
    }

    #[test]
    fn versions_differ() {
        let rule = |minor| {
            let roles = of_version(minor).roles;
            roles.into_iter().any(|role| role.name == "system:kubelet-api-admin" && !role.rules.is_empty())
        };
        assert!(rule(30) && rule(37));
        assert!(contains("26-34", 26) && contains("26-34", 34) && !contains("26-34", 35));
        assert!(contains("-29,31-", 24) && !contains("-29,31-", 30) && contains("-29,31-", 200));
    }
}
