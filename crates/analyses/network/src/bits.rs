//! Sets of small numbers, one bit each.

/// A set of numbers below a bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    pub(crate) fn new(bound: usize) -> Self {
        Self { words: vec![0; bound.div_ceil(64)] }
    }

    /// All numbers below the bound.
    pub(crate) fn full(bound: usize) -> Self {
        let mut all = Self { words: vec![u64::MAX; bound.div_ceil(64)] };
        if let Some(last) = all.words.last_mut().filter(|_| !bound.is_multiple_of(64)) {
            *last = (1 << (bound % 64)) - 1;
        }
        all
    }

    pub(crate) fn insert(&mut self, number: u32) {
        self.words[number as usize / 64] |= 1 << (number % 64);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// What is in one of them and not in the other.
    pub(crate) fn difference(&self, other: &Self) -> Self {
        let words = self.words.iter().zip(&other.words).map(|(own, other)| own ^ other);
        Self { words: words.collect() }
    }

    /// Adds the numbers, from 0, of what holds.
    pub(crate) fn insert_where(&mut self, holds: impl Iterator<Item = bool>) {
        let mut holds = holds.fuse();
        for word in &mut self.words {
            *word |= (0..64).zip(&mut holds).fold(0, |bits, (at, holds)| bits | u64::from(holds) << at);
        }
    }

    pub(crate) fn contains(&self, number: u32) -> bool {
        self.words.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// Adds what is in `other`.
    pub(crate) fn union(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(own, other)| *own |= other);
    }

    /// Takes out what is not in `other`.
    pub(crate) fn intersect(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(own, other)| *own &= other);
    }

    /// Takes out what is in `other`.
    pub(crate) fn subtract(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(own, other)| *own &= !other);
    }

    pub(crate) fn remove(&mut self, number: u32) {
        self.words[number as usize / 64] &= !(1 << (number % 64));
    }

    /// What is in both.
    pub(crate) fn common<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = u32> + 'a {
        let both = self.words.iter().zip(&other.words).map(|(own, other)| own & other);
        both.enumerate().flat_map(|(at, word)| Ones(word).map(move |bit| at as u32 * 64 + bit))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| Ones(word).map(move |bit| at as u32 * 64 + bit))
    }

    /// The smallest number that is in both.
    pub(crate) fn first_common(&self, other: &Self) -> Option<u32> {
        let mut both = self.words.iter().zip(&other.words).map(|(own, other)| own & other).enumerate();
        both.find(|(_, word)| *word != 0).map(|(at, word)| at as u32 * 64 + word.trailing_zeros())
    }
}

/// The positions of the ones of a word.
pub(crate) struct Ones(pub(crate) u64);

impl Iterator for Ones {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let bit = self.0.trailing_zeros();
        self.0 &= self.0.wrapping_sub(1);
        (bit < 64).then_some(bit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_was_put_into_them() {
        let mut set = Bits::new(130);
        for number in [0, 63, 64, 129] {
            set.insert(number);
        }
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 63, 64, 129]);
        assert!(set.contains(129) && !set.contains(128) && !set.contains(1000));
        let mut other = Bits::new(130);
        other.insert(64);
        other.insert(5);
        assert_eq!(set.first_common(&other), Some(64));
        set.union(&other);
        assert_eq!(set.common(&other).collect::<Vec<_>>(), [5, 64]);
        let mut rest = Bits::full(130);
        rest.subtract(&set);
        assert_eq!(rest.iter().count(), 125);
        assert_eq!(Bits::full(128).iter().count(), 128);
        let mut odd = Bits::new(130);
        odd.insert_where((0..130).map(|number| number % 2 == 1));
        assert_eq!(odd.iter().count(), 65);
        assert!(odd.contains(129) && !odd.contains(128));
        set.remove(64);
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 5, 63, 129]);
    }
}
