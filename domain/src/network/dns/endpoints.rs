//! Which private DNS zone belongs to the private endpoints of a service.
//!
//! Source: Microsoft, "Azure Private Endpoint private DNS zone values". Only services that a gateway may have
//! behind it, or takes its certificates from, are listed.

use super::{is_within, labels};

/// The public domain of a service's hosts, and the private zone that takes its place. `{label}` is the part
/// of the host name there: a region or a partition.
const ZONES: [(&str, &str); 28] = [
    ("azurewebsites.net", "privatelink.azurewebsites.net"),
    ("azurewebsites.us", "privatelink.azurewebsites.us"),
    ("chinacloudsites.cn", "privatelink.chinacloudsites.cn"),
    ("{label}.azurecontainerapps.io", "privatelink.{label}.azurecontainerapps.io"),
    ("azurestaticapps.net", "privatelink.azurestaticapps.net"),
    ("azure-api.net", "privatelink.azure-api.net"),
    ("{label}.azmk8s.io", "privatelink.{label}.azmk8s.io"),
    ("azurecr.io", "privatelink.azurecr.io"),
    ("vault.azure.net", "privatelink.vaultcore.azure.net"),
    ("vaultcore.azure.net", "privatelink.vaultcore.azure.net"),
    ("blob.core.windows.net", "privatelink.blob.core.windows.net"),
    ("web.core.windows.net", "privatelink.web.core.windows.net"),
    ("dfs.core.windows.net", "privatelink.dfs.core.windows.net"),
    ("file.core.windows.net", "privatelink.file.core.windows.net"),
    ("queue.core.windows.net", "privatelink.queue.core.windows.net"),
    ("table.core.windows.net", "privatelink.table.core.windows.net"),
    ("documents.azure.com", "privatelink.documents.azure.com"),
    ("search.windows.net", "privatelink.search.windows.net"),
    ("cognitiveservices.azure.com", "privatelink.cognitiveservices.azure.com"),
    ("openai.azure.com", "privatelink.openai.azure.com"),
    ("services.ai.azure.com", "privatelink.services.ai.azure.com"),
    ("service.signalr.net", "privatelink.service.signalr.net"),
    ("webpubsub.azure.com", "privatelink.webpubsub.azure.com"),
    ("servicebus.windows.net", "privatelink.servicebus.windows.net"),
    ("eventgrid.azure.net", "privatelink.eventgrid.azure.net"),
    ("azure-devices.net", "privatelink.azure-devices.net"),
    ("azconfig.io", "privatelink.azconfig.io"),
    ("grafana.azure.com", "privatelink.grafana.azure.com"),
];

/// The private zone of a service, and the public domain that it takes the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointZone {
    /// The public domain, such as `azurewebsites.net`.
    pub public: String,
    /// The private zone, such as `privatelink.azurewebsites.net`.
    pub zone: String,
}

/// The private zone that a host needs if its service is to be reached by a private endpoint; none when the
/// host is no service that is known here.
#[must_use]
pub fn endpoint_zone(host: &str) -> Option<EndpointZone> {
    ZONES.iter().find_map(|(public, zone)| instance(host, public, zone))
}

/// One row of the table for a host, if the host is of that service and is not in its private zone already.
fn instance(host: &str, public: &str, zone: &str) -> Option<EndpointZone> {
    let filled = |label: &str| EndpointZone {
        public: public.replace(LABEL, label),
        zone: zone.replace(LABEL, label).to_ascii_lowercase(),
    };
    let found = match public.strip_prefix("{label}.") {
        Some(domain) => filled(label_before(host, domain)?),
        // A static web app has a zone for each partition, which is a number in its name.
        None if public == STATIC_APPS => match label_before(host, public) {
            Some(label) if label.bytes().all(|b| b.is_ascii_digit()) => EndpointZone {
                public: format!("{label}.{STATIC_APPS}"),
                zone: format!("privatelink.{label}.{STATIC_APPS}"),
            },
            _ => filled(""),
        },
        None => filled(""),
    };
    let below = labels(host).count() > labels(&found.public).count();
    (below && is_within(host, &found.public) && !is_within(host, &found.zone)).then_some(found)
}

const LABEL: &str = "{label}";
const STATIC_APPS: &str = "azurestaticapps.net";

/// The part of a host's name that stands before a domain.
fn label_before<'a>(host: &'a str, domain: &str) -> Option<&'a str> {
    let own: Vec<&str> = labels(host).collect();
    let at = own.len().checked_sub(labels(domain).count() + 1)?;
    own.get(at).copied().filter(|_| is_within(host, domain))
}
