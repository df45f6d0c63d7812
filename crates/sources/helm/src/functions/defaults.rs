//! What stands in for what is empty.

use super::Answer;
use super::calls::{int, items, text};
use crate::template::Machine;
use crate::value::{Kind, Object, Value};

/// Whether Sprig takes a value for empty. Unlike truth, objects never are.
pub(super) fn is_empty(value: &Value) -> bool {
    match &value.kind {
        Kind::Object(object) => match &**object {
            Object::Files(files) => files.is_empty(),
            Object::ApiVersions(versions) => versions.is_empty(),
            Object::Duration(duration) => *duration == 0,
            _ => false,
        },
        _ => !value.truth(),
    }
}

pub(super) fn default(machine: &mut Machine, mut values: Vec<Value>) -> Answer {
    match values.get(1) {
        Some(given) if !is_empty(given) => Ok(values.swap_remove(1)),
        given => {
            // The value that was not set decided too: setting it changes the text.
            let taint = given.map_or(0, |given| given.taint);
            let mut value = values.swap_remove(0);
            value.taint = machine.trace.union(value.taint, taint);
            Ok(value)
        }
    }
}

pub(super) fn empty(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::bool(is_empty(&values[0])))
}

pub(super) fn coalesce(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let mut taint = 0;
    for mut value in values {
        taint = machine.trace.union(value.taint, taint);
        if !is_empty(&value) {
            value.taint = taint;
            return Ok(value);
        }
    }
    Ok(Value { taint, ..Value::NIL })
}

pub(super) fn all(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::bool(!values.iter().any(is_empty)))
}

pub(super) fn any(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::bool(!values.iter().all(is_empty)))
}

pub(super) fn ternary(machine: &mut Machine, mut values: Vec<Value>) -> Answer {
    let taint = values[2].taint;
    let mut value = values.swap_remove(usize::from(!values[2].truth()));
    value.taint = machine.trace.union(value.taint, taint);
    Ok(value)
}

pub(super) fn compact(_: &mut Machine, values: Vec<Value>) -> Answer {
    let items = items(&values[0]).ok_or_else(|| super::lists::no_list("compact", &values[0]))?;
    Ok(Value::list(items.into_iter().filter(|item| !is_empty(item)).collect()))
}

pub(super) fn plural(_: &mut Machine, values: Vec<Value>) -> Answer {
    let one = int(&values[2]) == 1;
    Ok(Value::text(text(&values[usize::from(!one)])))
}
