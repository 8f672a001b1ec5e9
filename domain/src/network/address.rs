//! Addresses in CIDR notation, as ARM writes them in rules, routes and address spaces.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// The virtual address of the host: Azure's DNS, and the origin of its health probes.
///
/// Source: Microsoft, "What is IP address 168.63.129.16?".
pub const HOST: IpAddr = IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16));

/// The address of the Instance Metadata Service, which like [`HOST`] neither rules nor routes can move.
///
/// Source: Microsoft, "Azure network security groups overview", platform considerations.
pub const METADATA: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254));

/// Addresses that are reachable inside of private networks only: RFC 1918, RFC 6598 and RFC 4193.
///
/// The four of IPv4 are also those that Azure drops unless a virtual network or a route has them. Source:
/// Microsoft, "Virtual network traffic routing", default system routes.
pub const PRIVATE: [Prefix; 5] =
    [v4(10, 0, 0, 0, 8), v4(172, 16, 0, 0, 12), v4(192, 168, 0, 0, 16), v4(100, 64, 0, 0, 10), v6(0xfc00, 7)];

/// Addresses that belong neither to a private network nor to the internet: this host, loopback, link-local,
/// multicast and reserved ones. What Azure's tag `Internet` makes of them is not documented.
const SPECIAL: [Prefix; 5] =
    [v4(0, 0, 0, 0, 8), v4(127, 0, 0, 0, 8), v4(169, 254, 0, 0, 16), v4(224, 0, 0, 0, 3), v6(0xfe80, 10)];

/// Where IPv6 has the addresses of the internet (RFC 4291: global unicast as it is assigned so far).
const GLOBAL_V6: Prefix = v6(0x2000, 3);

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> Prefix {
    Prefix(Some(IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length))))
}

const fn v6(first: u16, length: u8) -> Prefix {
    let address = Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, 0);
    Prefix(Some(IpNet::V6(Ipv6Net::new_assert(address, length))))
}

/// A text that is no address and no prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an address prefix")]
pub struct PrefixError(String);

/// A range of addresses in CIDR notation, or every address of both families (`*`).
///
/// `0.0.0.0/0` is every IPv4 address, and no IPv6 one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefix(Option<IpNet>);

/// How much of one thing another one covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cover {
    /// Nothing of it.
    None,
    /// Some of it.
    Part,
    /// All of it.
    Full,
}

/// Where on earth the addresses of a prefix are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sphere {
    /// In private networks.
    Private,
    /// On the internet.
    Public,
    /// In both, or in neither.
    Mixed,
}

impl Prefix {
    /// Every address of both families.
    pub const ANY: Self = Self(None);

    /// Reads `10.0.0.0/8`, `fd00::/8`, a bare address, `*` or `Any`. Bits after the prefix are dropped, as
    /// the service does.
    ///
    /// # Errors
    /// When the text is none of these; a service tag is none either.
    pub fn parse(text: &str) -> Result<Self, PrefixError> {
        let trimmed = text.trim();
        if trimmed == "*" || trimmed.eq_ignore_ascii_case("any") {
            return Ok(Self::ANY);
        }
        if let Ok(address) = trimmed.parse::<IpAddr>() {
            return Ok(Self::from(address));
        }
        let net = trimmed.parse::<IpNet>().map_err(|_| PrefixError(text.to_owned()))?;
        Ok(Self(Some(net.trunc())))
    }

    /// The larger ranges that some of several make together: `10.0.0.0/25` and `10.0.0.128/25` are `10.0.0.0/24`.
    #[must_use]
    pub fn merged(several: &[Self]) -> Vec<Self> {
        if several.len() < 2 {
            return Vec::new();
        }
        let nets: Vec<IpNet> = several.iter().filter_map(|prefix| prefix.0).collect();
        let merged = IpNet::aggregate(&nets).into_iter().map(|net| Self(Some(net)));
        merged.filter(|prefix| !several.contains(prefix)).collect()
    }

    /// Whether the address is one of these.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.is_none_or(|net| net.contains(&address))
    }

    /// Whether all addresses of the other prefix are among these.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match (self.0, other.0) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(net), Some(other)) => net.contains(&other),
        }
    }

    /// Whether some address is in both.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        // Two prefixes are either apart, or one is inside of the other.
        self.covers(other) || other.covers(self)
    }

    /// The number of bits that are fixed: the more, the more specific.
    #[must_use]
    pub fn length(&self) -> u8 {
        self.0.map_or(0, |net| net.prefix_len())
    }

    /// Whether this is one address alone.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.0.is_some_and(|net| net.prefix_len() == net.max_prefix_len())
    }

    /// The address, if this is one alone.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.0.filter(|_| self.is_single()).map(|net| net.addr())
    }

    /// The first of the addresses; none where this is those of both families.
    #[must_use]
    pub fn first(&self) -> Option<IpAddr> {
        self.0.map(|net| net.network())
    }

    /// Whether this is every address of a family: `0.0.0.0/0`, `::/0` or `*`.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.length() == 0
    }

    /// Whether there is an IPv4 address among these.
    #[must_use]
    pub fn has_ipv4(&self) -> bool {
        !matches!(self.0, Some(IpNet::V6(_)))
    }

    /// How much of another prefix this one covers.
    pub(super) fn cover(&self, other: &Self) -> Cover {
        if self.covers(other) {
            Cover::Full
        } else if other.covers(self) {
            Cover::Part
        } else {
            Cover::None
        }
    }

    /// Where the addresses are.
    pub(super) fn sphere(&self) -> Sphere {
        let touches = |ranges: &[Self]| ranges.iter().any(|range| range.overlaps(self));
        if PRIVATE.iter().any(|range| range.covers(self)) {
            Sphere::Private
        } else if touches(&PRIVATE) || touches(&SPECIAL) {
            Sphere::Mixed
        } else if self.has_ipv4() || GLOBAL_V6.covers(self) {
            Sphere::Public
        } else {
            Sphere::Mixed
        }
    }
}

impl From<IpAddr> for Prefix {
    fn from(address: IpAddr) -> Self {
        Self(Some(IpNet::from(address)))
    }
}

impl fmt::Display for Prefix {
    /// Writes it as ARM does: one address without its length.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.address()) {
            (None, _) => f.write_str("*"),
            (_, Some(address)) => address.fmt(f),
            (Some(net), None) => net.fmt(f),
        }
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The most specific of the prefixes that hold an address, with what belongs to it. Of equal ones the first.
pub fn longest<T>(address: IpAddr, of: impl IntoIterator<Item = (Prefix, T)>) -> Option<(Prefix, T)> {
    let mut best: Option<(Prefix, T)> = None;
    for (prefix, item) in of {
        let longer = best.as_ref().is_none_or(|(known, _)| prefix.length() > known.length());
        if prefix.contains(address) && longer {
            best = Some((prefix, item));
        }
    }
    best
}

/// Reads what is a prefix, and gives the other texts back.
pub(super) fn read_prefixes(texts: Vec<String>) -> (Vec<Prefix>, Vec<String>) {
    let mut prefixes = Vec::new();
    let mut odd = Vec::new();
    for text in texts {
        match Prefix::parse(&text) {
            Ok(prefix) => prefixes.push(prefix),
            Err(_) => odd.push(text),
        }
    }
    (prefixes, odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> Prefix {
        Prefix::parse(text).unwrap()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn neighbours_make_a_larger_range() {
        let merged = |several: &[&str]| {
            let several: Vec<Prefix> = several.iter().map(|text| prefix(text)).collect();
            Prefix::merged(&several).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(merged(&["10.0.0.128/25", "10.0.9.4", "10.0.0.0/25"]), ["10.0.0.0/24"]);
        assert_eq!(merged(&["10.0.0.0/25", "10.0.1.0/25", "fd00::/64", "*"]), [""; 0]);
        assert_eq!(merged(&["10.0.0.0/24"]), [""; 0]);
    }

    #[test]
    fn prefixes_are_read_and_written_as_arm_does() {
        for (text, written) in [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("10.1.2.3", "10.1.2.3"),
            ("10.1.2.3/32", "10.1.2.3"),
            ("fd00:1::/48", "fd00:1::/48"),
            ("fd00::1", "fd00::1"),
            ("*", "*"),
            ("Any", "*"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            (" 10.0.0.0/24 ", "10.0.0.0/24"),
        ] {
            assert_eq!(prefix(text).to_string(), written);
        }
        for bad in ["", "10.0.0.0/33", "10.0.0/8", "VirtualNetwork", "10.0.0.1-10.0.0.9", "10.0.0.0/8 x"] {
            assert!(Prefix::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_families_are_apart_but_for_the_star() {
        assert!(Prefix::ANY.contains(ip("10.0.0.1")) && Prefix::ANY.contains(ip("fd00::1")));
        assert!(prefix("0.0.0.0/0").contains(ip("10.0.0.1")) && !prefix("0.0.0.0/0").contains(ip("fd00::1")));
        assert!(!prefix("::/0").overlaps(&prefix("0.0.0.0/0")));
        assert!(Prefix::ANY.covers(&prefix("::/0")) && !prefix("::/0").covers(&Prefix::ANY));
    }

    #[test]
    fn one_prefix_covers_all_some_or_nothing_of_another() {
        let net = prefix("10.0.0.0/16");
        assert_eq!(net.cover(&prefix("10.0.1.0/24")), Cover::Full);
        assert_eq!(net.cover(&net), Cover::Full);
        assert_eq!(net.cover(&prefix("10.0.0.0/15")), Cover::Part);
        assert_eq!(net.cover(&prefix("10.1.0.0/16")), Cover::None);
    }

    #[test]
    fn the_longest_prefix_wins() {
        let of = [(Prefix::ANY, 0), (prefix("10.0.0.0/24"), 1), (prefix("10.0.0.0/8"), 2)];
        assert_eq!(longest(ip("10.0.0.5"), of).unwrap().1, 1);
        assert_eq!(longest(ip("10.0.1.5"), of).unwrap().1, 2);
        assert_eq!(longest(ip("fd00::5"), of).unwrap().1, 0);
        assert_eq!(longest(ip("8.8.8.8"), [(prefix("10.0.0.0/8"), 0)]), None);
    }

    #[test]
    fn private_and_public_addresses_are_told_apart() {
        for (text, sphere) in [
            ("10.1.0.0/16", Sphere::Private),
            ("172.31.0.1", Sphere::Private),
            ("172.32.0.1", Sphere::Public),
            ("100.64.0.0/10", Sphere::Private),
            ("fd12::/16", Sphere::Private),
            ("20.50.1.1", Sphere::Public),
            ("2603:1020::/32", Sphere::Public),
            ("0.0.0.0/0", Sphere::Mixed),
            ("8.0.0.0/6", Sphere::Mixed),
            ("127.0.0.1", Sphere::Mixed),
            ("fe80::1", Sphere::Mixed),
            ("*", Sphere::Mixed),
        ] {
            assert_eq!(prefix(text).sphere(), sphere, "{text}");
        }
    }
}
