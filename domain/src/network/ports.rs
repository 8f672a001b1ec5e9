//! Ports and ranges of ports, as ARM writes them in security rules.

use std::fmt;

/// A text that is no port and no range of ports.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a range of ports")]
pub struct PortsError(String);

/// A range of ports, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortRange {
    from: u16,
    to: u16,
}

impl PortRange {
    /// Every port.
    pub const ANY: Self = Self { from: 0, to: u16::MAX };

    /// The range between two ports, whichever comes first.
    #[must_use]
    pub const fn new(one: u16, other: u16) -> Self {
        if one <= other { Self { from: one, to: other } } else { Self { from: other, to: one } }
    }

    /// Reads `*`, `80` or `8000-8100`.
    ///
    /// # Errors
    /// When the text is none of these, or its ends are the wrong way round.
    pub fn parse(text: &str) -> Result<Self, PortsError> {
        let wrong = || PortsError(text.to_owned());
        let port = |part: &str| part.trim().parse::<u16>().map_err(|_| wrong());
        let trimmed = text.trim();
        if trimmed == "*" || trimmed.eq_ignore_ascii_case("any") {
            return Ok(Self::ANY);
        }
        let (from, to) = trimmed.split_once('-').unwrap_or((trimmed, trimmed));
        let (from, to) = (port(from)?, port(to)?);
        if from <= to { Ok(Self { from, to }) } else { Err(wrong()) }
    }

    /// The first port.
    #[must_use]
    pub fn from(&self) -> u16 {
        self.from
    }

    /// The last port.
    #[must_use]
    pub fn to(&self) -> u16 {
        self.to
    }

    /// Whether all ports of the other range are in this one.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.from <= other.from && other.to <= self.to
    }
}

impl From<u16> for PortRange {
    fn from(port: u16) -> Self {
        Self { from: port, to: port }
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.to) {
            (0, u16::MAX) => f.write_str("*"),
            (from, to) if from == to => from.fmt(f),
            (from, to) => write!(f, "{from}-{to}"),
        }
    }
}

/// A set of ports: ranges in order, none touching the next.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ports(Vec<PortRange>);

impl Ports {
    /// Reads a list such as `80,443,8000-8100`.
    ///
    /// # Errors
    /// When a part of it is no range of ports.
    pub fn parse(text: &str) -> Result<Self, PortsError> {
        text.split(',').map(PortRange::parse).collect()
    }

    /// The ranges, in order.
    pub fn ranges(&self) -> impl Iterator<Item = PortRange> {
        self.0.iter().copied()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the port is in the set.
    #[must_use]
    pub fn contains(&self, port: u16) -> bool {
        self.covers(&port.into())
    }

    /// Whether all ports of the range are in the set.
    #[must_use]
    pub fn covers(&self, range: &PortRange) -> bool {
        // The ranges do not touch, so a range inside of the set is inside of one of them.
        self.0.iter().any(|own| own.covers(range))
    }
}

impl FromIterator<PortRange> for Ports {
    fn from_iter<I: IntoIterator<Item = PortRange>>(ranges: I) -> Self {
        let mut sorted: Vec<PortRange> = ranges.into_iter().collect();
        sorted.sort_unstable();
        let mut merged: Vec<PortRange> = Vec::with_capacity(sorted.len());
        for range in sorted {
            match merged.last_mut() {
                Some(last) if range.from <= last.to.saturating_add(1) => last.to = last.to.max(range.to),
                _ => merged.push(range),
            }
        }
        Self(merged)
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{range}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ports_are_read_and_written_as_arm_does() {
        for (text, written) in [
            ("*", "*"),
            ("0-65535", "*"),
            ("80", "80"),
            ("80-80", "80"),
            ("8000-8100", "8000-8100"),
            ("443, 80", "80,443"),
            ("80,81-90,85-95", "80-95"),
        ] {
            assert_eq!(Ports::parse(text).unwrap().to_string(), written);
        }
        for bad in ["", "http", "80-", "90-80", "65536", "-1", "80;443", "80,"] {
            assert!(Ports::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_set_holds_what_its_ranges_hold(
            ends in proptest::collection::vec((0u16..40, 0u16..40), 0..6),
            (one, other) in (0u16..40, 0u16..40),
        ) {
            let ranges: Vec<PortRange> = ends.iter().map(|(a, b)| PortRange::new(*a, *b)).collect();
            let set: Ports = ranges.iter().copied().collect();
            let holds = |port: u16| ranges.iter().any(|range| range.from <= port && port <= range.to);
            prop_assert_eq!(set.contains(one), holds(one));
            let asked = PortRange::new(one, other);
            prop_assert_eq!(set.covers(&asked), (asked.from..=asked.to).all(holds));
        }
    }
}
