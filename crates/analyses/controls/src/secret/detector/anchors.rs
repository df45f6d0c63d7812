//! The first look at every byte: a machine that reads eight characters at once and stops where a secret may be.
//!
//! Patterns of eight character classes are put into eight buckets; bit `b` of byte `k` of `TABLE[c]` is zero if
//! bucket `b` allows `c` as its character `k`. Shifting by a byte and adding the bits advances all buckets together
//! (the Shift-Or algorithm of Baeza-Yates and Gonnet), so that text without secrets costs a few instructions a
//! byte, whatever the number of formats.

use super::formats::{CLASSES, DOTTED, FORMATS};

/// Patterns that are recognised at their end: `://`, `-----BE` and the middles of some tokens.
pub(super) const ENDS: u8 = 1;
/// `password=` and the other keys of connection strings.
pub(super) const ASSIGNMENTS: u8 = 1 << 1;
/// `Basic ` and `Bearer `.
pub(super) const SCHEMES: u8 = 1 << 2;
/// The prefixes of tokens, in five buckets.
pub(super) const PREFIXES: u8 = !(ENDS | ASSIGNMENTS | SCHEMES);

/// How many characters a pattern has. The first of a prefix is the one before it.
pub(super) const WIDTH: usize = 8;

/// `{"` in base64.
pub(super) const JSON_WEB_TOKEN: &[u8] = b"eyJ";

static TABLE: [u64; 256] = table();

/// A state at or above this has no bucket at its end.
const NOTHING: u64 = 0xFF << 56;

/// The middles and ends that `ENDS` stops at; the last three characters of each.
const END_PATTERNS: &[[&[u8]; 3]] = &[
    [b":", b"/", b"/"],
    [b"-", b"B", b"E"],
    [b":", b"A", b"A"],
    [b"0123456789", b"Q", b"~"],
    [b"a", b"s", b"v"],
    [b"Q", b"J", b"9"],
    [b"R", b"A", b"L"],
];

const fn table() -> [u64; 256] {
    let mut table = [0; 256];
    // The machine starts as if everything before the text had matched, so bytes that are free are free.
    free(&mut table, ENDS, 0, 5);
    let mut pattern = 0;
    while pattern < END_PATTERNS.len() {
        let mut at = 0;
        while at < 3 {
            allow(&mut table, ENDS, 5 + at, END_PATTERNS[pattern][at]);
            at += 1;
        }
        pattern += 1;
    }
    // `…ord=`, `…pwd=`, `…key=`, `…sig=`.
    free(&mut table, ASSIGNMENTS, 0, 4);
    allow(&mut table, ASSIGNMENTS, 4, b"oOpPkKsS");
    allow(&mut table, ASSIGNMENTS, 5, b"rRwWeEiI");
    allow(&mut table, ASSIGNMENTS, 6, b"dDyYgG");
    allow(&mut table, ASSIGNMENTS, 7, b"=");
    // ` basic ` and `bearer `.
    free(&mut table, SCHEMES, 0, 2);
    let schemes: [&[u8]; 6] = [b"bBeE", b"aA", b"rRsS", b"eEiI", b"rRcC", b" "];
    let mut at = 0;
    while at < schemes.len() {
        allow(&mut table, SCHEMES, 2 + at, schemes[at]);
        at += 1;
    }
    add_prefix(&mut table, JSON_WEB_TOKEN);
    let mut format = 0;
    while format < FORMATS.len() {
        add_prefix(&mut table, FORMATS[format].prefix.as_bytes());
        format += 1;
    }
    // Up to here a bit says that the class is allowed; the machine wants the opposite.
    let mut byte = 0;
    while byte < 256 {
        table[byte] = !table[byte];
        byte += 1;
    }
    table
}

const fn add_prefix(table: &mut [u64; 256], prefix: &[u8]) {
    let bucket = bucket_of(prefix);
    // A token begins where a word begins.
    let mut byte = 0;
    while byte < 256 {
        if !(byte as u8).is_ascii_alphanumeric() {
            table[byte] |= bucket as u64;
        }
        byte += 1;
    }
    let mut at = 1;
    while at < WIDTH {
        if at <= prefix.len() {
            table[prefix[at - 1] as usize] |= (bucket as u64) << (8 * at);
        } else {
            let mut byte = 0;
            while byte < 256 {
                if CLASSES[byte] & DOTTED != 0 || matches!(byte as u8, b'+' | b'/' | b'=') {
                    table[byte] |= (bucket as u64) << (8 * at);
                }
                byte += 1;
            }
        }
        at += 1;
    }
}

/// Prefixes of one shape share a bucket: the fewer classes it allows at a place, the rarer it stops in vain.
const fn bucket_of(prefix: &[u8]) -> u8 {
    let mut underscore = false;
    let mut at = 0;
    while at < prefix.len() && at < WIDTH - 1 {
        underscore |= prefix[at] == b'_';
        at += 1;
    }
    let number = match prefix.len() {
        0..=3 => 3,
        _ if prefix[0].is_ascii_uppercase() => 4,
        _ if prefix[0] == b'g' => 5,
        _ if underscore => 6,
        _ => 7,
    };
    1 << number
}

const fn free(table: &mut [u64; 256], bucket: u8, from: usize, to: usize) {
    let mut byte = 0;
    while byte < 256 {
        let mut at = from;
        while at < to {
            table[byte] |= (bucket as u64) << (8 * at);
            at += 1;
        }
        byte += 1;
    }
}

const fn allow(table: &mut [u64; 256], bucket: u8, at: usize, bytes: &[u8]) {
    let mut index = 0;
    while index < bytes.len() {
        table[bytes[index] as usize] |= (bucket as u64) << (8 * at);
        index += 1;
    }
}

/// A place where a secret may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anchor {
    /// One past the byte at which the machine stopped. Prefixes begin `WIDTH - 1` bytes before it.
    pub(super) end: usize,
    /// The buckets that stopped it.
    pub(super) buckets: u8,
}

/// The machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Machine {
    state: u64,
    at: usize,
}

impl Machine {
    /// A machine that starts at `at`, where a word may begin.
    pub(super) fn starting_at(at: usize) -> Self {
        Self { state: 0, at }
    }

    /// Runs on to the next place where a secret may be.
    pub(super) fn next(&mut self, bytes: &[u8]) -> Option<Anchor> {
        let mut state = self.state;
        let rest = bytes.get(self.at..)?;
        for (index, &byte) in rest.iter().enumerate() {
            state = state << 8 | TABLE[byte as usize];
            if state < NOTHING {
                self.at += index + 1;
                self.state = state;
                return Some(Anchor { end: self.at, buckets: !((state >> 56) as u8) });
            }
        }
        self.at = bytes.len();
        None
    }
}
