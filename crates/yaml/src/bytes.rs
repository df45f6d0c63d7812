//! Searching eight bytes at a time, for texts too short to make a call of `memchr` worth it.

const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);

#[inline]
const fn repeat(byte: u8) -> u64 {
    ONES * byte as u64
}

/// The bytes of `word` that are zero have their highest bit set, and so may some that follow one.
#[inline]
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

#[inline]
const fn equal(word: u64, byte: u8) -> u64 {
    zeros(word ^ repeat(byte))
}

#[inline]
fn word_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes)
}

#[inline]
const fn first(mask: u64) -> usize {
    (mask.trailing_zeros() / 8) as usize
}

/// The place of the first quote, backslash or control character from `at` on; the end if there is none.
#[inline]
pub(crate) fn string_special(bytes: &[u8], mut at: usize) -> usize {
    while let Some(word) = word_at(bytes, at) {
        let control = word.wrapping_sub(repeat(0x20)) & !word & HIGHS;
        let mask = equal(word, b'"') | equal(word, b'\\') | control;
        if mask != 0 {
            return at + first(mask);
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or(&[]);
    at + rest.iter().position(|&b| b < 0x20 || b == b'"' || b == b'\\').unwrap_or(rest.len())
}

/// The place of the first byte from `at` on that is not a space.
#[inline]
pub(crate) fn skip_spaces(bytes: &[u8], mut at: usize) -> usize {
    while let Some(word) = word_at(bytes, at) {
        let other = word ^ repeat(b' ');
        if other != 0 {
            return at + first(other);
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or(&[]);
    at + rest.iter().position(|&b| b != b' ').unwrap_or(rest.len())
}

/// The place of the first `:`, `#`, tab or line break from `at` on; the end if there is none.
#[inline]
pub(crate) fn plain_special(bytes: &[u8], mut at: usize) -> usize {
    while let Some(word) = word_at(bytes, at) {
        let control = word.wrapping_sub(repeat(0x20)) & !word & HIGHS;
        let mask = equal(word, b':') | equal(word, b'#') | control;
        if mask != 0 {
            return at + first(mask);
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or(&[]);
    at + rest.iter().position(|&b| b < 0x20 || b == b':' || b == b'#').unwrap_or(rest.len())
}

/// Plain text cannot begin with this byte, or only in some places.
pub(crate) const INDICATOR: u8 = 1;
/// A key that begins with this byte may be a number.
pub(crate) const NUMBER: u8 = 2;
/// A key that begins with this byte may be a boolean or null.
pub(crate) const WORD: u8 = 4;

/// What may be special about text that begins with a byte. One look-up is faster than a `match` with many arms.
pub(crate) static CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte <= b' ' as usize {
        class[byte] = INDICATOR;
        byte += 1;
    }
    let groups: [(&[u8], u8); 4] = [
        // 0xEF begins the byte-order mark.
        (b"?:,[]{}#&*!|>%@`\"'\xEF-", INDICATOR),
        (b"0123456789+.", NUMBER),
        (b"-", INDICATOR | NUMBER),
        (b"yYnNtTfFoO~", WORD),
    ];
    let mut group = 0;
    while group < groups.len() {
        let mut at = 0;
        while at < groups[group].0.len() {
            class[groups[group].0[at] as usize] = groups[group].1;
            at += 1;
        }
        group += 1;
    }
    class
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte value at every place of two words, and in the rest after them.
    #[test]
    fn finds_the_first_special_byte() {
        for length in 0..20 {
            for place in 0..length {
                for byte in 0..=255_u8 {
                    let mut text = vec![b'a'; length];
                    text[place] = byte;
                    let is = |special: bool| if special { place } else { length };
                    assert_eq!(string_special(&text, 0), is(byte < 0x20 || byte == b'"' || byte == b'\\'));
                    assert_eq!(plain_special(&text, 0), is(byte < 0x20 || byte == b':' || byte == b'#'));
                    let mut text = vec![b' '; length];
                    text[place] = byte;
                    assert_eq!(skip_spaces(&text, 0), is(byte != b' '));
                }
            }
        }
    }

    /// What a word computes for the bytes after a match may be wrong; it must not matter.
    #[test]
    fn finds_the_first_of_several() {
        assert_eq!(string_special(b"aa\"#\x01\\#\"aaaaaaa", 0), 2);
        assert_eq!(plain_special(b"a:;;::\n\x0b\x1f#", 0), 1);
        assert_eq!(plain_special(b"\xff\xffaa\x80:#::::", 0), 5);
        assert_eq!(skip_spaces(b"  !!      ", 0), 2);
        assert_eq!(skip_spaces(b"          x", 3), 10);
    }
}
