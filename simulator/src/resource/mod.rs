//! The gateway as a resource: what Azure makes of a body that is PUT, and what it refuses.

mod checks;
mod normal;
mod references;
mod shapes;

pub(crate) use self::{
    checks::validate,
    normal::{accepted, settled, with_members},
    references::with_reverse_references,
};

/// The collections among a gateway's properties whose members have a name, and with it an id.
///
/// From the models of REST version 2025-07-01.
pub(crate) const COLLECTIONS: &[&str] = &[
    "authenticationCertificates",
    "backendAddressPools",
    "backendHttpSettingsCollection",
    "backendSettingsCollection",
    "entraJWTValidationConfigs",
    "frontendIPConfigurations",
    "frontendPorts",
    "gatewayIPConfigurations",
    "httpListeners",
    "listeners",
    "loadDistributionPolicies",
    "privateLinkConfigurations",
    "probes",
    "redirectConfigurations",
    "requestRoutingRules",
    "rewriteRuleSets",
    "routingRules",
    "sslCertificates",
    "sslProfiles",
    "trustedClientCertificates",
    "trustedRootCertificates",
    "urlPathMaps",
];
