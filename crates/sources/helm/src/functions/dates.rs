//! Times and durations. There is no clock: `now` is always the same moment, and all zones are UTC.

mod duration;
mod layout;

use std::fmt;

pub(crate) use duration::{duration_text, parse_duration};

use super::Answer;
use super::calls::text;
use crate::template::constants::{TWO_TO_63, parse_float};
use crate::template::{Failure, Machine};
use crate::value::{Kind, Object, Value};

/// A moment: seconds since 1970, nanoseconds, and the offset of its zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Time {
    pub(crate) seconds: i64,
    pub(crate) nanoseconds: u32,
    pub(crate) offset: i32,
    pub(crate) zone: String,
}

/// The moment that `now` is: the first second of 2026.
const NOW: i64 = 1_767_225_600;
/// What Go has where there is no time: the first second of the year 1.
const ZERO: i64 = -62_135_596_800;
const DAY: i64 = 86_400;

/// A day in the calendar.
pub(crate) struct Civil {
    pub(crate) year: i64,
    pub(crate) month: u32,
    pub(crate) day: u32,
    /// Seconds since midnight.
    pub(crate) second: u32,
    /// 0 is Sunday.
    pub(crate) weekday: u32,
    /// 1 is the first of January.
    pub(crate) year_day: u32,
}

impl Time {
    pub(crate) fn utc(seconds: i64) -> Self {
        Self { seconds, nanoseconds: 0, offset: 0, zone: "UTC".to_owned() }
    }

    /// The date in its zone. Source: the calendar of Gregory; days are counted from the first of March.
    pub(crate) fn civil(&self) -> Civil {
        let local = self.seconds.saturating_add(i64::from(self.offset));
        let (days, second) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let year_day = days - days_from_civil(year, 1, 1) + 1;
        Civil {
            year,
            month: month as u32,
            day: day as u32,
            second: second as u32,
            weekday: (days + 4).rem_euclid(7) as u32,
            year_day: year_day as u32,
        }
    }
}

/// Days since 1970.
pub(crate) fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month = i64::from(month);
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&layout::format(self, "2006-01-02 15:04:05.999999999 -0700 MST"))
    }
}

impl Time {
    /// As JSON has it.
    pub(crate) fn rfc3339(&self) -> String {
        layout::format(self, "2006-01-02T15:04:05.999999999Z07:00")
    }

    /// By a layout of Go.
    pub(crate) fn format(&self, format: &str) -> String {
        layout::format(self, format)
    }
}

fn note(machine: &mut Machine) {
    machine
        .note("what depends on the time is the same each time: `now` is the first second of 2026, and zones are UTC");
}

fn moment(time: Time) -> Value {
    Value::object(Object::Time(time))
}

fn time(value: &Value) -> Option<&Time> {
    match &value.kind {
        Kind::Object(object) => match &**object {
            Object::Time(time) => Some(time),
            _ => None,
        },
        _ => None,
    }
}

/// A time of anything that Sprig takes for one; of other things it is now.
fn any_time(machine: &mut Machine, value: &Value) -> Time {
    match (&value.kind, time(value)) {
        (_, Some(time)) => time.clone(),
        (Kind::Int(seconds, _), _) => Time::utc(*seconds),
        _ => {
            note(machine);
            Time::utc(NOW)
        }
    }
}

pub(super) fn now(machine: &mut Machine, _: Vec<Value>) -> Answer {
    note(machine);
    Ok(moment(Time::utc(NOW)))
}

fn dated(machine: &mut Machine, layout: &str, value: &Value, zone: &str) -> Answer {
    let mut time = any_time(machine, value);
    if !matches!(zone, "" | "UTC" | "Local") {
        note(machine);
    }
    time.offset = 0;
    "UTC".clone_into(&mut time.zone);
    Ok(Value::text(time.format(layout)))
}

pub(super) fn date(machine: &mut Machine, values: Vec<Value>) -> Answer {
    dated(machine, &text(&values[0]), &values[1], "Local")
}

pub(super) fn date_in_zone(machine: &mut Machine, values: Vec<Value>) -> Answer {
    dated(machine, &text(&values[0]), &values[1], &text(&values[2]))
}

pub(super) fn html_date(machine: &mut Machine, values: Vec<Value>) -> Answer {
    dated(machine, "2006-01-02", &values[0], "Local")
}

pub(super) fn html_date_in_zone(machine: &mut Machine, values: Vec<Value>) -> Answer {
    dated(machine, "2006-01-02", &values[0], &text(&values[1]))
}

fn shifted(time: &Time, nanoseconds: i64) -> Time {
    let total = i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanoseconds) + i128::from(nanoseconds);
    Time {
        seconds: total.div_euclid(1_000_000_000) as i64,
        nanoseconds: total.rem_euclid(1_000_000_000) as u32,
        ..time.clone()
    }
}

pub(super) fn date_modify(_: &mut Machine, values: Vec<Value>) -> Answer {
    let Some(time) = time(&values[1]) else { return Ok(values[1].clone()) };
    Ok(moment(parse_duration(&text(&values[0])).map_or_else(|_| time.clone(), |duration| shifted(time, duration))))
}

pub(super) fn must_date_modify(_: &mut Machine, values: Vec<Value>) -> Answer {
    let Some(time) = time(&values[1]) else { return Ok(values[1].clone()) };
    Ok(moment(shifted(time, parse_duration(&text(&values[0])).map_err(Failure::new)?)))
}

pub(super) fn ago(machine: &mut Machine, values: Vec<Value>) -> Answer {
    note(machine);
    let time = any_time(machine, &values[0]);
    Ok(Value::text(duration_text((NOW - time.seconds).saturating_mul(1_000_000_000))))
}

pub(super) fn to_date(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(moment(layout::parse(&text(&values[0]), &text(&values[1])).unwrap_or_else(|_| Time::utc(ZERO))))
}

pub(super) fn must_to_date(_: &mut Machine, values: Vec<Value>) -> Answer {
    layout::parse(&text(&values[0]), &text(&values[1])).map(moment).map_err(Failure::new)
}

pub(super) fn unix_epoch(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::text(time(&values[0]).map_or(0, |time| time.seconds).to_string()))
}

pub(super) fn duration(_: &mut Machine, values: Vec<Value>) -> Answer {
    let seconds = match &values[0].kind {
        Kind::Text(text) => text.parse().unwrap_or(0),
        Kind::Int(seconds, crate::value::Width::Int64) => *seconds,
        _ => 0,
    };
    Ok(Value::text(duration_text(i64::wrapping_mul(seconds, 1_000_000_000))))
}

pub(super) fn duration_round(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let duration = match (&values[0].kind, time(&values[0])) {
        (_, Some(time)) => {
            note(machine);
            (NOW - time.seconds).saturating_mul(1_000_000_000)
        }
        (Kind::Text(text), _) => parse_duration(text).unwrap_or(0),
        (Kind::Int(nanoseconds, crate::value::Width::Int64), _) => *nanoseconds,
        _ => 0,
    };
    let seconds = duration.unsigned_abs();
    const SECOND: u64 = 1_000_000_000;
    const UNITS: [(u64, &str); 6] = [
        (SECOND * 3600 * 24 * 365, "y"),
        (SECOND * 3600 * 24 * 30, "mo"),
        (SECOND * 3600 * 24, "d"),
        (SECOND * 3600, "h"),
        (SECOND * 60, "m"),
        (SECOND, "s"),
    ];
    let unit = UNITS.iter().find(|(unit, _)| seconds > *unit);
    Ok(Value::text(unit.map_or_else(|| "0s".to_owned(), |(unit, name)| format!("{}{name}", seconds / unit))))
}

/// A duration of anything: text as Go writes durations, or a number of seconds.
fn as_duration(value: &Value) -> Result<i64, String> {
    const LIMIT: i64 = i64::MAX / 1_000_000_000;
    match &value.kind {
        Kind::Object(object) => match **object {
            Object::Duration(duration) => Ok(duration),
            _ => Err(format!("unsupported duration type {}", value.type_name())),
        },
        Kind::Nil => Err("invalid duration".to_owned()),
        Kind::Text(text) => {
            let trimmed = text.trim();
            if trimmed.is_empty() {
                return Err("empty duration".to_owned());
            }
            if let Ok(duration) = parse_duration(trimmed) {
                return Ok(duration);
            }
            match parse_float(trimmed) {
                Some(seconds) => float_seconds(seconds),
                None => Err(format!("could not parse duration {}", crate::format::quoted(text))),
            }
        }
        Kind::Int(seconds, _) if seconds.abs() > LIMIT => Err(format!("duration seconds overflow: {seconds}")),
        Kind::Int(seconds, _) => Ok(seconds * 1_000_000_000),
        Kind::Float(seconds) => float_seconds(*seconds),
        _ => Err(format!("unsupported duration type {}", value.type_name())),
    }
}

fn float_seconds(seconds: f64) -> Result<i64, String> {
    let shown = crate::format::float_g(seconds);
    if !seconds.is_finite() {
        return Err(format!("invalid duration seconds: {shown}"));
    }
    let nanoseconds = seconds * 1e9;
    if nanoseconds.abs() > TWO_TO_63 {
        return Err(format!("duration seconds overflow: {shown}"));
    }
    Ok(nanoseconds as i64)
}

pub(super) fn must_to_duration(_: &mut Machine, values: Vec<Value>) -> Answer {
    as_duration(&values[0]).map(|duration| Value::object(Object::Duration(duration))).map_err(Failure::new)
}

/// Go adds whole units and the fraction of one apart.
fn in_units(value: &Value, unit: i64) -> f64 {
    let duration = as_duration(value).unwrap_or(0);
    (duration / unit) as f64 + (duration % unit) as f64 / unit as f64
}

pub(super) fn duration_seconds(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::float(in_units(&values[0], 1_000_000_000)))
}

pub(super) fn duration_minutes(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::float(in_units(&values[0], 60_000_000_000)))
}

pub(super) fn duration_hours(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::float(in_units(&values[0], 3_600_000_000_000)))
}

pub(super) fn duration_days(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::float(in_units(&values[0], 3_600_000_000_000) / 24.0))
}

pub(super) fn duration_weeks(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::float(in_units(&values[0], 3_600_000_000_000) / 24.0 / 7.0))
}

pub(super) fn duration_milliseconds(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::int64(as_duration(&values[0]).unwrap_or(0) / 1_000_000))
}

pub(super) fn duration_microseconds(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::int64(as_duration(&values[0]).unwrap_or(0) / 1_000))
}

pub(super) fn duration_nanoseconds(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::int64(as_duration(&values[0]).unwrap_or(0)))
}

pub(super) fn duration_truncate_to(_: &mut Machine, values: Vec<Value>) -> Answer {
    let duration = as_duration(&values[0]).unwrap_or(0);
    let truncated = match as_duration(&values[1]) {
        Ok(unit) if unit > 0 => duration - duration % unit,
        _ => duration,
    };
    Ok(Value::object(Object::Duration(truncated)))
}

pub(super) fn duration_round_to(_: &mut Machine, values: Vec<Value>) -> Answer {
    let Ok(duration) = as_duration(&values[0]) else { return Ok(Value::object(Object::Duration(0))) };
    let rounded = match as_duration(&values[1]) {
        Ok(unit) if unit > 0 => {
            let rest = i128::from(duration % unit);
            let down = i128::from(duration) - rest;
            let up = if rest.abs() * 2 >= i128::from(unit) { i128::from(unit) * rest.signum() } else { 0 };
            i64::try_from(down + up).unwrap_or(if duration < 0 { i64::MIN } else { i64::MAX })
        }
        _ => duration,
    };
    Ok(Value::object(Object::Duration(rounded)))
}

/// Whether YAML 1.1 takes the text for a time. Source: `go.yaml.in/yaml`, `parseTimestamp`.
pub(crate) fn is_timestamp(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits != 4 || text.as_bytes().get(4) != Some(&b'-') {
        return false;
    }
    const LAYOUTS: [&str; 4] =
        ["2006-1-2T15:4:5.999999999Z07:00", "2006-1-2t15:4:5.999999999Z07:00", "2006-1-2 15:4:5.999999999", "2006-1-2"];
    LAYOUTS.iter().any(|layout| layout::parse(layout, text).is_ok())
}

/// A time as TOML writes it: with a zone, without one, a date, or a time of day.
pub(crate) fn parse_toml(text: &str) -> Option<Time> {
    const LAYOUTS: [&str; 6] = [
        "2006-01-02T15:04:05.999999999Z07:00",
        "2006-01-02T15:04:05.999999999",
        "2006-01-02 15:04:05.999999999Z07:00",
        "2006-01-02 15:04:05.999999999",
        "2006-01-02",
        "15:04:05.999999999",
    ];
    LAYOUTS.iter().find_map(|layout| layout::parse(layout, text).ok())
}
