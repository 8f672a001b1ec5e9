//! The service behind a private endpoint: whether it is open to the internet, and which endpoints it has.

use serde_json::Value;

use crate::gateway::json;
use crate::id::ResourceId;

/// A type of service that can be behind a private endpoint, and how it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TargetKind {
    /// The type, as in its id.
    pub kind: &'static str,
    /// The domain of its hosts, whose first label is the service's name.
    domain: &'static str,
    /// The `api-version` that it is read with.
    pub version: &'static str,
    /// The permission that it needs.
    pub action: &'static str,
    /// What it is called in a sentence.
    pub noun: &'static str,
}

const KINDS: [TargetKind; 4] = [
    TargetKind {
        kind: "Microsoft.Web/sites",
        domain: "azurewebsites.net",
        version: "2024-11-01",
        action: "Microsoft.Web/sites/read",
        noun: "app",
    },
    TargetKind {
        kind: "Microsoft.Storage/storageAccounts",
        domain: "core.windows.net",
        version: "2024-01-01",
        action: "Microsoft.Storage/storageAccounts/read",
        noun: "storage account",
    },
    TargetKind {
        kind: "Microsoft.ApiManagement/service",
        domain: "azure-api.net",
        version: "2024-05-01",
        action: "Microsoft.ApiManagement/service/read",
        noun: "API Management service",
    },
    TargetKind {
        kind: "Microsoft.KeyVault/vaults",
        domain: "vault.azure.net",
        version: "2023-07-01",
        action: "Microsoft.KeyVault/vaults/read",
        noun: "key vault",
    },
];

impl TargetKind {
    /// How a service is read; none when its type is none that is known here.
    #[must_use]
    pub fn of(target: &ResourceId) -> Option<&'static Self> {
        let kind = target.kind();
        KINDS.iter().find(|known| known.kind.eq_ignore_ascii_case(&kind))
    }
}

/// Whether a host's name is made of a service's own: `shop.azurewebsites.net` of the app `shop`.
pub(super) fn is_named(host: &str, target: &ResourceId, groups: &[String]) -> bool {
    let Some(known) = TargetKind::of(target) else { return false };
    let own = host.trim_end_matches('.').to_ascii_lowercase();
    let Some(rest) = own.strip_suffix(known.domain).and_then(|rest| rest.strip_suffix('.')) else {
        return false;
    };
    let mut labels = rest.split('.');
    let named = labels.next().is_some_and(|label| label.eq_ignore_ascii_case(target.name().as_str()));
    let part = labels.next();
    // A slot of an app has a host and an endpoint of its own, and so has each part of a storage account.
    let group = if known.domain == "azurewebsites.net" { Some("sites") } else { part };
    let rest = labels.next().is_none() && (known.domain == "core.windows.net") == part.is_some();
    named && rest && group.is_none_or(|group| groups.iter().any(|own| own.eq_ignore_ascii_case(group)))
}

/// What a service says of the ways to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Whether it is closed to the internet (`publicNetworkAccess` is `Disabled`); none when it does not say.
    pub is_closed: Option<bool>,
    /// The private endpoints that are connected with it (`privateEndpointConnections`), whoever may read them;
    /// none when it does not say.
    pub endpoints: Option<Vec<ResourceId>>,
}

impl Target {
    /// Reads the body of a GET.
    #[must_use]
    pub fn parse(raw: &Value) -> Self {
        let own = json::properties(raw);
        let access = json::text(own, "publicNetworkAccess");
        let connections = own.get("privateEndpointConnections").and_then(Value::as_array);
        let endpoint = |item: &Value| json::reference_id(json::properties(item), "privateEndpoint");
        Self {
            is_closed: access.map(|access| access.eq_ignore_ascii_case("Disabled")),
            // A connection that does not say whose it is leaves the list open.
            endpoints: connections.and_then(|all| all.iter().map(endpoint).collect()),
        }
    }
}
