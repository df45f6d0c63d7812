//! Numbers as Go reads and writes them.

/// A whole number in any base that Go knows (`0x`, `0o`, `0b`, a leading `0`), where it fits 64 bits.
pub(crate) fn parse_int(text: &str) -> Option<i128> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let (base, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let value = sign * i128::from(u64::from_str_radix(digits, base).ok()?);
    // A sign makes it a signed number; without one an unsigned number is tried too.
    let is_signed = text.starts_with(['-', '+']);
    let largest = if is_signed { i128::from(i64::MAX) } else { i128::from(u64::MAX) };
    (i128::from(i64::MIN)..=largest).contains(&value).then_some(value)
}

/// A number with a fraction or an exponent, as YAML 1.2 writes it.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], Some(&digits[at + 1..])),
        None => (digits, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let has_digits = !whole.is_empty() || !fraction.is_empty();
    let is_exponent = |text: &str| {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        !digits.is_empty() && is_number(digits)
    };
    let is_float = has_digits && is_number(whole) && is_number(fraction) && exponent.is_none_or(is_exponent);
    let value = is_float.then(|| text.strip_prefix('+').unwrap_or(text).parse::<f64>().ok()).flatten()?;
    value.is_finite().then_some(value)
}

/// The digits of the shortest text that reads back as `value`, and where the point stands.
fn shortest(value: f64) -> (String, i32) {
    let text = format!("{:e}", value.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (mantissa.replace('.', ""), exponent.parse().unwrap_or(0))
}

/// As `strconv.FormatFloat(value, 'g', -1, 64)`, where `e` is used from the exponent `limit` on.
fn format_with_exponent(value: f64, least: i32, limit: i32) -> String {
    let (digits, exponent) = shortest(value);
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value == 0.0 {
        return format!("{sign}0");
    }
    if exponent < least || exponent >= limit {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let mark = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{first}{point}{rest}e{mark}{:02}", exponent.abs());
    }
    let text = if exponent < 0 {
        format!("0.{}{digits}", "0".repeat((-exponent - 1) as usize))
    } else if (exponent as usize) + 1 >= digits.len() {
        format!("{digits}{}", "0".repeat(exponent as usize + 1 - digits.len()))
    } else {
        let (whole, fraction) = digits.split_at(exponent as usize + 1);
        format!("{whole}.{fraction}")
    };
    format!("{sign}{text}")
}

/// As YAML is written: `1e+06`.
pub(crate) fn format_yaml(value: f64) -> String {
    format_with_exponent(value, -4, 6)
}

/// As JSON is written: `1000000`, and `1e+21`, `1e-7`.
pub(crate) fn format_json(value: f64) -> String {
    let text = format_with_exponent(value, -6, 21);
    match text.split_once("e-0") {
        Some((mantissa, exponent)) => format!("{mantissa}e-{exponent}"),
        None => text,
    }
}

/// As `%v` writes it: `1e+06` is `1e+06`, with an exponent from 21 digits on.
pub(crate) fn format_value(value: f64) -> String {
    format_with_exponent(value, -4, 21)
}
