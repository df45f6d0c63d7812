//! Whether a value is of the type that a field has, as the API server's decoder sees it.

use model::document::Value;
use model::scalar::Scalar;
use schemas::{Schemas, Shape, Version};

/// Why a value does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// It is of another type.
    Type,
    /// It is a number that does not fit into the field.
    Range,
    /// It is text of another form.
    Form,
    /// It is none of the texts that it may be.
    Choice,
}

/// What is wrong with `value`, which is not null, as a value of `shape`.
pub(crate) fn misfit(value: Value<'_>, shape: Shape, schemas: &Schemas, version: Option<Version>) -> Option<Misfit> {
    // What nearly every value is. Long texts are not decoded for it.
    if shape == Shape::Text && value.is_text() {
        return None;
    }
    let scalar = value.scalar();
    let fits = match (shape, &scalar) {
        (Shape::Any | Shape::Lenient(_), _)
        | (Shape::Bool | Shape::LenientOrBool(_), Scalar::Bool(_))
        | (Shape::Int64, Scalar::Int(_))
        | (Shape::Number, Scalar::Int(_) | Scalar::Float(_))
        | (Shape::Quantity, Scalar::Int(_) | Scalar::Float(_))
        | (Shape::Text | Shape::IntOrText, Scalar::String(_)) => true,
        (Shape::Record(_) | Shape::Map(_), _) => value.is_mapping(),
        (Shape::List(_), _) => value.is_sequence(),
        // Go reads a list of numbers as bytes, too.
        (Shape::Bytes, Scalar::Collection) => value.is_sequence(),
        (Shape::Int32 | Shape::IntOrText, Scalar::Int(number)) => {
            return i32::try_from(*number).is_err().then_some(Misfit::Range);
        }
        (Shape::Bytes, Scalar::String(text)) => return (!is_base64(text)).then_some(Misfit::Form),
        (Shape::Time, Scalar::String(text)) => return (!is_time(text)).then_some(Misfit::Form),
        (Shape::Quantity, Scalar::String(text)) => return (!is_quantity(text)).then_some(Misfit::Form),
        (Shape::OneOf(id), Scalar::String(text)) => {
            // What is empty is filled in. Where the version has no enumeration it takes every text.
            let mut choices = schemas.choices(id).iter();
            let known = |choice: &schemas::Choice| version.is_none_or(|version| choice.versions.contains(version));
            let fits = text.is_empty()
                || choices.clone().any(|choice| choice.text == text && known(choice))
                || !choices.any(known);
            return (!fits).then_some(Misfit::Choice);
        }
        _ => false,
    };
    (!fits).then_some(Misfit::Type)
}

/// What the value is, in words.
pub(crate) fn found(value: Value<'_>) -> &'static str {
    match value.scalar() {
        Scalar::Null => "null",
        Scalar::Bool(_) => "a boolean",
        Scalar::Int(_) | Scalar::Float(_) => "a number",
        Scalar::String(_) => "text",
        Scalar::Collection if value.is_mapping() => "a mapping",
        Scalar::Collection => "a list",
    }
}

/// What the shape asks for, in words.
pub(crate) fn expected(shape: Shape) -> &'static str {
    match shape {
        Shape::Any | Shape::Lenient(_) => "something else",
        Shape::LenientOrBool(_) => "a mapping, `true` or `false`",
        Shape::Bool => "`true` or `false`",
        Shape::Int32 | Shape::Int64 => "a whole number",
        Shape::Number => "a number",
        Shape::Text | Shape::OneOf(_) => "text",
        Shape::Bytes => "base64",
        Shape::Time => "a time such as `2030-01-31T08:00:00Z`",
        Shape::IntOrText => "a whole number or a name",
        Shape::Quantity => "a quantity",
        Shape::Record(_) | Shape::Map(_) => "a mapping",
        Shape::List(_) => "a list",
    }
}

/// Source: Go's `base64.StdEncoding`, which passes over line breaks.
fn is_base64(text: &str) -> bool {
    let mut letters = 0_usize;
    let mut padding = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'\r' | b'\n' => {}
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => letters += 1,
            _ => return false,
        }
    }
    match letters % 4 {
        0 => padding == 0,
        1 => false,
        rest => padding == 4 - rest,
    }
}

/// Source: `resource.ParseQuantity`.
fn is_quantity(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(unsigned);
    let mut rest = &unsigned[whole..];
    let mut count = whole;
    if let Some(fraction) = rest.strip_prefix('.') {
        let length = digits(fraction);
        count += length;
        rest = &fraction[length..];
    }
    let is_suffix = match rest {
        "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E" => true,
        "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei" => true,
        _ => rest.strip_prefix(['e', 'E']).is_some_and(|power| {
            let power = power.strip_prefix(['+', '-']).unwrap_or(power);
            // The exponent has to fit into 32 bits.
            !power.is_empty() && digits(power) == power.len() && power.len() < 10
        }),
    };
    count > 0 && is_suffix
}

/// Source: RFC 3339 as Go's `time` reads it.
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| {
        let part = text.get(from..to).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        part.and_then(|part| part.parse::<u32>().ok())
    };
    let is = |at: usize, byte: u8| bytes.get(at) == Some(&byte);
    let (Some(year), Some(month), Some(day)) = (number(0, 4), number(5, 7), number(8, 10)) else { return false };
    let (Some(hour), Some(minute), Some(second)) = (number(11, 13), number(14, 16), number(17, 19)) else {
        return false;
    };
    let marks = is(4, b'-') && is(7, b'-') && is(10, b'T') && is(13, b':') && is(16, b':');
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    let is_date = (1..=days).contains(&day) && hour < 24 && minute < 60 && second < 60;
    let mut rest = text.get(19..).unwrap_or("");
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if length == 0 {
            return false;
        }
        rest = &fraction[length..];
    }
    let is_zone = rest == "Z" || {
        let at = text.len() - rest.len();
        let signed = rest.starts_with(['+', '-']) && rest.len() == 6 && is(at + 3, b':');
        let within = |from: usize, limit| number(from, from + 2).is_some_and(|number| number <= limit);
        signed && within(at + 1, 24) && within(at + 4, 60)
    };
    marks && is_date && is_zone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_padded_and_may_have_line_breaks() {
        for text in ["", "QQ==", "QUI=", "QUJD", "QUJD\nQUJD\n", "+/+/"] {
            assert!(is_base64(text), "{text}");
        }
        for text in ["Q", "QQ", "QQ=", "QQ===", "QUJD=", "Q Q=", "Q=Q=", "-_-_", "secret!"] {
            assert!(!is_base64(text), "{text}");
        }
    }

    #[test]
    fn quantities_are_numbers_with_a_known_unit() {
        for text in ["0", "1", "100m", "1.5", ".5", "5.", "64Mi", "1e3", "1E3", "-1", "+2Gi", "1e-3", "2E"] {
            assert!(is_quantity(text), "{text}");
        }
        for text in ["", "m", "1 Gi", "1mi", "64MB", "ten", "1e", "1.2.3", "--1", "1Mi2", ".", "1K"] {
            assert!(!is_quantity(text), "{text}");
        }
    }

    #[test]
    fn times_are_those_of_rfc_3339() {
        for text in ["2030-01-31T08:00:00Z", "2030-01-31T08:00:00.123456+02:00", "2028-02-29T00:00:00-23:59"] {
            assert!(is_time(text), "{text}");
        }
        for text in ["", "2030-01-31", "2030-01-31 08:00:00Z", "2030-02-30T08:00:00Z", "2030-01-31T08:00:00", "é"] {
            assert!(!is_time(text), "{text}");
        }
    }
}
