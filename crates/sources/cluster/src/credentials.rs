//! What proves to a server who asks: tokens and certificates; the programs that give them are in `plugin`.

use std::fs;
use std::io;
use std::time::{Duration, SystemTime};

use crate::kubeconfig::Connection;
use crate::plugin;

/// Why there are no credentials.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CredentialError {
    /// A file of a token cannot be read.
    #[error("cannot read the token in `{path}`: {reason}")]
    TokenFile {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// The program cannot be started.
    #[error("cannot run `{command}`, which the kubeconfig names for credentials: {reason}{hint}")]
    Start {
        /// The program.
        command: String,
        /// Why.
        reason: String,
        /// How to get it.
        hint: String,
    },
    /// The program failed, took too long, or printed something else.
    #[error("`{command}` gave no credentials: {reason}")]
    Plugin {
        /// The program.
        command: String,
        /// Why.
        reason: String,
    },
}

/// What is sent along.
#[derive(Clone, Default)]
pub(crate) struct Credentials {
    /// The value of the `Authorization` header.
    pub(crate) authorization: Option<String>,
    /// PEM certificate chain and key.
    pub(crate) certificate: Option<(Vec<u8>, Vec<u8>)>,
    /// When to ask again.
    pub(crate) expires: Option<SystemTime>,
}

impl Credentials {
    /// Whether a server would answer them as it answers the others.
    pub(crate) fn are_those(&self, other: &Self) -> bool {
        self.authorization == other.authorization && self.certificate == other.certificate
    }
}

/// Tells the user something that is about to happen.
pub type Notice<'a> = &'a (dyn Fn(&str) + Sync);

/// Finds out what to send along; a program is announced before it runs.
///
/// # Errors
/// A file or a program that does not give what it should.
pub(crate) fn obtain(connection: &Connection, notice: Notice<'_>) -> Result<Credentials, CredentialError> {
    let user = &connection.user;
    let mut credentials = Credentials { certificate: user.certificate.clone(), ..Credentials::default() };
    if let Some(path) = &user.token_file {
        let fail = |error: io::Error| CredentialError::TokenFile {
            path: path.display().to_string(),
            reason: error.to_string(),
        };
        let token = fs::read_to_string(path).map_err(fail)?;
        credentials.authorization = Some(format!("Bearer {}", token.trim()));
        // Kubelets write a new one well before the old one ends.
        credentials.expires = Some(SystemTime::now() + Duration::from_secs(60));
    } else if let Some(token) = &user.token {
        credentials.authorization = Some(format!("Bearer {}", token.0));
    } else if let Some((name, password)) = &user.basic {
        let plain = format!("{name}:{}", password.0);
        credentials.authorization = Some(format!("Basic {}", encode(plain.as_bytes())));
    } else if let Some(exec) = &user.exec {
        let status = plugin::run(exec, connection, notice)?;
        credentials.authorization = status.token.map(|token| format!("Bearer {token}"));
        if let (Some(certificate), Some(key)) = (status.client_certificate_data, status.client_key_data) {
            credentials.certificate = Some((certificate.into_bytes(), key.into_bytes()));
        }
        credentials.expires = status.expiration_timestamp.as_deref().and_then(time);
    }
    Ok(credentials)
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let symbol = ALPHABET[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= chunk.len() { char::from(symbol) } else { '=' });
        }
    }
    out
}

/// A time of RFC 3339, as far as seconds.
fn time(text: &str) -> Option<SystemTime> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let zone = text.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let offset = match zone {
        "Z" | "z" => 0,
        _ => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            sign * (hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60)
        }
    };
    // Days from civil: the year begins in March, so that the leap day is its last.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset;
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_since_1970() {
        let seconds = |text| time(text).unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        assert_eq!(seconds("1970-01-01T00:00:00Z"), 0);
        assert_eq!(seconds("2000-03-01T00:00:00Z"), 951_868_800);
        assert_eq!(seconds("2026-11-27T13:00:00.5+02:00"), seconds("2026-11-27T11:00:00Z"));
        assert_eq!(time("tomorrow"), None);
    }

    #[test]
    fn encodes_what_rfc_4648_lists() {
        for (plain, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(encode(plain.as_bytes()), encoded);
        }
    }
}
