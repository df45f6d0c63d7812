//! Mappings: `dict`, `set`, `merge` and their kin.

use std::rc::Rc;

use super::Answer;
use super::calls::{entries, map, text};
use crate::template::{Failure, Machine};
use crate::value::{Element, Entries, Kind, List, Map, MapType, Value};

/// Mappings are merged no deeper: one may hold itself.
const DEEPEST: u32 = 200;

pub(super) fn dict(_: &mut Machine, values: Vec<Value>) -> Answer {
    let mut entries = Entries::new();
    for pair in values.chunks(2) {
        let key = crate::format::stringify(&pair[0]);
        let value = pair.get(1).cloned().unwrap_or_else(|| Value::text(""));
        entries.insert(Rc::from(&*key), value);
    }
    Ok(Value::map(entries))
}

pub(super) fn get(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let key = text(&values[1]);
    let found = map(&values[0]).and_then(|map| map.entries.borrow().get(&*key).cloned());
    Ok(found.unwrap_or_else(|| {
        let container = values[0].taint;
        let taint = if container == 0 { 0 } else { machine.trace.missing(container, &key) };
        Value { taint, ..Value::text("") }
    }))
}

pub(super) fn set(_: &mut Machine, values: Vec<Value>) -> Answer {
    let Some(map) = map(&values[0]) else { return Err(Failure::new("assignment to entry in nil map")) };
    map.entries.borrow_mut().insert(Rc::from(&*text(&values[1])), values[2].clone());
    Ok(values[0].clone())
}

pub(super) fn unset(_: &mut Machine, values: Vec<Value>) -> Answer {
    if let Some(map) = map(&values[0]) {
        map.entries.borrow_mut().remove(&*text(&values[1]));
    }
    Ok(values[0].clone())
}

pub(super) fn has_key(_: &mut Machine, values: Vec<Value>) -> Answer {
    let key = text(&values[1]);
    Ok(Value::bool(map(&values[0]).is_some_and(|map| map.entries.borrow().contains_key(&*key))))
}

pub(super) fn pluck(_: &mut Machine, values: Vec<Value>) -> Answer {
    let key = text(&values[0]);
    let found = values[1..].iter().filter_map(|one| map(one)?.entries.borrow().get(&*key).cloned());
    Ok(Value::list(found.collect()))
}

/// Go gives them in any order; here it is that of the names.
pub(super) fn keys(_: &mut Machine, values: Vec<Value>) -> Answer {
    let mut keys = Vec::new();
    for value in &values {
        if let Some(map) = map(value) {
            let entries = map.entries.borrow();
            keys.extend(entries.keys().map(|key| Value { taint: value.taint, ..Value::text(&**key) }));
        }
    }
    Ok(Value::list_of(keys, Element::Text))
}

/// Go gives them in any order; here it is that of the names.
pub(super) fn values(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::list(entries(&values[0]).into_values().collect()))
}

pub(super) fn pick(_: &mut Machine, values: Vec<Value>) -> Answer {
    let mut picked = Entries::new();
    if let Some(map) = map(&values[0]) {
        let entries = map.entries.borrow();
        for key in &values[1..] {
            if let Some((key, value)) = entries.get_key_value(&*text(key)) {
                picked.insert(Rc::clone(key), value.clone());
            }
        }
    }
    Ok(Value { taint: values[0].taint, ..Value::map(picked) })
}

pub(super) fn omit(_: &mut Machine, values: Vec<Value>) -> Answer {
    let mut kept = entries(&values[0]);
    for key in &values[1..] {
        kept.remove(&*text(key));
    }
    Ok(Value { taint: values[0].taint, ..Value::map(kept) })
}

/// Who wins where both have something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Winner {
    Destination,
    Source,
}

pub(super) fn merge(machine: &mut Machine, values: Vec<Value>) -> Answer {
    merge_all(machine, &values, Winner::Destination)
}

pub(super) fn merge_overwrite(machine: &mut Machine, values: Vec<Value>) -> Answer {
    merge_all(machine, &values, Winner::Source)
}

fn merge_all(machine: &mut Machine, values: &[Value], winner: Winner) -> Answer {
    let mut destination = values[0].clone();
    if destination.is_nil() {
        destination = Value::map(Entries::new());
    }
    let Some(into) = map(&destination) else { return Ok(destination) };
    for source in &values[1..] {
        if let Some(source) = map(source) {
            merge_maps(machine, into, source, winner, 0)?;
        }
    }
    Ok(destination)
}

fn is_empty(value: &Value) -> bool {
    !value.truth() && !matches!(value.kind, Kind::Object(_))
}

/// Source: `dario.cat/mergo`, `deepMerge` for mappings.
fn merge_maps(
    machine: &mut Machine,
    into: &Rc<Map>,
    source: &Rc<Map>,
    winner: Winner,
    depth: u32,
) -> Result<(), Failure> {
    if Rc::ptr_eq(into, source) {
        return Ok(());
    }
    if depth > DEEPEST {
        return Err(Failure::new("mappings are nested too deep to be merged"));
    }
    let entries: Vec<(Rc<str>, Value)> =
        source.entries.borrow().iter().map(|(key, value)| (Rc::clone(key), value.clone())).collect();
    for (key, value) in entries {
        machine.tick(1)?;
        let present = into.entries.borrow().get(&key).cloned();
        let take = match (&value.kind, &present) {
            (Kind::Nil, _) => winner == Winner::Source,
            (Kind::Map(below), Some(Value { kind: Kind::Map(above), .. })) => {
                merge_maps(machine, above, below, winner, depth + 1)?;
                above.entries.borrow().is_empty()
            }
            (_, None) => true,
            (_, Some(present)) => winner == Winner::Source || is_empty(present),
        };
        if take {
            into.entries.borrow_mut().insert(key, value);
        }
    }
    Ok(())
}

pub(super) fn deep_copy(machine: &mut Machine, values: Vec<Value>) -> Answer {
    copy(machine, &values[0], 0)
}

fn copy(machine: &mut Machine, value: &Value, depth: u32) -> Answer {
    if depth > DEEPEST * 5 {
        return Err(Failure::new("the value is nested too deep to be copied"));
    }
    machine.tick(1)?;
    let kind = match &value.kind {
        Kind::List(list) => {
            let items: Result<Vec<_>, _> = list.items.iter().map(|item| copy(machine, item, depth + 1)).collect();
            Kind::List(Rc::new(List { items: items?, element: list.element, is_nil: list.is_nil }))
        }
        Kind::Map(map) => {
            let mut entries = Entries::new();
            for (key, item) in map.entries.borrow().iter() {
                entries.insert(Rc::clone(key), copy(machine, item, depth + 1)?);
            }
            let copied = Value::map_of(entries, map.map_type);
            copied.kind
        }
        kind => kind.clone(),
    };
    Ok(Value::tainted(kind, value.taint))
}

pub(super) fn dig(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let count = values.len();
    if count < 3 {
        return Err(Failure::new("dig needs at least three arguments"));
    }
    let mut at = values[count - 1].clone();
    let conversion = |value: &Value, wanted: &str| {
        let found = if value.is_nil() { "nil" } else { value.type_name() };
        Failure::new(format!("interface conversion: interface {{}} is {found}, not {wanted}"))
    };
    for key in &values[..count - 2] {
        let Kind::Text(_) = key.kind else { return Err(conversion(key, "string")) };
        let next = match &at.kind {
            Kind::Map(map) if map.map_type == MapType::Any => map.entries.borrow().get(&*text(key)).cloned(),
            _ => return Err(conversion(&at, "map[string]interface {}")),
        };
        match next {
            Some(value) => at = value,
            None => {
                let mut value = values[count - 2].clone();
                let missing = if at.taint == 0 { 0 } else { machine.trace.missing(at.taint, &text(key)) };
                value.taint = machine.trace.union(value.taint, missing);
                return Ok(value);
            }
        }
    }
    Ok(at)
}
