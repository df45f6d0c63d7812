//! `resource.Quantity`: `100m`, `1.5Gi`, `1e3`, as `k8s.io/apimachinery/pkg/api/resource` reads, compares and adds them.

use std::cmp::Ordering;

use super::decimal::Decimal;
use crate::cel::evaluate::Answer;
use crate::cel::functions::no_signature;
use crate::cel::value::error;
use crate::cel::{Halt, Value, evaluate::Context};

/// A quantity. Those that fit are kept as an integer and a power of ten, and only those can be asked for as integers.
#[derive(Debug, Clone)]
pub struct Quantity {
    amount: Amount,
    /// Whether it was computed: the server does not find anything equal to such a one.
    is_computed: bool,
}

#[derive(Debug, Clone)]
enum Amount {
    Small {
        value: i64,
        scale: i64,
    },
    /// With the power of ten that Go keeps it at.
    Large {
        decimal: Decimal,
        scale: i64,
    },
}

/// The smallest part of a quantity.
const NANO: i64 = -9;

const WRONG_FORMAT: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

impl Quantity {
    /// `ParseQuantity`.
    pub fn parse(text: &str) -> Result<Quantity, &'static str> {
        let parts = Parts::split(text).ok_or(WRONG_FORMAT)?;
        let suffix = Suffix::parse(parts.suffix).ok_or("unable to parse quantity's suffix")?;
        let count = i64::try_from(parts.whole.len() + parts.fraction.len()).unwrap_or(i64::MAX);
        let (precision, scale, factor) = match suffix {
            Suffix::Decimal(exponent) => (18 - count, exponent, 1),
            Suffix::Binary(exponent) if parts.fraction.is_empty() => {
                let digits = i64::try_from(parts.whole.len()).unwrap_or(i64::MAX);
                (15 - digits - i64::from(exponent) * 3 / 10 - 1, 0, 1i64 << exponent)
            }
            Suffix::Binary(_) => (-1, 0, 1),
        };
        let scale = scale - i64::try_from(parts.fraction.len()).unwrap_or(i64::MAX);
        if precision >= 0 && scale >= NANO {
            let value = format!("{}{}", parts.whole, parts.fraction).parse::<i64>();
            let value = value.map_err(|_| "unable to parse numeric part of quantity")?;
            if let Some(value) = value.checked_mul(factor) {
                let value = if parts.is_negative { -value } else { value };
                return Ok(Quantity::read(Amount::Small { value, scale }));
            }
        }
        if !parts.has_digits {
            return Err("unable to parse numeric part of quantity");
        }
        let digits = format!("{}{}", parts.whole, parts.fraction);
        let fraction = i64::try_from(parts.fraction.len()).unwrap_or(i64::MAX);
        let exponent = match suffix {
            Suffix::Decimal(exponent) => exponent - fraction,
            Suffix::Binary(_) => -fraction,
        };
        let mut amount = Decimal::new(parts.is_negative, &digits, exponent);
        if let Suffix::Binary(exponent) = suffix {
            amount = amount.times(1 << exponent);
        }
        amount = amount.rounded_up(NANO);
        let mut scale = NANO;
        let most = Decimal::integer(i64::MAX, 0);
        if matches!(suffix, Suffix::Binary(_)) {
            if amount.compare(&most) == Ordering::Greater {
                (amount, scale) = (most, 0);
            } else if amount.compare(&most.clone().negated()) == Ordering::Less {
                (amount, scale) = (most.negated(), 0);
            }
        }
        Ok(Quantity::read(Amount::Large { decimal: amount, scale }))
    }

    fn read(amount: Amount) -> Quantity {
        Quantity { amount, is_computed: false }
    }

    fn computed(amount: Amount) -> Quantity {
        Quantity { amount, is_computed: true }
    }

    fn integer(value: i64) -> Quantity {
        Quantity::read(Amount::Small { value, scale: 0 })
    }

    /// Whether two are equal; `None` where the server does not know what to do with the other.
    pub(crate) fn equals(&self, other: &Quantity) -> Option<bool> {
        (!other.is_computed).then(|| self.compare(other).is_eq())
    }

    fn decimal(&self) -> Decimal {
        match &self.amount {
            Amount::Small { value, scale } => Decimal::integer(*value, *scale),
            Amount::Large { decimal, .. } => decimal.clone(),
        }
    }

    /// How two are ordered.
    pub fn compare(&self, other: &Quantity) -> Ordering {
        self.decimal().compare(&other.decimal())
    }

    fn sign(&self) -> i64 {
        self.decimal().sign()
    }

    /// `AsInt64`, which knows nothing of what is kept as a decimal number.
    fn as_integer(&self) -> Option<i64> {
        match &self.amount {
            Amount::Small { value: 0, .. } => Some(0),
            Amount::Small { value, scale } => scaled(*value, *scale),
            Amount::Large { .. } => None,
        }
    }

    fn approximate(&self) -> f64 {
        match &self.amount {
            Amount::Small { value, scale: 0 } => *value as f64,
            Amount::Small { value, scale } => {
                *value as f64 * format!("1e{scale}").parse::<f64>().unwrap_or(f64::INFINITY)
            }
            Amount::Large { decimal, scale } => decimal.approximate(*scale),
        }
    }

    fn scale(&self) -> i64 {
        match &self.amount {
            Amount::Small { scale, .. } | Amount::Large { scale, .. } => *scale,
        }
    }

    fn plus(&self, other: &Quantity) -> Option<Quantity> {
        if let Some(small) = self.small_sum(other, |value| value) {
            return Some(small);
        }
        let scale = self.scale().min(other.scale());
        let decimal = self.decimal().plus(&other.decimal())?;
        Some(Quantity::computed(Amount::Large { decimal, scale }))
    }

    fn minus(&self, other: &Quantity) -> Option<Quantity> {
        // The smallest integer has itself as its opposite, as in Go.
        if let Some(small) = self.small_sum(other, i64::wrapping_neg) {
            return Some(small);
        }
        let scale = self.scale().min(other.scale());
        let decimal = self.decimal().plus(&other.decimal().negated())?;
        Some(Quantity::computed(Amount::Large { decimal, scale }))
    }

    /// `int64Amount.Add`: the sum where both are integers and it fits.
    fn small_sum(&self, other: &Quantity, sign: impl Fn(i64) -> i64) -> Option<Quantity> {
        let (Amount::Small { value: left, scale }, Amount::Small { value: right, scale: other_scale }) =
            (&self.amount, &other.amount)
        else {
            return None;
        };
        let right = sign(*right);
        let (value, scale) = match (*left, right) {
            (_, 0) => (*left, *scale),
            (0, _) => (right, *other_scale),
            _ => {
                let least = *scale.min(other_scale);
                let left = scaled(*left, scale - least)?;
                (left.checked_add(scaled(right, other_scale - least)?)?, least)
            }
        };
        Some(Quantity::computed(Amount::Small { value, scale }))
    }
}

/// An integer times a power of ten, if that is an integer that fits.
fn scaled(value: i64, scale: i64) -> Option<i64> {
    let factor = 10i64.checked_pow(u32::try_from(scale).ok()?)?;
    value.checked_mul(factor)
}

enum Suffix {
    /// A power of ten.
    Decimal(i64),
    /// A power of two.
    Binary(u32),
}

impl Suffix {
    fn parse(text: &str) -> Option<Suffix> {
        Some(match text {
            "" => Suffix::Decimal(0),
            "n" => Suffix::Decimal(-9),
            "u" => Suffix::Decimal(-6),
            "m" => Suffix::Decimal(-3),
            "k" => Suffix::Decimal(3),
            "M" => Suffix::Decimal(6),
            "G" => Suffix::Decimal(9),
            "T" => Suffix::Decimal(12),
            "P" => Suffix::Decimal(15),
            "E" => Suffix::Decimal(18),
            "Ki" => Suffix::Binary(10),
            "Mi" => Suffix::Binary(20),
            "Gi" => Suffix::Binary(30),
            "Ti" => Suffix::Binary(40),
            "Pi" => Suffix::Binary(50),
            "Ei" => Suffix::Binary(60),
            _ => {
                let digits = text.strip_prefix(['e', 'E']).filter(|digits| !digits.is_empty())?;
                let exponent: i64 = digits.parse().ok()?;
                // Go keeps the lower half.
                Suffix::Decimal(i64::from(exponent as i32))
            }
        })
    }
}

struct Parts<'a> {
    is_negative: bool,
    /// Without zeros at the front; at least one digit.
    whole: &'a str,
    fraction: &'a str,
    suffix: &'a str,
    /// Whether the number has digits at all, so that it is one.
    has_digits: bool,
}

impl<'a> Parts<'a> {
    /// `parseQuantityString`.
    fn split(text: &'a str) -> Option<Parts<'a>> {
        if text.is_empty() {
            return None;
        }
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let is_negative = text.starts_with('-');
        let (all, rest) = unsigned.split_at(digits(unsigned));
        let whole = match all.trim_start_matches('0') {
            "" => "0",
            whole => whole,
        };
        let (fraction, rest) = match rest.strip_prefix('.') {
            Some(after) => after.split_at(digits(after)),
            None => ("", rest),
        };
        let letters = rest.bytes().take_while(|byte| b"eEinumkKMGTP".contains(byte)).count();
        let after = rest.get(letters..)?;
        let exponent = if letters < rest.len() { after.strip_prefix(['-', '+']).unwrap_or(after) } else { after };
        if digits(exponent) != exponent.len() {
            return None;
        }
        let has_digits = !all.is_empty() || !fraction.is_empty();
        Some(Parts { is_negative, whole, fraction, suffix: rest, has_digits })
    }
}

pub(crate) fn quantity(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::String(text)] = values else { return no_signature(name, values) };
    context.budget.spend_text(text.len())?;
    match Quantity::parse(text) {
        Ok(quantity) if name == "quantity" => Ok(Value::Quantity(quantity.into())),
        Err(message) if name == "quantity" => error(message),
        parsed => Ok(Value::Bool(parsed.is_ok())),
    }
}

pub(crate) fn question(_: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::Quantity(quantity)] = values else { return no_signature(name, values) };
    Ok(match name {
        "sign" => Value::Int(quantity.sign()),
        "isInteger" => Value::Bool(quantity.as_integer().is_some()),
        "asApproximateFloat" => Value::Double(quantity.approximate()),
        _ => match quantity.as_integer() {
            Some(value) => Value::Int(value),
            None => return error("cannot convert value to integer"),
        },
    })
}

/// `add` and `sub`.
pub(crate) fn sum(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let (left, right) = match values {
        [Value::Quantity(left), Value::Quantity(right)] => (left, right.as_ref().clone()),
        [Value::Quantity(left), Value::Int(right)] => (left, Quantity::integer(*right)),
        _ => return no_signature(name, values),
    };
    context.budget.spend(1)?;
    let sum = if name == "add" { left.plus(&right) } else { left.minus(&right) };
    sum.map(|sum| Value::Quantity(sum.into())).ok_or(Halt::Spent)
}
