//! Sums of texts.

use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

use super::Answer;
use super::calls::text;
use crate::template::Machine;
use crate::text::bytes;
use crate::value::Value;

fn hexadecimal(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

pub(super) fn sha1sum(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::text(hexadecimal(&Sha1::digest(bytes(&text(&values[0]))))))
}

pub(super) fn sha256sum(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::text(hexadecimal(&Sha256::digest(bytes(&text(&values[0]))))))
}

pub(super) fn sha512sum(_: &mut Machine, values: Vec<Value>) -> Answer {
    Ok(Value::text(hexadecimal(&Sha512::digest(bytes(&text(&values[0]))))))
}

pub(super) fn adler32sum(_: &mut Machine, values: Vec<Value>) -> Answer {
    const MODULO: u32 = 65_521;
    let (mut a, mut b) = (1, 0);
    for byte in bytes(&text(&values[0])).iter() {
        a = (a + u32::from(*byte)) % MODULO;
        b = (b + a) % MODULO;
    }
    Ok(Value::text(((b << 16) | a).to_string()))
}

pub(super) fn derive_password(machine: &mut Machine, values: Vec<Value>) -> Answer {
    machine.tick(500_000)?;
    let counter = super::calls::int(&values[0]) as u32;
    let texts: Vec<_> = values[1..].iter().map(text).collect();
    Ok(Value::text(super::derive::password::password(counter, &texts[0], &texts[1], &texts[2], &texts[3])))
}
