//! What was meant by a word: names that are the same however they are written, and what is near to one that names nothing.

/// No name is longer than that: comparing a longer word would only take time.
const LONGEST: usize = 200;

/// The candidate that is nearest to `name`, if it is near.
pub fn nearest<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    if name.len() > LONGEST {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let distance = |candidate: &str| {
        // A word that is contained is nearer than one that is spelled otherwise.
        if is_part(&name, candidate) { 1 } else { edit_distance(&name, &candidate.to_ascii_lowercase()) }
    };
    let near = candidates.map(|candidate| (distance(candidate), candidate));
    let (distance, candidate) = near.min_by_key(|&(distance, candidate)| (distance, candidate.len()))?;
    (distance <= 2 + name.len() / 6).then_some(candidate)
}

/// Whether two names are the same, however they are written: `KSV-0017`, `ksv017` and `KSV_17`, or `host-network` and
/// `HostNetwork`.
pub fn is_same(a: &str, b: &str) -> bool {
    letters(a).eq(letters(b))
}

/// Whether a name is a part of another one, however they are written. Nearly every name has a part of three letters.
pub fn is_part(part: &str, name: &str) -> bool {
    let (part, name): (String, String) = (letters(part).collect(), letters(name).collect());
    part.len() >= 4 && name.contains(&part)
}

/// The letters of a name in lower case, without what joins its parts and without zeros before numbers.
fn letters(name: &str) -> impl Iterator<Item = char> {
    let mut before = None;
    let mut rest = name.chars().peekable();
    std::iter::from_fn(move || {
        loop {
            let next = rest.next()?;
            let in_number = before.is_some_and(|before: char| before.is_ascii_digit() || before == '.');
            let is_filling = next == '0' && !in_number && rest.peek().is_some_and(char::is_ascii_digit);
            if is_filling {
                continue;
            }
            before = Some(next);
            if !matches!(next, '-' | '_' | ' ') {
                return Some(next.to_ascii_lowercase());
            }
        }
    })
}

/// The number of letters to add, leave out or change to make one word of the other (Levenshtein).
pub fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_near_if_few_letters_differ_or_if_it_is_a_part() {
        let names = ["controls", "requirements", "nist-800-53"];
        assert_eq!(nearest("contrls", names.into_iter()), Some("controls"));
        assert_eq!(nearest("NIST", names.into_iter()), Some("nist-800-53"));
        assert_eq!(nearest("zzzzzz", names.into_iter()), None);
        assert_eq!(nearest("nist800", names.into_iter()), Some("nist-800-53"));
    }

    #[test]
    fn names_are_the_same_however_they_are_written() {
        for name in ["KSV-0017", "KSV017", "ksv-17", "Ksv_17"] {
            assert!(is_same(name, "KSV-0017"), "{name}");
        }
        assert!(is_same("HostNetwork", "host-network") && is_same("host network", "host-network"));
        assert!(!is_same("KSV-0170", "KSV-0017") && !is_same("5.2.20", "5.2.2"));
    }
}
