//! Lists: order, parts, sums.

use std::cmp::Ordering;

use super::no_signature;
use crate::cel::evaluate::{Answer, Context};
use crate::cel::operators::{add, equal, lacks};
use crate::cel::value::{error, no_overload};
use crate::cel::{Halt, Key, Value};

/// The elements, unless one is not known.
fn known(items: &[Value]) -> Result<&[Value], Halt> {
    match items.iter().find_map(|item| if let Value::Unknown(on) = item { Some(on) } else { None }) {
        Some(on) => Err(Halt::Unknown(on.clone())),
        None => Ok(items),
    }
}

fn is_comparable(value: &Value) -> bool {
    matches!(
        value,
        Value::Int(_)
            | Value::Uint(_)
            | Value::Double(_)
            | Value::Bool(_)
            | Value::Duration(_)
            | Value::Timestamp(_)
            | Value::String(_)
            | Value::Bytes(_)
    )
}

/// The elements of a list whose first is of a type that the function is declared for.
fn guarded<'a>(
    context: &mut Context<'_>,
    name: &str,
    values: &'a [Value],
    is_fit: impl Fn(&Value) -> bool,
) -> Result<&'a [Value], Halt> {
    let [Value::List(items), ..] = values else { return Err(no_signature(name, values).err().unwrap_or(Halt::Spent)) };
    context.budget.spend_elements(items.len())?;
    let items = known(items)?;
    match items.first() {
        Some(first) if !is_fit(first) => Err(no_signature(name, values).err().unwrap_or(Halt::Spent)),
        _ => Ok(items),
    }
}

fn ordered(left: &Value, right: &Value) -> Result<Ordering, Halt> {
    match left.compare(right)? {
        Some(ordering) => Ok(ordering),
        None => no_overload(),
    }
}

pub(crate) fn is_sorted(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let items = guarded(context, name, values, is_comparable)?;
    for pair in items.windows(2) {
        let [left, right] = pair else { continue };
        if !is_comparable(right) {
            return no_overload();
        }
        // Values that have no order between them are taken as being in order.
        if left.compare(right).ok().flatten() == Some(Ordering::Greater) {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

pub(crate) fn sum(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let is_summable =
        |value: &Value| matches!(value, Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Duration(_));
    let items = guarded(context, name, values, is_summable)?;
    let mut total = match items.first() {
        Some(Value::Uint(_)) => Value::Uint(0),
        Some(Value::Double(_)) => Value::Double(0.0),
        Some(Value::Duration(_)) => Value::Duration(0),
        _ => Value::Int(0),
    };
    for item in items {
        total = add(context, "_+_", &[total, item.clone()])?;
    }
    Ok(total)
}

/// `min` and `max`.
pub(crate) fn extreme(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let items = guarded(context, name, values, is_comparable)?;
    let mut found: Option<&Value> = None;
    for item in items {
        if !is_comparable(item) {
            return no_overload();
        }
        let wanted = if name == "min" { Ordering::Greater } else { Ordering::Less };
        let is_better = match found {
            None => true,
            Some(known) => known.compare(item).ok().flatten() == Some(wanted),
        };
        if is_better {
            found = Some(item);
        }
    }
    found.cloned().map_or_else(|| error(format!("{name} called on empty list")), Ok)
}

pub(crate) fn index_of(context: &mut Context<'_>, name: &str, items: &[Value], item: &Value) -> Answer {
    let places: Vec<usize> =
        if name == "indexOf" { (0..items.len()).collect() } else { (0..items.len()).rev().collect() };
    for at in places {
        context.budget.spend(1)?;
        if equal(context, &items[at], item)? {
            return Ok(Value::Int(i64::try_from(at).unwrap_or(i64::MAX)));
        }
    }
    Ok(Value::Int(-1))
}

pub(crate) fn includes(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    match values {
        [Value::List(items), item] => {
            let mut unknown = None;
            for own in items.iter() {
                context.budget.spend(1)?;
                match equal(context, own, item) {
                    Ok(true) => return Ok(Value::Bool(true)),
                    Ok(false) => {}
                    Err(Halt::Unknown(on)) => unknown = unknown.or(Some(Halt::Unknown(on))),
                    Err(halt) => return Err(halt),
                }
            }
            unknown.map_or(Ok(Value::Bool(false)), Err)
        }
        [own, item] => Ok(Value::Bool(equal(context, own, item)?)),
        _ => no_signature(name, values),
    }
}

pub(crate) fn slice(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::List(items), Value::Int(start), Value::Int(end)] = values else { return no_signature(name, values) };
    context.budget.spend_elements(items.len())?;
    let told = format!("cannot slice({start}, {end})");
    let (Ok(from), Ok(to)) = (usize::try_from(*start), usize::try_from(*end)) else {
        return error(format!("{told}, negative indexes not supported"));
    };
    if from > to {
        return error(format!("{told}, start index must be less than or equal to end index"));
    }
    match items.get(from..to) {
        Some(part) => Ok(Value::List(part.into())),
        None => error(format!("{told}, list is length {}", items.len())),
    }
}

pub(crate) fn flatten(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let (items, depth) = match values {
        [Value::List(items)] => (items, 1),
        [Value::List(items), Value::Int(depth)] => (items, *depth),
        [Value::Map(_)] => return error("no such overload: map(dyn, dyn).flatten()"),
        [other] => return error(format!("no such overload: {}.flatten()", other.type_name())),
        [other, depth] => {
            return error(format!("no such overload: {}.flatten({})", other.type_name(), depth.type_name()));
        }
        _ => return no_signature(name, values),
    };
    if depth < 0 {
        return error("level must be non-negative");
    }
    let mut flat = Vec::new();
    // Lists that are being walked: what is left of each, and how deep it may go.
    let mut pending = vec![(items.iter(), depth)];
    while let Some((rest, depth)) = pending.last_mut() {
        context.budget.spend(1)?;
        let depth = *depth;
        match rest.next() {
            None => {
                pending.pop();
            }
            Some(Value::Unknown(on)) if depth > 0 => return Err(Halt::Unknown(on.clone())),
            Some(Value::List(inner)) if depth > 0 => pending.push((inner.iter(), depth - 1)),
            Some(item) => flat.push(item.clone()),
        }
    }
    Ok(Value::from(flat))
}

/// `sort`, and what `sortBy` becomes.
pub(crate) fn sort(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let (items, keys) = match values {
        [Value::List(items)] => (items, items),
        [Value::List(items), Value::List(keys)] => (items, keys),
        [other, ..] => return lacks(name, other),
        [] => return no_signature(name, values),
    };
    if items.len() != keys.len() {
        let told = "expected a list of the same size as the associated keys list";
        let (own, other) = (items.len(), keys.len());
        return error(format!("{name}() {told}, but got {own} and {other} elements respectively"));
    }
    let logarithm = keys.len().checked_ilog2().unwrap_or(0) as usize + 1;
    context.budget.spend_elements(keys.len().saturating_mul(logarithm))?;
    let keys = known(keys)?;
    let Some(first) = keys.first() else { return Ok(Value::List(items.clone())) };
    if !is_comparable(first) {
        return no_signature(name, values);
    }
    if keys.len() > 1 && keys.iter().any(|key| key.type_name() != first.type_name()) {
        return error("list elements must have the same type");
    }
    let mut order: Vec<usize> = (0..items.len()).collect();
    for key in keys {
        if let Value::String(text) = key {
            context.budget.spend_text(text.len().saturating_mul(logarithm))?;
        }
    }
    order.sort_by(|left, right| ordered(&keys[*left], &keys[*right]).unwrap_or(Ordering::Equal));
    Ok(Value::from(order.into_iter().map(|at| items[at].clone()).collect::<Vec<_>>()))
}

/// The longest list that `lists.range` makes.
const MAX_RANGE: i64 = 10_000_000;

pub(crate) fn range(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::Int(size)] = values else { return no_signature(name, values) };
    if *size < 0 {
        return error(format!("lists.range: size must be non-negative, got {size}"));
    }
    if *size > MAX_RANGE {
        return error(format!("lists.range: size {size} exceeds maximum allowed ({MAX_RANGE})"));
    }
    context.budget.spend(u64::try_from(*size).unwrap_or(u64::MAX))?;
    Ok(Value::from((0..*size).map(Value::Int).collect::<Vec<_>>()))
}

pub(crate) fn reverse(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::List(items)] = values else { return no_signature(name, values) };
    context.budget.spend_elements(items.len())?;
    Ok(Value::from(items.iter().rev().cloned().collect::<Vec<_>>()))
}

pub(crate) fn distinct(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::List(items)] = values else { return no_signature(name, values) };
    let mut found: Vec<Value> = Vec::new();
    for item in known(items)? {
        let mut is_new = true;
        for own in &found {
            context.budget.spend(1)?;
            if equal(context, own, item)? {
                is_new = false;
                break;
            }
        }
        if is_new {
            found.push(item.clone());
        }
    }
    Ok(Value::from(found))
}

/// `first` and `last`.
pub(crate) fn end(_: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::List(items)] = values else { return no_signature(name, values) };
    let found = if name == "first" { items.first() } else { items.last() };
    let found = found.cloned().map(Value::known).transpose()?;
    Ok(Value::Optional(found.map(Into::into)))
}

pub(crate) fn map_insert(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let (map, added) = match values {
        [Value::Map(map), Value::Map(added)] => (map, added.entries().to_vec()),
        [Value::Map(map), key, value] => match Key::of(key) {
            Some(key) => (map, vec![(key, value.clone())]),
            None => return error(format!("unsupported key type: {}", key.type_name())),
        },
        _ => return no_signature(name, values),
    };
    context.budget.spend_elements(map.entries().len() + added.len())?;
    let mut map = map.as_ref().clone();
    for (key, value) in added {
        if map.lookup(&key.value()).is_some() {
            let told = match key {
                Key::String(text) => text.to_string(),
                Key::Int(number) => number.to_string(),
                Key::Uint(number) => number.to_string(),
                Key::Bool(value) => value.to_string(),
            };
            return error(format!("insert failed: key {told} already exists"));
        }
        map.insert(key, value);
    }
    Ok(Value::from(map))
}
