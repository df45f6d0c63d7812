//! Decimal numbers of any size, exactly: as many as quantities need.

use std::cmp::Ordering;

/// A number: digits, the greatest first and without zeros at either end, times a power of ten. Zero has no digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decimal {
    is_negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

/// Sums of numbers that lie further apart are not made.
const MAX_SPAN: i64 = 20_000;

impl Decimal {
    /// From ASCII digits.
    pub(crate) fn new(is_negative: bool, digits: &str, exponent: i64) -> Decimal {
        let digits = digits.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect();
        Decimal { is_negative, digits, exponent }.trimmed()
    }

    pub(crate) fn integer(value: i64, exponent: i64) -> Decimal {
        Decimal::new(value < 0, &value.unsigned_abs().to_string(), exponent)
    }

    fn trimmed(mut self) -> Decimal {
        let leading = self.digits.iter().take_while(|digit| **digit == 0).count();
        self.digits.drain(..leading);
        while self.digits.last() == Some(&0) {
            self.digits.pop();
            self.exponent += 1;
        }
        if self.digits.is_empty() {
            self.exponent = 0;
            self.is_negative = false;
        }
        self
    }

    pub(crate) fn sign(&self) -> i64 {
        match (self.digits.is_empty(), self.is_negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    pub(crate) fn negated(mut self) -> Decimal {
        self.is_negative = !self.is_negative && !self.digits.is_empty();
        self
    }

    pub(crate) fn times(&self, factor: u64) -> Decimal {
        let mut digits = Vec::with_capacity(self.digits.len() + 20);
        let mut carry: u128 = 0;
        for digit in self.digits.iter().rev() {
            let product = u128::from(*digit) * u128::from(factor) + carry;
            digits.push((product % 10) as u8);
            carry = product / 10;
        }
        while carry > 0 {
            digits.push((carry % 10) as u8);
            carry /= 10;
        }
        digits.reverse();
        Decimal { is_negative: self.is_negative, digits, exponent: self.exponent }.trimmed()
    }

    /// Without digits below a power of ten, away from zero.
    pub(crate) fn rounded_up(&self, exponent: i64) -> Decimal {
        let cut = usize::try_from(exponent - self.exponent).unwrap_or(0);
        if cut == 0 {
            return self.clone();
        }
        let kept = self.digits.len().saturating_sub(cut);
        let whole = Decimal { is_negative: self.is_negative, digits: self.digits[..kept].to_vec(), exponent }.trimmed();
        let one = Decimal { is_negative: self.is_negative, digits: vec![1], exponent };
        if self.digits.is_empty() { whole } else { whole.plus(&one).unwrap_or(whole) }
    }

    pub(crate) fn compare(&self, other: &Decimal) -> Ordering {
        let signs = self.sign().cmp(&other.sign());
        if signs != Ordering::Equal || self.digits.is_empty() {
            return signs;
        }
        let magnitude = self.compare_magnitude(other);
        if self.is_negative { magnitude.reverse() } else { magnitude }
    }

    fn compare_magnitude(&self, other: &Decimal) -> Ordering {
        let top = |number: &Decimal| number.exponent.saturating_add(number.digits.len() as i64);
        top(self).cmp(&top(other)).then_with(|| self.digits.cmp(&other.digits))
    }

    /// The sum; `None` where the two lie too far apart.
    pub(crate) fn plus(&self, other: &Decimal) -> Option<Decimal> {
        if self.digits.is_empty() || other.digits.is_empty() {
            return Some(if self.digits.is_empty() { other.clone() } else { self.clone() });
        }
        let exponent = self.exponent.min(other.exponent);
        let left = self.shifted(exponent)?;
        let right = other.shifted(exponent)?;
        let (is_negative, digits) = if self.is_negative == other.is_negative {
            (self.is_negative, added(&left, &right))
        } else if self.compare_magnitude(other) == Ordering::Less {
            (other.is_negative, subtracted(&right, &left))
        } else {
            (self.is_negative, subtracted(&left, &right))
        };
        Some(Decimal { is_negative, digits, exponent }.trimmed())
    }

    /// Digits at a smaller exponent, the smallest first.
    fn shifted(&self, exponent: i64) -> Option<Vec<u8>> {
        let zeros = self.exponent.checked_sub(exponent).filter(|zeros| *zeros <= MAX_SPAN)?;
        let mut digits = vec![0; usize::try_from(zeros).ok()?];
        digits.extend(self.digits.iter().rev());
        Some(digits)
    }

    /// As Go makes a float of it: the digits down to a power of ten, times that power.
    pub(crate) fn approximate(&self, scale: i64) -> f64 {
        let digits: String = self.digits.iter().map(|digit| char::from(digit + b'0')).collect();
        let least = self.exponent.min(scale);
        let base = format!("{digits}e{}", self.exponent.saturating_sub(least));
        let base = if self.digits.is_empty() { 0.0 } else { base.parse::<f64>().unwrap_or(f64::INFINITY) };
        let power = format!("1e{least}").parse::<f64>().unwrap_or(f64::INFINITY);
        let value = if least == 0 { base } else { base * power };
        if self.is_negative { -value } else { value }
    }
}

fn added(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let mut digits = Vec::with_capacity(left.len().max(right.len()) + 1);
    for at in 0..left.len().max(right.len()) {
        let sum = left.get(at).unwrap_or(&0) + right.get(at).unwrap_or(&0) + carry;
        digits.push(sum % 10);
        carry = sum / 10;
    }
    digits.push(carry);
    digits.reverse();
    digits
}

/// The left is the greater.
fn subtracted(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut borrow = 0;
    let mut digits = Vec::with_capacity(left.len());
    for (at, digit) in left.iter().enumerate() {
        let taken = right.get(at).unwrap_or(&0) + borrow;
        borrow = u8::from(*digit < taken);
        digits.push(digit + 10 * borrow - taken);
    }
    digits.reverse();
    digits
}
