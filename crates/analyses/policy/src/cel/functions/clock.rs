//! Parts of times and durations.

use super::no_signature;
use crate::cel::Value;
use crate::cel::evaluate::{Answer, Context};
use crate::cel::time::zone_offset;
use crate::cel::value::no_overload;

pub(crate) fn part(_: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let (time, offset) = match values {
        [Value::Timestamp(time)] => (time, 0),
        [Value::Timestamp(time), Value::String(zone)] => (time, zone_offset(zone)?),
        [Value::Duration(length)] => return of_duration(name, *length),
        [Value::Timestamp(_) | Value::Duration(_), ..] => return no_overload(),
        _ => return no_signature(name, values),
    };
    let civil = time.civil(offset);
    Ok(Value::Int(match name {
        "getFullYear" => civil.year,
        "getMonth" => civil.month - 1,
        "getDayOfYear" => civil.day_of_year,
        "getDayOfMonth" => civil.day - 1,
        "getDate" => civil.day,
        "getDayOfWeek" => civil.day_of_week,
        "getHours" => civil.hour,
        "getMinutes" => civil.minute,
        "getSeconds" => civil.second,
        _ => civil.nanosecond / 1_000_000,
    }))
}

/// The whole of a duration in one unit.
fn of_duration(name: &str, nanoseconds: i64) -> Answer {
    let unit = match name {
        "getHours" => 3_600_000_000_000,
        "getMinutes" => 60_000_000_000,
        "getSeconds" => 1_000_000_000,
        "getMilliseconds" => 1_000_000,
        _ => return no_overload(),
    };
    Ok(Value::Int(nanoseconds / unit))
}
