//! Arithmetic. Sums of floats are made with decimal digits, as `shopspring/decimal` does.

use super::Answer;
use super::calls::int;
use super::convert::{to_float64, to_int64};
use super::derive::decimal::Decimal;
use crate::template::{Failure, Machine};
use crate::value::{Kind, Value};

pub(super) fn add(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::int64(values.iter().map(to_int64).fold(0, i64::wrapping_add)))
}

pub(super) fn add1(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::int64(to_int64(&values[0]).wrapping_add(1)))
}

pub(super) fn sub(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::int64(to_int64(&values[0]).wrapping_sub(to_int64(&values[1]))))
}

pub(super) fn mul(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::int64(values.iter().map(to_int64).fold(1, i64::wrapping_mul)))
}

fn divisor(value: &Value) -> Result<i64, Failure> {
    match to_int64(value) {
        0 => Err(Failure::new("runtime error: integer divide by zero")),
        number => Ok(number),
    }
}

pub(super) fn div(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::int64(to_int64(&values[0]).wrapping_div(divisor(&values[1])?)))
}

pub(super) fn modulo(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::int64(to_int64(&values[0]).wrapping_rem(divisor(&values[1])?)))
}

pub(super) fn max(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::int64(values.iter().map(to_int64).max().unwrap_or(0)))
}

pub(super) fn min(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::int64(values.iter().map(to_int64).min().unwrap_or(0)))
}

pub(super) fn maxf(_: &mut Machine, values: Vec<Value>) -> Answer {
    let all = values.iter().map(to_float64);
    Ok(Value::float(all.reduce(|a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }).unwrap_or(0.0)))
}

pub(super) fn minf(_: &mut Machine, values: Vec<Value>) -> Answer {
    let all = values.iter().map(to_float64);
    Ok(Value::float(all.reduce(|a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { a.min(b) }).unwrap_or(0.0)))
}

pub(super) fn ceil(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::float(to_float64(&values[0]).ceil()))
}

pub(super) fn floor(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::float(to_float64(&values[0]).floor()))
}

pub(super) fn round(_: &mut Machine, values: Vec<Value>) -> Answer {
    let number = to_float64(&values[0]);
    let places = int(&values[1]);
    let limit = match values.get(2).map(|value| &value.kind) {
        Some(Kind::Float(limit)) => *limit,
        _ => 0.5,
    };
    let power = 10_f64.powi(i32::try_from(places).unwrap_or(i32::MAX));
    let digit = power * number;
    let rounded = if digit.fract() >= limit { digit.ceil() } else { digit.floor() };
    Ok(Value::float(rounded / power))
}

fn decimals(values: &[Value]) -> Result<Vec<Decimal>, Failure> {
    values.iter().map(|value| Decimal::new(to_float64(value)).ok_or_else(no_decimal)).collect()
}

fn no_decimal() -> Failure {
    Failure::new("Cannot create a Decimal from a number that is not finite, or too large")
}

fn fold(values: &[Value], operate: impl Fn(&Decimal, &Decimal) -> Option<Decimal>) -> Answer {
    let decimals = decimals(values)?;
    let Some((first, rest)) = decimals.split_first() else { return Ok(Value::float(0.0)) };
    let mut result = first.clone();
    for one in rest {
        result = operate(&result, one).ok_or_else(no_decimal)?;
    }
    Ok(Value::float(result.to_float()))
}

pub(super) fn addf(_: &mut Machine, values: Vec<Value>) -> Answer {
    fold(&values, Decimal::add)
}

pub(super) fn add1f(_: &mut Machine, mut values: Vec<Value>) -> Answer {
    values.push(Value::int(1));
    fold(&values, Decimal::add)
}

pub(super) fn subf(_: &mut Machine, values: Vec<Value>) -> Answer {
    fold(&values, Decimal::sub)
}

pub(super) fn mulf(_: &mut Machine, values: Vec<Value>) -> Answer {
    fold(&values, Decimal::mul)
}

pub(super) fn divf(_: &mut Machine, values: Vec<Value>) -> Answer {
    for value in values.iter().skip(1) {
        if to_float64(value) == 0.0 {
            return Err(Failure::new("decimal division by 0"));
        }
    }
    fold(&values, Decimal::div)
}
