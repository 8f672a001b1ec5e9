//! Signs that a Kubernetes ingress controller owns a gateway.
//!
//! Tags and names are those of the Application Gateway Ingress Controller (AGIC): `pkg/azure/tags/consts.go`
//! and `pkg/appgw/internaltypes.go` of Azure/application-gateway-kubernetes-ingress. Its name prefixes are
//! short (`pool-`, `bp-`, `rr-`), and people choose such names too; so a prefix alone is no sign, only the
//! whole form of a name is.

use serde_json::Value;

use super::{Gateway, json};

/// Tags that the controller, or the add-on that installs it, puts on a gateway.
const TAGS: [&str; 3] =
    ["managed-by-k8s-ingress", "ingress-for-aks-cluster-id", "last-updated-by-k8s-ingress"];

/// The first sign found, as a clause: "it has the tag '…'".
pub(super) fn sign(gateway: &Gateway) -> Option<String> {
    tag(gateway.raw())
        .or_else(|| hashed_name(gateway))
        .or_else(|| pool_name(gateway))
        .or_else(|| pair(gateway))
}

fn tag(raw: &Value) -> Option<String> {
    let tags = raw.get("tags")?.as_object()?;
    let (name, _) = tags.iter().find(|(name, _)| TAGS.iter().any(|tag| tag.eq_ignore_ascii_case(name)))?;
    Some(format!("it has the tag '{name}'"))
}

/// Listeners, path maps and rules are named `fl-`, `url-`, `rr-` and an MD5 in hex.
fn hashed_name(gateway: &Gateway) -> Option<String> {
    let kinds = [
        ("httpListeners", "fl", "listener"),
        ("requestRoutingRules", "rr", "rule"),
        ("urlPathMaps", "url", "path map"),
    ];
    kinds.iter().find_map(|(collection, prefix, word)| {
        let (name, _) =
            json::children(gateway.raw(), collection).find(|(name, _)| is_hashed(name.as_str(), prefix))?;
        Some(format!("its {word} '{name}' has the kind of name that the Kubernetes ingress controller gives"))
    })
}

fn is_hashed(name: &str, prefix: &str) -> bool {
    let Some((head, hash)) = name.rsplit_once('-') else { return false };
    head.ends_with(prefix) && hash.len() == 32 && hash.chars().all(|c| c.is_ascii_hexdigit())
}

/// Pools are named `pool-{service}-{port}-bp-{port}`.
fn pool_name(gateway: &Gateway) -> Option<String> {
    let pool = gateway.pools().into_iter().find(|pool| is_pool_name(pool.name.as_str()))?;
    Some(format!(
        "its pool '{}' has the kind of name that the Kubernetes ingress controller gives",
        pool.name
    ))
}

fn is_pool_name(name: &str) -> bool {
    let Some((head, port)) = name.rsplit_once("-bp-") else { return false };
    head.contains("pool-") && !port.is_empty() && port.chars().all(|c| c.is_ascii_digit())
}

/// A setting `bp-…` with a probe `pb-…`, or the controller's own default setting with its default probe.
fn pair(gateway: &Gateway) -> Option<String> {
    let setting = gateway.settings().into_iter().find(|setting| {
        let probe =
            setting.probe.as_ref().map(|probe| probe.as_str().to_ascii_lowercase()).unwrap_or_default();
        let name = setting.name.as_str().to_ascii_lowercase();
        let service = name.starts_with("bp-") && probe.starts_with("pb-");
        service || (name.ends_with("defaulthttpsetting") && probe.contains("defaultprobe"))
    })?;
    let name = setting.name;
    Some(format!(
        "its HTTP setting '{name}' and the probe of it have the kind of names that the Kubernetes ingress \
         controller gives"
    ))
}
