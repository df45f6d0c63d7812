//! Ports: cut into atoms at every boundary that some rule uses, so that a set of ports is a few bits.

use std::fmt;

use model::inventory::Protocol;

use crate::bits::Ones;

/// All protocols, in the order in which they are written.
pub const PROTOCOLS: [Protocol; 3] = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];

/// The name of a protocol.
pub fn protocol_name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
        Protocol::Sctp => "SCTP",
    }
}

/// The protocol of that name.
pub fn protocol_of(name: &str) -> Option<Protocol> {
    PROTOCOLS.into_iter().find(|protocol| protocol_name(*protocol).eq_ignore_ascii_case(name))
}

/// A set of ports of the three protocols: ranges, both ends included, ascending, no two that touch.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ports {
    ranges: [Vec<(u16, u16)>; 3],
}

impl Ports {
    /// No port.
    pub fn none() -> Self {
        Self::default()
    }

    /// Every port of every protocol.
    pub fn all() -> Self {
        Self { ranges: [vec![(1, u16::MAX)], vec![(1, u16::MAX)], vec![(1, u16::MAX)]] }
    }

    /// One port.
    pub fn one(protocol: Protocol, port: u16) -> Self {
        let mut ports = Self::none();
        ports.insert(protocol, port, port);
        ports
    }

    /// The ranges of a protocol.
    pub fn ranges(&self, protocol: Protocol) -> &[(u16, u16)] {
        &self.ranges[protocol as usize]
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.ranges.iter().all(Vec::is_empty)
    }

    /// Whether every port of every protocol is in it.
    pub fn is_all(&self) -> bool {
        self.ranges.iter().all(|ranges| **ranges == [(1, u16::MAX)])
    }

    /// Whether the port is in it.
    pub fn contains(&self, protocol: Protocol, port: u16) -> bool {
        self.ranges(protocol).iter().any(|(first, last)| (*first..=*last).contains(&port))
    }

    /// How many ports it has.
    pub fn count(&self) -> u32 {
        let of = |ranges: &Vec<(u16, u16)>| ranges.iter().map(|(first, last)| u32::from(last - first) + 1).sum::<u32>();
        self.ranges.iter().map(of).sum()
    }

    /// Adds a range.
    pub fn insert(&mut self, protocol: Protocol, first: u16, last: u16) {
        let ranges = &mut self.ranges[protocol as usize];
        ranges.push((first, last));
        ranges.sort_unstable();
        let mut merged: Vec<(u16, u16)> = Vec::with_capacity(ranges.len());
        for &(first, last) in ranges.iter() {
            match merged.last_mut() {
                Some((_, end)) if u32::from(first) <= u32::from(*end) + 1 => *end = (*end).max(last),
                _ => merged.push((first, last)),
            }
        }
        *ranges = merged;
    }

    /// What is in either.
    pub fn union(&self, other: &Self) -> Self {
        let mut all = self.clone();
        for protocol in PROTOCOLS {
            other.ranges(protocol).iter().for_each(|&(first, last)| all.insert(protocol, first, last));
        }
        all
    }

    /// What is in both.
    pub fn intersection(&self, other: &Self) -> Self {
        let mut both = Self::none();
        for protocol in PROTOCOLS {
            for &(first, last) in self.ranges(protocol) {
                for &(start, end) in other.ranges(protocol) {
                    let (first, last) = (first.max(start), last.min(end));
                    if first <= last {
                        both.insert(protocol, first, last);
                    }
                }
            }
        }
        both
    }

    /// What is in this and not in the other.
    pub fn without(&self, other: &Self) -> Self {
        let mut rest = Self::none();
        for protocol in PROTOCOLS {
            for &(first, last) in self.ranges(protocol) {
                let mut from = u32::from(first);
                for &(start, end) in other.ranges(protocol) {
                    if u32::from(end) < from {
                        continue;
                    }
                    if start > last {
                        break;
                    }
                    if u32::from(start) > from {
                        rest.insert(protocol, from as u16, start - 1);
                    }
                    from = from.max(u32::from(end) + 1);
                }
                if from <= u32::from(last) {
                    rest.insert(protocol, from as u16, last);
                }
            }
        }
        rest
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_all() {
            return out.write_str("all ports");
        }
        if self.is_empty() {
            return out.write_str("no port");
        }
        let mut separator = "";
        for protocol in PROTOCOLS.into_iter().filter(|protocol| !self.ranges(*protocol).is_empty()) {
            write!(out, "{separator}{}", protocol_name(protocol))?;
            separator = ", ";
            if self.ranges(protocol) == [(1, u16::MAX)] {
                continue;
            }
            let mut between = " ";
            for &(first, last) in self.ranges(protocol) {
                write!(out, "{between}{first}")?;
                if last > first {
                    write!(out, "-{last}")?;
                }
                between = ",";
            }
        }
        Ok(())
    }
}

/// The atoms: ranges of ports that no rule tells apart. Sixty-four of them are a page, and a mask is a set of atoms of
/// one page; what holds on one page says nothing of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Atoms {
    atoms: Vec<(Protocol, u16, u16)>,
}

/// Where ports are cut: the first port of every atom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cuts {
    starts: [std::collections::BTreeSet<u16>; 3],
}

impl Cuts {
    /// Cuts so that the range is told from the rest; `None` means all protocols.
    pub fn add(&mut self, protocol: Option<Protocol>, first: u16, last: u16) {
        for of in PROTOCOLS.into_iter().filter(|of| protocol.is_none_or(|protocol| protocol == *of)) {
            let starts = &mut self.starts[of as usize];
            starts.insert(first.max(1));
            starts.extend(last.checked_add(1));
        }
    }

    /// Adds the cuts of another.
    pub fn merge(&mut self, other: &Self) {
        for (own, other) in self.starts.iter_mut().zip(&other.starts) {
            own.extend(other);
        }
    }
}

impl Atoms {
    pub(crate) fn new(cuts: &Cuts) -> Self {
        let mut atoms = Vec::new();
        for protocol in PROTOCOLS {
            let mut starts: Vec<u16> = vec![1];
            starts.extend(cuts.starts[protocol as usize].iter().filter(|start| **start > 1));
            for (at, &first) in starts.iter().enumerate() {
                let last = starts.get(at + 1).map_or(u16::MAX, |next| next - 1);
                atoms.push((protocol, first, last));
            }
        }
        Self { atoms }
    }

    /// How many pages there are.
    pub(crate) fn pages(&self) -> usize {
        self.atoms.len().div_ceil(64)
    }

    /// Every atom of a page.
    pub(crate) fn all(&self, page: usize) -> u64 {
        let rest = self.atoms.len() - page * 64;
        if rest >= 64 { u64::MAX } else { (1 << rest) - 1 }
    }

    /// The atoms of a range, added to the masks of all pages.
    pub(crate) fn add(&self, masks: &mut [u64], protocol: Option<Protocol>, first: u16, last: u16) {
        for (at, &(of, start, end)) in self.atoms.iter().enumerate() {
            if protocol.is_none_or(|protocol| protocol == of) && first <= start && end <= last {
                masks[at / 64] |= 1 << (at % 64);
            }
        }
    }

    /// The page and the bit of the atom that a port is in.
    pub(crate) fn atom_of(&self, protocol: Protocol, port: u16) -> Option<(usize, u64)> {
        let at = self.atoms.iter().position(|&(of, first, last)| of == protocol && (first..=last).contains(&port))?;
        Some((at / 64, 1 << (at % 64)))
    }

    /// The ports of a mask.
    pub(crate) fn ports(&self, masks: &[u64]) -> Ports {
        let mut ports = Ports::none();
        for (page, &mask) in masks.iter().enumerate() {
            for bit in Ones(mask) {
                let (protocol, first, last) = self.atoms[page * 64 + bit as usize];
                let ranges = &mut ports.ranges[protocol as usize];
                match ranges.last_mut() {
                    Some((_, end)) if end.checked_add(1) == Some(first) => *end = last,
                    _ => ranges.push((first, last)),
                }
            }
        }
        ports
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atoms_give_back_the_ranges_that_they_were_cut_for() {
        let mut cuts = Cuts::default();
        cuts.add(Some(Protocol::Tcp), 80, 90);
        cuts.add(None, 53, 53);
        cuts.add(Some(Protocol::Udp), 60000, u16::MAX);
        for port in (100..300).step_by(2) {
            cuts.add(Some(Protocol::Sctp), port, port);
        }
        let atoms = Atoms::new(&cuts);
        assert!(atoms.pages() > 1);
        for (protocol, first, last, text) in [
            (Some(Protocol::Tcp), 80, 90, "TCP 80-90"),
            (None, 53, 53, "TCP 53, UDP 53, SCTP 53"),
            (Some(Protocol::Udp), 60000, u16::MAX, "UDP 60000-65535"),
            (Some(Protocol::Sctp), 1, u16::MAX, "SCTP"),
            (None, 1, u16::MAX, "all ports"),
        ] {
            let mut masks = vec![0; atoms.pages()];
            atoms.add(&mut masks, protocol, first, last);
            assert_eq!(atoms.ports(&masks).to_string(), text);
        }
    }

    #[test]
    fn sets_of_ports_are_sets() {
        let mut some = Ports::one(Protocol::Tcp, 80);
        some.insert(Protocol::Tcp, 81, 90);
        some.insert(Protocol::Udp, 53, 53);
        assert_eq!(some.to_string(), "TCP 80-90, UDP 53");
        let rest = Ports::all().without(&some);
        assert_eq!(rest.to_string(), "TCP 1-79,91-65535, UDP 1-52,54-65535, SCTP");
        assert_eq!(rest.union(&some), Ports::all());
        assert_eq!(rest.intersection(&some), Ports::none());
        assert_eq!(Ports::all().without(&Ports::all()), Ports::none());
        assert_eq!(some.count(), 12);
    }
}
