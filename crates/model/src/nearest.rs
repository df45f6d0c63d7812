//! What was meant by a word that names nothing.

/// No name is longer than that: comparing a longer word would only take time.
const LONGEST: usize = 200;

/// The candidate that is nearest to `name`, if it is near.
pub fn nearest<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    if name.len() > LONGEST {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let distance = |candidate: &str| {
        let candidate = candidate.to_ascii_lowercase();
        // A word that is contained is nearer than one that is spelled otherwise.
        if candidate.contains(&name) && name.len() >= 4 { 1 } else { edit_distance(&name, &candidate) }
    };
    let near = candidates.map(|candidate| (distance(candidate), candidate));
    let (distance, candidate) = near.min_by_key(|&(distance, candidate)| (distance, candidate.len()))?;
    (distance <= 2 + name.len() / 6).then_some(candidate)
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
    }
}
