//! Values that may not be there.

use super::no_signature;
use crate::cel::evaluate::{Answer, Context};
use crate::cel::value::error;
use crate::cel::{Halt, Value};

pub(crate) fn make(_: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    match (name, values) {
        ("optional.none", []) => Ok(Value::Optional(None)),
        ("optional.of", [value]) => Ok(Value::Optional(Some(value.clone().into()))),
        ("optional.ofNonZeroValue", [value]) => Ok(Value::Optional((!value.is_zero()).then(|| value.clone().into()))),
        _ => no_signature(name, values),
    }
}

/// `value` and `hasValue`; `or` and `orValue` where the receiver is no optional.
pub(crate) fn question(_: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    match (name, values) {
        ("hasValue", [Value::Optional(held)]) => Ok(Value::Bool(held.is_some())),
        ("value", [Value::Optional(Some(held))]) => Ok(held.as_ref().clone()),
        ("value", [Value::Optional(None)]) => error("optional.none() dereference"),
        ("or" | "orValue", [_, _]) => crate::cel::value::no_overload(),
        _ => no_signature(name, values),
    }
}

pub(crate) fn unwrap(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::List(items)] = values else { return no_signature(name, values) };
    context.budget.spend_elements(items.len())?;
    let mut held = Vec::new();
    for item in items.iter() {
        match item {
            Value::Optional(Some(value)) => held.push(value.as_ref().clone()),
            Value::Optional(None) => {}
            Value::Unknown(on) => return Err(Halt::Unknown(on.clone())),
            _ => return no_signature(name, values),
        }
    }
    Ok(Value::from(held))
}
