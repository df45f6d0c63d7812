//! Which of the charts in `charts/` take part, under which names, and what their parents take from them.
//! Source: Helm, `chart/v2/util/dependencies.go`.

use std::sync::Arc;

use super::Chart;
use super::metadata::Dependency;
use crate::functions::semver;
use crate::values::{Node, Nulls, Table, Tree, coalesce, lookup_table, lookup_value, tables};

/// Works out the dependencies of `chart` for these values, and returns what a user should know about them.
pub(crate) fn process(chart: &mut Chart, values: &Table) -> Result<Vec<String>, String> {
    let mut notes = Vec::new();
    enabled(chart, values, "", &mut notes)?;
    import_all(chart, &mut notes)?;
    Ok(notes)
}

fn enabled(chart: &mut Chart, values: &Table, path: &str, notes: &mut Vec<String>) -> Result<(), String> {
    if chart.metadata.dependencies.is_empty() {
        return Ok(());
    }
    let present = std::mem::take(&mut chart.dependencies);
    let is_meant = |needed: &Dependency, present: &Chart| {
        present.metadata.name == needed.name && semver::is_compatible(&needed.version, &present.metadata.version)
    };
    let needed = &mut chart.metadata.dependencies;
    let unlisted = present.iter().filter(|present| !needed.iter().any(|needed| is_meant(needed, present)));
    let mut used: Vec<Chart> = unlisted.cloned().collect();
    for needed in needed.iter_mut() {
        if let Some(found) = present.iter().find(|present| is_meant(needed, present)) {
            let mut copy = found.clone();
            if !needed.alias.is_empty() {
                copy.metadata.name.clone_from(&needed.alias);
            }
            used.push(copy);
        } else if let Some(other) = present.iter().find(|present| present.metadata.name == needed.name) {
            notes.push(format!(
                "`{}` in `charts/` has the version {}, and `{}` is asked for: it is left out",
                needed.name, other.metadata.version, needed.version
            ));
        }
        if !needed.alias.is_empty() {
            needed.name.clone_from(&needed.alias);
        }
        needed.enabled = true;
    }
    chart.dependencies = used;
    let all = coalesce(chart, values, Nulls::Delete)?;
    for needed in &mut chart.metadata.dependencies {
        by_tags(needed, &all);
        by_condition(needed, &all, path, notes);
    }
    let disabled: Vec<String> =
        chart.metadata.dependencies.iter().filter(|one| !one.enabled).map(|one| one.name.clone()).collect();
    chart.dependencies.retain(|dependency| !disabled.contains(&dependency.metadata.name));
    chart.metadata.dependencies.retain(|dependency| !disabled.contains(&dependency.name));
    for dependency in &mut chart.dependencies {
        let path = format!("{path}{}.", dependency.metadata.name);
        enabled(dependency, &all, &path, notes)?;
    }
    Ok(())
}

fn by_tags(needed: &mut Dependency, values: &Table) {
    let Some(tags) = lookup_table(values, "tags") else { return };
    let states = || {
        needed.tags.iter().filter_map(|tag| match tags.get(tag.as_str()).map(|node| &node.tree) {
            Some(Tree::Bool(state)) => Some(*state),
            _ => None,
        })
    };
    needed.enabled = states().any(|state| state) || states().next().is_none();
}

fn by_condition(needed: &mut Dependency, values: &Table, path: &str, notes: &mut Vec<String>) {
    for condition in needed.condition.trim().split(',').filter(|condition| !condition.is_empty()) {
        match lookup_value(values, &format!("{path}{condition}")) {
            Some(Node { tree: Tree::Bool(state), .. }) => {
                needed.enabled = *state;
                return;
            }
            Some(_) => notes.push(format!(
                "the condition `{condition}` of `{}` is neither true nor false, and is passed over",
                needed.name
            )),
            None => {}
        }
    }
}

fn import_all(chart: &mut Chart, notes: &mut Vec<String>) -> Result<(), String> {
    for dependency in &mut chart.dependencies {
        import_all(dependency, notes)?;
    }
    import(chart, notes)
}

fn import(chart: &mut Chart, notes: &mut Vec<String>) -> Result<(), String> {
    if chart.metadata.dependencies.is_empty() {
        return Ok(());
    }
    let values = coalesce(chart, &Table::new(), Nulls::Keep)?;
    let mut imported = Table::new();
    for dependency in &mut chart.metadata.dependencies {
        for item in &mut dependency.import_values {
            let (child, parent) = match &item.tree {
                Tree::Map(map) => (spelled(map, "child"), spelled(map, "parent")),
                Tree::Text(name) => (format!("exports.{name}"), ".".to_owned()),
                _ => continue,
            };
            let pair = [("child", &child), ("parent", &parent)];
            item.tree = Tree::Map(pair.iter().map(|(key, text)| (Arc::from(*key), Node::text(text))).collect());
            let Some(found) = lookup_table(&values, &format!("{}.{child}", dependency.name)) else {
                notes.push(format!("`{}` has no values `{child}` to import", dependency.name));
                continue;
            };
            tables(&mut imported, below(&parent, found.clone()), Nulls::Keep);
        }
    }
    let mut values = values;
    tables(&mut values, imported, Nulls::Keep);
    chart.values = Arc::new(values);
    Ok(())
}

fn spelled(map: &Table, key: &str) -> String {
    map.get(key).map_or_else(|| "<nil>".to_owned(), |node| crate::values::go_text(&node.tree))
}

/// `values` under the path `parent`.
fn below(parent: &str, values: Table) -> Table {
    if parent == "." {
        return values;
    }
    parent.rsplit('.').fold(values, |inner, key| Table::from([(Arc::from(key), Node::new(Tree::Map(inner)))]))
}
