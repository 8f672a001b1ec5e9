//! The configuration graph of one Application Gateway, read from the raw JSON that Azure Resource
//! Manager (ARM) returns.
//!
//! The JSON stays raw because a PUT replaces the whole gateway: what a typed model does not know would be
//! deleted by its first write. Everything typed here is a view, made on demand and forgiving; what is
//! missing gets the service's own default, what is unknown is left alone.
//!
//! Only the HTTP side is read (`httpListeners`, `requestRoutingRules`, `urlPathMaps`,
//! `backendHttpSettingsCollection`). A gateway's TCP and TLS proxy parts (`listeners`, `routingRules`,
//! `backendSettingsCollection`) are kept, but cannot answer with a 502 and are not walked.
//!
//! Field names: `ApplicationGateway.tsp` of Azure/azure-rest-api-specs, api-version 2025-07-01.

mod ingress;
pub(crate) mod json;
mod parts;
mod probe;
mod roots;
mod routes;
mod writable;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{GatewayId, IdError, Name, ResourceId};

pub use parts::{BackendTls, HostChoice, HttpSetting, Listener, Member, Pool, Protocol};
pub use probe::{EffectiveProbe, HostSource, Probe, ProbeHost};
pub use roots::{TrustedCertificate, Upload};
pub use routes::{BlastRadius, PathRule, PathRuleRef, Route, Target};
pub use writable::writable;

pub(crate) use probe::{DEFAULT_CODES, LOOPBACK};
pub(crate) use writable::writable_child;

/// The version of Microsoft.Network, for reading and writing alike.
///
/// An older one would drop what it does not know from the answer, and the write that follows would delete it.
/// The newest one when this was written.
pub const API_VERSION: &str = "2025-07-01";

/// Why a JSON document is not an Application Gateway.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// The document is a list, a text, null …
    #[error("the gateway is not a JSON object")]
    NotAnObject,
    /// There is no `id`, or it is not a text.
    #[error("the gateway has no id")]
    NoId,
    /// The `id` is that of something else.
    #[error("the gateway's id is wrong: {0}")]
    BadId(#[from] IdError),
    /// There is no `properties` object; ARM answers so when it is asked for a list, for example.
    #[error("the gateway has no properties")]
    NoProperties,
}

/// One Application Gateway as ARM returned it.
///
/// Stored and sent as that very JSON: its serde form is the raw document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct Gateway {
    id: GatewayId,
    raw: Value,
    /// Every way through it, walked once: causes follow them again and again.
    routes: Vec<Route>,
}

impl Gateway {
    /// Reads a gateway from the body of a GET.
    ///
    /// # Errors
    /// When the document is no object, has no usable `id`, or has no `properties`.
    pub fn parse(raw: Value) -> Result<Self, GatewayError> {
        if !raw.is_object() {
            return Err(GatewayError::NotAnObject);
        }
        let id = raw.get("id").and_then(Value::as_str).ok_or(GatewayError::NoId)?;
        let id = GatewayId::parse(id)?;
        if !raw.get("properties").is_some_and(Value::is_object) {
            return Err(GatewayError::NoProperties);
        }
        let mut gateway = Self { id, raw, routes: Vec::new() };
        gateway.routes = gateway.walk();
        Ok(gateway)
    }

    /// The gateway's resource id.
    #[must_use]
    pub fn id(&self) -> &GatewayId {
        &self.id
    }

    /// The document as ARM returned it.
    #[must_use]
    pub fn raw(&self) -> &Value {
        &self.raw
    }

    /// The version mark of this reading. ARM changes it again shortly after a PUT, so only the one of a
    /// settled gateway means anything.
    #[must_use]
    pub fn etag(&self) -> Option<&str> {
        self.raw.get("etag").and_then(Value::as_str)
    }

    /// The Azure region, empty when the document does not say.
    #[must_use]
    pub fn location(&self) -> &str {
        json::text(&self.raw, "location").unwrap_or_default()
    }

    /// What ARM is doing with the gateway: `Succeeded`, `Updating`, `Failed` …; `Unknown` when absent.
    #[must_use]
    pub fn provisioning_state(&self) -> &str {
        json::text(json::properties(&self.raw), "provisioningState").unwrap_or("Unknown")
    }

    /// Whether the last change has ended well and none is under way.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.provisioning_state().eq_ignore_ascii_case("Succeeded")
    }

    /// Whether the gateway passes traffic: `Running`, `Stopped`, `Starting`, `Stopping`; `Unknown` when
    /// absent.
    #[must_use]
    pub fn operational_state(&self) -> &str {
        json::text(json::properties(&self.raw), "operationalState").unwrap_or("Unknown")
    }

    /// Whether the gateway is started. A PUT on a stopped one would start it.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.operational_state().eq_ignore_ascii_case("Running")
    }

    /// The subnets that its instances are in: one, in practice.
    #[must_use]
    pub fn subnets(&self) -> Vec<ResourceId> {
        let configurations = json::list(json::properties(&self.raw), "gatewayIPConfigurations");
        configurations.filter_map(|item| json::reference_id(json::properties(item), "subnet")).collect()
    }

    /// Whether it is of the first generation, which is managed through other ports.
    #[must_use]
    pub fn is_v1(&self) -> bool {
        let sku = json::properties(&self.raw).get("sku").unwrap_or(&Value::Null);
        let tier = json::text(sku, "tier").unwrap_or_default();
        ["Standard", "WAF"].iter().any(|first| tier.eq_ignore_ascii_case(first))
    }

    /// Whether it has a web application firewall, and so a log of what that did.
    #[must_use]
    pub fn has_firewall(&self) -> bool {
        let sku = json::properties(&self.raw).get("sku").unwrap_or(&Value::Null);
        json::text(sku, "tier").is_some_and(|tier| tier.to_ascii_uppercase().starts_with("WAF"))
    }

    /// The HTTP listeners, in the document's order.
    #[must_use]
    pub fn listeners(&self) -> Vec<Listener> {
        self.children("httpListeners").map(|(name, raw)| Listener::read(name, raw, &self.raw)).collect()
    }

    /// The listener of this name.
    #[must_use]
    pub fn listener(&self, name: &Name) -> Option<Listener> {
        self.child("httpListeners", name).map(|(name, raw)| Listener::read(name, raw, &self.raw))
    }

    /// The listeners that no rule has, wherever it leads: their visitors get nowhere.
    #[must_use]
    pub fn listeners_without_rule(&self) -> Vec<Listener> {
        let of = |raw: &Value| json::reference_name(json::properties(raw), "httpListener");
        let named: Vec<Name> = self.children("requestRoutingRules").filter_map(|(_, raw)| of(raw)).collect();
        self.listeners().into_iter().filter(|listener| !named.contains(&listener.name)).collect()
    }

    /// The backend pools, in the document's order.
    #[must_use]
    pub fn pools(&self) -> Vec<Pool> {
        self.children("backendAddressPools").map(|(name, raw)| Pool::read(name, raw)).collect()
    }

    /// The pool of this name.
    #[must_use]
    pub fn pool(&self, name: &Name) -> Option<Pool> {
        self.child("backendAddressPools", name).map(|(name, raw)| Pool::read(name, raw))
    }

    /// The HTTP settings, in the document's order.
    #[must_use]
    pub fn settings(&self) -> Vec<HttpSetting> {
        self.children(json::SETTINGS).map(|(name, raw)| HttpSetting::read(name, raw)).collect()
    }

    /// The HTTP setting of this name.
    #[must_use]
    pub fn setting(&self, name: &Name) -> Option<HttpSetting> {
        self.child(json::SETTINGS, name).map(|(name, raw)| HttpSetting::read(name, raw))
    }

    /// The custom probes, in the document's order.
    #[must_use]
    pub fn probes(&self) -> Vec<Probe> {
        self.children(json::PROBES).map(|(name, raw)| Probe::read(name, raw)).collect()
    }

    /// The custom probe of this name.
    #[must_use]
    pub fn probe(&self, name: &Name) -> Option<Probe> {
        self.child(json::PROBES, name).map(|(name, raw)| Probe::read(name, raw))
    }

    /// What shows that a Kubernetes ingress controller owns this gateway, as a clause for a sentence.
    ///
    /// Such a gateway must not be written: the controller overwrites it within seconds.
    #[must_use]
    pub fn ingress_controller(&self) -> Option<String> {
        ingress::sign(self)
    }

    fn children(&self, collection: &'static str) -> impl Iterator<Item = (Name, &Value)> {
        json::children(&self.raw, collection)
    }

    fn child(&self, collection: &'static str, name: &Name) -> Option<(Name, &Value)> {
        self.children(collection).find(|(child, _)| child == name)
    }
}

impl TryFrom<Value> for Gateway {
    type Error = GatewayError;
    fn try_from(raw: Value) -> Result<Self, GatewayError> {
        Self::parse(raw)
    }
}

impl From<Gateway> for Value {
    fn from(gateway: Gateway) -> Self {
        gateway.raw
    }
}
