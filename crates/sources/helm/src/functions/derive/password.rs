//! `derivePassword`: the password of a site from a master password. Sources: the Master Password algorithm as Sprig
//! has it; scrypt, RFC 7914; HMAC, RFC 2104; PBKDF2, RFC 8018.

use sha2::{Digest as _, Sha256};

const SEED: &[u8] = b"com.lyndir.masterpassword";

fn templates(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        "long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        "medium" => &["CvcnoCvc", "CvcCvcno"],
        "short" => &["Cvcn"],
        "basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        "pin" => &["nnnn"],
        _ => return None,
    })
}

fn characters(class: u8) -> &'static [u8] {
    match class {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'A' => b"AEIOUBCDFGHJKLMNPQRSTVWXYZ",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

/// The password for `site`.
pub(crate) fn password(counter: u32, kind: &str, master: &str, user: &str, site: &str) -> String {
    let Some(templates) = templates(kind) else { return format!("cannot find password template {kind}") };
    let named = |name: &str| [SEED, &(name.len() as u32).to_be_bytes(), name.as_bytes()].concat();
    let key = scrypt(master.as_bytes(), &named(user));
    let seed = hmac(&key, &[&named(site)[..], &counter.to_be_bytes()].concat());
    let template = templates[seed[0] as usize % templates.len()];
    let pick = |(class, byte): (u8, &u8)| {
        let all = characters(class);
        char::from(all[*byte as usize % all.len()])
    };
    template.bytes().zip(&seed[1..]).map(pick).collect()
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0; 64];
    if key.len() > 64 {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|b| b ^ 0x5C)).chain_update(inner).finalize().into()
}

/// PBKDF2 with one iteration.
fn pbkdf2(password: &[u8], salt: &[u8], length: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(length + 32);
    let mut index = 1_u32;
    while out.len() < length {
        out.extend_from_slice(&hmac(password, &[salt, &index.to_be_bytes()].concat()));
        index += 1;
    }
    out.truncate(length);
    out
}

const COST: usize = 32_768;
const BLOCK: usize = 8;
const PARALLEL: usize = 2;
/// 32-bit words of one block.
const WORDS: usize = 32 * BLOCK;

fn scrypt(password: &[u8], salt: &[u8]) -> Vec<u8> {
    let mut all = pbkdf2(password, salt, PARALLEL * WORDS * 4);
    for part in all.chunks_exact_mut(WORDS * 4) {
        let mut words: Vec<u32> =
            part.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect();
        mix(&mut words);
        for (bytes, word) in part.chunks_exact_mut(4).zip(&words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
    }
    pbkdf2(password, &all, 64)
}

fn mix(block: &mut Vec<u32>) {
    let mut memory = Vec::with_capacity(COST * WORDS);
    for _ in 0..COST {
        memory.extend_from_slice(block);
        *block = block_mix(block);
    }
    for _ in 0..COST {
        let at = block[WORDS - 16] as usize % COST;
        for (word, other) in block.iter_mut().zip(&memory[at * WORDS..(at + 1) * WORDS]) {
            *word ^= other;
        }
        *block = block_mix(block);
    }
}

fn block_mix(block: &[u32]) -> Vec<u32> {
    let mut last = [0_u32; 16];
    last.copy_from_slice(&block[WORDS - 16..]);
    let mut out = vec![0; WORDS];
    for (index, part) in block.chunks_exact(16).enumerate() {
        for (word, other) in last.iter_mut().zip(part) {
            *word ^= other;
        }
        salsa(&mut last);
        let at = (index / 2 + if index % 2 == 1 { BLOCK } else { 0 }) * 16;
        out[at..at + 16].copy_from_slice(&last);
    }
    out
}

/// Salsa20/8.
fn salsa(words: &mut [u32; 16]) {
    const COLUMNS: [[usize; 4]; 4] = [[0, 4, 8, 12], [5, 9, 13, 1], [10, 14, 2, 6], [15, 3, 7, 11]];
    const ROWS: [[usize; 4]; 4] = [[0, 1, 2, 3], [5, 6, 7, 4], [10, 11, 8, 9], [15, 12, 13, 14]];
    let before = *words;
    for _ in 0..4 {
        for [a, b, c, d] in COLUMNS.into_iter().chain(ROWS) {
            words[b] ^= words[a].wrapping_add(words[d]).rotate_left(7);
            words[c] ^= words[b].wrapping_add(words[a]).rotate_left(9);
            words[d] ^= words[c].wrapping_add(words[b]).rotate_left(13);
            words[a] ^= words[d].wrapping_add(words[c]).rotate_left(18);
        }
    }
    for (word, before) in words.iter_mut().zip(before) {
        *word = word.wrapping_add(before);
    }
}
