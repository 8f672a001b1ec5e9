//! Which gateways something is about, from one by its id to all of a subscription.

use std::fmt;
use std::str::FromStr;

use crate::id::GatewayId;

/// Which gateways: one by its resource id, those of a name, or those whose names fit a pattern such as
/// `agw-prod-*`. Case does not matter, because it does not to Azure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayPattern {
    /// The gateway with this id.
    Id(GatewayId),
    /// The gateways with this name; `*` stands for anything.
    Name(String),
}

/// The most `*` in a pattern: each multiplies the ways to try.
const MOST_STARS: usize = 3;

/// How exactly something names a gateway: the greater, the more exactly.
pub type Exactness = (u8, usize);

impl GatewayPattern {
    /// Whether it is about this gateway.
    #[must_use]
    pub fn matches(&self, gateway: &GatewayId) -> bool {
        match self {
            Self::Id(id) => id == gateway,
            Self::Name(pattern) => fits(
                pattern.to_ascii_lowercase().as_bytes(),
                gateway.name().as_str().to_ascii_lowercase().as_bytes(),
            ),
        }
    }

    /// Whether it names gateways without leaving anything open.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.stars() == 0
    }

    fn stars(&self) -> usize {
        match self {
            Self::Id(_) => 0,
            Self::Name(name) => name.matches('*').count(),
        }
    }

    /// How exactly it names a gateway.
    #[must_use]
    pub fn exactness(&self) -> Exactness {
        match self {
            Self::Id(_) => (4, 0),
            Self::Name(_) if self.is_exact() => (3, 0),
            Self::Name(pattern) => (2, pattern.chars().filter(|c| *c != '*').count()),
        }
    }
}

/// Whether a name fits a pattern in which `*` stands for anything.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (Some((b'*', rest)), Some((_, shorter))) => fits(rest, name) || fits(pattern, shorter),
        (Some((b'*', rest)), None) => fits(rest, name),
        (Some((wanted, rest)), Some((found, shorter))) => wanted == found && fits(rest, shorter),
        (None, None) => true,
        _ => false,
    }
}

/// A text that names no gateways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a gateway's name, a pattern such as \"agw-prod-*\", or a resource id")]
pub struct NotAPattern;

impl FromStr for GatewayPattern {
    type Err = NotAPattern;

    fn from_str(text: &str) -> Result<Self, NotAPattern> {
        if text.contains('/') {
            return GatewayId::parse(text).map(Self::Id).map_err(|_| NotAPattern);
        }
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '*');
        let is_name = (1..=80).contains(&text.len()) && text.chars().all(known);
        let pattern = Self::Name(text.to_owned());
        if is_name && pattern.stars() <= MOST_STARS { Ok(pattern) } else { Err(NotAPattern) }
    }
}

impl fmt::Display for GatewayPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// The gateways that a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Those of a subscription, by its id.
    Subscription(String),
    /// Those of a resource group, in whichever subscription.
    ResourceGroup(String),
    /// Those that fit a pattern.
    Gateway(GatewayPattern),
}

impl Reach {
    /// Whether a gateway is among them.
    #[must_use]
    pub fn covers(&self, gateway: &GatewayId) -> bool {
        let id = gateway.resource();
        match self {
            Self::Subscription(subscription) => id.subscription().eq_ignore_ascii_case(subscription),
            Self::ResourceGroup(group) => id.resource_group().eq_ignore_ascii_case(group),
            Self::Gateway(pattern) => pattern.matches(gateway),
        }
    }

    /// How exactly it names a gateway: a gateway more so than its resource group, and that than a subscription.
    #[must_use]
    pub fn exactness(&self) -> Exactness {
        match self {
            Self::Subscription(_) => (0, 0),
            Self::ResourceGroup(_) => (1, 0),
            Self::Gateway(pattern) => pattern.exactness(),
        }
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subscription(subscription) => write!(f, "subscription {subscription}"),
            Self::ResourceGroup(group) => write!(f, "resource group {group}"),
            Self::Gateway(pattern) => pattern.fmt(f),
        }
    }
}
