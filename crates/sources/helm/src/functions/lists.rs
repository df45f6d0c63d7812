//! Lists.

use super::Answer;
use super::builtin::sublist;
use super::calls::{element, int, items, text};
use super::compare::deep_equal;
use super::convert::{texts, to_int64};
use crate::template::{Failure, Machine};
use crate::text::NOWHERE;
use crate::value::{Element, Kind, Value};

/// A list of so many items costs as many steps for each.
const COST: u64 = 16;

pub(super) fn no_list(what: &str, value: &Value) -> Failure {
    let kind = value.kind_name();
    match value.kind {
        Kind::Nil => Failure::new("runtime error: invalid memory address or nil pointer dereference"),
        _ if what == "chunk" => Failure::new(format!("Cannot chunk type {kind}")),
        _ if what == "slice" => Failure::new(format!("list should be type of slice or array but {kind}")),
        _ if what == "concat" => Failure::new(format!("Cannot concat type {kind} as list")),
        _ if matches!(what, "push" | "prepend" | "compact" | "chunk") => {
            Failure::new(format!("Cannot {what} on type {kind}"))
        }
        _ => Failure::new(format!("Cannot find {what} on type {kind}")),
    }
}

fn list_of(what: &str, value: &Value) -> Result<Vec<Value>, Failure> {
    items(value).ok_or_else(|| no_list(what, value))
}

pub(super) fn list(machine: &mut Machine, values: Vec<Value>) -> Answer {
    machine.tick(values.len() as u64)?;
    Ok(Value::list(values))
}

fn charge(machine: &mut Machine, items: &[Value]) -> Result<(), Failure> {
    machine.tick(items.len() as u64)
}

pub(super) fn append(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let mut items = list_of("push", &values[0])?;
    charge(machine, &items)?;
    items.push(values[1].clone());
    Ok(Value { taint: values[0].taint, ..Value::list(items) })
}

pub(super) fn prepend(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let mut items = list_of("prepend", &values[0])?;
    charge(machine, &items)?;
    items.insert(0, values[1].clone());
    Ok(Value { taint: values[0].taint, ..Value::list(items) })
}

pub(super) fn first(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(list_of("first", &values[0])?.first().cloned().unwrap_or(Value::NIL))
}

pub(super) fn last(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(list_of("last", &values[0])?.last().cloned().unwrap_or(Value::NIL))
}

pub(super) fn rest(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let mut items = list_of("rest", &values[0])?;
    charge(machine, &items)?;
    if items.is_empty() {
        return Ok(Value::nil_list());
    }
    items.remove(0);
    Ok(Value::list(items))
}

pub(super) fn initial(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let mut items = list_of("initial", &values[0])?;
    charge(machine, &items)?;
    if items.pop().is_none() { Ok(Value::nil_list()) } else { Ok(Value::list(items)) }
}

pub(super) fn reverse(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let mut items = list_of("reverse", &values[0])?;
    charge(machine, &items)?;
    items.reverse();
    Ok(Value::list(items))
}

fn is_in(machine: &mut Machine, items: &[Value], needle: &Value) -> Result<bool, Failure> {
    charge(machine, items)?;
    Ok(items.iter().any(|item| deep_equal(item, needle)))
}

pub(super) fn uniq(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let mut kept: Vec<Value> = Vec::new();
    for item in list_of("uniq", &values[0])? {
        if !is_in(machine, &kept, &item)? {
            kept.push(item);
        }
    }
    Ok(Value::list(kept))
}

pub(super) fn without(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let mut kept = Vec::new();
    for item in list_of("without", &values[0])? {
        if !is_in(machine, &values[1..], &item)? {
            kept.push(item);
        }
    }
    Ok(Value::list(kept))
}

pub(super) fn has(machine: &mut Machine, values: Vec<Value>) -> Answer {
    if values[1].is_nil() {
        return Ok(Value::bool(false));
    }
    let items = list_of("has", &values[1])?;
    Ok(Value::bool(is_in(machine, &items, &values[0])?))
}

pub(super) fn concat(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let mut all = Vec::new();
    for value in &values {
        let items = list_of("concat", value)?;
        charge(machine, &items)?;
        all.extend(items);
    }
    if all.is_empty() { Ok(Value::nil_list()) } else { Ok(Value::list(all)) }
}

pub(super) fn chunk(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let items = list_of("chunk", &values[1])?;
    charge(machine, &items)?;
    let size = int(&values[0]);
    if size <= 0 {
        return Err(Failure::new("runtime error: makeslice: len out of range"));
    }
    let chunks = items.chunks(size as usize).map(|chunk| Value::list(chunk.to_vec()));
    Ok(Value::list_of(chunks.collect(), Element::Lists))
}

pub(super) fn slice(_: &mut Machine, values: Vec<Value>) -> Answer {
    let items = list_of("slice", &values[0])?;
    let length = items.len();
    if length == 0 {
        return Ok(Value::NIL);
    }
    let start = values.get(1).map_or(0, to_int64);
    let end = values.get(2).map_or(length as i64, to_int64);
    let is_fine = 0 <= start && start <= end && end <= length as i64;
    if !is_fine {
        return Err(Failure::new("reflect.Value.Slice: slice index out of bounds"));
    }
    let (start, end) = (start as usize, end as usize);
    match &values[0].kind {
        Kind::List(list) => Ok(sublist(list, start, end)),
        _ => Ok(Value::list_of(items[start..end].to_vec(), element(&values[0]))),
    }
}

pub(super) fn sort_alpha(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let mut texts = match &values[0] {
        // What is no list becomes one of its text, nil as well.
        nil if nil.is_nil() => vec![(crate::format::stringify(nil), nil.taint)],
        list => texts(list),
    };
    machine.tick(texts.len() as u64)?;
    texts.sort_by(|(a, _), (b, _)| crate::text::bytes(a).cmp(&crate::text::bytes(b)));
    let items = texts.into_iter().map(|(text, taint)| Value { taint, ..Value::text(text) });
    Ok(Value::list_of(items.collect(), Element::Text))
}

pub(super) fn join(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let separator = text(&values[0]);
    let texts = texts(&values[1]);
    let taint = values[0].taint;
    machine.check_size(texts.iter().map(|(text, _)| text.len() + separator.len()).sum())?;
    let mut joined = machine.build(|out| {
        for (index, (text, taint_of_item)) in texts.iter().enumerate() {
            if index > 0 {
                out.push_text(&separator, taint, NOWHERE);
            }
            out.push_text(text, *taint_of_item, NOWHERE);
        }
    });
    joined.taint = machine.trace.union(joined.taint, values[1].taint);
    Ok(joined)
}

/// Numbers from one to before another.
fn numbers(machine: &mut Machine, start: i64, stop: i64, step: i64) -> Result<Vec<i64>, Failure> {
    let mut numbers = Vec::new();
    let goes_down = stop < start;
    if (goes_down && step >= 0) || (!goes_down && step <= 0) {
        return Ok(numbers);
    }
    let count = (i128::from(stop) - i128::from(start)).unsigned_abs().div_ceil(i128::from(step).unsigned_abs());
    machine.tick(u64::try_from(count).unwrap_or(u64::MAX).saturating_mul(COST))?;
    let mut at = start;
    while if goes_down { at > stop } else { at < stop } {
        numbers.push(at);
        let Some(next) = at.checked_add(step) else { break };
        at = next;
    }
    Ok(numbers)
}

fn int_list(numbers: Vec<i64>) -> Value {
    Value::list_of(numbers.into_iter().map(Value::int).collect(), Element::Int)
}

pub(super) fn until(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let count = int(&values[0]);
    let step = if count < 0 { -1 } else { 1 };
    Ok(int_list(numbers(machine, 0, count, step)?))
}

pub(super) fn until_step(machine: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(int_list(numbers(machine, int(&values[0]), int(&values[1]), int(&values[2]))?))
}

pub(super) fn seq(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let given: Vec<i64> = values.iter().map(int).collect();
    let (start, step, end) = match given[..] {
        [end] => (1, if end < 1 { -1 } else { 1 }, end),
        [start, end] => (start, if end < start { -1 } else { 1 }, end),
        [start, step, end] if end < start && step > 0 => return Ok(Value::text("")),
        [start, step, end] => (start, step, end),
        _ => return Ok(Value::text("")),
    };
    let past = if end < start { end.saturating_sub(1) } else { end.saturating_add(1) };
    let numbers = numbers(machine, start, past, step)?;
    let texts: Vec<String> = numbers.iter().map(i64::to_string).collect();
    Ok(Value::text(texts.join(" ")))
}
