//! Which gateways something is about.

use std::fmt;

use domain::id::GatewayId;
use serde::de::{Deserialize, Deserializer};

use super::sections::{Route, Slack};
use super::value;

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

/// How exactly a pattern names a gateway: the greater, the more exactly.
type Exactness = (u8, usize);

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

    fn stars(&self) -> usize {
        match self {
            Self::Id(_) => 0,
            Self::Name(name) => name.matches('*').count(),
        }
    }

    fn exactness(&self) -> Exactness {
        match self {
            Self::Id(_) => (2, 0),
            Self::Name(_) if self.stars() == 0 => (1, 0),
            Self::Name(pattern) => (0, pattern.chars().filter(|c| *c != '*').count()),
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

impl<'de> Deserialize<'de> for GatewayPattern {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let expected = "a gateway's name, a pattern such as \"agw-prod-*\", or its resource id";
        value::text(from, expected, |text| id_or_name(text).filter(|named| named.stars() <= MOST_STARS))
    }
}

/// Reads gateways that are named exactly.
pub(super) fn exact<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<GatewayPattern>, D::Error> {
    Ok(Vec::<Exact>::deserialize(from)?.into_iter().map(|exact| exact.0).collect())
}

struct Exact(GatewayPattern);

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let expected = "a gateway's name or its resource id";
        value::text(from, expected, |text| id_or_name(text).filter(|named| named.stars() == 0).map(Self))
    }
}

fn id_or_name(text: &str) -> Option<GatewayPattern> {
    if text.contains('/') {
        return GatewayId::parse(text).ok().map(GatewayPattern::Id);
    }
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '*');
    let name = (1..=80).contains(&text.len()) && text.chars().all(known);
    name.then(|| GatewayPattern::Name(text.to_owned()))
}

impl fmt::Display for GatewayPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl Slack {
    /// The route that names a gateway most exactly; of two that do so equally, the first.
    #[must_use]
    pub fn route(&self, gateway: &GatewayId) -> Option<&Route> {
        let fitting = self.routes.iter().filter(|route| route.gateway.matches(gateway));
        fitting.rev().max_by_key(|route| route.gateway.exactness())
    }
}
