//! Durations as Go writes and reads them: `1h15m30.918s`.

use std::fmt::Write as _;

/// As `Duration.String` writes it.
pub(crate) fn duration_text(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let all = nanoseconds.unsigned_abs();
    if all == 0 {
        return "0s".to_owned();
    }
    if all < 1_000_000_000 {
        let (unit, name) = match all {
            0..1_000 => (1, "ns"),
            1_000..1_000_000 => (1_000, "µs"),
            _ => (1_000_000, "ms"),
        };
        return format!("{sign}{}{}{name}", all / unit, fraction(all % unit, unit));
    }
    let (seconds, rest) = (all / 1_000_000_000, all % 1_000_000_000);
    let mut out = sign.to_owned();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    if hours > 0 {
        let _ = write!(out, "{hours}h");
    }
    if seconds >= 60 {
        let _ = write!(out, "{minutes}m");
    }
    let _ = write!(out, "{}{}s", seconds % 60, fraction(rest, 1_000_000_000));
    out
}

fn fraction(rest: u64, unit: u64) -> String {
    if rest == 0 {
        return String::new();
    }
    let places = unit.ilog10() as usize;
    format!(".{}", format!("{rest:0places$}").trim_end_matches('0'))
}

/// As `time.ParseDuration` reads it.
pub(crate) fn parse_duration(text: &str) -> Result<i64, String> {
    let quoted = crate::format::quoted(text);
    let bad = || format!("time: invalid duration {quoted}");
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(bad());
    }
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let whole_end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (whole, after) = rest.split_at(whole_end);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => after.split_at(after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len())),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(bad());
        }
        let unit_end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let scale: u128 = match unit {
            "" => return Err(format!("time: missing unit in duration {quoted}")),
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => {
                let unit = crate::format::quoted(unit);
                return Err(format!("time: unknown unit {unit} in duration {quoted}"));
            }
        };
        let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| bad())? };
        let part = format!("0.{fraction}0").parse::<f64>().unwrap_or(0.0) * scale as f64;
        total = whole.checked_mul(scale).and_then(|all| total.checked_add(all + part as u128)).ok_or_else(bad)?;
        rest = after;
    }
    let limit = i64::MAX as u128 + u128::from(negative);
    if total > limit {
        return Err(bad());
    }
    Ok(if negative { (total as i128).wrapping_neg() as i64 } else { total as i64 })
}
