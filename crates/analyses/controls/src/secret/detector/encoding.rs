//! The few encodings that token formats use: base64, base62, CRC-32.

/// Decodes base64 of either alphabet, with or without padding, until something else stands there.
/// At most `limit` bytes.
pub(in crate::secret) fn base64_prefix(text: &[u8], limit: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity((text.len() / 4 * 3 + 3).min(limit));
    let (mut bits, mut held) = (0u32, 0u32);
    for &byte in text {
        // Encoded texts are broken into lines.
        if byte == b'\n' || byte == b'\r' {
            continue;
        }
        let Some(six) = base64_digit(byte) else { break };
        bits = bits << 6 | six;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
            if out.len() >= limit {
                break;
            }
        }
    }
    out
}

/// Decodes a whole text of base64; `None` if anything in it is not.
pub(in crate::secret) fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let digits = text.trim_end_matches('=').as_bytes();
    let valid = digits.iter().all(|&byte| byte == b'\n' || byte == b'\r' || base64_digit(byte).is_some());
    (valid && digits.len() >= 2 && text.len() - digits.len() <= 2).then(|| base64_prefix(digits, usize::MAX))
}

fn base64_digit(byte: u8) -> Option<u32> {
    let digit = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(u32::from(digit))
}

/// CRC-32 as in zip and Ethernet (polynomial 0x04C11DB7, reflected).
pub(in crate::secret) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = !0u32;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

/// Six digits of base62, `0-9A-Za-z`, with leading zeros.
pub(in crate::secret) fn base62_of_crc(mut number: u32) -> [u8; 6] {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_base64_of_both_alphabets() {
        for (text, bytes) in [
            ("aGVsbG8=", &b"hello"[..]),
            ("aGVsbG8", b"hello"),
            ("-_-_", &[0xFB, 0xFF, 0xBF]),
            ("aGV\nsbG8=\n", b"hello"),
        ] {
            assert_eq!(base64(text).as_deref(), Some(bytes), "{text}");
        }
        assert_eq!(base64("not base64"), None);
        assert_eq!(base64_prefix(b"aGVsbG8.rest", 99), b"hello");
        assert_eq!(base64_prefix(b"aGVsbG8", 2), b"he");
    }

    /// The check value of the catalogue of parametrised CRC algorithms, CRC-32/ISO-HDLC.
    #[test]
    fn crc_is_that_of_the_catalogue() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn base62_is_padded() {
        assert_eq!(&base62_of_crc(0), b"000000");
        assert_eq!(&base62_of_crc(61), b"00000z");
        assert_eq!(&base62_of_crc(62), b"000010");
    }
}
