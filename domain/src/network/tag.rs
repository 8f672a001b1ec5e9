//! Service tags: names that Azure keeps lists of addresses for.
//!
//! Source: Microsoft, "Azure service tags overview".

use std::fmt;

use crate::id::Name;

/// A service tag, such as `VirtualNetwork`, `GatewayManager` or `Storage.WestEurope`. Case is ignored.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceTag(Name);

impl ServiceTag {
    /// Reads the name of a tag. The spellings of the classic deployment model become today's.
    ///
    /// Nothing when the text cannot be one: it has to start with a letter and hold letters, digits and dots.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let name = match text.to_ascii_uppercase().as_str() {
            "VIRTUAL_NETWORK" => "VirtualNetwork",
            "AZURE_LOADBALANCER" => "AzureLoadBalancer",
            _ => text,
        };
        let letter = name.starts_with(|c: char| c.is_ascii_alphabetic());
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
        (letter && plain).then(|| Self(Name::new(name)))
    }

    /// The virtual network, and all that it is connected with.
    #[must_use]
    pub fn virtual_network() -> Self {
        Self(Name::new("VirtualNetwork"))
    }

    /// Where Azure's health probes come from.
    #[must_use]
    pub fn azure_load_balancer() -> Self {
        Self(Name::new("AzureLoadBalancer"))
    }

    /// Everything outside of the virtual network that the public internet reaches, Azure's own addresses
    /// among it.
    #[must_use]
    pub fn internet() -> Self {
        Self(Name::new("Internet"))
    }

    /// Where Azure manages gateways from.
    #[must_use]
    pub fn gateway_manager() -> Self {
        Self(Name::new("GatewayManager"))
    }

    /// The name as it was spelled.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether this is the tag of that name.
    pub(super) fn is(&self, name: &str) -> bool {
        self.as_str().eq_ignore_ascii_case(name)
    }

    /// Whether the other tag is this one, or this one in a single region: `Storage` holds
    /// `Storage.WestEurope`.
    pub(super) fn holds(&self, other: &Self) -> bool {
        let region_of = other.as_str().split_once('.').map(|(whole, _)| whole);
        self == other || region_of.is_some_and(|whole| self.is(whole))
    }

    /// Whether this tag names one of the services that every machine has from its own host, and which only
    /// such a tag can shut off.
    ///
    /// Source: Microsoft, "Azure network security groups overview", platform considerations.
    pub(super) fn is_platform(&self) -> bool {
        ["AzurePlatformDNS", "AzurePlatformIMDS", "AzurePlatformLKM"].iter().any(|name| self.is(name))
    }
}

impl fmt::Display for ServiceTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ServiceTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_compare_without_case_and_in_their_old_spelling() {
        let tag = |text| ServiceTag::parse(text).unwrap();
        assert_eq!(tag("virtualnetwork"), ServiceTag::virtual_network());
        assert_eq!(tag("VIRTUAL_NETWORK"), ServiceTag::virtual_network());
        assert_eq!(tag("INTERNET"), ServiceTag::internet());
        assert!(tag("Storage").holds(&tag("storage.westeurope")));
        assert!(!tag("Storage.WestEurope").holds(&tag("Storage")));
        for bad in ["", "*", "10.0.0.0/8", "10.0.0.1-10.0.0.2", "a b", "/subscriptions/x"] {
            assert_eq!(ServiceTag::parse(bad), None, "{bad}");
        }
    }
}
