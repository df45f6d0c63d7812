//! Constants in templates: strings and numbers as Go spells them. Source: Go, `strconv`.

/// One more than the largest 64-bit number with a sign.
pub(crate) const TWO_TO_63: f64 = (1_u64 << 63) as f64;

/// A number, under all types that can hold it.
#[derive(Debug, Clone)]
pub(crate) struct Number {
    pub(crate) text: Box<str>,
    pub(crate) int: Option<i64>,
    pub(crate) uint: Option<u64>,
    pub(crate) float: Option<f64>,
    pub(crate) is_complex: bool,
    pub(crate) is_character: bool,
}

/// The string that a literal stands for.
pub(crate) fn unquote(literal: &str) -> Option<String> {
    let inner = literal.get(1..literal.len().checked_sub(1)?)?;
    if literal.starts_with('`') {
        return Some(inner.replace('\r', ""));
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while !rest.is_empty() {
        rest = unquote_one(rest, '"', &mut bytes)?.1;
    }
    Some(crate::text::from_bytes(&bytes).into_owned())
}

/// One character or escape; its code, and what follows.
fn unquote_one<'t>(text: &'t str, quote: char, out: &mut Vec<u8>) -> Option<(u32, &'t str)> {
    let mut chars = text.chars();
    let c = chars.next()?;
    if c == quote {
        return None;
    }
    let push = |c: char, out: &mut Vec<u8>| out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    if c != '\\' {
        push(c, out);
        return Some((c as u32, chars.as_str()));
    }
    let c = chars.next()?;
    let simple = match c {
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0C',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0B',
        '\\' => '\\',
        '\'' | '"' if c == quote => c,
        'x' | 'u' | 'U' => return code(c, chars.as_str(), out),
        '0'..='7' => {
            let digits = text.get(1..4).filter(|digits| digits.bytes().all(|b| (b'0'..=b'7').contains(&b)))?;
            let byte = u8::from_str_radix(digits, 8).ok()?;
            out.push(byte);
            return Some((u32::from(byte), &text[4..]));
        }
        _ => return None,
    };
    push(simple, out);
    Some((simple as u32, chars.as_str()))
}

fn code<'t>(kind: char, text: &'t str, out: &mut Vec<u8>) -> Option<(u32, &'t str)> {
    let length = match kind {
        'x' => 2,
        'u' => 4,
        _ => 8,
    };
    let digits = text.get(..length).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let value = u32::from_str_radix(digits, 16).ok()?;
    if kind == 'x' {
        out.push(value as u8);
    } else {
        out.extend_from_slice(char::from_u32(value)?.encode_utf8(&mut [0; 4]).as_bytes());
    }
    Some((value, &text[length..]))
}

/// `'x'`.
pub(super) fn character(text: &str) -> Result<Number, String> {
    let malformed = || format!("malformed character constant: {text}");
    let (code, tail) = unquote_one(&text[1..], '\'', &mut Vec::new()).ok_or("invalid syntax")?;
    if tail != "'" {
        return Err(malformed());
    }
    Ok(Number {
        text: text.into(),
        int: Some(i64::from(code)),
        uint: Some(u64::from(code)),
        float: Some(f64::from(code)),
        is_complex: false,
        is_character: true,
    })
}

/// A number that may be imaginary. Of complex numbers only what is real can be used.
pub(super) fn number(text: &str) -> Result<Number, String> {
    let mut number = Number {
        text: text.into(),
        int: None,
        uint: None,
        float: None,
        is_complex: text.ends_with('i'),
        is_character: false,
    };
    if number.is_complex {
        return Ok(number);
    }
    number.uint = parse_uint(text);
    number.int = parse_int(text);
    if number.int == Some(0) {
        number.uint = Some(0);
    }
    number.float = number.int.map(|value| value as f64).or(number.uint.map(|value| value as f64));
    if number.float.is_some() {
        return Ok(number);
    }
    let Some(value) = parse_float(text) else {
        return Err(format!("illegal number syntax: {}", crate::format::quoted(text)));
    };
    if !text.contains(['.', 'e', 'E', 'p', 'P']) {
        return Err(format!("integer overflow: {}", crate::format::quoted(text)));
    }
    number.float = Some(value);
    if value.fract() == 0.0 && (-TWO_TO_63..TWO_TO_63).contains(&value) {
        number.int = Some(value as i64);
    }
    if value.fract() == 0.0 && (0.0..TWO_TO_63 * 2.0).contains(&value) {
        number.uint = Some(value as u64);
    }
    Ok(number)
}

impl Number {
    /// Whether without a context it is a float: it is written as one.
    pub(crate) fn is_written_as_float(&self) -> bool {
        let text = &*self.text;
        let is_hex = text.len() > 2 && text.starts_with('0') && matches!(text.as_bytes()[1], b'x' | b'X');
        let is_hex_int = is_hex && !text.contains(['p', 'P']);
        !is_hex_int && !self.is_character && text.contains(['.', 'e', 'E', 'p', 'P'])
    }
}

/// Whether underscores stand only between digits, or after the prefix of a base.
fn underscores_are_fine(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    let bytes = digits.as_bytes();
    let has_prefix = bytes.len() >= 2 && bytes[0] == b'0' && matches!(bytes[1] | 0x20, b'b' | b'o' | b'x');
    let start = if has_prefix { 2 } else { 0 };
    let is_hex = has_prefix && bytes[1] | 0x20 == b'x';
    let is_digit = |b: u8| b.is_ascii_digit() || (is_hex && b.is_ascii_hexdigit());
    let mut before = if has_prefix { b'0' } else { b'^' };
    for b in bytes[start..].iter().copied() {
        let now = if is_digit(b) {
            b'0'
        } else if b == b'_' {
            b'_'
        } else {
            b'!'
        };
        if (now == b'_' && before != b'0') || (before == b'_' && now != b'0') {
            return false;
        }
        before = now;
    }
    before != b'_'
}

/// As `strconv.ParseUint` with base 0.
fn parse_uint(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    let (base, digits) = match bytes {
        [b'0', b'x' | b'X', _, ..] => (16, &text[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &text[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &text[2..]),
        [b'0', _, ..] => (8, &text[1..]),
        _ => (10, text),
    };
    if digits.contains('_') && !underscores_are_fine(text) {
        return None;
    }
    let digits = digits.replace('_', "");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    u64::from_str_radix(&digits, base).ok()
}

/// As `strconv.ParseInt` with base 0.
pub(crate) fn parse_int(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let magnitude = parse_uint(digits)?;
    if negative { 0_i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// As `strconv.ParseFloat`: decimal and hexadecimal, infinities, underscores. `None` if it is none or too large.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let unsigned = text.trim_start_matches(['+', '-']);
    if text.len() - unsigned.len() > 1 {
        return None;
    }
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    match unsigned.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => return Some(sign * f64::INFINITY),
        "nan" => return Some(f64::NAN),
        _ => {}
    }
    if unsigned.contains('_') && !underscores_are_fine(text) {
        return None;
    }
    let plain = unsigned.replace('_', "");
    if let Some(hex) = plain.strip_prefix("0x").or_else(|| plain.strip_prefix("0X")) {
        return hex_float(hex).map(|value| sign * value);
    }
    let is_number = plain.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if !is_number {
        return None;
    }
    plain.parse::<f64>().ok().filter(|value| value.is_finite()).map(|value| sign * value)
}

fn hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0.0_f64;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let exponent: i32 = exponent.parse().ok()?;
    let result = value * 2.0_f64.powi(exponent - 4 * fraction.len() as i32);
    result.is_finite().then_some(result)
}
