//! Quantities of memory, CPU and the like. Source: `resource.Quantity` of apimachinery.

/// Reads a quantity as a plain number: `128Mi` is 134217728, `500m` is 0.5, `1e3` is 1000.
/// `None` if it is not one.
pub fn parse(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-'))).unwrap_or(text.len());
    let (number, suffix) = text.split_at(digits);
    let number: f64 = number.parse().ok()?;
    let factor = match suffix {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1_048_576.0,
        "Gi" => 1_073_741_824.0,
        "Ti" => 1_099_511_627_776.0,
        "Pi" => 1_125_899_906_842_624.0,
        "Ei" => 1_152_921_504_606_846_976.0,
        _ => 10_f64.powi(suffix.strip_prefix(['e', 'E'])?.parse().ok().filter(|power: &i32| power.abs() <= 30)?),
    };
    Some(number * factor)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn suffixes_are_binary_decimal_or_exponents() {
        let cases = [("128Mi", 134_217_728.0), ("500m", 0.5), ("1e3", 1000.0), ("2G", 2e9), ("0", 0.0), ("1E", 1e18)];
        for (text, expected) in cases {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
        for text in ["", "Mi", "1mi", "1 Gi", "ten", "1e", "1e99999"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
