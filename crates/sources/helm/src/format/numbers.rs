//! Floats as Go's `strconv.FormatFloat` writes them.

/// A float as `%v` writes it: the shortest digits, with an exponent from seven places on.
pub(crate) fn float_g(value: f64) -> String {
    float_format(value, 'g', None)
}

/// A float in the format `e`, `E`, `f`, `F`, `g`, `G`, `x`, `X` or `b`, with a precision or the shortest digits.
pub(crate) fn float_format(value: f64, format: char, precision: Option<usize>) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    match format {
        'e' | 'E' => exponent(value, precision, format),
        // `-0` keeps its sign in Go too.
        'f' | 'F' => precision.map_or_else(|| format!("{value}"), |places| format!("{value:.places$}")),
        'x' | 'X' => {
            let text = hexadecimal(value, precision);
            if format == 'X' { text.to_uppercase() } else { text }
        }
        'b' => binary(value),
        _ => general(value, precision, format),
    }
}

/// Digits and decimal exponent of the shortest text, or of one with so many digits.
fn digits(value: f64, significant: Option<usize>) -> (String, i32) {
    let text = match significant {
        Some(count) => format!("{:.*e}", count.saturating_sub(1), value.abs()),
        None => format!("{:e}", value.abs()),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (mantissa.replace('.', ""), exponent.parse().unwrap_or(0))
}

fn exponent(value: f64, precision: Option<usize>, format: char) -> String {
    let (digits, exponent) = digits(value, precision.map(|places| places + 1));
    with_exponent(value, &digits, exponent, if format == 'E' { 'E' } else { 'e' })
}

fn with_exponent(value: f64, digits: &str, exponent: i32, letter: char) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{first}{point}{rest}{letter}{exponent_sign}{:02}", exponent.abs())
}

fn general(value: f64, precision: Option<usize>, format: char) -> String {
    let letter = if format == 'G' { 'E' } else { 'e' };
    let precision = precision.map(|precision| precision.max(1));
    let (mut all, exponent) = digits(value, precision);
    if precision.is_some() {
        let trimmed = all.trim_end_matches('0').len().max(1);
        all.truncate(trimmed);
    }
    let limit = match precision {
        None => 6,
        Some(precision) if precision > all.len() && all.len() as i32 > exponent => all.len() as i32,
        Some(precision) => precision as i32,
    };
    if exponent < -4 || exponent >= limit {
        return with_exponent(value, &all, exponent, letter);
    }
    positional(value, &all, exponent)
}

fn positional(value: f64, digits: &str, exponent: i32) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if exponent < 0 {
        let zeros = "0".repeat((-exponent - 1) as usize);
        return format!("{sign}0.{zeros}{digits}");
    }
    let whole = exponent as usize + 1;
    if digits.len() <= whole {
        let zeros = "0".repeat(whole - digits.len());
        return format!("{sign}{digits}{zeros}");
    }
    format!("{sign}{}.{}", &digits[..whole], &digits[whole..])
}

/// Go's hexadecimal floats: `0x1.8p+03`.
fn hexadecimal(value: f64, precision: Option<usize>) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let bits = value.to_bits();
    let (mut mantissa, mut exponent) = (bits & ((1 << 52) - 1), ((bits >> 52) & 0x7FF) as i32 - 1023);
    if value == 0.0 {
        exponent = 0;
    } else if exponent == -1023 {
        let shift = mantissa.leading_zeros() - 11;
        mantissa = (mantissa << shift) & ((1 << 52) - 1);
        exponent = -1022 - shift as i32;
    }
    let mut lead = u64::from(value != 0.0);
    let mut digits = format!("{mantissa:013x}");
    match precision {
        None => digits.truncate(digits.trim_end_matches('0').len()),
        Some(places) if places < 13 => {
            let shift = 4 * (13 - places as u32);
            let whole = (lead << 52) | mantissa;
            let (kept, rest, half) = (whole >> shift, whole & ((1 << shift) - 1), 1 << (shift - 1));
            let up = rest > half || (rest == half && kept & 1 == 1);
            let rounded = kept + u64::from(up);
            lead = rounded >> (4 * places);
            let fraction = rounded & ((1_u64 << (4 * places)) - 1);
            digits = if places == 0 { String::new() } else { format!("{fraction:0places$x}") };
        }
        Some(places) => digits.push_str(&"0".repeat(places - 13)),
    }
    let point = if digits.is_empty() { "" } else { "." };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}0x{lead}{point}{digits}p{exponent_sign}{:02}", exponent.abs())
}

/// Mantissa and exponent of two: `4503599627370496p-52`.
fn binary(value: f64) -> String {
    let bits = value.to_bits();
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let (mut mantissa, mut exponent) = (bits & ((1 << 52) - 1), ((bits >> 52) & 0x7FF) as i32);
    if exponent == 0 {
        exponent = 1;
    } else {
        mantissa |= 1 << 52;
    }
    format!("{sign}{mantissa}p{:+}", exponent - 1075)
}
