//! How values of a chart, of its subcharts and of the user become one tree. Source: Helm, `chart/common/util`.

use std::sync::Arc;

use super::tree::{Node, Table, Tree};
use crate::chart::Chart;

/// The key whose values every subchart sees.
pub(crate) const GLOBAL: &str = "global";

/// What happens to nulls.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nulls {
    /// They delete, and go: the values that templates see.
    Delete,
    /// They stay for a later pass.
    Keep,
}

/// The values of `chart` and its dependencies, where `values` win.
pub(crate) fn coalesce(chart: &Chart, values: &Table, nulls: Nulls) -> Result<Table, String> {
    let mut table = values.clone();
    chart_and_dependencies(chart, &mut table, nulls)?;
    Ok(table)
}

fn chart_and_dependencies(chart: &Chart, table: &mut Table, nulls: Nulls) -> Result<(), String> {
    own_values(chart, table, nulls);
    for dependency in &chart.dependencies {
        let name: Arc<str> = Arc::from(dependency.name());
        let mut below = match table.get(&name).map(|node| &node.tree) {
            None => Table::new(),
            Some(Tree::Map(map)) => map.clone(),
            Some(other) => {
                let found = crate::values::go_type(other);
                return Err(format!("type mismatch on {name}: %!t({found}={})", crate::values::go_text(other)));
            }
        };
        globals(&mut below, table);
        chart_and_dependencies(dependency, &mut below, nulls)?;
        let place = table.get(&name).and_then(|node| node.place.clone());
        table.insert(name, Node { tree: Tree::Map(below), place });
    }
    Ok(())
}

fn globals(below: &mut Table, above: &Table) {
    let mut kept = match below.get(GLOBAL).map(|node| &node.tree) {
        None => Table::new(),
        Some(Tree::Map(map)) => map.clone(),
        Some(_) => return,
    };
    let empty = Table::new();
    let source = match above.get(GLOBAL).map(|node| &node.tree) {
        None => &empty,
        Some(Tree::Map(map)) => map,
        Some(_) => return,
    };
    for (key, node) in source {
        match (&node.tree, kept.get(key).map(|node| &node.tree)) {
            (Tree::Map(map), Some(Tree::Map(present))) => {
                let mut merged = map.clone();
                tables(&mut merged, present.clone(), Nulls::Keep);
                kept.insert(Arc::clone(key), Node { tree: Tree::Map(merged), place: node.place.clone() });
            }
            (Tree::Map(_), Some(_)) | (_, Some(Tree::Map(_))) => {}
            _ => {
                kept.insert(Arc::clone(key), node.clone());
            }
        }
    }
    let place = below.get(GLOBAL).or_else(|| above.get(GLOBAL)).and_then(|node| node.place.clone());
    below.insert(Arc::from(GLOBAL), Node { tree: Tree::Map(kept), place });
}

fn own_values(chart: &Chart, table: &mut Table, nulls: Nulls) {
    for (key, node) in chart.values.iter() {
        match table.get_mut(key) {
            Some(present) if present.is_null() && nulls == Nulls::Delete => {
                table.remove(key);
            }
            Some(Node { tree: Tree::Map(present), .. }) => {
                let Tree::Map(source) = &node.tree else { continue };
                let is_subchart = chart.dependencies.iter().any(|dependency| dependency.name() == &**key);
                let nulls = if is_subchart { Nulls::Keep } else { nulls };
                let mut source = source.clone();
                if nulls == Nulls::Delete {
                    clean(&mut source);
                }
                tables(present, source, nulls);
            }
            Some(_) => {}
            None if nulls == Nulls::Keep => {
                table.insert(Arc::clone(key), node.clone());
            }
            None if node.is_null() => {}
            None => {
                let mut node = node.clone();
                if let Tree::Map(map) = &mut node.tree {
                    clean(map);
                }
                table.insert(Arc::clone(key), node);
            }
        }
    }
}

/// Merges `source` into `table`, whose values win.
pub(crate) fn tables(table: &mut Table, source: Table, nulls: Nulls) {
    for (key, node) in source {
        match table.get_mut(&key) {
            None => {
                table.insert(key, node);
            }
            Some(present) if present.is_null() => {
                if nulls == Nulls::Delete && !node.is_null() {
                    table.remove(&key);
                }
            }
            Some(Node { tree: Tree::Map(present), .. }) => {
                if let Tree::Map(map) = node.tree {
                    tables(present, map, nulls);
                }
            }
            Some(_) => {}
        }
    }
}

fn clean(map: &mut Table) {
    map.retain(|_, node| !node.is_null());
    for node in map.values_mut() {
        if let Tree::Map(inner) = &mut node.tree {
            clean(inner);
        }
    }
}
