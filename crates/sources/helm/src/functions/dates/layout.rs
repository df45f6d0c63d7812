//! Times by a layout, which is a certain moment written as one wants it: `2006-01-02T15:04:05Z07:00`.
//! Source: Go, package `time`.

use std::fmt::Write as _;

use super::{Time, days_from_civil};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperPm,
    LowerPm,
    Zone,
    /// `Z0700` and the like: `Z` for UTC, a colon, and how many parts.
    Offset(ZuluForm, Colon, u8),
    /// `.000`, `,000`: as many digits; `.999`: without zeros at the end.
    Fraction(Digits, u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ZuluForm {
    Letter,
    Digits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Colon {
    With,
    Without,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Digits {
    All,
    Needed,
}

/// Longer ones first.
const PARTS: &[(&str, Part)] = &[
    ("January", Part::LongMonth),
    ("Jan", Part::Month),
    ("Monday", Part::LongWeekday),
    ("Mon", Part::Weekday),
    ("MST", Part::Zone),
    ("002", Part::ZeroYearDay),
    ("01", Part::ZeroMonth),
    ("02", Part::ZeroDay),
    ("03", Part::ZeroHour12),
    ("04", Part::ZeroMinute),
    ("05", Part::ZeroSecond),
    ("06", Part::Year),
    ("15", Part::Hour),
    ("1", Part::NumMonth),
    ("2006", Part::LongYear),
    ("2", Part::Day),
    ("__2", Part::UnderYearDay),
    ("_2", Part::UnderDay),
    ("3", Part::Hour12),
    ("4", Part::Minute),
    ("5", Part::Second),
    ("PM", Part::UpperPm),
    ("pm", Part::LowerPm),
    ("-07:00:00", Part::Offset(ZuluForm::Digits, Colon::With, 3)),
    ("-070000", Part::Offset(ZuluForm::Digits, Colon::Without, 3)),
    ("-07:00", Part::Offset(ZuluForm::Digits, Colon::With, 2)),
    ("-0700", Part::Offset(ZuluForm::Digits, Colon::Without, 2)),
    ("-07", Part::Offset(ZuluForm::Digits, Colon::Without, 1)),
    ("Z07:00:00", Part::Offset(ZuluForm::Letter, Colon::With, 3)),
    ("Z070000", Part::Offset(ZuluForm::Letter, Colon::Without, 3)),
    ("Z07:00", Part::Offset(ZuluForm::Letter, Colon::With, 2)),
    ("Z0700", Part::Offset(ZuluForm::Letter, Colon::Without, 2)),
    ("Z07", Part::Offset(ZuluForm::Letter, Colon::Without, 1)),
];

/// The first part in a layout: what stands before it, the part, and what follows.
fn next(layout: &str) -> (&str, Option<Part>, &str) {
    for (at, _) in layout.char_indices() {
        let rest = &layout[at..];
        if let Some(after) = rest.strip_prefix("_2006") {
            return (&layout[..=at], Some(Part::LongYear), after);
        }
        if let Some((text, part)) = PARTS.iter().find(|(text, _)| rest.starts_with(text)) {
            // `Month` is no month, and `Jane` is a name.
            let after = rest[text.len()..].chars().next();
            let is_word = matches!(part, Part::Month | Part::Weekday) && after.is_some_and(|c| c.is_ascii_lowercase());
            if !is_word {
                return (&layout[..at], Some(*part), &rest[text.len()..]);
            }
        }
        if let Some((part, length)) = fraction(rest) {
            return (&layout[..at], Some(part), &rest[length..]);
        }
    }
    (layout, None, "")
}

fn fraction(rest: &str) -> Option<(Part, usize)> {
    let digit = rest.strip_prefix(['.', ','])?.chars().next().filter(|c| matches!(c, '0' | '9'))?;
    let count = rest[1..].chars().take_while(|c| *c == digit).count();
    if rest[1 + count..].starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let digits = if digit == '0' { Digits::All } else { Digits::Needed };
    Some((Part::Fraction(digits, u8::try_from(count).ok()?), 1 + count))
}

/// The time as the layout wants it.
pub(super) fn format(time: &Time, layout: &str) -> String {
    let mut out = String::new();
    let mut rest = layout;
    while !rest.is_empty() {
        let (before, part, after) = next(rest);
        out.push_str(before);
        if let Some(part) = part {
            push(time, part, &rest[before.len()..], &mut out);
        }
        rest = after;
    }
    out
}

fn push(time: &Time, part: Part, source: &str, out: &mut String) {
    let civil = time.civil();
    let (hour, minute, second) = (civil.second / 3600, civil.second / 60 % 60, civil.second % 60);
    let hour12 = if hour % 12 == 0 { 12 } else { hour % 12 };
    let month = MONTHS[(civil.month as usize - 1) % 12];
    let day = DAYS[civil.weekday as usize % 7];
    let _ = match part {
        Part::LongMonth => write!(out, "{month}"),
        Part::Month => write!(out, "{}", &month[..3]),
        Part::NumMonth => write!(out, "{}", civil.month),
        Part::ZeroMonth => write!(out, "{:02}", civil.month),
        Part::LongWeekday => write!(out, "{day}"),
        Part::Weekday => write!(out, "{}", &day[..3]),
        Part::Day => write!(out, "{}", civil.day),
        Part::UnderDay => write!(out, "{:2}", civil.day),
        Part::ZeroDay => write!(out, "{:02}", civil.day),
        Part::UnderYearDay => write!(out, "{:3}", civil.year_day),
        Part::ZeroYearDay => write!(out, "{:03}", civil.year_day),
        Part::Hour => write!(out, "{hour:02}"),
        Part::Hour12 => write!(out, "{hour12}"),
        Part::ZeroHour12 => write!(out, "{hour12:02}"),
        Part::Minute => write!(out, "{minute}"),
        Part::ZeroMinute => write!(out, "{minute:02}"),
        Part::Second => write!(out, "{second}"),
        Part::ZeroSecond => write!(out, "{second:02}"),
        Part::LongYear => write!(out, "{:04}", civil.year),
        Part::Year => write!(out, "{:02}", civil.year.rem_euclid(100)),
        Part::UpperPm => write!(out, "{}", if hour >= 12 { "PM" } else { "AM" }),
        Part::LowerPm => write!(out, "{}", if hour >= 12 { "pm" } else { "am" }),
        Part::Zone if time.zone.is_empty() => offset(time, ZuluForm::Digits, Colon::Without, 2, out),
        Part::Zone => write!(out, "{}", time.zone),
        Part::Offset(zulu, colon, parts) => offset(time, zulu, colon, parts, out),
        Part::Fraction(digits, count) => {
            let all = format!("{:09}", time.nanoseconds);
            let mut shown = &all[..usize::from(count).min(9)];
            if digits == Digits::Needed {
                shown = shown.trim_end_matches('0');
            }
            match shown.is_empty() {
                true => Ok(()),
                false => write!(out, "{}{shown}", &source[..1]),
            }
        }
    };
}

fn offset(time: &Time, zulu: ZuluForm, colon: Colon, parts: u8, out: &mut String) -> std::fmt::Result {
    if zulu == ZuluForm::Letter && time.offset == 0 {
        return out.write_str("Z");
    }
    let sign = if time.offset < 0 { '-' } else { '+' };
    let all = time.offset.unsigned_abs();
    let colon = if colon == Colon::With { ":" } else { "" };
    write!(out, "{sign}{:02}", all / 3600)?;
    if parts > 1 {
        write!(out, "{colon}{:02}", all / 60 % 60)?;
    }
    if parts > 2 {
        write!(out, "{colon}{:02}", all % 60)?;
    }
    Ok(())
}

#[derive(Default)]
struct Fields {
    year: Option<i64>,
    month: Option<u32>,
    day: Option<u32>,
    year_day: Option<u32>,
    hour: u32,
    minute: u32,
    second: u32,
    nanoseconds: u32,
    is_pm: Option<bool>,
    offset: Option<i32>,
    zone: Option<String>,
}

/// The time that a text spells by a layout.
pub(super) fn parse(layout: &str, text: &str) -> Result<Time, String> {
    let bad = |rest: &str, part: &str| {
        let q = crate::format::quoted;
        format!("parsing time {} as {}: cannot parse {} as {}", q(text), q(layout), q(rest), q(part))
    };
    let mut fields = Fields::default();
    let (mut pattern, mut rest) = (layout, text);
    loop {
        let (before, part, after) = next(pattern);
        rest = rest.strip_prefix(before).ok_or_else(|| bad(rest, before))?;
        let Some(part) = part else {
            if !rest.is_empty() {
                let q = crate::format::quoted;
                return Err(format!("parsing time {}: extra text: {}", q(text), q(rest)));
            }
            return finish(&fields)
                .ok_or_else(|| format!("parsing time {}: out of range", crate::format::quoted(text)));
        };
        let spelled = &pattern[before.len()..pattern.len() - after.len()];
        rest = read(part, rest, after, &mut fields).ok_or_else(|| bad(rest, spelled))?;
        pattern = after;
    }
}

fn number(text: &str, least: usize, most: usize) -> Option<(u32, &str)> {
    let count = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if count < least {
        return None;
    }
    Some((text[..count].parse().ok()?, &text[count..]))
}

fn name<'t>(text: &'t str, names: &[&str], length: Option<usize>) -> Option<(u32, &'t str)> {
    let matches = |name: &&str| {
        let name = length.map_or(*name, |length| &name[..length]);
        text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    let index = names.iter().position(matches)?;
    let size = length.unwrap_or(names[index].len());
    Some((index as u32, &text[size..]))
}

fn read<'t>(part: Part, text: &'t str, after: &str, fields: &mut Fields) -> Option<&'t str> {
    let unpadded = text.strip_prefix(' ').unwrap_or(text);
    let (value, rest) = match part {
        Part::LongYear => number(text, 4, 4)?,
        Part::Year | Part::ZeroMonth | Part::ZeroDay | Part::Hour | Part::ZeroHour12 | Part::ZeroMinute => {
            number(text, 2, 2)?
        }
        Part::ZeroSecond => number(text, 2, 2)?,
        Part::NumMonth | Part::Day | Part::Hour12 | Part::Minute | Part::Second => number(text, 1, 2)?,
        Part::UnderDay => number(unpadded, 1, 2)?,
        Part::ZeroYearDay => number(text, 3, 3)?,
        Part::UnderYearDay => number(text.trim_start_matches(' '), 1, 3)?,
        Part::LongMonth => name(text, &MONTHS, None)?,
        Part::Month => name(text, &MONTHS, Some(3))?,
        Part::LongWeekday => name(text, &DAYS, None)?,
        Part::Weekday => name(text, &DAYS, Some(3))?,
        Part::UpperPm => name(text, &["AM", "PM"], None)?,
        Part::LowerPm => name(text, &["am", "pm"], None)?,
        Part::Zone => return zone(text, fields),
        Part::Offset(zulu, colon, parts) => return read_offset(text, zulu, colon, parts, fields),
        Part::Fraction(Digits::All, count) => return read_fraction(text, Some(usize::from(count)), fields),
        Part::Fraction(Digits::Needed, _) => return read_fraction(text, None, fields),
    };
    match part {
        Part::LongYear => fields.year = Some(i64::from(value)),
        Part::Year => fields.year = Some(i64::from(value) + if value >= 69 { 1900 } else { 2000 }),
        Part::LongMonth | Part::Month => fields.month = Some(value + 1),
        Part::NumMonth | Part::ZeroMonth => fields.month = Some(value),
        Part::Day | Part::UnderDay | Part::ZeroDay => fields.day = Some(value),
        Part::UnderYearDay | Part::ZeroYearDay => fields.year_day = Some(value),
        Part::Hour | Part::Hour12 | Part::ZeroHour12 => fields.hour = value,
        Part::Minute | Part::ZeroMinute => fields.minute = value,
        Part::UpperPm | Part::LowerPm => fields.is_pm = Some(value == 1),
        Part::Second | Part::ZeroSecond => {
            fields.second = value;
            // A fraction is taken where the layout has none.
            let has_own = matches!(next(after), ("", Some(Part::Fraction(..)), _));
            let follows = rest.starts_with(['.', ',']) && rest[1..].starts_with(|c: char| c.is_ascii_digit());
            if follows && !has_own {
                return read_fraction(rest, None, fields);
            }
        }
        _ => {}
    }
    Some(rest)
}

fn read_fraction<'t>(text: &'t str, count: Option<usize>, fields: &mut Fields) -> Option<&'t str> {
    let Some(digits) = text.strip_prefix(['.', ',']) else { return count.is_none().then_some(text) };
    let found = digits.bytes().take_while(u8::is_ascii_digit).count();
    let length = match count {
        Some(count) if count != found.min(count) => return None,
        Some(count) => count,
        None => found,
    };
    let padded: String = digits[..length].chars().chain("000000000".chars()).take(9).collect();
    fields.nanoseconds = padded.parse().ok()?;
    Some(&digits[length..])
}

fn zone<'t>(text: &'t str, fields: &mut Fields) -> Option<&'t str> {
    let length = text.bytes().take_while(u8::is_ascii_uppercase).count();
    if !(3..=5).contains(&length) {
        return None;
    }
    fields.zone = Some(text[..length].to_owned());
    Some(&text[length..])
}

fn read_offset<'t>(text: &'t str, zulu: ZuluForm, colon: Colon, parts: u8, fields: &mut Fields) -> Option<&'t str> {
    if zulu == ZuluForm::Letter
        && let Some(rest) = text.strip_prefix('Z')
    {
        fields.offset = Some(0);
        return Some(rest);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (mut seconds, mut rest, mut unit) = (0, &text[1..], 3600);
    for index in 0..parts {
        if index > 0 && colon == Colon::With {
            rest = rest.strip_prefix(':')?;
        }
        let (value, after) = number(rest, 2, 2)?;
        seconds += value as i32 * unit;
        unit /= 60;
        rest = after;
    }
    fields.offset = Some(sign * seconds);
    Some(rest)
}

fn finish(fields: &Fields) -> Option<Time> {
    let hour = match fields.is_pm {
        Some(true) if fields.hour < 12 => fields.hour + 12,
        Some(false) if fields.hour == 12 => 0,
        _ => fields.hour,
    };
    if hour > 23 || fields.minute > 59 || fields.second > 59 {
        return None;
    }
    let year = fields.year.unwrap_or(0);
    let days = match fields.year_day {
        Some(day) if (1..=366).contains(&day) => days_from_civil(year, 1, 1) + i64::from(day) - 1,
        Some(_) => return None,
        None => {
            let (month, day) = (fields.month.unwrap_or(1), fields.day.unwrap_or(1));
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let longest = match month {
                2 => 28 + u32::from(is_leap),
                4 | 6 | 9 | 11 => 30,
                1..=12 => 31,
                _ => return None,
            };
            if day == 0 || day > longest {
                return None;
            }
            days_from_civil(year, month, day)
        }
    };
    let local = days * 86_400 + i64::from(hour * 3600 + fields.minute * 60 + fields.second);
    let offset = fields.offset.unwrap_or(0);
    let zone = match (&fields.zone, fields.offset) {
        (Some(zone), _) => zone.clone(),
        (None, None | Some(0)) => "UTC".to_owned(),
        (None, Some(_)) => String::new(),
    };
    Some(Time { seconds: local - i64::from(offset), nanoseconds: fields.nanoseconds, offset, zone })
}
