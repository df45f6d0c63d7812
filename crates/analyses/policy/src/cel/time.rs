//! Durations and points in time: how they are read, written and taken apart.

use std::cmp::Ordering;

use super::value::error;
use super::{Halt, number};

const SECOND: i128 = 1_000_000_000;
const DAY: i64 = 86_400;

/// Year 1 and year 9999: what is before or after is no point in time.
const FIRST: i64 = -62_135_596_800;
const LAST: i64 = 253_402_300_799;

/// A point in time, in seconds since 1970 and nanoseconds after that.
#[derive(Debug, Clone, Copy)]
pub struct Timestamp {
    seconds: i64,
    nanoseconds: u32,
    /// By how many seconds the clock is ahead of UTC with which it was written, and is written again.
    offset: i32,
}

impl PartialEq for Timestamp {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Timestamp {}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.seconds, self.nanoseconds).cmp(&(other.seconds, other.nanoseconds))
    }
}

/// A point in time on the calendar.
pub(super) struct Civil {
    pub(super) year: i64,
    /// From one.
    pub(super) month: i64,
    /// From one.
    pub(super) day: i64,
    /// From zero.
    pub(super) day_of_year: i64,
    /// From Sunday, which is zero.
    pub(super) day_of_week: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) nanosecond: i64,
}

impl Timestamp {
    /// A point in time that lies within what the language has.
    pub fn new(seconds: i64, nanoseconds: u32) -> Option<Timestamp> {
        let is_within = (FIRST..=LAST).contains(&seconds) && nanoseconds < 1_000_000_000;
        is_within.then_some(Timestamp { seconds, nanoseconds, offset: 0 })
    }

    pub(super) fn is_zero(self) -> bool {
        self.seconds == FIRST && self.nanoseconds == 0
    }

    pub(super) fn seconds(self) -> i64 {
        self.seconds
    }

    pub(super) fn nanoseconds(self) -> i128 {
        i128::from(self.seconds) * SECOND + i128::from(self.nanoseconds)
    }

    pub(super) fn moved(self, by: i128) -> Option<Timestamp> {
        let all = self.nanoseconds().checked_add(by)?;
        let seconds = i64::try_from(all.div_euclid(SECOND)).ok()?;
        let moved = Timestamp::new(seconds, u32::try_from(all.rem_euclid(SECOND)).ok()?)?;
        Some(Timestamp { offset: self.offset, ..moved })
    }

    /// The calendar where clocks are ahead by so many seconds.
    pub(super) fn civil(self, offset: i64) -> Civil {
        let seconds = self.seconds + offset;
        let days = seconds.div_euclid(DAY);
        let of_day = seconds.rem_euclid(DAY);
        let (year, month, day) = from_days(days);
        Civil {
            year,
            month,
            day,
            day_of_year: days - to_days(year, 1, 1),
            day_of_week: (days + 4).rem_euclid(7),
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
            nanosecond: i64::from(self.nanoseconds),
        }
    }

    /// RFC 3339, as Go reads it.
    pub(super) fn parse(text: &str) -> Option<Timestamp> {
        let mut reader = Reader { rest: text };
        let year = reader.number(4)?;
        reader.sign("-")?;
        let month = reader.number(2)?;
        reader.sign("-")?;
        let day = reader.number(2)?;
        reader.sign("T")?;
        let hour = reader.number(2)?;
        reader.sign(":")?;
        let minute = reader.number(2)?;
        reader.sign(":")?;
        let second = reader.number(2)?;
        let nanoseconds = reader.fraction()?;
        let offset = reader.zone()?;
        let is_valid = (1..=12).contains(&month)
            && (1..=days_in(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60
            && reader.rest.is_empty();
        let seconds = to_days(year, month, day) * DAY + hour * 3600 + minute * 60 + second - offset;
        let time = is_valid.then(|| Timestamp::new(seconds, nanoseconds)).flatten()?;
        Some(Timestamp { offset: i32::try_from(offset).ok()?, ..time })
    }

    /// RFC 3339, without zeros at the end.
    pub(super) fn text(self) -> String {
        let civil = self.civil(i64::from(self.offset));
        let minutes = self.offset / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        let zone = match minutes {
            0 => "Z".to_owned(),
            _ => format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60),
        };
        let mut fraction = String::new();
        if self.nanoseconds > 0 {
            fraction = format!(".{:09}", self.nanoseconds).trim_end_matches('0').to_owned();
        }
        let Civil { year, month, day, hour, minute, second, .. } = civil;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}")
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn number(&mut self, digits: usize) -> Option<i64> {
        let text = self.rest.get(..digits).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
        let value = text.parse().ok();
        self.rest = self.rest.get(digits..)?;
        value
    }

    fn sign(&mut self, sign: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(sign)?;
        Some(())
    }

    /// Nanoseconds; what is smaller is cut off.
    fn fraction(&mut self) -> Option<u32> {
        let Some(rest) = self.rest.strip_prefix(['.', ',']) else { return Some(0) };
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        let digits = rest.get(..length).filter(|digits| !digits.is_empty())?;
        self.rest = rest.get(length..)?;
        format!("{digits:0<9}").get(..9)?.parse().ok()
    }

    fn zone(&mut self) -> Option<i64> {
        if self.sign("Z").is_some() {
            return Some(0);
        }
        let factor = if self.sign("+").is_some() { 1 } else { self.sign("-").map(|()| -1)? };
        let hours = self.number(2)?;
        self.sign(":")?;
        let minutes = self.number(2)?;
        (hours <= 24 && minutes < 60).then_some(factor * (hours * 3600 + minutes * 60))
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970 of a date, by eras of four hundred years that begin in March.
fn to_days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// A length of time as Go reads it: `1h30m`, `-1.5s`.
pub(super) fn parse_duration(text: &str) -> Option<i64> {
    const UNITS: &[(&str, i128)] = &[
        ("ns", 1),
        ("us", 1000),
        ("µs", 1000),
        ("μs", 1000),
        ("ms", 1_000_000),
        ("s", SECOND),
        ("m", 60 * SECOND),
        ("h", 3600 * SECOND),
    ];
    let (is_negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, after) = rest.split_at(digits(rest));
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => after.split_at(digits(after)),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let length = after.find(|letter: char| letter == '.' || letter.is_ascii_digit()).unwrap_or(after.len());
        let (name, after) = after.split_at(length);
        let unit = UNITS.iter().find(|(own, _)| *own == name)?.1;
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let fraction = fraction.get(..fraction.len().min(18))?;
        let part = if fraction.is_empty() { 0 } else { fraction.parse::<i128>().ok()? };
        let scale = 10i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        total = total.checked_add(whole.checked_mul(unit)?)?.checked_add(part * unit / scale)?;
        if total > i128::from(i64::MAX) + 1 {
            return None;
        }
        rest = after;
    }
    i64::try_from(if is_negative { -total } else { total }).ok()
}

/// Seconds, with as many digits as are needed.
pub(super) fn duration_text(nanoseconds: i64) -> String {
    let seconds = (nanoseconds / 1_000_000_000) as f64 + (nanoseconds % 1_000_000_000) as f64 / 1e9;
    format!("{}s", number::plain(seconds))
}

/// By how many seconds clocks are ahead of UTC: `+01:30`, `UTC`. Names of places are not known here.
pub(super) fn zone_offset(zone: &str) -> Result<i64, Halt> {
    let Some((hours, minutes)) = zone.split_once(':') else {
        return match zone {
            "" | "UTC" => Ok(0),
            _ => Err(Halt::Unknown(format!("the time zone `{zone}`").into())),
        };
    };
    let number = |text: &str| match text.parse::<i64>() {
        Ok(value) => Ok(value),
        Err(_) => error(format!("strconv.Atoi: parsing {}: invalid syntax", super::functions::strings::quoted(text))),
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let (hours, minutes) = (hours.clamp(-1_000_000, 1_000_000), minutes.clamp(-1_000_000, 1_000_000));
    Ok(60 * if zone.starts_with('-') { hours * 60 - minutes } else { hours * 60 + minutes })
}
