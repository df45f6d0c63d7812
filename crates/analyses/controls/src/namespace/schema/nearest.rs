//! The name that was meant by one that is not known.

use model::nearest::edit_distance;

/// Longer names are not compared: no field is that long, and the comparison takes its time.
const LONGEST: usize = 64;

/// The one of `candidates` that is nearest to `name`, if it is near enough to be what was meant.
pub(crate) fn nearest<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    if name.len() > LONGEST {
        return None;
    }
    let allowed = match name.len() {
        ..=3 => 0,
        4..=8 => 1,
        _ => 2,
    };
    let lower = name.to_ascii_lowercase();
    let near = candidates.filter(|candidate| candidate.len().abs_diff(name.len()) <= 2);
    let measured = near.map(|candidate| (edit_distance(&lower, &candidate.to_ascii_lowercase()), candidate));
    let (distance, candidate) = measured.min_by_key(|&(distance, candidate)| (distance, candidate))?;
    // Two letters that changed places are one slip and count as two.
    let is_near = distance <= allowed || distance == 2 && has_same_letters(&lower, &candidate.to_ascii_lowercase());
    is_near.then_some(candidate)
}

fn has_same_letters(a: &str, b: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<u8> = text.bytes().collect();
        letters.sort_unstable();
        letters
    };
    sorted(a) == sorted(b)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn misspelt_names_are_recognized_and_others_are_not() {
        let fields = ["replicas", "selector", "strategy", "template", "args"];
        let near = |name| nearest(name, fields.into_iter());
        assert_eq!(near("replica"), Some("replicas"));
        assert_eq!(near("Replicas"), Some("replicas"));
        assert_eq!(near("templte"), Some("template"));
        assert_eq!(near("ags"), None);
        assert_eq!(near("agrs"), Some("args"));
        assert_eq!(near("Args"), Some("args"));
        assert_eq!(near("colour"), None);
        assert_eq!(near(&"x".repeat(10_000)), None);
    }
}
