//! Numbers in unquoted text, as `sigs.k8s.io/yaml` reads them with the rules of Go.

use std::borrow::Cow;

use super::Scalar;

/// A number as Go holds it between YAML and JSON.
pub(super) enum Number {
    Int(i64),
    /// Over `i64::MAX`.
    Large(u64),
    Float(f64),
}

impl Number {
    /// The number after its way through JSON, where a float without a fraction has become a whole number.
    pub(super) fn to_json(&self) -> Scalar<'static> {
        /// From here on a float has fewer digits than the whole number it stands for.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match *self {
            Self::Int(value) => Scalar::Int(value),
            Self::Large(value) => Scalar::Float(value as f64),
            Self::Float(value) if value.fract() != 0.0 || !value.is_finite() => Scalar::Float(value),
            Self::Float(value) if value.abs() <= EXACT => Scalar::Int(value as i64),
            // Go writes the shortest digits that give the same float, and fills up with zeros; so does Rust.
            Self::Float(value) => value.to_string().parse().map_or(Scalar::Float(value), Scalar::Int),
        }
    }

    /// The number as the name of a field; `None` where there is no name.
    pub(super) fn to_key(&self) -> Option<String> {
        match *self {
            Self::Int(value) => Some(value.to_string()),
            Self::Large(_) => None,
            Self::Float(value) => Some(shortest(value as f32)),
        }
    }
}

/// A float as Go's `FormatFloat(…, 'g', -1, 32)` writes it, with YAML's words for what is no number.
fn shortest(value: f32) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// The number that `text` spells, which begins with a digit, a sign or a dot.
pub(super) fn parse(text: &str) -> Option<Number> {
    let bytes = text.as_bytes();
    if bytes[0] != b'0' && bytes.len() <= 18 && bytes.iter().all(u8::is_ascii_digit) {
        return Some(Number::Int(bytes.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'))));
    }
    if let Some(value) = special(text) {
        return Some(Number::Float(value));
    }
    let possible = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b'+' | b'-' | b'.' | b'_' | b'x' | b'X' | b'o' | b'O');
    if !bytes.iter().all(possible) {
        return None;
    }
    if bytes[0] == b'.' && !separates_digits(bytes) {
        return None;
    }
    let text = if bytes.contains(&b'_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) };
    if bytes[0] == b'.' {
        return float(&text);
    }
    integer(&text).or_else(|| float(&text)).or_else(|| signed_binary(&text))
}

/// Whether every underscore stands between two digits. After a dot Go asks for that; otherwise the library has
/// taken them all away before.
fn separates_digits(bytes: &[u8]) -> bool {
    let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    memchr::memchr_iter(b'_', bytes).all(|at| is_digit(at.checked_sub(1)) && is_digit(Some(at + 1)))
}

fn special(text: &str) -> Option<f64> {
    if text.len() > 5 {
        return None;
    }
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// As Go's `ParseInt` and `ParseUint` with base 0.
fn integer(text: &str) -> Option<Number> {
    let (negative, signed, digits) = match text.as_bytes()[0] {
        b'-' => (true, true, &text[1..]),
        b'+' => (false, true, &text[1..]),
        _ => (false, false, text),
    };
    let (digits, base) = match digits.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (&digits[2..], 16),
        [b'0', b'o' | b'O', _, ..] => (&digits[2..], 8),
        [b'0', b'b' | b'B', _, ..] => (&digits[2..], 2),
        [b'0', _, ..] => (&digits[1..], 8),
        _ => (digits, 10),
    };
    let value = magnitude(digits, base)?;
    if negative {
        return 0_i64.checked_sub_unsigned(value).map(Number::Int);
    }
    match i64::try_from(value) {
        Ok(value) => Some(Number::Int(value)),
        Err(_) if signed => None,
        Err(_) => Some(Number::Large(value)),
    }
}

fn magnitude(digits: &str, base: u32) -> Option<u64> {
    let has_sign = matches!(digits.as_bytes().first(), None | Some(b'+' | b'-'));
    if has_sign { None } else { u64::from_str_radix(digits, base).ok() }
}

/// Decimal floats; what is too large for one is text.
fn float(text: &str) -> Option<Number> {
    let digits = |bytes: &[u8]| bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let mut rest = text.as_bytes();
    if let [b'+' | b'-', after @ ..] = rest {
        rest = after;
    }
    let whole = digits(rest);
    rest = &rest[whole..];
    let mut fraction = 0;
    if let [b'.', after @ ..] = rest {
        fraction = digits(after);
        rest = &after[fraction..];
    }
    if whole + fraction == 0 {
        return None;
    }
    if let [b'e' | b'E', after @ ..] = rest {
        rest = if let [b'+' | b'-', after @ ..] = after { after } else { after };
        let exponent = digits(rest);
        if exponent == 0 {
            return None;
        }
        rest = &rest[exponent..];
    }
    if !rest.is_empty() {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite()).map(Number::Float)
}

/// `0b+1`: the library hands what follows `0b` to a parser that takes signs.
fn signed_binary(text: &str) -> Option<Number> {
    let digits = text.strip_prefix("0b")?;
    i64::from_str_radix(digits, 2).ok().map(Number::Int)
}
