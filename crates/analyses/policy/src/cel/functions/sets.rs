//! Lists as sets.

use super::no_signature;
use crate::cel::evaluate::{Answer, Context};
use crate::cel::operators::equal;
use crate::cel::{Halt, Value};

pub(crate) fn relation(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::List(left), Value::List(right)] = values else { return no_signature(name, values) };
    Ok(Value::Bool(match name {
        "sets.contains" => contains(context, left, right)?,
        "sets.equivalent" => contains(context, left, right)? && contains(context, right, left)?,
        _ => {
            let mut unknown = None;
            for item in right.iter() {
                match has(context, left, item) {
                    Ok(true) => return Ok(Value::Bool(true)),
                    Ok(false) => {}
                    Err(Halt::Unknown(on)) => unknown = unknown.or(Some(on)),
                    Err(halt) => return Err(halt),
                }
            }
            match unknown {
                Some(on) => return Err(Halt::Unknown(on)),
                None => false,
            }
        }
    }))
}

/// Whether all of the right are in the left.
fn contains(context: &mut Context<'_>, left: &[Value], right: &[Value]) -> Result<bool, Halt> {
    let mut unknown = None;
    for item in right {
        match has(context, left, item) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(Halt::Unknown(on)) => unknown = unknown.or(Some(on)),
            Err(halt) => return Err(halt),
        }
    }
    unknown.map_or(Ok(true), |on| Err(Halt::Unknown(on)))
}

fn has(context: &mut Context<'_>, items: &[Value], item: &Value) -> Result<bool, Halt> {
    let mut unknown = None;
    for own in items {
        context.budget.spend(1)?;
        match equal(context, own, item) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(Halt::Unknown(on)) => unknown = unknown.or(Some(on)),
            Err(halt) => return Err(halt),
        }
    }
    unknown.map_or(Ok(false), |on| Err(Halt::Unknown(on)))
}
