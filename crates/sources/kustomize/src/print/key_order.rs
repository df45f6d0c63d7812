//! The order of keys: letters after everything else, and numbers in keys by their value.
//! Source: `keyList` of `go.yaml.in/yaml/v2`.

use std::cmp::Ordering;

/// Which key comes first.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() {
        return compare_at(a.len(), b.len(), &|at| char::from(a.as_bytes()[at]), &|at| char::from(b.as_bytes()[at]));
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    compare_at(a.len(), b.len(), &|at| a[at], &|at| b[at])
}

fn compare_at(a_length: usize, b_length: usize, a: &dyn Fn(usize) -> char, b: &dyn Fn(usize) -> char) -> Ordering {
    let Some(at) = (0..a_length.min(b_length)).find(|&at| a(at) != b(at)) else {
        return a_length.cmp(&b_length);
    };
    match (a(at).is_alphabetic(), b(at).is_alphabetic()) {
        (true, true) => return a(at).cmp(&b(at)),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // Zeros count for something only after another digit.
    let mut start = 0_i64;
    if a(at) == '0' || b(at) == '0' {
        let before = (0..at).rev().map(a).take_while(|c| c.is_numeric());
        if before.into_iter().any(|c| c != '0') {
            start = 1;
        }
    }
    let (a_end, a_number) = number(at, a_length, a, start);
    let (b_end, b_number) = number(at, b_length, b, start);
    a_number.cmp(&b_number).then(a_end.cmp(&b_end)).then(a(at).cmp(&b(at)))
}

fn number(from: usize, length: usize, text: &dyn Fn(usize) -> char, start: i64) -> (usize, i64) {
    let mut value = start;
    let mut at = from;
    while at < length && text(at).is_ascii_digit() {
        value = value.wrapping_mul(10).wrapping_add(i64::from(text(at) as u32) - i64::from('0' as u32));
        at += 1;
    }
    (at, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_by_value_and_letters_come_last() {
        let mut keys = ["b10", "b2", "a", "B", "a-b", "a/b", "a.b", "aa", "1", "01", "10", "2"];
        keys.sort_by(|a, b| compare(a, b));
        assert_eq!(keys, ["1", "01", "2", "10", "B", "a", "a-b", "a.b", "a/b", "aa", "b2", "b10"]);
    }
}
