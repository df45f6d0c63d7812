//! IP addresses and blocks of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is one that the whole internet can send to, as far as its block tells: not private, shared, local to a
/// link or a host, nor one of many. Sources: RFC 1918, 3927, 4193, 4291, 6598.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(own) => {
            let [first, second, ..] = own.octets();
            let is_shared = first == 100 && (64..128).contains(&second);
            !(own.is_private() || own.is_loopback() || own.is_link_local() || own.is_unspecified() || is_shared)
                && first < 224
        }
        IpAddr::V6(own) => {
            let is_local = own.is_loopback() || own.is_unique_local() || own.is_unicast_link_local();
            !(is_local || own.is_unspecified() || own.is_multicast())
        }
    }
}

/// Addresses that have their first bits in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    address: IpAddr,
    prefix: u8,
}

impl Block {
    /// Reads a block such as `10.0.0.0/8`, or a single address. Bits after the prefix are not looked at: the API stores
    /// them.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(longest);
        (prefix <= longest).then_some(Self { address, prefix })
    }

    /// Whether the block has this address. Blocks of one family have no address of the other.
    pub fn contains(&self, address: IpAddr) -> bool {
        let shift = |bits: u32| bits - u32::from(self.prefix);
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()).checked_shr(shift(32)).is_none_or(|rest| rest == 0)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()).checked_shr(shift(128)).is_none_or(|rest| rest == 0)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }

    /// Whether every address of `other` is in this block.
    pub fn covers(&self, other: &Self) -> bool {
        self.prefix <= other.prefix && self.contains(other.address)
    }

    /// Whether one address is all that is in it.
    pub fn is_single(&self) -> bool {
        self.prefix == if self.address.is_ipv4() { 32 } else { 128 }
    }

    /// The first address and the last.
    pub fn bounds(&self) -> (IpAddr, IpAddr) {
        let prefix = u32::from(self.prefix);
        match self.address {
            IpAddr::V4(own) => {
                let rest = u32::MAX.checked_shr(prefix).unwrap_or(0);
                (Ipv4Addr::from_bits(own.to_bits() & !rest).into(), Ipv4Addr::from_bits(own.to_bits() | rest).into())
            }
            IpAddr::V6(own) => {
                let rest = u128::MAX.checked_shr(prefix).unwrap_or(0);
                (Ipv6Addr::from_bits(own.to_bits() & !rest).into(), Ipv6Addr::from_bits(own.to_bits() | rest).into())
            }
        }
    }

    /// Whether its addresses are of IPv6.
    pub fn is_v6(&self) -> bool {
        self.address.is_ipv6()
    }

    /// How many bits its addresses have in common.
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Whether every address of a family is in it.
    pub fn is_everything(&self) -> bool {
        self.prefix == 0
    }
}

/// The first of the blocks that together have every address that the internet routes, of IPv4 or of IPv6: whoever
/// splits `0.0.0.0/0` in two has limited nothing.
pub fn first_of_everywhere<'b>(blocks: impl IntoIterator<Item = &'b Block>) -> Option<usize> {
    let mut families: [Vec<(u128, u128, usize)>; 2] = Default::default();
    let bits = |address: IpAddr| match address {
        IpAddr::V4(own) => u128::from(own.to_bits()),
        IpAddr::V6(own) => own.to_bits(),
    };
    for (at, block) in blocks.into_iter().enumerate() {
        let (first, last) = block.bounds();
        families[usize::from(block.is_v6())].push((bits(first), bits(last), at));
    }
    // Up to 223.255.255.255 there are addresses of single hosts, and 2000::/3 is all that is given out of IPv6.
    let routed = [(0x0100_0000, 0xdfff_ffff), (0x2000 << 112, (0x4000 << 112) - 1)];
    families.into_iter().zip(routed).find_map(|(mut spans, (start, end))| {
        // Those that have none of these addresses say nothing.
        spans.retain(|(from, to, _)| *from <= end && *to >= start);
        let first = spans.first()?.2;
        spans.sort_unstable();
        let mut next: u128 = start;
        for (from, to, _) in spans {
            if from > next {
                return None;
            }
            next = next.max(to.saturating_add(1));
        }
        (next > end).then_some(first)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Block {
        Block::parse(text).unwrap()
    }

    #[test]
    fn a_block_contains_what_shares_its_prefix() {
        for (text, address, expected) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.1.2.3/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("0.0.0.0/0", "169.254.169.254", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "fd00:ec2::254", true),
            ("::/0", "1.2.3.4", false),
            ("fd00::/8", "fe80::1", false),
            ("1.2.3.4", "1.2.3.4", true),
            ("1.2.3.4", "1.2.3.5", false),
        ] {
            assert_eq!(block(text).contains(address.parse().unwrap()), expected, "{address} in {text}");
        }
    }

    #[test]
    fn a_block_covers_smaller_ones() {
        assert!(block("169.254.0.0/16").covers(&block("169.254.169.254/32")));
        assert!(block("0.0.0.0/0").covers(&block("0.0.0.0/0")));
        assert!(!block("169.254.169.254/32").covers(&block("169.254.0.0/16")));
        assert!(!block("0.0.0.0/0").covers(&block("::/0")));
    }

    #[test]
    fn bounds_are_the_first_and_the_last_address() {
        for (text, first, last) in [
            ("10.10.1.12/24", "10.10.1.0", "10.10.1.255"),
            ("0.0.0.0/0", "0.0.0.0", "255.255.255.255"),
            ("1.2.3.4/32", "1.2.3.4", "1.2.3.4"),
            ("fd00::1/8", "fd00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("::1", "::1", "::1"),
        ] {
            assert_eq!(block(text).bounds(), (first.parse().unwrap(), last.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for text in ["", "example.com", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/x", "/"] {
            assert_eq!(Block::parse(text), None, "{text}");
        }
    }

    #[test]
    fn halves_are_the_whole() {
        for (texts, expected) in [
            (&["0.0.0.0/0"][..], Some(0)),
            (&["10.0.0.0/8", "128.0.0.0/1", "0.0.0.0/1"], Some(0)),
            (&["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/3"], Some(0)),
            (&["fd00::/8", "::/1", "8000::/1"], Some(1)),
            (&["10.0.0.0/8", "2000::/3"], Some(1)),
            (&["0.0.0.0/1"], None),
            (&["0.0.0.0/1", "::/1"], Some(1)),
            (&["0.0.0.0/2", "128.0.0.0/1"], None),
            (&["8.0.0.0/8"], None),
            (&[], None),
        ] {
            let blocks: Vec<Block> = texts.iter().map(|text| block(text)).collect();
            assert_eq!(first_of_everywhere(&blocks), expected, "{texts:?}");
        }
    }
}
