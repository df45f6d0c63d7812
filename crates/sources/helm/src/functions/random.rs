//! What is random, or made anew each time, in a chart: fixed here, so that a result can be compared with another.

use super::Answer;
use super::calls::{int, text};
use crate::template::{Failure, Machine};
use crate::value::{Object, Value};

fn note(machine: &mut Machine, what: &str) {
    machine.note(&format!("`{what}` gives something else each time; here it is always the same"));
}

fn digits(machine: &mut Machine, what: &str, alphabet: &str, count: i64) -> Answer {
    note(machine, what);
    let count = usize::try_from(count).unwrap_or(0);
    machine.check_size(count)?;
    Ok(Value::text(alphabet.chars().cycle().take(count).collect::<String>()))
}

pub(super) fn rand_alpha_num(machine: &mut Machine, values: Vec<Value>) -> Answer {
    digits(machine, "randAlphaNum", "aB3dE6gH9", int(&values[0]))
}

pub(super) fn rand_alpha(machine: &mut Machine, values: Vec<Value>) -> Answer {
    digits(machine, "randAlpha", "aBcDeFgHi", int(&values[0]))
}

pub(super) fn rand_numeric(machine: &mut Machine, values: Vec<Value>) -> Answer {
    digits(machine, "randNumeric", "123456789", int(&values[0]))
}

pub(super) fn rand_ascii(machine: &mut Machine, values: Vec<Value>) -> Answer {
    digits(machine, "randAscii", "aB3+eF6-hI9", int(&values[0]))
}

pub(super) fn rand_bytes(machine: &mut Machine, values: Vec<Value>) -> Answer {
    note(machine, "randBytes");
    let count = usize::try_from(int(&values[0])).unwrap_or(0);
    machine.check_size(count.saturating_mul(2))?;
    Ok(Value::text(data_encoding::BASE64.encode(&vec![0x5A; count])))
}

pub(super) fn rand_int(machine: &mut Machine, values: Vec<Value>) -> Answer {
    note(machine, "randInt");
    let (low, high) = (int(&values[0]), int(&values[1]));
    if high <= low {
        return Err(Failure::new("invalid argument to Intn"));
    }
    Ok(Value::int(low))
}

pub(super) fn shuffle(machine: &mut Machine, values: Vec<Value>) -> Answer {
    note(machine, "shuffle");
    Ok(values[0].clone())
}

pub(super) fn uuidv4(machine: &mut Machine, _: Vec<Value>) -> Answer {
    note(machine, "uuidv4");
    Ok(Value::text("00000000-0000-4000-8000-000000000000"))
}

/// A hash of the right form that no password has.
const BCRYPT: &str = "$2a$10$plimsollplimsollplimsoluplimsollplimsollplimsollplimso";

pub(super) fn bcrypt(machine: &mut Machine, _: Vec<Value>) -> Answer {
    note(machine, "bcrypt");
    Ok(Value::text(BCRYPT))
}

pub(super) fn htpasswd(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let user = text(&values[0]);
    if user.contains(':') {
        return Ok(Value::text(format!("invalid username: {}", &*user)));
    }
    note(machine, "htpasswd");
    Ok(Value::text(format!("{}:{BCRYPT}", &*user)))
}

fn pem(kind: &str) -> String {
    format!(
        "-----BEGIN {kind}-----\ncGxpbXNvbGwgcHV0cyB0aGlzIHdoZXJlIHNvbWV0aGluZyByYW5kb20gd291bGQgYmU=\n-----END {kind}-----\n"
    )
}

pub(super) fn gen_private_key(machine: &mut Machine, values: Vec<Value>) -> Answer {
    let kind = match &*text(&values[0]) {
        "" | "rsa" => "RSA PRIVATE KEY",
        "dsa" => "DSA PRIVATE KEY",
        "ecdsa" => "EC PRIVATE KEY",
        "ed25519" => "PRIVATE KEY",
        other => return Ok(Value::text(format!("Unknown type {other}"))),
    };
    note(machine, "genPrivateKey");
    Ok(Value::text(pem(kind)))
}

pub(super) fn certificate(machine: &mut Machine, _: Vec<Value>) -> Answer {
    note(machine, "genCA, genSignedCert, genSelfSignedCert");
    Ok(Value::object(Object::Certificate(pem("CERTIFICATE"), pem("RSA PRIVATE KEY"))))
}

/// The certificate and key that are given, decoded.
pub(super) fn build_custom_cert(_: &mut Machine, values: Vec<Value>) -> Answer {
    let decode = |value: &Value, what: &str| {
        let text = text(value);
        let decoded = data_encoding::BASE64.decode(text.as_bytes());
        decoded
            .map(|bytes| crate::text::from_bytes(&bytes).into_owned())
            .map_err(|_| Failure::new(format!("unable to decode base64 {what}")))
    };
    let (certificate, key) = (decode(&values[0], "certificate")?, decode(&values[1], "private key")?);
    if !certificate.contains("-----BEGIN CERTIFICATE-----") {
        return Err(Failure::new("unable to decode certificate"));
    }
    Ok(Value::object(Object::Certificate(certificate, key)))
}

pub(super) fn encrypt_aes(machine: &mut Machine, _: Vec<Value>) -> Answer {
    note(machine, "encryptAES");
    Ok(Value::text(data_encoding::BASE64.encode(&[0x5A; 32])))
}

pub(super) fn decrypt_aes(machine: &mut Machine, _: Vec<Value>) -> Answer {
    machine.note("`decryptAES` is not done here: a fixed text stands for what it would give");
    Ok(Value::text("decrypted"))
}
