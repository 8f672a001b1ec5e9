//! What things are kept under.

use domain::id::GatewayId;
use domain::request::Platform;

/// A gateway. Azure does not tell upper case from lower case in ids.
pub(super) fn gateway(gateway: &GatewayId) -> String {
    gateway.as_str().to_ascii_lowercase()
}

/// A platform, by the name that stands in documents.
pub(super) fn platform(platform: Platform) -> serde_json::Result<String> {
    let name = serde_json::to_value(platform)?;
    Ok(name.as_str().map_or_else(|| name.to_string(), str::to_owned))
}
