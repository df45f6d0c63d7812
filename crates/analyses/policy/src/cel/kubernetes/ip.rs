//! Addresses, as Go's `net/netip` reads and writes them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::cel::Value;
use crate::cel::evaluate::{Answer, Context};
use crate::cel::functions::no_signature;
use crate::cel::functions::strings::quoted;
use crate::cel::value::error;

/// An address without a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(pub(super) IpAddr);

impl Address {
    /// The address of a text, or what Kubernetes says of it.
    pub fn parse(text: &str) -> Result<Address, String> {
        let (address, zone) = parse(text).map_err(|message| {
            format!("IP Address {} parse error during conversion from string: {message}", quoted(text))
        })?;
        if zone {
            return Err(format!("IP address {} with zone value is not allowed", quoted(text)));
        }
        if is_mapped(&address) {
            return Err(format!("IPv4-mapped IPv6 address {} is not allowed", quoted(text)));
        }
        Ok(Address(address))
    }

    pub(crate) fn text(self) -> String {
        self.0.to_string()
    }

    fn is_link_local(self) -> bool {
        match self.0 {
            IpAddr::V4(address) => address.is_link_local(),
            IpAddr::V6(address) => address.segments()[0] & 0xffc0 == 0xfe80,
        }
    }

    fn is_link_local_multicast(self) -> bool {
        match self.0 {
            IpAddr::V4(address) => address.octets()[..3] == [224, 0, 0],
            IpAddr::V6(address) => address.segments()[0] & 0xff0f == 0xff02,
        }
    }

    fn is_global_unicast(self) -> bool {
        let is_broadcast = self.0 == IpAddr::V4(Ipv4Addr::BROADCAST);
        let special = self.0.is_unspecified() || self.0.is_loopback() || self.0.is_multicast() || is_broadcast;
        !special && !self.is_link_local()
    }
}

pub(super) fn is_mapped(address: &IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some())
}

fn refused<T>(text: &str, message: &str, at: &str) -> Result<T, String> {
    let at = if at.is_empty() { String::new() } else { format!(" (at {})", quoted(at)) };
    Err(format!("ParseAddr({}): {message}{at}", quoted(text)))
}

/// `netip.ParseAddr`: the address, and whether it has a zone.
pub(super) fn parse(text: &str) -> Result<(IpAddr, bool), String> {
    match text.bytes().find(|byte| matches!(byte, b'.' | b':' | b'%')) {
        Some(b'.') => Ok((IpAddr::V4(Ipv4Addr::from(octets(text, text)?)), false)),
        Some(b':') => parse_six(text),
        Some(_) => refused(text, "missing IPv6 address", ""),
        None => refused(text, "unable to parse IP", ""),
    }
}

fn octets(whole: &str, text: &str) -> Result<[u8; 4], String> {
    let mut found = [0; 4];
    let (mut value, mut digits, mut at) = (0u32, 0, 0);
    let bytes = text.as_bytes();
    for (index, byte) in bytes.iter().enumerate() {
        let rest = text.get(index..).unwrap_or_default();
        if byte.is_ascii_digit() {
            if digits == 1 && value == 0 {
                return refused(whole, "IPv4 field has octet with leading zero", "");
            }
            value = value * 10 + u32::from(byte - b'0');
            digits += 1;
            if value > 255 {
                return refused(whole, "IPv4 field has value >255", "");
            }
        } else if *byte == b'.' {
            if index == 0 || index + 1 == bytes.len() || bytes.get(index - 1) == Some(&b'.') {
                return refused(whole, "IPv4 field must have at least one digit", rest);
            }
            if at == 3 {
                return refused(whole, "IPv4 address too long", "");
            }
            found[at] = u8::try_from(value).unwrap_or(u8::MAX);
            at += 1;
            (value, digits) = (0, 0);
        } else {
            return refused(whole, "unexpected character", rest);
        }
    }
    if at < 3 {
        return refused(whole, "IPv4 address too short", "");
    }
    found[3] = u8::try_from(value).unwrap_or(u8::MAX);
    Ok(found)
}

fn parse_six(text: &str) -> Result<(IpAddr, bool), String> {
    let (mut rest, zone) = match text.split_once('%') {
        Some((_, "")) => return refused(text, "zone must be a non-empty string", ""),
        Some((rest, _)) => (rest, true),
        None => (text, false),
    };
    let mut bytes: Vec<u8> = Vec::with_capacity(16);
    let mut ellipsis = None;
    if let Some(after) = rest.strip_prefix("::") {
        ellipsis = Some(0);
        rest = after;
        if rest.is_empty() {
            return Ok((IpAddr::V6(Ipv6Addr::UNSPECIFIED), zone));
        }
    }
    while bytes.len() < 16 {
        let length = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        if length > 4 {
            return refused(text, "each group must have 4 or less digits", rest);
        }
        if length == 0 {
            return refused(text, "each colon-separated field must have at least one digit", rest);
        }
        let (digits, after) = rest.split_at(length);
        if after.starts_with('.') {
            if ellipsis.is_none() && bytes.len() != 12 {
                let message = "embedded IPv4 address must replace the final 2 fields of the address";
                return refused(text, message, rest);
            }
            if bytes.len() + 4 > 16 {
                let message = "too many hex fields to fit an embedded IPv4 at the end of the address";
                return refused(text, message, rest);
            }
            bytes.extend(octets(text, rest)?);
            rest = "";
            break;
        }
        bytes.extend(u16::from_str_radix(digits, 16).unwrap_or(0).to_be_bytes());
        rest = after;
        if rest.is_empty() {
            break;
        }
        let Some(after) = rest.strip_prefix(':') else {
            return refused(text, "unexpected character, want colon", rest);
        };
        if after.is_empty() {
            return refused(text, "colon must be followed by more characters", rest);
        }
        rest = after;
        if let Some(after) = rest.strip_prefix(':') {
            if ellipsis.is_some() {
                return refused(text, "multiple :: in address", rest);
            }
            ellipsis = Some(bytes.len());
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
    }
    if !rest.is_empty() {
        return refused(text, "trailing garbage after address", rest);
    }
    let missing = 16 - bytes.len().min(16);
    match ellipsis {
        None if missing > 0 => return refused(text, "address string too short", ""),
        Some(_) if missing == 0 => return refused(text, "the :: must expand to at least one field of zeros", ""),
        Some(at) => drop(bytes.splice(at..at, vec![0; missing])),
        None => {}
    }
    let bytes: [u8; 16] = bytes.try_into().unwrap_or_default();
    Ok((IpAddr::V6(Ipv6Addr::from(bytes)), zone))
}

pub(crate) fn make(context: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let text = match values {
        [Value::String(text)] => text,
        [Value::Cidr(cidr)] if name == "ip" => return Ok(Value::Ip(cidr.address())),
        _ => return no_signature(name, values),
    };
    context.budget.spend_text(text.len())?;
    let address = Address::parse(text);
    match (name, address) {
        ("isIP", address) => Ok(Value::Bool(address.is_ok())),
        (_, Err(message)) => error(message),
        ("ip.isCanonical", Ok(address)) => Ok(Value::Bool(address.text() == **text)),
        (_, Ok(address)) => Ok(Value::Ip(address)),
    }
}

pub(crate) fn question(_: &mut Context<'_>, name: &str, values: &[Value]) -> Answer {
    let [Value::Ip(address)] = values else { return no_signature(name, values) };
    Ok(match name {
        "family" => Value::Int(if address.0.is_ipv4() { 4 } else { 6 }),
        "isUnspecified" => Value::Bool(address.0.is_unspecified()),
        "isLoopback" => Value::Bool(address.0.is_loopback()),
        "isLinkLocalMulticast" => Value::Bool(address.is_link_local_multicast()),
        "isLinkLocalUnicast" => Value::Bool(address.is_link_local()),
        _ => Value::Bool(address.is_global_unicast()),
    })
}
