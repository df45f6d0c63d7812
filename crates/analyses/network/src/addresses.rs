//! Addresses outside the cluster: cut at the ends of every block that some rule names, IPv4 and IPv6 apart.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use model::address::Block;

/// Addresses from one to another, both included, of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range {
    /// The first address.
    pub first: IpAddr,
    /// The last address.
    pub last: IpAddr,
}

impl Range {
    /// The addresses of a block.
    pub fn of(block: &Block) -> Self {
        let (first, last) = block.bounds();
        Self { first, last }
    }

    /// Whether the address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.first.is_ipv4() && self.first <= address && address <= self.last
    }

    /// Whether some address is in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.first.is_ipv4() == other.first.is_ipv4() && self.first <= other.last && other.first <= self.last
    }

    /// Whether every address of its family is in it.
    pub fn is_everything(&self) -> bool {
        number(self.first) == 0 && successor(self.last).is_none()
    }

    /// Whether `next` begins where this ends.
    pub fn touches(&self, next: &Self) -> bool {
        successor(self.last) == Some(next.first)
    }

    /// The range as a block, if it is one, and otherwise by its ends.
    pub fn text(&self) -> String {
        let bits = if self.first.is_ipv4() { 32 } else { 128 };
        let (first, last) = (number(self.first), number(self.last));
        let differing = 128 - (first ^ last).leading_zeros();
        let low = 1u128.checked_shl(differing).map_or(u128::MAX, |one| one - 1);
        if first & low == 0 && last & low == low {
            return format!("{}/{}", self.first, bits - differing);
        }
        format!("{}-{}", self.first, self.last)
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn successor(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => address.to_bits().checked_add(1).map(|next| Ipv4Addr::from_bits(next).into()),
        IpAddr::V6(address) => address.to_bits().checked_add(1).map(|next| Ipv6Addr::from_bits(next).into()),
    }
}

fn predecessor(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => address.to_bits().checked_sub(1).map(|next| Ipv4Addr::from_bits(next).into()),
        IpAddr::V6(address) => address.to_bits().checked_sub(1).map(|next| Ipv6Addr::from_bits(next).into()),
    }
}

/// The ranges that no block tells apart, ascending, IPv4 before IPv6; together they are all addresses.
pub(crate) fn cut(ranges: impl Iterator<Item = Range>) -> Vec<Range> {
    let zero: [IpAddr; 2] = [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()];
    let mut starts: Vec<IpAddr> = zero.to_vec();
    for range in ranges {
        starts.push(range.first);
        starts.extend(successor(range.last));
    }
    starts.sort_unstable();
    starts.dedup();
    let end = |family: IpAddr| match family {
        IpAddr::V4(_) => Ipv4Addr::BROADCAST.into(),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(u128::MAX)),
    };
    let mut cut = Vec::with_capacity(starts.len());
    for (at, &first) in starts.iter().enumerate() {
        let next = starts.get(at + 1).filter(|next| next.is_ipv4() == first.is_ipv4());
        let last = next.and_then(|next| predecessor(*next)).unwrap_or_else(|| end(first));
        cut.push(Range { first, last });
    }
    cut
}

/// Joins ranges that touch.
pub fn merge(ranges: &mut Vec<Range>) {
    ranges.sort_unstable();
    let mut merged: Vec<Range> = Vec::with_capacity(ranges.len());
    for range in ranges.drain(..) {
        match merged.last_mut() {
            Some(before) if before.touches(&range) => before.last = range.last,
            _ => merged.push(range),
        }
    }
    *ranges = merged;
}

/// Every address.
pub(crate) fn everything() -> Vec<Range> {
    cut(std::iter::empty())
}

/// The addresses that are in any of them, each once.
pub(crate) fn union(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.sort_unstable();
    let mut all: Vec<Range> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match all.last_mut() {
            Some(before) if before.overlaps(&range) || before.touches(&range) => {
                before.last = before.last.max(range.last)
            }
            _ => all.push(range),
        }
    }
    all
}

/// The addresses that are in none of them.
pub fn besides(ranges: &[Range]) -> Vec<Range> {
    without(&everything(), ranges)
}

/// Whether most addresses of a family are in disjoint ranges: with that nobody in particular is meant.
pub(crate) fn is_most(ranges: &[Range]) -> bool {
    let size = |v4: bool| -> u128 {
        let of_family = ranges.iter().filter(|range| range.first.is_ipv4() == v4);
        of_family.map(|range| number(range.last) - number(range.first)).fold(0, u128::saturating_add)
    };
    size(true) > 1 << 31 || size(false) > 1 << 124
}

/// The addresses that are in both.
pub(crate) fn common(left: &[Range], right: &[Range]) -> Vec<Range> {
    let mut both = Vec::new();
    for own in left {
        for other in right.iter().filter(|other| other.first.is_ipv4() == own.first.is_ipv4()) {
            let (first, last) = (own.first.max(other.first), own.last.min(other.last));
            if first <= last {
                both.push(Range { first, last });
            }
        }
    }
    both
}

/// The addresses of `left` that are not in `right`.
pub(crate) fn without(left: &[Range], right: &[Range]) -> Vec<Range> {
    let mut rest = left.to_vec();
    for taken in right {
        let mut next = Vec::with_capacity(rest.len());
        for own in rest {
            if own.first.is_ipv4() != taken.first.is_ipv4() || taken.last < own.first || own.last < taken.first {
                next.push(own);
                continue;
            }
            if let Some(last) = predecessor(taken.first).filter(|last| own.first <= *last) {
                next.push(Range { first: own.first, last });
            }
            if let Some(first) = successor(taken.last).filter(|first| *first <= own.last) {
                next.push(Range { first, last: own.last });
            }
        }
        rest = next;
    }
    rest
}

/// Blocks that nobody on the internet has an address in. Source: the special-purpose registries of IANA (RFC 6890). Those
/// for documentation are left out: examples use them for what is outside.
const SPECIAL: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/3",
];

/// The addresses of the internet.
pub(crate) fn public() -> Vec<Range> {
    let of = |text: &&str| Block::parse(text).map(|block| Range::of(&block));
    let all: Vec<Range> = ["0.0.0.0/0", "2000::/3"].iter().filter_map(of).collect();
    without(&all, &SPECIAL.iter().filter_map(of).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Range {
        Range::of(&Block::parse(text).unwrap())
    }

    #[test]
    fn addresses_are_cut_where_blocks_end_and_families_stay_apart() {
        let cut: Vec<String> = cut(["10.0.0.0/8", "fd00::/8"].into_iter().map(range)).iter().map(Range::text).collect();
        let expected = [
            "0.0.0.0-9.255.255.255",
            "10.0.0.0/8",
            "11.0.0.0-255.255.255.255",
            "::-fcff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "fd00::/8",
            "fe00::/7",
        ];
        assert_eq!(cut, expected);
    }

    #[test]
    fn everything_of_a_family_is_written_as_its_block() {
        for text in ["0.0.0.0/0", "::/0", "1.2.3.4/32", "fd00::1/128", "10.0.0.0/9"] {
            assert_eq!(range(text).text(), text);
        }
        assert!(range("::/0").is_everything() && range("0.0.0.0/0").is_everything());
        assert!(!range("::/1").is_everything());
        let mut cut = cut([range("10.0.0.0/8"), range("0.0.0.0/0")].into_iter());
        merge(&mut cut);
        assert_eq!(cut, [range("0.0.0.0/0"), range("::/0")]);
    }
}
