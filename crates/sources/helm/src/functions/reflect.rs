//! What a value is: `kindOf`, `typeIs`.

use super::Answer;
use super::calls::text;
use crate::template::Machine;
use crate::value::Value;

pub(super) fn type_of(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::text(values[0].type_name()))
}

pub(super) fn kind_of(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::text(values[0].kind_name()))
}

pub(super) fn type_is(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::bool(&*text(&values[0]) == values[1].type_name()))
}

pub(super) fn type_is_like(_: &mut Machine, values: Vec<Value>) -> Answer {
    let (target, name) = (text(&values[0]), values[1].type_name());
    Ok(Value::bool(&*target == name || name.strip_prefix('*') == Some(&*target)))
}

pub(super) fn kind_is(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::bool(&*text(&values[0]) == values[1].kind_name()))
}
