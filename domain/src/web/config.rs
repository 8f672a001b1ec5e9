//! The configuration of a web app (`config/web`), as far as it decides whom the app lets in.

use serde_json::Value;

use super::site::access;
use super::{WebError, properties};
use crate::gateway::json;
use crate::id::ResourceId;
use crate::network::address::Prefix;

/// The priority of the rules that App Service itself adds at the end.
const LAST: u64 = 2_147_483_647;

/// The configuration of a web app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteConfig {
    /// The access restrictions of the app's own site (`ipSecurityRestrictions`), in the order of the document.
    pub rules: Vec<AccessRule>,
    /// What happens to traffic that no rule matches, where the document says
    /// (`ipSecurityRestrictionsDefaultAction`).
    pub default_action: Option<Action>,
    /// Whether the app may be reached from public networks, where the document says.
    pub public_access: Option<bool>,
    /// The path that App Service itself pings. It lets no probe from elsewhere in.
    pub health_check_path: Option<String>,
}

/// What a rule does with traffic that it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is let in.
    Allow,
    /// It is answered with 403.
    Deny,
}

/// One access restriction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRule {
    /// Its name; empty where it has none.
    pub name: String,
    /// Its priority: the lowest number comes first.
    pub priority: u64,
    /// What it does.
    pub action: Action,
    /// Whom it matches.
    pub source: Source,
    /// Whether it asks for HTTP headers beside.
    pub wants_headers: bool,
}

/// Whom an access restriction matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Everybody.
    Any,
    /// These addresses.
    Addresses(Vec<Prefix>),
    /// A subnet of a virtual network, over its service endpoint.
    Subnet(ResourceId),
    /// Something that is not told by an address alone: a service tag, or what could not be understood.
    Other(String),
}

impl SiteConfig {
    /// Reads a configuration from the body of a GET of `config/web`.
    ///
    /// # Errors
    /// When the document has no properties.
    pub fn parse(raw: &Value) -> Result<Self, WebError> {
        let own = properties(raw)?;
        Ok(Self {
            rules: json::list(own, "ipSecurityRestrictions").map(AccessRule::read).collect(),
            default_action: json::text(own, "ipSecurityRestrictionsDefaultAction").map(Action::read),
            public_access: access(own),
            health_check_path: json::text(own, "healthCheckPath").map(str::to_owned),
        })
    }
}

impl Action {
    /// Absent is `Allow`, the service's own default for a rule.
    fn read(text: &str) -> Self {
        if text.eq_ignore_ascii_case("Deny") { Self::Deny } else { Self::Allow }
    }
}

impl AccessRule {
    fn read(raw: &Value) -> Self {
        let headers = raw.get("headers").and_then(Value::as_object);
        Self {
            name: json::text(raw, "name").unwrap_or_default().to_owned(),
            priority: json::number(raw, "priority").unwrap_or(LAST),
            action: Action::read(json::text(raw, "action").unwrap_or("Allow")),
            source: Source::read(raw),
            wants_headers: headers.is_some_and(|headers| !headers.is_empty()),
        }
    }

    /// Whether this is the rule for all the rest that App Service adds at the end.
    #[must_use]
    pub fn is_implicit(&self) -> bool {
        self.priority == LAST && self.source == Source::Any
    }
}

impl Source {
    fn read(raw: &Value) -> Self {
        if let Some(subnet) = json::text(raw, "vnetSubnetResourceId") {
            return ResourceId::parse(subnet).map_or_else(|_| Self::Other(subnet.to_owned()), Self::Subnet);
        }
        let addresses = json::text(raw, "ipAddress").unwrap_or_default();
        let tag = json::text(raw, "tag").unwrap_or("Default");
        if !tag.eq_ignore_ascii_case("Default") {
            return Self::Other(if addresses.is_empty() { tag.to_owned() } else { addresses.to_owned() });
        }
        if addresses.eq_ignore_ascii_case("Any") || addresses == "*" {
            return Self::Any;
        }
        // A rule may list several ranges with commas between them.
        let prefixes: Result<Vec<Prefix>, _> = addresses.split(',').map(Prefix::parse).collect();
        prefixes.map_or_else(|_| Self::Other(addresses.to_owned()), Self::Addresses)
    }
}
