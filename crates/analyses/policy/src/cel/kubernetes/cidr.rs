//! Ranges of addresses, as Go's `net/netip` reads and writes them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::ip::{self, Address};
use crate::cel::Value;
use crate::cel::evaluate::{Answer, Context};
use crate::cel::functions::no_signature;
use crate::cel::functions::strings::quoted;
use crate::cel::value::{error, no_overload};

/// An address and how many of its bits are those of the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    address: Address,
    bits: u8,
}

impl Cidr {
    /// The range of a text, or what Kubernetes says of it.
    pub fn parse(text: &str) -> Result<Cidr, String> {
        let cidr = parse(text).map_err(|message| {
            let message = format!("netip.ParsePrefix({}): {message}", quoted(text));
            format!("network address parse error during conversion from string: {message}")
        })?;
        if ip::is_mapped(&cidr.address.0) {
            return Err(format!("IPv4-mapped IPv6 address {} is not allowed", quoted(text)));
        }
        Ok(cidr)
    }

    pub(super) fn address(self) -> Address {
        self.address
    }

    pub(crate) fn text(self) -> String {
        format!("{}/{}", self.address.text(), self.bits)
    }

    fn masked(self) -> Cidr {
        Cidr { address: Address(masked(self.address.0, self.bits)), bits: self.bits }
    }

    fn contains(self, address: Address) -> bool {
        let is_same_family = self.address.0.is_ipv4() == address.0.is_ipv4();
        is_same_family && masked(address.0, self.bits) == self.masked().address.0
    }
}

fn masked(address: IpAddr, bits: u8) -> IpAddr {
    let bits = u32::from(bits);
    match address {
        IpAddr::V4(address) => {
            IpAddr::V4(Ipv4Addr::from(u32::from(address) & u32::MAX.checked_shl(32 - bits.min(32)).unwrap_or(0)))
        }
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from(u128::from(address) & u128::MAX.checked_shl(128 - bits.min(128)).unwrap_or(0)))
        }
    }
}

fn parse(text: &str) -> Result<Cidr, String> {
    let Some((address, bits)) = text.rsplit_once('/') else { return Err("no '/'".to_owned()) };
    let (address, has_zone) = ip::parse(address)?;
    if has_zone {
        return Err("IPv6 zones cannot be present in a prefix".to_owned());
    }
    let is_well_formed = bits.len() <= 1 || matches!(bits.as_bytes().first(), Some(b'1'..=b'9'));
    let number = bits.parse::<i64>().ok().filter(|_| is_well_formed);
    let Some(number) = number else { return Err(format!("bad bits after slash: {}", quoted(bits))) };
    let most = if address.is_ipv4() { 32 } else { 128 };
    match u8::try_from(number) {
        Ok(bits) if bits <= most => Ok(Cidr { address: Address(address), bits }),
        _ => Err("prefix length out of range".to_owned()),
    }
}

pub(crate) fn make(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::String(text)] = values else { return no_signature(name, values) };
    context.budget.spend_text(text.len())?;
    match (name, Cidr::parse(text)) {
        ("isCIDR", parsed) => Ok(Value::Bool(parsed.is_ok())),
        (_, Ok(cidr)) => Ok(Value::Cidr(cidr)),
        (_, Err(message)) => error(format!("network address parse error during conversion from string: {message}")),
    }
}

pub(crate) fn question(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let (cidr, rest) = match values {
        [Value::Cidr(cidr), rest @ ..] => (*cidr, rest),
        _ => return no_signature(name, values),
    };
    context.budget.spend(1)?;
    Ok(match (name, rest) {
        ("prefixLength", []) => Value::Int(i64::from(cidr.bits)),
        ("masked", []) => Value::Cidr(cidr.masked()),
        ("containsIP", [Value::Ip(address)]) => Value::Bool(cidr.contains(*address)),
        ("containsIP", [Value::String(text)]) => match Address::parse(text) {
            Ok(address) => Value::Bool(cidr.contains(address)),
            Err(_) => return no_overload(),
        },
        ("containsCIDR", [Value::Cidr(other)]) => contains(cidr, *other),
        ("containsCIDR", [Value::String(text)]) => match Cidr::parse(text) {
            Ok(other) => contains(cidr, other),
            Err(message) => {
                return error(format!("network address parse error during conversion from string: {message}"));
            }
        },
        _ => return no_signature(name, values),
    })
}

fn contains(cidr: Cidr, other: Cidr) -> Value {
    Value::Bool(cidr.bits <= other.bits && cidr.contains(other.address))
}
