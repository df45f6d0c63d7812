//! Helm's own: what includes, requires, fails, and looks up.

use super::Answer;
use super::calls::text;
use crate::template::{Failure, Machine};
use crate::value::{Entries, Kind, Value};

pub(super) fn include(machine: &mut Machine, mut values: Vec<Value>) -> Answer {
    let data = values.pop().unwrap_or(Value::NIL);
    machine.include(&text(&values[0]), data)
}

pub(super) fn tpl(machine: &mut Machine, mut values: Vec<Value>) -> Answer {
    let data = values.pop().unwrap_or(Value::NIL);
    machine.tpl(&text(&values[0]), values[0].taint, data)
}

pub(super) fn required(_: &mut Machine, mut values: Vec<Value>) -> Answer {
    let value = values.pop().unwrap_or(Value::NIL);
    let is_missing = match &value.kind {
        Kind::Nil => true,
        Kind::Text(text) => text.is_empty(),
        _ => false,
    };
    if is_missing { Err(Failure::warning(&text(&values[0]))) } else { Ok(value) }
}

pub(super) fn fail(_: &mut Machine, values: Vec<Value>) -> Answer {
    Err(Failure::warning(&text(&values[0])))
}

pub(super) fn lookup(machine: &mut Machine, _: Vec<Value>) -> Answer {
    machine.note("`lookup` asks the cluster; here it finds nothing, as in `helm template`");
    Ok(Value::map(Entries::new()))
}

/// Helm asks no name server unless it is told to.
pub(super) fn get_host_by_name(machine: &mut Machine, _: Vec<Value>) -> Answer {
    machine.note("`getHostByName` asks no name server, as in `helm template`, and gives the empty text");
    Ok(Value::text(""))
}
