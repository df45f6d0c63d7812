//! What the text of a scalar means: quotes and escapes, block scalars, and the YAML 1.1 rules that
//! kubectl and the API server follow for unquoted text (`yes`, `0755`, `1_000`, `.inf`).

mod block;
mod number;
mod quoted;

use std::borrow::Cow;

pub use block::block_text;
use number::Number;
pub use quoted::{unquote_double, unquote_single};

/// A scalar as kubectl hands it to the API server.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar<'d> {
    /// `null`, `~`, or nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number that fits.
    Int(i64),
    /// Any other number, infinities and NaN included.
    Float(f64),
    /// Text.
    String(Cow<'d, str>),
    /// Not a scalar.
    Collection,
}

/// What unquoted text can be besides text.
enum Plain {
    Null,
    Bool(bool),
    Number(Number),
}

/// Resolves unquoted text. Source: YAML 1.1 as implemented by `sigs.k8s.io/yaml`, and its way through JSON
/// (`1e3` arrives as the whole number 1000).
#[inline]
pub fn resolve_plain(text: Cow<'_, str>) -> Scalar<'_> {
    match plain(&text) {
        None => Scalar::String(text),
        Some(Plain::Null) => Scalar::Null,
        Some(Plain::Bool(value)) => Scalar::Bool(value),
        Some(Plain::Number(number)) => number.to_json(),
    }
}

/// The name of the field that kubectl makes of an unquoted key: `yes` is `true`, `0x10` is `16`, `1.10` is `1.1`.
/// `None` for a key that it refuses: null, and whole numbers over 2^63.
#[inline]
pub fn resolve_key(text: &str) -> Option<Cow<'_, str>> {
    match plain(text) {
        None => Some(Cow::Borrowed(text)),
        Some(Plain::Null) => None,
        Some(Plain::Bool(true)) => Some(Cow::Borrowed("true")),
        Some(Plain::Bool(false)) => Some(Cow::Borrowed("false")),
        Some(Plain::Number(number)) => number.to_key().map(Cow::Owned),
    }
}

/// Whether unquoted text is a whole number before JSON makes one of `1e3` too.
pub fn is_whole_number(text: &str) -> bool {
    matches!(plain(text), Some(Plain::Number(Number::Int(_) | Number::Large(_))))
}

/// The first byte settles most text.
#[inline]
fn plain(text: &str) -> Option<Plain> {
    match text.as_bytes().first() {
        None => Some(Plain::Null),
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => number::parse(text).map(Plain::Number),
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') if text.len() <= 5 => {
            word(text)
        }
        _ => None,
    }
}

fn word(text: &str) -> Option<Plain> {
    Some(match text {
        "~" | "null" | "Null" | "NULL" => Plain::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Plain::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Plain::Bool(false),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str) -> Scalar<'_> {
        resolve_plain(Cow::Borrowed(text))
    }

    /// Every line is what kubectl 1.32 answers; `manifests` asks it again where it is installed.
    #[test]
    fn reads_words_as_kubectl_does() {
        for text in ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"] {
            assert_eq!(resolve(text), Scalar::Bool(true), "{text}");
        }
        for text in ["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"] {
            assert_eq!(resolve(text), Scalar::Bool(false), "{text}");
        }
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(resolve(text), Scalar::Null, "{text}");
        }
        for text in ["yEs", "tRUE", "nil", "None", "~~", "Off ", "yes!", "falsey"] {
            assert_eq!(resolve(text), Scalar::String(Cow::Borrowed(text)), "{text}");
        }
    }

    #[test]
    fn reads_whole_numbers_in_every_base() {
        let cases: &[(&str, i64)] = &[
            ("0", 0),
            ("-0", 0),
            ("00", 0),
            ("42", 42),
            ("+42", 42),
            ("-42", -42),
            ("0755", 493),
            ("-0755", -493),
            ("0o17", 15),
            ("0O17", 15),
            ("0x1F", 31),
            ("0X1f", 31),
            ("+0x1F", 31),
            ("0b101", 5),
            ("-0B101", -5),
            ("0b+1", 1),
            ("0b-1", -1),
            ("1_000", 1000),
            ("1__0_", 10),
            ("0x_F", 15),
            ("-_1", -1),
            ("0999", 999),
            ("08", 8),
            ("1e3", 1000),
            ("5.", 5),
            ("1.0", 1),
            ("-0.0", 0),
            ("1e-400", 0),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
            ("1152921504606846976.0", 1_152_921_504_606_847_000),
        ];
        for &(text, value) in cases {
            assert_eq!(resolve(text), Scalar::Int(value), "{text}");
        }
    }

    #[test]
    fn reads_other_numbers_as_floats() {
        let cases: &[(&str, f64)] = &[
            ("1.5", 1.5),
            ("+.5", 0.5),
            (".5", 0.5),
            (".5e1", 5.0),
            ("1.5e-3", 0.0015),
            ("1_0.5", 10.5),
            (".2_5", 0.25),
            ("18446744073709551615", 18_446_744_073_709_551_615.0),
            ("0xFFFFFFFFFFFFFFFF", 18_446_744_073_709_551_615.0),
            ("12345678901234567890123", 12_345_678_901_234_567_890_123.0),
            (".inf", f64::INFINITY),
            ("+.Inf", f64::INFINITY),
            ("-.INF", f64::NEG_INFINITY),
        ];
        for &(text, value) in cases {
            let found = match resolve(text) {
                Scalar::Float(value) => value,
                Scalar::Int(value) => value as f64,
                other => panic!("{text}: {other:?}"),
            };
            assert_eq!(found, value, "{text}");
        }
        assert!(matches!(resolve(".NaN"), Scalar::Float(value) if value.is_nan()));
    }

    #[test]
    fn leaves_the_rest_as_text() {
        let texts = [
            "12:30:45",
            "2001-12-14",
            "100m",
            "10Gi",
            "1.2.3",
            "10.0.0.1",
            "0x",
            "0b",
            "0b2",
            "0o8",
            "+",
            "-",
            ".",
            "-.",
            "_1",
            "1e400",
            "0xFFFFFFFFFFFFFFFFF",
            "0x1p-2",
            "+.nan",
            "1e",
            "1e+",
            ".e5",
            "--1",
            "+-1",
            "-0b-1",
            "<<",
            "=",
            "Infinity",
            "inf",
            "1 2",
            "١",
            "-foo",
            "...",
        ];
        for text in texts {
            assert_eq!(resolve(text), Scalar::String(Cow::Borrowed(text)), "{text}");
        }
    }

    #[test]
    fn names_fields_as_kubectl_does() {
        let cases = [
            ("name", Some("name")),
            ("yes", Some("true")),
            ("Off", Some("false")),
            ("1", Some("1")),
            ("0755", Some("493")),
            ("1.10", Some("1.1")),
            ("1e3", Some("1000")),
            ("1e6", Some("1e+06")),
            ("0.00001", Some("1e-05")),
            ("0.0001", Some("0.0001")),
            ("012345678", Some("1.2345678e+07")),
            ("-.inf", Some("-.inf")),
            ("1e39", Some(".inf")),
            (".nan", Some(".nan")),
            ("-0.0", Some("-0")),
            ("null", None),
            ("", None),
            ("18446744073709551615", None),
        ];
        for (text, name) in cases {
            assert_eq!(resolve_key(text).as_deref(), name, "{text}");
        }
    }
}
