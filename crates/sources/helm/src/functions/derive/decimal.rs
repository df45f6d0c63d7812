//! Decimal numbers, so that 0.1 and 0.2 make 0.3. Source: `shopspring/decimal`.

/// Digits and an exponent of ten.
#[derive(Clone, Debug)]
pub(crate) struct Decimal {
    digits: i128,
    exponent: i32,
    /// The number as a float, for what has too many digits.
    float: f64,
}

/// Places after the point that a quotient has.
const DIVISION_PLACES: i32 = 16;

impl Decimal {
    /// The shortest decimal number that is this float; `None` of infinities and what is no number.
    pub(crate) fn new(float: f64) -> Option<Self> {
        if !float.is_finite() {
            return None;
        }
        let text = format!("{float:e}");
        let (mantissa, exponent) = text.split_once('e')?;
        let places = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len() as i32);
        let digits: i128 = mantissa.replace('.', "").parse().ok()?;
        Some(Self { digits, exponent: exponent.parse::<i32>().ok()? - places, float })
    }

    fn of(digits: i128, exponent: i32) -> Self {
        let mut decimal = Self { digits, exponent, float: 0.0 };
        decimal.float = decimal.parsed();
        decimal
    }

    fn parsed(&self) -> f64 {
        format!("{}e{}", self.digits, self.exponent).parse().unwrap_or(f64::INFINITY)
    }

    /// The nearest float.
    pub(crate) fn to_float(&self) -> f64 {
        self.float
    }

    /// Both with the smaller exponent.
    fn align(&self, other: &Self) -> Option<(i128, i128, i32)> {
        let exponent = self.exponent.min(other.exponent);
        let scale = |one: &Self| one.digits.checked_mul(power(one.exponent - exponent)?);
        Some((scale(self)?, scale(other)?, exponent))
    }

    pub(crate) fn add(&self, other: &Self) -> Option<Self> {
        let exact = self.align(other).and_then(|(a, b, exponent)| Some(Self::of(a.checked_add(b)?, exponent)));
        exact.or_else(|| Self::new(self.float + other.float))
    }

    pub(crate) fn sub(&self, other: &Self) -> Option<Self> {
        let exact = self.align(other).and_then(|(a, b, exponent)| Some(Self::of(a.checked_sub(b)?, exponent)));
        exact.or_else(|| Self::new(self.float - other.float))
    }

    pub(crate) fn mul(&self, other: &Self) -> Option<Self> {
        let exact =
            self.digits.checked_mul(other.digits).map(|digits| Self::of(digits, self.exponent + other.exponent));
        exact.or_else(|| Self::new(self.float * other.float))
    }

    pub(crate) fn div(&self, other: &Self) -> Option<Self> {
        self.exact_div(other).or_else(|| Self::new(self.float / other.float))
    }

    fn exact_div(&self, other: &Self) -> Option<Self> {
        let shift = DIVISION_PLACES + self.exponent - other.exponent;
        let (numerator, denominator) = if shift >= 0 {
            (self.digits.checked_mul(power(shift)?)?, other.digits)
        } else {
            (self.digits, other.digits.checked_mul(power(-shift)?)?)
        };
        let (quotient, rest) = (numerator.checked_div(denominator)?, numerator.checked_rem(denominator)?);
        let up = rest.unsigned_abs().checked_mul(2)? >= denominator.unsigned_abs();
        let sign = if (numerator < 0) == (denominator < 0) { 1 } else { -1 };
        Some(Self::of(quotient + if up { sign } else { 0 }, -DIVISION_PLACES))
    }
}

fn power(exponent: i32) -> Option<i128> {
    10_i128.checked_pow(u32::try_from(exponent).ok()?)
}
