//! Which gateways something is about.

use domain::scope::GatewayPattern;
use serde::de::{Deserialize, Deserializer};

use super::value;

/// Reads a name, a pattern or a resource id.
pub(super) fn pattern<'de, D: Deserializer<'de>>(from: D) -> Result<GatewayPattern, D::Error> {
    let expected = "a gateway's name, a pattern such as \"agw-prod-*\", or its resource id";
    value::text(from, expected, |text| text.parse().ok())
}

/// Reads gateways that are named exactly.
pub(super) fn exact<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<GatewayPattern>, D::Error> {
    Ok(Vec::<Exact>::deserialize(from)?.into_iter().map(|exact| exact.0).collect())
}

struct Exact(GatewayPattern);

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let expected = "a gateway's name or its resource id";
        value::text(from, expected, |text| text.parse().ok().filter(GatewayPattern::is_exact).map(Self))
    }
}
